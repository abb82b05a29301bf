package handlers

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/limit"
)

// strangersIdle is how long a connection waits for its next request while nobody has been
// recognised on it.
const strangersIdle = 15 * time.Second

// errTooMany answers who asks too often; RetryAfter is filled in.
var errTooMany = failure{
	Status: http.StatusTooManyRequests, Code: "too_many_requests",
	Message: "Too many requests. Wait as long as Retry-After says, then ask less often; /api/events tells changes without asking.",
}

// errTooManyStreams answers who opens too many event streams.
var errTooManyStreams = &failure{
	Status: http.StatusTooManyRequests, Code: "too_many_streams", RetryAfter: 5 * time.Second,
	Message: "Too many event streams are open. Close one before opening another.",
}

// rates are the buckets of the rate limits.
type rates struct {
	keys      *limit.Rates[string]     // by key ID
	addresses *limit.Rates[netip.Addr] // by client, IPv6 by network
	notes     *limit.Rates[string]     // audit entries of programs and guests, by key or link ID
}

func newRates(l limit.Limits) rates {
	return rates{
		keys:      limit.NewRates[string](l.KeyRate, l.KeyBurst),
		addresses: limit.NewRates[netip.Addr](l.AddressRate, l.AddressBurst),
		notes:     limit.NewSlowRates[string](noteEvery, noteBurst),
	}
}

// Listener bounds the connections of a listener of plain TCP, which the server is to be
// reached by; TLS belongs around it. The [http.Server] needs ConnContext, too.
func (s *Server) Listener(inner net.Listener) net.Listener { return s.conns.Listener(inner) }

// ConnContext lets the server know which connection a request came over.
func (s *Server) ConnContext(ctx context.Context, c net.Conn) context.Context {
	return limit.Context(ctx, c)
}

// recognised says that somebody has shown a key, a login or a link: their connection may
// wait longer for its next request than a stranger's.
func recognised(c echo.Context) { limit.ConnOf(c.Request().Context()).Recognise() }

// spend takes one request from the budget of a key.
func (s *Server) spend(keyID string) error {
	wait := s.limited.keys.Take(keyID)
	if wait == 0 {
		return nil
	}
	f := errTooMany
	f.RetryAfter = wait
	return &f
}

// boundBody lets a handler read as much of the body as is allowed.
func (s *Server) boundBody(c echo.Context) {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, s.limits.MaxBody)
}
