package sandbox

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
)

// OutageMode is what every new connection meets. Live connections go on. The
// control API is never out.
type OutageMode string

// The ways WhatsApp can be out of reach.
const (
	OutageNone      OutageMode = "none"
	OutageRefuse    OutageMode = "refuse"    // the connection is reset at once
	OutageSilent    OutageMode = "silent"    // the connection is accepted and nothing ever answered
	OutageHTTP503   OutageMode = "http503"   // an HTTP error instead of a websocket
	OutageHandshake OutageMode = "handshake" // the websocket opens, then hangs up in the Noise handshake
)

// OutageModes lists the modes, for menus and messages.
func OutageModes() []OutageMode {
	return []OutageMode{OutageNone, OutageRefuse, OutageSilent, OutageHTTP503, OutageHandshake}
}

// SetOutage begins or, with [OutageNone], ends an outage. Ending one releases the
// connections that were kept silent, by closing them.
func (s *Service) SetOutage(mode OutageMode) error {
	if !slices.Contains(OutageModes(), mode) {
		return fmt.Errorf("%w: it must be one of %v", ErrOutageMode, OutageModes())
	}
	s.mu.Lock()
	s.outage = mode
	held := s.held
	s.held = make(map[net.Conn]bool)
	s.mu.Unlock()
	for conn := range held {
		_ = conn.Close() // the client may have gone long ago
	}
	s.changed()
	s.log.Info("outage", slog.String("mode", string(mode)))
	return nil
}

// Outage returns the current mode.
func (s *Service) Outage() OutageMode {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outage
}

// inOutage lets a running outage answer a request; true when it did.
func (s *Service) inOutage(w http.ResponseWriter) bool {
	mode := s.Outage()
	switch mode {
	case OutageHTTP503:
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
	case OutageRefuse, OutageSilent:
		s.breakOff(w, mode == OutageSilent)
	case OutageNone, OutageHandshake:
		return false
	}
	return true
}

// hold keeps a connection until the client gives up or the outage ends.
func (s *Service) hold(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.outage != OutageSilent {
		return false
	}
	s.held[conn] = true
	s.work.run(func() {
		_, _ = io.Copy(io.Discard, conn) // how it ends does not matter
		_ = conn.Close()
		s.mu.Lock()
		delete(s.held, conn)
		s.mu.Unlock()
	})
	return true
}

// breakOff takes a connection away from net/http and resets it, or keeps it
// without answering.
func (s *Service) breakOff(w http.ResponseWriter, keep bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.log.Debug("connection not broken off", slog.Any("err", err))
		return
	}
	if keep && s.hold(conn) {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // only makes the close a reset
	}
	_ = conn.Close() // the client may have gone already
}
