package router

import (
	"crypto/rand"
	"slices"
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
)

// token is what an account gave to another one, so that WhatsApp knows that the two know
// each other.
type token struct {
	value []byte
	given time.Time
}

// giveTokens gives tokens to people who may write to the account from now on; all their
// devices are told.
func (s *Session) giveTokens(id string, node *waBinary.Node) waBinary.Node {
	tokens := stanza.Child(node, "tokens")
	own := s.d.account
	for _, one := range tokens.GetChildren() {
		peer := s.r.find(stanza.JID(&one, "jid"))
		seconds, err := strconv.ParseInt(stanza.Attr(&one, "t"), 10, 64)
		if peer == nil || err != nil || stanza.Attr(&one, "type") != "trusted_contact" {
			return stanza.Refusal(id, 400, "bad-request")
		}
		given := token{value: make([]byte, 16), given: time.Unix(seconds, 0)}
		_, _ = rand.Read(given.value) // never fails, by its documentation
		if own.tokens == nil {
			own.tokens = make(map[string]token)
		}
		own.tokens[peer.lid] = given
		for _, d := range peer.all() {
			s.r.notify(d, "privacy_token", own.jid(types.DefaultUserServer), waBinary.Attrs{"sender_lid": own.jid(types.HiddenUserServer)},
				stanza.New("tokens", nil, waBinary.Node{
					Tag:     "token",
					Attrs:   waBinary.Attrs{"jid": d.jid(types.DefaultUserServer), "t": stanza.Unix(given.given), "type": "trusted_contact"},
					Content: given.value,
				}))
		}
	}
	return stanza.Result(id)
}

// Hold makes WhatsApp refuse an account's messages to people whose token it has not (error
// 463), or lets it write again. The account is told until when; zero is not said.
func (r *Router) Hold(number string, held bool, until time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.accounts[number]
	if a == nil {
		return ErrUnknown
	}
	a.held = held
	notice := `{"data":{"xwa2_notify_account_reachout_timelock":` + timelock(held, until) + `}}`
	for _, d := range a.all() {
		r.notify(d, "mex", types.ServerJID, nil, waBinary.Node{
			Tag: "update", Attrs: waBinary.Attrs{"op_name": "NotificationUserReachoutTimelockUpdate"}, Content: []byte(notice),
		})
	}
	a.heldUntil = until
	return nil
}

// timelock describes in JSON whether an account is held, as events.NotifyAccountReachoutTimelock
// of the library reads it.
func timelock(held bool, until time.Time) string {
	text := `{"is_active":` + strconv.FormatBool(held)
	if held {
		text += `,"enforcement_type":"BIZ_QUALITY"`
		if !until.IsZero() {
			text += `,"time_enforcement_ends":"` + stanza.Unix(until) + `"`
		}
	}
	return text + `}`
}

// SetSalt keeps the salt of the proofs that stand in for tokens; the phone makes it.
func (r *Router) SetSalt(number string, salt []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.accounts[number]; a != nil {
		a.salt = salt
	}
}

// ShowAs says which of its addresses others see an account under.
func (r *Router) ShowAs(number string, as Addressing) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.accounts[number]
	if a == nil {
		return ErrUnknown
	}
	a.shown = as
	return nil
}

// privacySettings lists the account's settings.
func (s *Session) privacySettings(id string, _ *waBinary.Node) waBinary.Node {
	return stanza.Result(id, s.d.account.privacyNode())
}

func (a *account) privacyNode() waBinary.Node {
	var list []waBinary.Node
	for _, name := range sortedKeys(privacyDefaults) {
		list = append(list, stanza.New("category", waBinary.Attrs{"name": name, "value": a.privacy(name)}))
	}
	return stanza.New("privacy", nil, list...)
}

// setPrivacy changes settings and tells the other devices.
func (s *Session) setPrivacy(id string, node *waBinary.Node) waBinary.Node {
	privacy := stanza.Child(node, "privacy")
	changed := privacy.GetChildren()
	for _, one := range changed {
		if _, known := privacyDefaults[stanza.Attr(&one, "name")]; !known || stanza.Attr(&one, "value") == "" {
			return stanza.Refusal(id, 400, "bad-request")
		}
	}
	a := s.d.account
	if a.settings == nil {
		a.settings = make(map[string]string)
	}
	for _, one := range changed {
		a.settings[stanza.Attr(&one, "name")] = stanza.Attr(&one, "value")
	}
	s.tellOwnDevices(stanza.New("privacy", nil, changed...))
	return stanza.Result(id, a.privacyNode())
}

// tellOwnDevices notifies the account's other devices of something that was changed here.
func (s *Session) tellOwnDevices(change waBinary.Node) {
	for _, d := range s.d.account.all() {
		if d != s.d {
			s.r.notify(d, "account_sync", s.d.account.jid(types.DefaultUserServer), nil, change)
		}
	}
}

// blocklist lists whom the account has blocked.
func (s *Session) blocklist(id string, _ *waBinary.Node) waBinary.Node {
	return stanza.Result(id, s.blockNode())
}

func (s *Session) blockNode() waBinary.Node {
	a := s.d.account
	var list []waBinary.Node
	for _, lid := range sortedKeys(a.blocked) {
		attrs := waBinary.Attrs{"jid": types.NewJID(lid, types.HiddenUserServer)}
		if peer := s.r.hidden[lid]; peer != nil {
			attrs["pn_jid"] = peer.jid(types.DefaultUserServer)
		}
		list = append(list, stanza.New("item", attrs))
	}
	return stanza.New("list", waBinary.Attrs{"dhash": strconv.Itoa(a.blockVersion), "addressing_mode": "lid"}, list...)
}

// block blocks somebody or takes the block away.
func (s *Session) block(id string, node *waBinary.Node) waBinary.Node {
	item := stanza.Child(node, "item")
	peer, action := s.r.find(stanza.JID(&item, "jid")), stanza.Attr(&item, "action")
	switch {
	case peer == nil:
		return stanza.Refusal(id, 404, "item-not-found")
	case !slices.Contains([]string{"block", "unblock"}, action), peer == s.d.account:
		return stanza.Refusal(id, 400, "bad-request")
	}
	a := s.d.account
	if a.blocked == nil {
		a.blocked = make(map[string]bool)
	}
	if action == "block" {
		a.blocked[peer.lid] = true
	} else {
		delete(a.blocked, peer.lid)
	}
	before := strconv.Itoa(a.blockVersion)
	a.blockVersion++
	s.tellOwnDevices(stanza.New("blocklist",
		waBinary.Attrs{"action": "modify", "dhash": strconv.Itoa(a.blockVersion), "prev_dhash": before},
		stanza.New("item", waBinary.Attrs{"jid": peer.jid(types.HiddenUserServer), "action": action})))
	return stanza.Result(id, s.blockNode())
}
