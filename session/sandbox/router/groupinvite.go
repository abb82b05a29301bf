package router

import (
	"slices"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
)

// inviteInfo tells admins the code of their group's link, or anybody what group a code
// leads to.
func (s *Session) inviteInfo(id string, node *waBinary.Node) waBinary.Node {
	invite := stanza.Child(node, "invite")
	if code := stanza.Attr(&invite, "code"); code != "" {
		g, status := s.r.invited(code)
		if status != 0 {
			return stanza.Refusal(id, status, inviteProblems[status])
		}
		return stanza.Result(id, g.node())
	}
	return inviteCode(s, id, node)
}

var inviteProblems = map[int]string{406: "not-acceptable", 410: "gone"}

// inviteCode answers with the code of a group's link.
var inviteCode = ofInvites(func(_ *Session, id string, g *group, _ *waBinary.Node) waBinary.Node {
	return stanza.Result(id, stanza.New("invite", waBinary.Attrs{"code": g.invite}))
})

// resetInvite makes a new link; the old one leads nowhere any more.
var resetInvite = ofInvites(func(s *Session, id string, g *group, _ *waBinary.Node) waBinary.Node {
	g.revoked = append(g.revoked, g.invite)
	g.invite = newInvite()
	s.r.tellGroup(g, s.d.account, nil, stanza.New("invite", waBinary.Attrs{"code": g.invite}))
	return stanza.Result(id, stanza.New("invite", waBinary.Attrs{"code": g.invite}))
})

// ofInvites is an answer for admins. Others are told 401 (ErrGroupInviteLinkUnauthorized
// in the library's group.go).
func ofInvites(f groupAnswer) answer {
	return inGroup(func(s *Session, id string, g *group, node *waBinary.Node) waBinary.Node {
		if !g.isAdmin(s.d.account) {
			return stanza.Refusal(id, 401, "not-authorized")
		}
		return f(s, id, g, node)
	})
}

// invited finds the group of a code: 406 is no code, 410 one that was withdrawn.
func (r *Router) invited(code string) (g *group, status int) {
	for _, g := range r.groups {
		switch {
		case g.invite == code:
			return g, 0
		case slices.Contains(g.revoked, code):
			return nil, 410
		}
	}
	return nil, 406
}

// useInvite joins by a code, asks to be let in, or, sent to a group, makes a new link.
func (s *Session) useInvite(id string, node *waBinary.Node) waBinary.Node {
	invite := stanza.Child(node, "invite")
	code := stanza.Attr(&invite, "code")
	if code == "" {
		return resetInvite(s, id, node)
	}
	g, status := s.r.invited(code)
	if status != 0 {
		return stanza.Refusal(id, status, inviteProblems[status])
	}
	own := s.d.account
	switch {
	case g.find(own) != nil:
	case g.approval:
		g.requests = slices.DeleteFunc(g.requests, func(r request) bool { return r.account == own })
		g.requests = append(g.requests, request{account: own, at: time.Now()})
		return stanza.Result(id, stanza.New("membership_approval_request", waBinary.Attrs{"jid": g.jid()}))
	case len(g.members) >= maxMembers:
		return stanza.Refusal(id, 419, "resource-limit")
	default:
		s.letIn(g, own, own, "invite")
	}
	return stanza.Result(id, stanza.New("group", waBinary.Attrs{"jid": g.jid()}))
}

func listRequests(_ *Session, id string, g *group, _ *waBinary.Node) waBinary.Node {
	var list []waBinary.Node
	for _, one := range g.requests {
		list = append(list, stanza.New("membership_approval_request", waBinary.Attrs{
			"jid": one.account.jid(g.server()), "request_time": stanza.Unix(one.at), "request_method": "invite_link",
		}))
	}
	return stanza.Result(id, stanza.New("membership_approval_requests", nil, list...))
}

// decideRequests lets people in or sends them away.
func (s *Session) decideRequests(id string, g *group, node *waBinary.Node) waBinary.Node {
	action := stanza.Child(node, "membership_requests_action")
	var answers []waBinary.Node
	for _, decision := range action.GetChildren() {
		var list []waBinary.Node
		for _, one := range decision.GetChildren() {
			attrs := waBinary.Attrs{"jid": one.Attrs["jid"]}
			if !s.decide(g, stanza.JID(&one, "jid"), decision.Tag == "approve") {
				attrs["error"] = "404"
			}
			list = append(list, stanza.New("participant", attrs))
		}
		answers = append(answers, stanza.New(decision.Tag, nil, list...))
	}
	return stanza.Result(id, stanza.New("membership_requests_action", nil, answers...))
}

func (s *Session) decide(g *group, who types.JID, approve bool) bool {
	a := s.r.find(who)
	i := slices.IndexFunc(g.requests, func(r request) bool { return r.account == a && a != nil })
	if i < 0 {
		return false
	}
	g.requests = slices.Delete(g.requests, i, i+1)
	if approve && g.find(a) == nil {
		s.letIn(g, a, s.d.account, "linked_group_join")
	}
	return true
}
