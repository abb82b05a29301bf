package router

import (
	"errors"
	"log/slog"
	"strconv"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
	"wadah/session/sandbox/violation"
)

// ErrUnknown says that there is no such account or device.
var ErrUnknown = errors.New("no such account or device")

// Session is a device that is connected.
type Session struct {
	r    *Router
	d    *device
	line Line

	// Guarded by Router.mu.
	missed    int  // stanzas that waited at login and are still to be handed out
	announced bool // the end of them was told
	total     int  // how many they were
	available bool // the device shows its person as online
}

// Missed counts what waited for a device at its login.
type Missed struct {
	Total, Messages, Receipts, Notifications, AppData int
}

// Login makes a device's session; an older one of the device ends. What waits for the
// device is handed out by [Session.Next] from the oldest on, repeats too. It is false when
// there is no such device.
func (r *Router) Login(number string, index uint16, line Line) (*Session, Missed, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.accounts[number]
	if a == nil || a.devices[index] == nil {
		return nil, Missed{}, false
	}
	d := a.devices[index]
	s := &Session{r: r, d: d, line: line}
	d.session = s
	d.box.rewind()
	missed := d.box.count()
	s.missed, s.total = missed.Total, missed.Total
	return s, missed, true
}

// count counts what waits, by the kinds that the preview at a login tells apart.
func (m *mailbox) count() (missed Missed) {
	if m.letters == nil {
		return missed
	}
	for element := m.letters.Front(); element != nil; element = element.Next() {
		l, _ := element.Value.(*letter)
		missed.Total++
		switch l.key.class {
		case "message":
			missed.Messages++
		case "receipt":
			missed.Receipts++
		case "notification":
			missed.Notifications++
		}
	}
	return missed
}

// Leave ends the session, if it is still the device's newest.
func (s *Session) Leave() {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	if s.d.session == s {
		s.d.session = nil
		s.r.settled.Broadcast()
		s.r.tellPresence(s.d.account)
	}
}

// Next returns the next marshalled stanza for the client; false when there is none now.
func (s *Session) Next() ([]byte, bool) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	if s.d.session != s {
		return nil, false
	}
	if s.missed == 0 && !s.announced {
		s.announced = true
		return s.endOfMissed(), true
	}
	l := s.d.box.take()
	if l == nil {
		return nil, false
	}
	s.r.stats.Deliveries++
	if l.sent > 1 {
		s.r.stats.Repeated++
	}
	if s.missed > 0 {
		s.missed--
		return markOffline(l.plain, s.total-s.missed-1), true
	}
	return l.plain, true
}

// endOfMissed tells that everything that waited has been handed over.
func (s *Session) endOfMissed() []byte {
	// A stanza of constant shape always marshals.
	plain, _ := waBinary.Marshal(stanza.New("ib", waBinary.Attrs{"from": types.ServerJID},
		stanza.New("offline", waBinary.Attrs{"count": strconv.Itoa(s.total)})))
	return plain
}

// Handle deals with a stanza of the client that is no request.
func (s *Session) Handle(node *waBinary.Node) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	if s.d.session != s {
		return
	}
	switch node.Tag {
	case "message":
		s.handleMessage(node)
	case "receipt":
		s.handleReceipt(node)
	case "ack":
		s.handleAck(node)
	case "presence":
		s.handlePresence(node)
	case "chatstate":
		s.handleChatState(node)
	case "call":
		s.handleCall(node)
	case "ib": // unified_session, offline_batch, client_expiration: need no answer
	default:
		s.r.unknown(node.Tag)
	}
}

// send answers the client; a line that is gone needs no answer.
func (s *Session) send(node waBinary.Node) {
	if err := s.line.Send(node); err != nil {
		s.r.log.Error("stanza not sent", slog.String("tag", node.Tag), slog.Any("err", err))
	}
}

// note keeps a violation of this client.
func (s *Session) note(kind violation.Kind, id, detail string) {
	s.r.violations.Add(kind, s.d.String(), id, detail)
	s.r.log.Warn("client broke a rule", slog.String("kind", string(kind)), slog.String("detail", detail))
}

// handleAck takes a client's acknowledgement of anything but a message's receipt.
func (s *Session) handleAck(node *waBinary.Node) {
	to := stanza.JID(node, "to")
	key := letterKey{class: stanza.Attr(node, "class"), id: stanza.Attr(node, "id"), from: to.User}
	if key.class != "message" {
		key.kind = stanza.Attr(node, "type")
	}
	s.r.settled.Broadcast()
	if !s.d.box.settle(key) {
		s.note(violation.AckForNothing, key.id, "acknowledges a "+key.class+" that was never sent to it")
	}
}
