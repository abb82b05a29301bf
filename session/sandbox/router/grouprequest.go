package router

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
)

// Limits of groups. WhatsApp refuses more with 406.
const (
	maxSubject = 100
	maxTopic   = 2048
	maxMembers = 1024
)

// groupAnswers holds the answers to requests about groups, which come with the lock held
// and are told the group that they are sent to; it is nil for those to all groups.
type groupAnswer func(s *Session, id string, g *group, node *waBinary.Node) waBinary.Node

// inGroup is an answer for members of the group alone.
func inGroup(f groupAnswer) answer {
	return func(s *Session, id string, node *waBinary.Node) waBinary.Node {
		g := s.r.groups[stanza.JID(node, "to").User]
		switch {
		case g == nil:
			return stanza.Refusal(id, 404, "item-not-found")
		case g.find(s.d.account) == nil:
			return stanza.Refusal(id, 403, "forbidden")
		}
		return f(s, id, g, node)
	}
}

// ofAdmins is an answer for admins of the group alone.
func ofAdmins(f groupAnswer) answer {
	return inGroup(func(s *Session, id string, g *group, node *waBinary.Node) waBinary.Node {
		if !g.isAdmin(s.d.account) {
			return stanza.Refusal(id, 403, "forbidden")
		}
		return f(s, id, g, node)
	})
}

// unlessLocked is an answer for admins, and for all members of a group that is not locked.
func unlessLocked(f groupAnswer) answer {
	return inGroup(func(s *Session, id string, g *group, node *waBinary.Node) waBinary.Node {
		if g.locked && !g.isAdmin(s.d.account) {
			return stanza.Refusal(id, 403, "forbidden")
		}
		return f(s, id, g, node)
	})
}

var groupAnswers = map[string]answer{
	"w:g2 set create":                       (*Session).createGroup,
	"w:g2 get query":                        inGroup(describeGroup),
	"w:g2 get participating":                (*Session).myGroups,
	"w:g2 set leave":                        (*Session).leaveGroups,
	"w:g2 set add":                          inGroup((*Session).addMembers),
	"w:g2 set remove":                       ofAdmins((*Session).removeMembers),
	"w:g2 set promote":                      ofAdmins((*Session).promote),
	"w:g2 set demote":                       ofAdmins((*Session).demote),
	"w:g2 set subject":                      unlessLocked((*Session).setSubject),
	"w:g2 set description":                  unlessLocked((*Session).setTopic),
	"w:g2 set locked":                       ofAdmins(flag(func(g *group) { g.locked = true })),
	"w:g2 set unlocked":                     ofAdmins(flag(func(g *group) { g.locked = false })),
	"w:g2 set announcement":                 ofAdmins(flag(func(g *group) { g.announce = true })),
	"w:g2 set not_announcement":             ofAdmins(flag(func(g *group) { g.announce = false })),
	"w:g2 set ephemeral":                    unlessLocked((*Session).setEphemeral),
	"w:g2 set not_ephemeral":                unlessLocked(flag(func(g *group) { g.ephemeral = 0 })),
	"w:g2 set membership_approval_mode":     ofAdmins((*Session).setApproval),
	"w:g2 set member_add_mode":              ofAdmins((*Session).setAddMode),
	"w:g2 get membership_approval_requests": ofAdmins(listRequests),
	"w:g2 set membership_requests_action":   ofAdmins((*Session).decideRequests),
	"w:g2 get invite":                       (*Session).inviteInfo,
	"w:g2 set invite":                       (*Session).useInvite,
}

// createGroup makes a group with the asking account as its owner.
func (s *Session) createGroup(id string, node *waBinary.Node) waBinary.Node {
	create := stanza.Child(node, "create")
	subject := stanza.Attr(&create, "subject")
	if utf8.RuneCountInString(subject) > maxSubject || stanza.Has(&create, "parent") || stanza.Has(&create, "linked_parent") {
		return stanza.Refusal(id, 406, "not-acceptable") // communities are not simulated
	}
	now, own := time.Now(), s.d.account
	g := &group{
		id: newGroupID(), mode: types.AddressingModeLID, creator: own, created: now, subject: subject, subjectBy: own, subjectAt: now,
		announce: stanza.Has(&create, "announcement"), locked: stanza.Has(&create, "locked"), invite: newInvite(), version: 1,
		adminAdds: string(stanza.Content(&create, "member_add_mode")) == string(types.GroupMemberAddModeAdmin),
	}
	g.approval = approvalOf(&create)
	ephemeral := stanza.Child(&create, "ephemeral")
	g.ephemeral, _ = strconv.Atoi(stanza.Attr(&ephemeral, "expiration")) // 0 is none
	g.members = []*member{{account: own, role: roleOwner}}
	var failed []waBinary.Node
	for _, one := range create.GetChildren() {
		if one.Tag != "participant" {
			continue
		}
		a := s.r.find(stanza.JID(&one, "jid"))
		switch {
		case a == nil:
			failed = append(failed, stanza.New("participant", waBinary.Attrs{"jid": one.Attrs["jid"], "error": "404"}))
		case len(g.members) >= maxMembers:
			failed = append(failed, stanza.New("participant", waBinary.Attrs{"jid": one.Attrs["jid"], "error": "500"}))
		case g.find(a) == nil:
			g.add(a)
		}
	}
	s.r.groups[g.id] = g
	s.r.tellGroup(g, own, nil, stanza.New("create", waBinary.Attrs{"type": "new", "key": s.r.newID()}, g.node()))
	answer := g.node()
	answer.Content = append(answer.GetChildren(), failed...)
	return stanza.Result(id, answer)
}

func approvalOf(node *waBinary.Node) bool {
	mode := stanza.Child(node, "membership_approval_mode")
	join := stanza.Child(&mode, "group_join")
	return stanza.Attr(&join, "state") == "on"
}

func describeGroup(_ *Session, id string, g *group, _ *waBinary.Node) waBinary.Node {
	return stanza.Result(id, g.node())
}

// myGroups lists the groups that the account is in.
func (s *Session) myGroups(id string, _ *waBinary.Node) waBinary.Node {
	var list []waBinary.Node
	for _, key := range sortedKeys(s.r.groups) {
		if g := s.r.groups[key]; g.find(s.d.account) != nil {
			list = append(list, g.node())
		}
	}
	return stanza.Result(id, stanza.New("groups", nil, list...))
}

func (s *Session) leaveGroups(id string, node *waBinary.Node) waBinary.Node {
	leave := stanza.Child(node, "leave")
	var list []waBinary.Node
	for _, one := range leave.GetChildren() {
		attrs := waBinary.Attrs{"id": one.Attrs["id"]}
		g := s.r.groups[stanza.JID(&one, "id").User]
		if g == nil || g.find(s.d.account) == nil {
			attrs["error"] = "404"
		} else {
			s.takeOut(g, s.d.account)
		}
		list = append(list, stanza.New("group", attrs))
	}
	return stanza.Result(id, stanza.New("leave", nil, list...))
}

// takeOut removes a member and tells everybody, the member too.
func (s *Session) takeOut(g *group, a *account) {
	gone := g.participant(g.find(a))
	g.remove(a)
	s.r.tellGroup(g, s.d.account, []*account{a}, stanza.New("remove", g.versions(), gone))
}

// versions are the attributes of a change of members.
func (g *group) versions() waBinary.Attrs {
	return waBinary.Attrs{"v_id": strconv.Itoa(g.version), "prev_v_id": strconv.Itoa(g.version - 1)}
}

// changeMembers does something with each member that a request names, and says for each
// what became of it.
func (s *Session) changeMembers(id string, node *waBinary.Node, change func(*account) (code int)) waBinary.Node {
	asked := node.GetChildren()[0]
	var list []waBinary.Node
	for _, one := range asked.GetChildren() {
		attrs := waBinary.Attrs{"jid": one.Attrs["jid"]}
		code := 404
		if a := s.r.find(stanza.JID(&one, "jid")); a != nil {
			code = change(a)
		}
		if code != 0 {
			attrs["error"] = strconv.Itoa(code)
		}
		list = append(list, stanza.New("participant", attrs))
	}
	return stanza.Result(id, stanza.New(asked.Tag, nil, list...))
}

func (s *Session) addMembers(id string, g *group, node *waBinary.Node) waBinary.Node {
	if g.adminAdds && !g.isAdmin(s.d.account) {
		return stanza.Refusal(id, 403, "forbidden")
	}
	return s.changeMembers(id, node, func(a *account) int {
		switch {
		case g.find(a) != nil:
			return 409
		case len(g.members) >= maxMembers:
			return 500
		case a.privacy("groupadd") == "none":
			return 403
		}
		s.letIn(g, a, s.d.account, "")
		return 0
	})
}

// letIn adds a member and tells everybody.
func (s *Session) letIn(g *group, a, by *account, reason string) {
	g.add(a)
	attrs := g.versions()
	if reason != "" {
		attrs["reason"] = reason
	}
	s.r.tellGroup(g, by, nil, stanza.New("add", attrs, g.participant(g.find(a))))
}

func (s *Session) removeMembers(id string, g *group, node *waBinary.Node) waBinary.Node {
	return s.changeMembers(id, node, func(a *account) int {
		m := g.find(a)
		switch {
		case m == nil:
			return 404
		case m.role == roleOwner && a != s.d.account:
			return 403
		}
		s.takeOut(g, a)
		return 0
	})
}

func (s *Session) promote(id string, g *group, node *waBinary.Node) waBinary.Node {
	return s.setRole(id, g, node, "promote", roleAdmin)
}

func (s *Session) demote(id string, g *group, node *waBinary.Node) waBinary.Node {
	return s.setRole(id, g, node, "demote", roleMember)
}

func (s *Session) setRole(id string, g *group, node *waBinary.Node, change string, to role) waBinary.Node {
	return s.changeMembers(id, node, func(a *account) int {
		m := g.find(a)
		switch {
		case m == nil:
			return 404
		case m.role == roleOwner:
			return 403
		}
		m.role = to
		g.version++
		s.r.tellGroup(g, s.d.account, nil, stanza.New(change, g.versions(), g.participant(m)))
		return 0
	})
}

func (s *Session) setSubject(id string, g *group, node *waBinary.Node) waBinary.Node {
	subject := string(stanza.Content(node, "subject"))
	if subject == "" || utf8.RuneCountInString(subject) > maxSubject {
		return stanza.Refusal(id, 406, "not-acceptable")
	}
	g.subject, g.subjectBy, g.subjectAt = subject, s.d.account, time.Now()
	attrs := waBinary.Attrs{"subject": subject, "s_t": stanza.Unix(g.subjectAt)}
	who(attrs, "s_o", "s_o_pn", g.subjectBy, g.server())
	s.r.tellGroup(g, s.d.account, nil, stanza.New("subject", attrs))
	return stanza.Result(id)
}

// setTopic changes the description. Who does not know the one before is refused, so that
// two people do not overwrite each other unseen.
func (s *Session) setTopic(id string, g *group, node *waBinary.Node) waBinary.Node {
	description := stanza.Child(node, "description")
	topic := string(stanza.Content(&description, "body"))
	switch {
	case utf8.RuneCountInString(topic) > maxTopic:
		return stanza.Refusal(id, 406, "not-acceptable")
	case stanza.Attr(&description, "prev") != g.topicID && stanza.Attr(&description, "id") != "":
		return stanza.Refusal(id, 409, "conflict")
	}
	g.topic, g.topicID, g.topicBy, g.topicAt = topic, stanza.Attr(&description, "id"), s.d.account, time.Now()
	change := stanza.New("description", waBinary.Attrs{"id": g.topicID}, stanza.Blob("body", []byte(topic)))
	if topic == "" {
		change.Content = []waBinary.Node{stanza.New("delete", nil)}
	}
	s.r.tellGroup(g, s.d.account, nil, change)
	return stanza.Result(id)
}

// flag answers a request that switches something on or off, and passes it on as it is.
func flag(change func(*group)) groupAnswer {
	return func(s *Session, id string, g *group, node *waBinary.Node) waBinary.Node {
		change(g)
		s.r.tellGroup(g, s.d.account, nil, stanza.New(node.GetChildren()[0].Tag, waBinary.Attrs{"v_id": strconv.Itoa(g.version)}))
		return stanza.Result(id)
	}
}

func (s *Session) setEphemeral(id string, g *group, node *waBinary.Node) waBinary.Node {
	ephemeral := stanza.Child(node, "ephemeral")
	seconds, err := strconv.Atoi(stanza.Attr(&ephemeral, "expiration"))
	if err != nil || !slices.Contains([]int{86400, 604800, 7776000}, seconds) {
		return stanza.Refusal(id, 400, "bad-request")
	}
	g.ephemeral = seconds
	s.r.tellGroup(g, s.d.account, nil, stanza.New("ephemeral", waBinary.Attrs{"expiration": strconv.Itoa(seconds)}))
	return stanza.Result(id)
}

func (s *Session) setApproval(id string, g *group, node *waBinary.Node) waBinary.Node {
	g.approval = approvalOf(node)
	state := "off"
	if g.approval {
		state = "on"
	}
	s.r.tellGroup(g, s.d.account, nil,
		stanza.New("membership_approval_mode", nil, stanza.New("group_join", waBinary.Attrs{"state": state})))
	return stanza.Result(id)
}

func (s *Session) setAddMode(id string, g *group, node *waBinary.Node) waBinary.Node {
	mode := string(stanza.Content(node, "member_add_mode"))
	if mode != string(types.GroupMemberAddModeAdmin) && mode != string(types.GroupMemberAddModeAllMember) {
		return stanza.Refusal(id, 400, "bad-request")
	}
	g.adminAdds = mode == string(types.GroupMemberAddModeAdmin)
	s.r.tellGroup(g, s.d.account, nil, stanza.Blob("member_add_mode", []byte(mode)))
	return stanza.Result(id)
}
