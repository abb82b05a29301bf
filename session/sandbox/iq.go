package sandbox

import (
	"log/slog"
	"maps"
	"sync"

	"wadah/session/sandbox/stanza"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// maxUnknownKinds bounds how many different unknown requests are told apart.
const maxUnknownKinds = 100

// handleIQ answers a request of the client, or takes its answer to one of ours.
func (c *conn) handleIQ(node *waBinary.Node) error {
	switch stanza.Attr(node, "type") {
	case "result", "error":
		c.handlePairAnswer(node)
		return nil
	case "get", "set":
	default:
		return nil
	}
	id := stanza.Attr(node, "id")
	if id == "" || (node.Attrs["to"] != nil && node.Attrs["to"] != types.ServerJID && stanza.Attr(node, "xmlns") != "w:g2") {
		return c.Send(stanza.Refusal(id, 400, "bad-request"))
	}
	if stanza.Attr(node, "xmlns") == "w:p" { // keepalive
		c.s.count(func(n *counters) { n.pings++ })
		return c.Send(stanza.Result(id))
	}
	c.s.mu.Lock()
	at := c.stage
	c.s.mu.Unlock()
	if at == stageOnline {
		return c.handleMemberIQ(id, node)
	}
	return c.handleGuestIQ(id, node)
}

// handleGuestIQ answers a device that is not linked yet.
func (c *conn) handleGuestIQ(id string, node *waBinary.Node) error {
	switch stanza.Kind(node) {
	case "md set link_code_companion_reg":
		return c.handleCodeStage(id, node)
	case "md get ref", "md get passkey_request_options", "md set passkey_prologue", "md set companion_nonce",
		"md set encrypted_pairing_request":
		return c.handlePasskey(id, node)
	default:
		return c.unknown(id, node)
	}
}

// handleMemberIQ answers a companion.
func (c *conn) handleMemberIQ(id string, node *waBinary.Node) error {
	kind := stanza.Kind(node)
	if kind == "md set remove-companion-device" {
		return c.logout(id, node)
	}
	answer := c.session.Ask(node)
	if kind == "encrypt set registration" {
		c.s.welcome(c.jid)
		if err := c.s.save(); err != nil {
			c.s.log.Error("state not saved", slog.Any("err", err))
		}
	}
	return c.Send(answer)
}

// unknown refuses a request the service does not know, and remembers it so that
// a test can notice that the library asks something new.
func (c *conn) unknown(id string, node *waBinary.Node) error {
	name := stanza.Kind(node)
	c.s.noteUnknown(name)
	c.s.log.Warn("unknown request refused", slog.String("conn", c.id), slog.String("kind", name))
	return c.Send(stanza.Refusal(id, 501, "feature-not-implemented"))
}

// unknowns counts requests that the service does not know, by kind. Its lock is taken
// last of all.
type unknowns struct {
	mu     sync.Mutex
	counts map[string]int64
}

func (s *Service) noteUnknown(name string) {
	u := &s.unknowns
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.counts == nil {
		u.counts = make(map[string]int64)
	}
	if _, known := u.counts[name]; !known && len(u.counts) >= maxUnknownKinds {
		name = "other"
	}
	u.counts[name]++
}

func (u *unknowns) all() map[string]int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return maps.Clone(u.counts)
}

// logout unlinks the companion that asks for it. WhatsApp answers and then ends
// the stream as if the phone had unlinked it.
func (c *conn) logout(id string, node *waBinary.Node) error {
	request := stanza.Child(node, "remove-companion-device")
	c.s.mu.Lock()
	p := c.s.phones[c.jid.User]
	if request.Attrs["jid"] != c.jid || p == nil {
		c.s.mu.Unlock()
		return c.Send(stanza.Refusal(id, 403, "forbidden"))
	}
	c.s.unlink(p, c.jid.Device)
	c.s.mu.Unlock()
	if err := c.s.save(); err != nil {
		c.s.log.Error("state not saved", slog.Any("err", err))
	}
	c.s.log.Info("companion logged out", slog.String("conn", c.id), slog.String("jid", stanza.MaskJID(c.jid)))
	if err := c.Send(stanza.Result(id)); err != nil {
		return err
	}
	c.End(c.s.cfg.CloseLinger, conflict(conflictRemoved))
	return nil
}
