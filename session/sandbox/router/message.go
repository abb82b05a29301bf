package router

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
	"wadah/session/sandbox/violation"
)

// outgoing is a message as a client sends it.
type outgoing struct {
	node   *waBinary.Node
	id     string
	to     types.JID
	from   *device
	direct *waBinary.Node // the one ciphertext of a message to one device; nil for the others
	shares []share        // the ciphertexts of a message to many devices
	group  *waBinary.Node // the ciphertext for all who have the sender key; nil for people
	t      string
}

// share is the ciphertext for one device.
type share struct {
	jid types.JID
	enc waBinary.Node
}

// handleMessage routes a message and acknowledges it.
func (s *Session) handleMessage(node *waBinary.Node) {
	trouble := s.r.trouble.Sending(s.d.jid(types.DefaultUserServer))
	var phash string
	m, refused := s.readMessage(node)
	if refused == nil && trouble.Refuse != 0 {
		refused = &refusal{code: trouble.Refuse}
	}
	if refused == nil {
		phash, refused = s.route(m)
	}
	if refused != nil {
		s.refuse(node, refused)
	} else {
		s.r.stats.Messages++
		if phash != "" {
			s.r.stats.Partial++
		}
	}
	s.acknowledge(node, refused, phash, trouble)
}

// acknowledge answers a message, once, twice, late or not at all.
func (s *Session) acknowledge(node *waBinary.Node, refused *refusal, phash string, trouble SendTrouble) {
	attrs := waBinary.Attrs{
		"class": "message", "id": stanza.Attr(node, "id"), "from": node.Attrs["to"], "t": stanza.Unix(time.Now()),
	}
	if refused != nil {
		attrs["error"] = strconv.Itoa(refused.code)
	}
	if phash != "" {
		attrs["phash"] = phash
	}
	if participant, ok := node.Attrs["participant"]; ok {
		attrs["participant"] = participant
	}
	ack := stanza.New("ack", attrs)
	if trouble.LoseAck {
		return
	}
	if trouble.AckDelay > 0 {
		s.r.after(trouble.AckDelay, func() { s.send(ack) })
		return
	}
	s.send(ack)
	if trouble.DoubleAck {
		s.send(ack)
	}
}

// readMessage checks what every message must have.
func (s *Session) readMessage(node *waBinary.Node) (*outgoing, *refusal) {
	m := &outgoing{
		node: node, id: stanza.Attr(node, "id"), to: stanza.JID(node, "to"), from: s.d, t: stanza.Unix(time.Now()),
	}
	if m.id == "" || stanza.Attr(node, "type") == "" || m.to.IsEmpty() {
		return nil, invalid("a message needs an id, a type and a recipient")
	}
	ciphertexts := 0
	for _, child := range node.GetChildren() {
		if child.Tag != "enc" {
			continue
		}
		ciphertexts++
		if refused := checkEnc(&child); refused != nil {
			return nil, refused
		}
		if stanza.Attr(&child, "type") == "skmsg" {
			m.group = &child
		} else {
			m.direct = &child
		}
	}
	participants := stanza.Child(node, "participants")
	for _, to := range participants.GetChildren() {
		next, refused := readShare(&to)
		if refused != nil {
			return nil, refused
		}
		// The library names its own devices twice when it writes to itself (sendDM asks for
		// the devices of both sides), which WhatsApp lets pass: each gets one copy.
		if i := slices.IndexFunc(m.shares, func(other share) bool { return other.jid == next.jid }); i >= 0 {
			m.shares[i] = next
		} else {
			m.shares = append(m.shares, next)
		}
	}
	switch {
	case ciphertexts == 0 && len(m.shares) == 0:
		return nil, &refusal{codeInvalid, violation.NoCiphertext, "a message without a ciphertext"}
	case ciphertexts > 1, m.direct != nil && len(m.shares) > 0:
		return nil, invalid("a ciphertext for one device in a message to many")
	}
	return m, nil
}

func readShare(to *waBinary.Node) (share, *refusal) {
	enc := stanza.Child(to, "enc")
	next := share{jid: stanza.JID(to, "jid"), enc: enc}
	if to.Tag != "to" || next.jid.IsEmpty() || len(to.GetChildren()) != 1 || enc.Tag != "enc" {
		return next, invalid("a participant needs an address and one ciphertext")
	}
	if stanza.Attr(&enc, "type") == "skmsg" {
		return next, invalid("a sender key message for one participant")
	}
	return next, checkEnc(&enc)
}

func checkEnc(enc *waBinary.Node) *refusal {
	kind := stanza.Attr(enc, "type")
	if stanza.Attr(enc, "v") != "2" || (kind != "msg" && kind != "pkmsg" && kind != "skmsg") || len(stanza.Bytes(enc)) == 0 {
		return invalid("a ciphertext of a shape that is not WhatsApp's")
	}
	return nil
}

// route delivers a message. The phash is that of all devices that should have got it,
// if they are others than the sender thought.
func (s *Session) route(m *outgoing) (phash string, refused *refusal) {
	switch {
	case m.to.Server == types.GroupServer:
		return s.routeGroup(m)
	case s.r.find(m.to) == nil:
		return "", s.unknownRecipient(m.to)
	case m.group != nil:
		return "", invalid("a sender key message to a person")
	case m.direct != nil:
		return "", s.routeDirect(m)
	default:
		return s.routeChat(m)
	}
}

// routeChat delivers a message to all devices of a person and to the sender's others.
func (s *Session) routeChat(m *outgoing) (phash string, refused *refusal) {
	peer := s.r.find(m.to)
	own := s.d.account
	expected := peer.all()
	if peer != own {
		expected = append(expected, own.all()...)
	}
	var targets []*device
	reaches := peer == own && len(own.devices) == 1 // writing to oneself from the only device
	for _, one := range m.shares {
		if a := s.r.find(one.jid); one.jid.Server != m.to.Server || (a != peer && a != own) {
			return "", invalid("a ciphertext for a device that is not of this chat, or not addressed as the chat is")
		}
		d := s.r.findDevice(one.jid)
		if d == s.d {
			return "", invalid("a ciphertext for the sending device itself")
		}
		targets = append(targets, d) // nil: unlinked meanwhile
		reaches = reaches || (d != nil && d.account == peer)
	}
	switch {
	case !reaches:
		return "", &refusal{codeInvalid, violation.NoCiphertext, "no device of the recipient has a ciphertext"}
	case s.needsIdentity(m):
		return "", invalid("a first message of a linked device without its device-identity")
	case !s.r.mayWrite(own, peer, m.node):
		return "", &refusal{code: codeReachout}
	}
	s.remember(m, peer.lid)
	own.meet(peer)
	for i, d := range targets {
		if d != nil && !own.blockedBy(peer) {
			s.hand(m, d, m.shares[i].enc)
		}
	}
	missing := slices.ContainsFunc(expected, func(d *device) bool { return d != s.d && !slices.Contains(targets, d) })
	if missing || slices.Contains(targets, nil) {
		return participantHash(expected, m.to.Server), nil
	}
	return "", nil
}

// needsIdentity says whether a message begins a session of a linked device, which its
// recipients cannot trust, because the signed identity is missing.
func (s *Session) needsIdentity(m *outgoing) bool {
	begins := m.direct != nil && stanza.Attr(m.direct, "type") == "pkmsg"
	for _, one := range m.shares {
		begins = begins || stanza.Attr(&one.enc, "type") == "pkmsg"
	}
	return begins && s.d.index != 0 && len(stanza.Content(m.node, "device-identity")) == 0
}

// routeDirect delivers a message that is for one device alone: an answer to a retry
// receipt, or a word of a linked device with its own phone.
func (s *Session) routeDirect(m *outgoing) *refusal {
	d := s.r.findDevice(m.to)
	switch {
	case d == nil:
		return &refusal{code: codeNotFound}
	case d == s.d:
		return invalid("a message to the sending device itself")
	case s.needsIdentity(m):
		return invalid("a first message of a linked device without its device-identity")
	case stanza.Attr(m.node, "category") == "peer" && d.account != s.d.account:
		return invalid("a peer message to another account")
	case stanza.Attr(m.node, "category") == "peer" && (stanza.Has(m.node, "tctoken") || stanza.Has(m.node, "cstoken")):
		return invalid("a privacy token in a peer message") // Baileys, messages-send.js: "server rejects with 479"
	}
	if t := stanza.Attr(m.node, "t"); t != "" && stanza.Attr(m.direct, "count") != "" {
		m.t = t // a repeat keeps the time of the message
	}
	chat := d.account.lid
	if recipient := s.r.find(stanza.JID(m.node, "recipient")); recipient != nil {
		chat = recipient.lid
	}
	s.remember(m, chat)
	s.hand(m, d, *m.direct)
	return nil
}

// remember takes a message into the ledger. One id in two chats confuses whoever looks
// for a message by its id.
func (s *Session) remember(m *outgoing, chat string) {
	older, known := s.r.messages.add(s.d.account.lid, m.id, chat, s.d.index)
	if known && older.chat != s.r.messages.chat(chat) {
		s.note(violation.IDReused, m.id, "the id of a message in another chat")
	}
}

// hand gives a device its copy of a message between people.
func (s *Session) hand(m *outgoing, d *device, enc waBinary.Node) {
	attrs := s.attrsFor(m, d)
	own := d.account == s.d.account
	attrs["from"] = s.d.jid(m.to.Server)
	switch {
	case own && stanza.Attr(m.node, "category") == "peer":
	case own:
		chat := stanza.JID(m.node, "recipient") // of a repeat; else the message's own
		if chat.IsEmpty() {
			chat = m.to.ToNonAD()
		}
		attrs["recipient"] = chat
		if peer := s.r.find(chat); peer != nil {
			attrs["peer_recipient_"+short(otherServer(chat.Server))] = peer.other(chat.Server)
		}
	default:
		from, alt := s.d.seen(m.to.Server)
		attrs["from"] = from
		if !alt.IsEmpty() {
			attrs["sender_"+short(alt.Server)] = alt
		}
	}
	s.r.pass(m, d, attrs, enc)
}

// short is the end of an attribute's name that holds an address of this server.
func short(server string) string {
	if server == types.HiddenUserServer {
		return "lid"
	}
	return "pn"
}

// attrsFor are the attributes that every copy of a message has.
func (s *Session) attrsFor(m *outgoing, d *device) waBinary.Attrs {
	attrs := waBinary.Attrs{"id": m.id, "type": stanza.Attr(m.node, "type"), "t": m.t}
	if name := s.d.account.name; name != "" && d.account != s.d.account {
		attrs["notify"] = name
	}
	for _, name := range []string{"edit", "category", "push_priority"} {
		if value := stanza.Attr(m.node, name); value != "" {
			attrs[name] = value
		}
	}
	return attrs
}

// notPassed are the parts of a message that are for WhatsApp, or that are copied to each
// device by themselves.
var notPassed = []string{"enc", "participants", "device-identity", "tctoken", "cstoken", "bot"}

// pass delivers a copy of a message with its ciphertexts.
func (r *Router) pass(m *outgoing, d *device, attrs waBinary.Attrs, encs ...waBinary.Node) {
	trouble := r.trouble.Delivering(d.jid(types.DefaultUserServer))
	var children []waBinary.Node
	begins := false
	for _, enc := range encs {
		r.watch(m, d, &enc)
		begins = begins || stanza.Attr(&enc, "type") == "pkmsg"
		if trouble.Undecryptable {
			enc = damaged(enc)
		}
		children = append(children, enc)
	}
	if trouble.Unavailable {
		children = []waBinary.Node{stanza.New("unavailable", waBinary.Attrs{"type": "view_once"})}
	}
	if begins {
		children = append(children, stanza.Child(m.node, "device-identity"))
	}
	for _, child := range m.node.GetChildren() {
		if !slices.Contains(notPassed, child.Tag) {
			children = append(children, child)
		}
	}
	if begins && m.from.index == 0 { // a phone has no device-identity
		children = slices.DeleteFunc(children, func(c waBinary.Node) bool { return c.Tag == "" })
	}
	node := waBinary.Node{Tag: "message", Attrs: attrs, Content: children}
	r.post(d, node)
	if trouble.Duplicate {
		r.post(d, node)
	}
}

// post puts a stanza into a device's mailbox.
func (r *Router) post(d *device, node waBinary.Node) {
	if err := d.deliver(node); err != nil {
		r.log.Error("stanza cannot be delivered", "tag", node.Tag, "err", err)
	}
}

// watch looks at the clear part of a ciphertext for a device.
func (r *Router) watch(m *outgoing, d *device, enc *waBinary.Node) {
	kind := stanza.Attr(enc, "type")
	to := d.String()
	if kind == "skmsg" {
		to = m.to.User
	}
	at, err := locate(kind, stanza.Bytes(enc))
	if err != nil {
		r.violations.Add(violation.Ciphertext, m.from.String(), m.id, "a ciphertext that is none")
		return
	}
	if kind == "pkmsg" {
		r.checkSender(m.from, m.id, at)
		r.checkIdentity(m.from, m.id, stanza.Content(m.node, "device-identity"))
	}
	if r.chains.see(m.from.String(), to, at, stanza.Bytes(enc)) {
		r.violations.Add(violation.CounterReused, m.from.String(), m.id, "counter "+strconv.Itoa(int(at.counter))+" to "+to+" used twice")
	}
}

// damaged changes a ciphertext so that it does not decrypt, and leaves its clear part as
// it is: messages end with their authentication code or signature.
func damaged(enc waBinary.Node) waBinary.Node {
	content := slices.Clone(stanza.Bytes(&enc))
	inner := content
	if stanza.Attr(&enc, "type") == "pkmsg" {
		inner = innerMessage(content)
	}
	if len(inner) > 0 {
		inner[len(inner)-1] ^= 1
	}
	enc.Content = content
	return enc
}

// participantHash is WhatsApp's hash of a list of devices (participantListHashV2 of the
// library).
func participantHash(devices []*device, server string) string {
	list := make([]string, 0, len(devices))
	for _, d := range devices {
		list = append(list, d.jid(server).ADString())
	}
	slices.Sort(list)
	hash := sha256.Sum256([]byte(strings.Join(list, "")))
	return "2:" + base64.RawStdEncoding.EncodeToString(hash[:6])
}

// mayWrite says whether WhatsApp lets an account write to a person: an account that is
// held to its known chats needs the person's token, or the proof that it would have one.
func (r *Router) mayWrite(own, peer *account, node *waBinary.Node) bool {
	if !own.held || own == peer {
		return true
	}
	if token := peer.tokens[own.lid]; len(token.value) > 0 && hmac.Equal(token.value, stanza.Content(node, "tctoken")) {
		return true
	}
	proof := stanza.Content(node, "cstoken")
	mac := hmac.New(sha256.New, own.salt)
	mac.Write([]byte(peer.jid(types.HiddenUserServer).String()))
	return len(own.salt) > 0 && hmac.Equal(proof, mac.Sum(nil))
}
