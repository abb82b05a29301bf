package router

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
)

// role is what a member may do in a group.
type role string

const (
	roleMember role = ""
	roleAdmin  role = "admin"
	roleOwner  role = "superadmin"
)

// group is a group chat; guarded by Router.mu.
type group struct {
	id      string // user part of the address
	mode    types.AddressingMode
	creator *account
	created time.Time

	subject   string
	subjectBy *account
	subjectAt time.Time
	topic     string
	topicID   string
	topicBy   *account
	topicAt   time.Time

	members []*member // in the order of joining

	announce  bool // only admins write
	locked    bool // only admins change subject, picture and the like
	approval  bool // admins let people in
	adminAdds bool // only admins add members
	ephemeral int  // seconds until messages disappear; 0: they stay

	invite   string
	revoked  []string // invite codes that were valid once
	requests []request
	picture  picture
	version  int // of the list of members
}

type member struct {
	account *account
	role    role
}

// request is somebody who wants to be let in.
type request struct {
	account *account
	at      time.Time
}

func (g *group) jid() types.JID { return types.NewJID(g.id, types.GroupServer) }

// server is the server of the members' addresses.
func (g *group) server() string {
	if g.mode == types.AddressingModePN {
		return types.DefaultUserServer
	}
	return types.HiddenUserServer
}

func (g *group) find(a *account) *member {
	i := slices.IndexFunc(g.members, func(m *member) bool { return m.account == a })
	if i < 0 {
		return nil
	}
	return g.members[i]
}

func (g *group) isAdmin(a *account) bool {
	m := g.find(a)
	return m != nil && m.role != roleMember
}

func (g *group) add(a *account) {
	for _, m := range g.members {
		m.account.meet(a)
	}
	g.members = append(g.members, &member{account: a})
	g.version++
}

func (g *group) remove(a *account) {
	g.members = slices.DeleteFunc(g.members, func(m *member) bool { return m.account == a })
	g.version++
	// A group always has somebody who can let others in.
	if len(g.members) > 0 && !slices.ContainsFunc(g.members, func(m *member) bool { return m.role != roleMember }) {
		g.members[0].role = roleAdmin
	}
}

// devices are those of all members.
func (g *group) devices() (list []*device) {
	for _, m := range g.members {
		list = append(list, m.account.all()...)
	}
	return list
}

// newGroupID makes the number of a group.
func newGroupID() string {
	number, err := rand.Int(rand.Reader, big.NewInt(1e13))
	if err != nil {
		return "120363000000000000" // cannot be: the source never fails, by its documentation
	}
	return fmt.Sprintf("12036%013d", number)
}

// newInvite makes the code of an invite link.
func newInvite() string { return rand.Text()[:22] }

// participant is a member as lists of members have it.
func (g *group) participant(m *member) waBinary.Node {
	server := g.server()
	attrs := waBinary.Attrs{"jid": m.account.jid(server)}
	if m.account.shown != LIDOnly || server == types.DefaultUserServer {
		attrs[otherName(server)] = m.account.other(server)
	}
	if m.role != roleMember {
		attrs["type"] = string(m.role)
	}
	return stanza.New("participant", attrs)
}

// otherName is the attribute of a participant's other address.
func otherName(server string) string {
	if server == types.HiddenUserServer {
		return "phone_number"
	}
	return "lid"
}

// node describes the group as its members see it.
func (g *group) node() waBinary.Node {
	server := g.server()
	attrs := waBinary.Attrs{
		"id": g.id, "addressing_mode": string(g.mode), "creation": stanza.Unix(g.created), "subject": g.subject,
		"s_t": stanza.Unix(g.subjectAt), "size": strconv.Itoa(len(g.members)), "p_v_id": strconv.Itoa(g.version), "a_v_id": "0",
	}
	who(attrs, "creator", "creator_pn", g.creator, server)
	who(attrs, "s_o", "s_o_pn", g.subjectBy, server)
	var children []waBinary.Node
	for _, m := range g.members {
		children = append(children, g.participant(m))
	}
	if g.topic != "" {
		topic := waBinary.Attrs{"id": g.topicID, "t": stanza.Unix(g.topicAt)}
		who(topic, "participant", "participant_pn", g.topicBy, server)
		children = append(children, stanza.New("description", topic, stanza.Blob("body", []byte(g.topic))))
	}
	for tag, set := range map[string]bool{"announcement": g.announce, "locked": g.locked} {
		if set {
			children = append(children, stanza.New(tag, nil))
		}
	}
	if g.ephemeral > 0 {
		children = append(children, stanza.New("ephemeral", waBinary.Attrs{"expiration": strconv.Itoa(g.ephemeral)}))
	}
	if g.approval {
		children = append(children, stanza.New("membership_approval_mode", nil, stanza.New("group_join", waBinary.Attrs{"state": "on"})))
	}
	return stanza.New("group", attrs, append(children, stanza.Blob("member_add_mode", []byte(g.addMode())))...)
}

func (g *group) addMode() string {
	if g.adminAdds {
		return string(types.GroupMemberAddModeAdmin)
	}
	return string(types.GroupMemberAddModeAllMember)
}

// who writes a person's address under one name, and the number of a LID under another.
func who(attrs waBinary.Attrs, name, numberName string, a *account, server string) {
	if a == nil {
		return
	}
	attrs[name] = a.jid(server)
	if server == types.HiddenUserServer {
		attrs[numberName] = a.other(server)
	}
}

// tellGroup notifies all devices of the members, and of others that a change concerns.
func (r *Router) tellGroup(g *group, by *account, also []*account, change ...waBinary.Node) {
	attrs := waBinary.Attrs{"addressing_mode": string(g.mode)}
	if by != nil {
		who(attrs, "participant", "participant_pn", by, g.server())
		if by.name != "" {
			attrs["notify"] = by.name
		}
	}
	told := make(map[*account]bool)
	for _, m := range g.members {
		told[m.account] = true
	}
	for _, a := range also {
		told[a] = true
	}
	for a := range told {
		for _, d := range a.all() {
			r.notify(d, "w:gp2", g.jid(), attrs, change...)
		}
	}
	r.changed()
}

// routeGroup delivers a message to all devices of a group's members.
func (s *Session) routeGroup(m *outgoing) (phash string, refused *refusal) {
	g := s.r.groups[m.to.User]
	own := s.d.account
	switch {
	case g == nil:
		return "", &refusal{code: codeNotFound}
	case g.find(own) == nil, g.announce && !g.isAdmin(own) && m.direct == nil:
		return "", &refusal{code: codeForbidden}
	case s.needsIdentity(m):
		return "", invalid("a first message of a linked device without its device-identity")
	case m.direct != nil:
		return "", s.routeGroupRepeat(g, m)
	case m.group == nil:
		return "", invalid("a message to a group without a sender key ciphertext")
	}
	if mode := stanza.Attr(m.node, "addressing_mode"); mode != "" && mode != string(g.mode) {
		return "", &refusal{code: codeStaleAddressing}
	}
	shares := make(map[*device]waBinary.Node, len(m.shares))
	for _, one := range m.shares {
		if one.jid.Server != g.server() {
			return "", &refusal{code: codeStaleAddressing}
		}
		if d := s.r.findDevice(one.jid); d != nil {
			shares[d] = one.enc
		}
	}
	s.remember(m, g.id)
	devices := g.devices()
	for _, d := range devices {
		if d == s.d {
			continue
		}
		encs := []waBinary.Node{*m.group}
		if enc, ok := shares[d]; ok {
			encs = []waBinary.Node{enc, *m.group}
		}
		s.r.pass(m, d, s.groupAttrs(m, g, d), encs...)
	}
	if hash := participantHash(devices, g.server()); stanza.Attr(m.node, "phash") != "" && stanza.Attr(m.node, "phash") != hash {
		return hash, nil
	}
	return "", nil
}

// routeGroupRepeat delivers a message to the one device that could not decrypt it.
func (s *Session) routeGroupRepeat(g *group, m *outgoing) *refusal {
	d := s.r.findDevice(stanza.JID(m.node, "participant"))
	switch {
	case d == nil || g.find(d.account) == nil:
		return &refusal{code: codeNotFound}
	case d == s.d:
		return invalid("a message to the sending device itself")
	}
	if t := stanza.Attr(m.node, "t"); t != "" {
		m.t = t
	}
	s.remember(m, g.id)
	s.r.pass(m, d, s.groupAttrs(m, g, d), *m.direct)
	return nil
}

// groupAttrs are the attributes of one device's copy of a message to a group.
func (s *Session) groupAttrs(m *outgoing, g *group, d *device) waBinary.Attrs {
	attrs := s.attrsFor(m, d)
	server := g.server()
	attrs["from"], attrs["participant"], attrs["addressing_mode"] = g.jid(), s.d.jid(server), string(g.mode)
	if s.d.account.shown != LIDOnly {
		attrs["participant_"+short(otherServer(server))] = s.d.account.other(server)
	}
	return attrs
}
