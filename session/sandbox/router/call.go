package router

import (
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"

	"wadah/session/sandbox/stanza"
	"wadah/session/sandbox/violation"
)

// handleCall passes the steps of a call to all devices of the person called, or of the
// one who called. There is no voice in it.
func (s *Session) handleCall(node *waBinary.Node) {
	to := stanza.JID(node, "to")
	steps := node.GetChildren()
	peer := s.r.find(to)
	ack := waBinary.Attrs{
		"class": "call", "id": stanza.Attr(node, "id"), "from": node.Attrs["to"], "t": stanza.Unix(time.Now()),
	}
	switch {
	case len(steps) != 1 || stanza.Attr(&steps[0], "call-id") == "":
		s.note(violation.Shape, stanza.Attr(node, "id"), "a call without one step and a call-id")
		ack["error"] = "400"
	case peer == nil:
		ack["error"] = "404"
	default:
		ack["type"] = steps[0].Tag
		s.passCall(peer, node, steps[0])
	}
	s.send(stanza.New("ack", ack))
}

func (s *Session) passCall(peer *account, node *waBinary.Node, step waBinary.Node) {
	from, _ := s.d.seen(stanza.JID(node, "to").Server)
	attrs := waBinary.Attrs{
		"from": from, "id": stanza.Attr(node, "id"), "t": stanza.Unix(time.Now()), "platform": "android", "version": "2.24.0.0",
	}
	if name := s.d.account.name; name != "" {
		attrs["notify"] = name
	}
	for _, d := range peer.all() {
		if d != s.d && !s.d.account.blockedBy(peer) {
			s.r.post(d, stanza.New("call", attrs, step))
		}
	}
}
