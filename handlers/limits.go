package handlers

import (
	"context"
	"net"
	"time"

	"wadah/handlers/limit"
)

// strangersIdle is how long a connection waits for its next request while nobody has been
// recognised on it.
const strangersIdle = 15 * time.Second

// Listener bounds the connections of a listener of plain TCP, which the server is to be
// reached by; TLS belongs around it. The [http.Server] needs ConnContext, too.
func (s *Server) Listener(inner net.Listener) net.Listener { return s.conns.Listener(inner) }

// ConnContext lets the server know which connection a request came over.
func (s *Server) ConnContext(ctx context.Context, c net.Conn) context.Context {
	return limit.Context(ctx, c)
}
