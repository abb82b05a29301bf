package handset

import (
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
)

// token is what somebody gave to this account, so that it may write to that person.
type token struct {
	value []byte
	at    time.Time
}

// takeTokens keeps what somebody gave.
func (p *Phone) takeTokens(node *waBinary.Node) {
	from, ok := p.cfg.Router.LID(stanza.JID(node, "from"))
	tokens := stanza.Child(node, "tokens")
	for _, one := range tokens.GetChildren() {
		seconds, err := strconv.ParseInt(stanza.Attr(&one, "t"), 10, 64)
		if !ok || err != nil {
			continue
		}
		p.mu.Lock()
		if p.tokens == nil {
			p.tokens = make(map[string]token)
		}
		p.tokens[from.ToNonAD().String()] = token{value: stanza.Bytes(&one), at: time.Unix(seconds, 0)}
		p.mu.Unlock()
	}
}

// giveToken lets a person write to this account from now on, as phones do with everybody
// they write to.
func (p *Phone) giveToken(to types.JID) {
	now := time.Now()
	p.mu.Lock()
	_, known := p.given[to.String()]
	if p.given == nil {
		p.given = make(map[string]time.Time)
	}
	p.given[to.String()] = now
	p.mu.Unlock()
	if known || to.Server != types.HiddenUserServer || to == p.lid {
		return
	}
	p.ask("privacy", "set", types.ServerJID, stanza.New("tokens", nil,
		stanza.New("token", waBinary.Attrs{"jid": to, "t": stanza.Unix(now), "type": "trusted_contact"})))
}

// tokenFor is the proof that the phone may write to a person; nil without one.
func (p *Phone) tokenFor(to types.JID) []waBinary.Node {
	p.mu.Lock()
	defer p.mu.Unlock()
	if given, ok := p.tokens[to.String()]; ok {
		return []waBinary.Node{stanza.Blob("tctoken", given.value)}
	}
	return nil
}
