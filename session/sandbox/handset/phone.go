// Package handset is a virtual phone: the first device of an account. It is a client of
// the router like any other, reads and writes with its own Signal keys, and keeps what
// it shows in a [chat.Book]. To the account's linked devices it is the phone that they
// get their history and settings from.
package handset

import (
	"context"
	"log/slog"
	"sync"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/media"
	"wadah/session/sandbox/router"
	"wadah/session/sandbox/signal"
	"wadah/session/sandbox/stanza"
	"wadah/session/sandbox/violation"
)

// Config is what a phone needs; everything is set.
type Config struct {
	Number         string // digits with country code
	LID            string // user part of the hidden address
	Name           string
	Identity       *keys.KeyPair
	RegistrationID uint32

	Router     *router.Router
	Media      *media.Store
	Violations *violation.List
	Log        *slog.Logger
	// Book is what the phone shows; nil for a new one.
	Book *chat.Book
	// Go runs a function in the background, unless the service is closing.
	Go func(f func())
}

// Phone is a virtual phone. All methods are safe for concurrent use.
type Phone struct {
	cfg      Config
	number   types.JID
	lid      types.JID
	signal   *signal.Device
	book     *chat.Book
	settings settings

	// sending is held while a message is encrypted and handed over, so that counters are
	// used in the order in which ciphertexts leave.
	sending sync.Mutex
	frozen  *frozenDevices // during a flood; guarded by sending

	// mu guards everything below. Nothing is called under it.
	mu      sync.Mutex
	session *router.Session // nil while the phone has no network
	answers []waBinary.Node // what the router said to this client
	woken   bool
	working bool
	policy  Policy
	waiting map[string]chan waBinary.Node // sends, until they are acknowledged
	sent    outbox
	retries map[string]int       // asked for again, by message
	tokens  map[string]token     // that others gave, by their LID
	given   map[string]time.Time // to others, by their LID
}

// Policy is what the person at a phone does without being told.
type Policy struct {
	// Read makes blue ticks as soon as a message comes.
	Read bool `json:"read"`
	// Answer is written under whatever comes in a chat with one person: "echo" repeats
	// it, everything else is said as it is, and nothing when it is empty.
	Answer string `json:"answer"`
}

// New makes a phone that has no network yet.
func New(cfg Config) *Phone {
	p := &Phone{
		cfg:    cfg,
		number: types.NewJID(cfg.Number, types.DefaultUserServer),
		lid:    types.NewJID(cfg.LID, types.HiddenUserServer),
		signal: signal.New(cfg.Identity, cfg.RegistrationID),
		book:   cfg.Book,
	}
	if p.book == nil {
		p.book = chat.NewBook()
	}
	return p
}

// Keys are the phone's public keys, for the router.
func (p *Phone) Keys() router.Keys {
	signed := p.signal.SignedPreKey()
	return router.Keys{
		Identity: p.cfg.Identity.Pub[:], RegistrationID: p.signal.RegistrationID(),
		Signed: router.PreKey{ID: signed.KeyID, Public: signed.Pub[:], Signature: signed.Signature[:]},
	}
}

// Book is what the phone shows.
func (p *Phone) Book() *chat.Book { return p.book }

// SetPolicy says what the person at the phone does by itself.
func (p *Phone) SetPolicy(policy Policy) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.policy = policy
}

// Policy returns what the person at the phone does by itself.
func (p *Phone) Policy() Policy {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.policy
}

// Connect gives the phone a network: it gets what it has missed.
func (p *Phone) Connect() error {
	session, _, ok := p.cfg.Router.Login(p.cfg.Number, 0, line{p})
	if !ok {
		return router.ErrUnknown
	}
	p.mu.Lock()
	p.session = session
	p.mu.Unlock()
	line{p}.Wake()
	return nil
}

// Disconnect takes the network away.
func (p *Phone) Disconnect() {
	p.mu.Lock()
	session := p.session
	p.session = nil
	p.mu.Unlock()
	if session != nil {
		session.Leave()
	}
}

// online returns the phone's session, nil when it has no network.
func (p *Phone) online() *router.Session {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session
}

// line is how the router reaches the phone. The router's lock is held while it does.
type line struct{ p *Phone }

// Send takes an answer; it is dealt with in the background.
func (l line) Send(node waBinary.Node) error {
	p := l.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if node.Tag == "ack" && stanza.Attr(&node, "class") == "message" {
		if waiting := p.waiting[stanza.Attr(&node, "id")]; waiting != nil {
			delete(p.waiting, stanza.Attr(&node, "id"))
			waiting <- node // has room for one
			return nil
		}
	}
	p.answers = append(p.answers, node)
	p.start()
	return nil
}

// Wake says that there is mail.
func (l line) Wake() {
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	l.p.woken = true
	l.p.start()
}

// start sees to it that somebody works. The caller holds mu.
func (p *Phone) start() {
	if !p.working {
		p.working = true
		p.cfg.Go(p.work)
	}
}

// work deals with what has come, until there is no more. Only one goroutine does.
func (p *Phone) work() {
	for {
		node, ok := p.next()
		if !ok {
			return
		}
		p.take(&node)
	}
}

// next returns the next stanza for the phone; false when the work is over.
func (p *Phone) next() (waBinary.Node, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if len(p.answers) > 0 {
			node := p.answers[0]
			if p.answers = p.answers[1:]; len(p.answers) == 0 {
				p.answers = nil
			}
			return node, true
		}
		if !p.woken || p.session == nil {
			p.working = false
			return waBinary.Node{}, false
		}
		session := p.session
		p.woken = false
		p.mu.Unlock()
		plain, ok := session.Next()
		p.mu.Lock()
		if !ok {
			continue
		}
		p.woken = true // there may be more behind it
		node, err := stanza.Decode(plain)
		if err != nil {
			p.cfg.Log.Error("stanza for a phone does not decode", slog.Any("err", err))
			continue
		}
		return *node, true
	}
}

// take deals with one stanza.
func (p *Phone) take(node *waBinary.Node) {
	switch node.Tag {
	case "message":
		p.receive(node)
	case "receipt":
		p.takeReceipt(node)
		p.acknowledge(node)
	case "notification":
		p.takeNotification(node)
		p.acknowledge(node)
	case "call":
		p.takeCall(node)
		p.acknowledge(node)
	case "ack":
		p.takeAck(node)
	case "presence", "chatstate":
		p.takePresence(node)
	}
}

// acknowledge tells the router that a stanza need not come again.
func (p *Phone) acknowledge(node *waBinary.Node) {
	attrs := waBinary.Attrs{"class": node.Tag, "id": node.Attrs["id"], "to": node.Attrs["from"]}
	for _, name := range []string{"type", "participant", "recipient"} {
		if value, ok := node.Attrs[name]; ok {
			attrs[name] = value
		}
	}
	p.handOver(stanza.New("ack", attrs))
}

// handOver gives the router a stanza; without a network it is lost.
func (p *Phone) handOver(node waBinary.Node) {
	if session := p.online(); session != nil {
		session.Handle(&node)
	}
}

// ask sends a request and returns its answer; false when it was refused or there is no
// network.
func (p *Phone) ask(xmlns, kind string, to types.JID, child ...waBinary.Node) (waBinary.Node, bool) {
	session := p.online()
	if session == nil {
		return waBinary.Node{}, false
	}
	request := stanza.New("iq", waBinary.Attrs{"id": "p", "xmlns": xmlns, "type": kind, "to": to}, child...)
	answer := session.Ask(&request)
	return answer, stanza.Attr(&answer, "type") == "result"
}

// await waits for an acknowledgement.
func await(ctx context.Context, acked <-chan waBinary.Node, limit time.Duration) (waBinary.Node, bool) {
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	select {
	case ack := <-acked:
		return ack, true
	case <-timeout.C:
	case <-ctx.Done():
	}
	return waBinary.Node{}, false
}
