package router

import (
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
)

// presence is what others may know of an account's being there; guarded by Router.mu.
type presence struct {
	online bool
	last   time.Time           // when it was online last
	watch  map[*Session]string // who wants to know, and which address they asked for
}

// handlePresence takes what a device says of its person, or whom it wants to hear of.
func (s *Session) handlePresence(node *waBinary.Node) {
	switch types.Presence(stanza.Attr(node, "type")) {
	case "subscribe":
		s.subscribe(stanza.JID(node, "to"))
	case "unsubscribe":
		if peer := s.r.find(stanza.JID(node, "to")); peer != nil {
			delete(peer.presence.watch, s)
		}
	case types.PresenceUnavailable:
		s.available = false
		s.r.tellPresence(s.d.account)
	default:
		s.available = true
		if name := stanza.Attr(node, "name"); name != "" {
			s.d.account.name = name
		}
		s.r.tellPresence(s.d.account)
	}
}

// subscribe tells the client of a person's presence from now on. Whoever is not online
// is told nothing, as with WhatsApp.
func (s *Session) subscribe(to types.JID) {
	peer := s.r.find(to)
	if peer == nil {
		return
	}
	if peer.presence.watch == nil {
		peer.presence.watch = make(map[*Session]string)
	}
	peer.presence.watch[s] = to.Server
	if s.available {
		s.send(peer.presenceNode(to.Server))
	}
}

// tellPresence works out whether an account is online, and tells those who want to know.
func (r *Router) tellPresence(a *account) {
	online := false
	for _, d := range a.devices {
		online = online || (d.session != nil && d.session.available)
	}
	if online == a.presence.online {
		return
	}
	a.presence.online = online
	if !online {
		a.presence.last = time.Now()
	}
	for watcher, server := range a.presence.watch {
		switch {
		case watcher.d.session != watcher:
			delete(a.presence.watch, watcher) // it has gone
		case watcher.available:
			watcher.send(a.presenceNode(server))
		}
	}
}

func (a *account) presenceNode(server string) waBinary.Node {
	attrs := waBinary.Attrs{"from": a.jid(server)}
	if !a.presence.online {
		attrs["type"] = string(types.PresenceUnavailable)
		switch {
		case a.privacy("last") == "none":
			attrs["last"] = "deny"
		case !a.presence.last.IsZero():
			attrs["last"] = stanza.Unix(a.presence.last)
		}
	}
	return stanza.New("presence", attrs)
}

// handleChatState passes on that somebody is typing or recording, or is not any more, to
// those who look.
func (s *Session) handleChatState(node *waBinary.Node) {
	to := stanza.JID(node, "to")
	if g := s.r.groups[to.User]; to.Server == types.GroupServer && g != nil && g.find(s.d.account) != nil {
		for _, m := range g.members {
			s.tellTyping(m.account, node, waBinary.Attrs{"from": g.jid(), "participant": s.d.account.jid(g.server())})
		}
		return
	}
	if peer := s.r.find(to); peer != nil {
		from, _ := s.d.seen(to.Server)
		s.tellTyping(peer, node, waBinary.Attrs{"from": from.ToNonAD()})
	}
}

func (s *Session) tellTyping(a *account, node *waBinary.Node, attrs waBinary.Attrs) {
	if a == s.d.account || s.d.account.blockedBy(a) {
		return
	}
	for _, d := range a.devices {
		if d.session != nil && (d.session.available || d.index == 0) {
			d.session.send(waBinary.Node{Tag: "chatstate", Attrs: attrs, Content: node.Content})
		}
	}
}
