package convert

import (
	"slices"
	"strconv"
	"strings"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/message"
)

// invitePrefix is what the library puts before the code of an invitation.
const invitePrefix = "https://chat.whatsapp.com/"

// GroupChanges gives what a notice about a group says, one thing each.
func (c *Converter) GroupChanges(e *events.GroupInfo) []message.GroupChange {
	change := message.GroupChange{
		Group: groupJID(e.JID),
		By:    c.party(pointed(e.Sender), pointed(e.SenderPN)),
		At:    cleanTime(e.Timestamp),
	}
	if change.Group == "" {
		return nil
	}
	var changes []message.GroupChange
	add := func(action message.GroupAction, value string) *message.GroupChange {
		one := change
		one.Action, one.Value = action, value
		changes = append(changes, one)
		return &changes[len(changes)-1]
	}
	c.memberChanges(e, add)
	settingChanges(e, add)
	if e.Link != nil {
		add(message.GroupLinked, groupJID(e.Link.Group.JID)).Why = name(string(e.Link.Type))
	}
	if e.Unlink != nil {
		add(message.GroupUnlinked, groupJID(e.Unlink.Group.JID)).Why = name(string(e.Unlink.UnlinkReason))
	}
	if e.Delete != nil {
		add(message.GroupDeleted, "").Why = name(e.Delete.DeleteReason)
	}
	others, _ := firstN(e.UnknownChanges, message.MaxOptions)
	for _, node := range others {
		c.otherChange(node, add)
	}
	return changes
}

type adder func(message.GroupAction, string) *message.GroupChange

func (c *Converter) memberChanges(e *events.GroupInfo, add adder) {
	for _, each := range []struct {
		action  message.GroupAction
		members []types.JID
		why     string
	}{
		{message.GroupJoined, e.Join, e.JoinReason},
		{message.GroupLeft, e.Leave, ""},
		{message.GroupPromoted, e.Promote, ""},
		{message.GroupDemoted, e.Demote, ""},
	} {
		if members := c.parties(each.members); len(members) > 0 {
			change := add(each.action, "")
			change.Members, change.Why = members, name(each.why)
			change.Own = slices.ContainsFunc(members, c.Self.Is)
		}
	}
}

func settingChanges(e *events.GroupInfo, add adder) {
	if e.Name != nil {
		add(message.GroupSubject, name(e.Name.Name))
	}
	if e.Topic != nil {
		add(message.GroupDescription, words(e.Topic.Topic))
	}
	if e.Locked != nil {
		add(message.GroupLocked, strconv.FormatBool(e.Locked.IsLocked))
	}
	if e.Announce != nil {
		add(message.GroupAnnounce, strconv.FormatBool(e.Announce.IsAnnounce))
	}
	if e.Ephemeral != nil {
		add(message.GroupTimer, strconv.FormatInt(int64(groupTimer(e.Ephemeral)/time.Second), 10))
	}
	if e.MembershipApprovalMode != nil {
		add(message.GroupApproval, "") // the library does not read on or off
	}
	if e.NewInviteLink != nil {
		add(message.GroupInvite, plain(strings.TrimPrefix(*e.NewInviteLink, invitePrefix), message.MaxID))
	}
	if e.Suspended || e.Unsuspended {
		add(message.GroupSuspended, strconv.FormatBool(e.Suspended))
	}
}

// otherChange reads what the library leaves unread.
func (c *Converter) otherChange(node *waBinary.Node, add adder) {
	if node == nil {
		return
	}
	var members []message.Party
	for _, child := range node.GetChildren() {
		jid, _ := child.Attrs["jid"].(types.JID)
		number, _ := child.Attrs["phone_number"].(types.JID)
		if p := c.party(jid, number); p.Known() && len(members) < message.MaxMembers {
			members = append(members, p)
		}
	}
	change := add(message.GroupOtherChanged, name(node.Tag))
	change.Members = members
	if node.Tag == "created_membership_requests" {
		change.Action, change.Value = message.GroupRequested, ""
		if len(members) == 0 && change.By.Known() {
			change.Members = []message.Party{change.By}
		}
	}
}

// JoinedGroup is a group that is new to the account.
func (c *Converter) JoinedGroup(e *events.JoinedGroup) message.GroupChange {
	whole := c.Group(&e.GroupInfo)
	change := message.GroupChange{
		Group:  whole.JID,
		By:     c.party(pointed(e.Sender), pointed(e.SenderPN)),
		Action: message.GroupCreated,
		Value:  whole.Subject,
		Why:    name(e.Reason),
		Whole:  &whole,
	}
	if e.Type == "new" {
		change.At = whole.CreatedAt // of an older one nobody says when it was joined
	}
	for _, m := range whole.Members {
		change.Members = append(change.Members, m.Party)
	}
	return change
}

// Group is the whole of a group.
func (c *Converter) Group(g *types.GroupInfo) message.Group {
	group := message.Group{
		JID:         groupJID(g.JID),
		Subject:     name(g.Name),
		Description: words(g.Topic),
		Owner:       c.party(g.OwnerJID, g.OwnerPN),
		CreatedAt:   cleanTime(g.GroupCreated),
		SubjectBy:   c.party(g.NameSetBy, g.NameSetByPN),
		SubjectAt:   cleanTime(g.NameSetAt),
		Announce:    g.IsAnnounce,
		Locked:      g.IsLocked,
		Approval:    g.IsJoinApprovalRequired,
		MembersAdd:  g.MemberAddMode == types.GroupMemberAddModeAllMember,
		Timer:       groupTimer(&g.GroupEphemeral),
		Community:   g.IsParent,
		Parent:      groupJID(g.LinkedParentJID),
		News:        g.IsDefaultSubGroup,
		Suspended:   g.Suspended,
		Addressing:  addressingOf(g.AddressingMode),
	}
	members, _ := firstN(g.Participants, message.MaxMembers)
	for _, p := range members {
		if party := c.party(p.JID, p.LID, p.PhoneNumber); party.Known() {
			group.Members = append(group.Members, message.Member{Party: party, Role: role(p)})
			if c.Self.Is(party) {
				group.Own = role(p)
			}
		}
	}
	group.Size = max(len(g.Participants), int(within(int64(g.ParticipantCount), 1<<31)))
	return group
}

func role(p types.GroupParticipant) message.Role {
	switch {
	case p.IsSuperAdmin:
		return message.RoleOwner
	case p.IsAdmin:
		return message.RoleAdmin
	}
	return message.RoleMember
}

// Picture is a new picture of a group. Those of people are not kept.
func (c *Converter) Picture(e *events.Picture) []message.GroupChange {
	if groupJID(e.JID) == "" {
		return nil
	}
	return []message.GroupChange{{
		Group:  groupJID(e.JID),
		By:     c.party(e.Author),
		At:     cleanTime(e.Timestamp),
		Action: message.GroupPicture,
		Value:  plain(e.PictureID, message.MaxID),
	}}
}

func (c *Converter) parties(jids []types.JID) []message.Party {
	jids, _ = firstN(jids, message.MaxMembers)
	var list []message.Party
	for _, jid := range jids {
		if p := c.party(jid); p.Known() {
			list = append(list, p)
		}
	}
	return list
}

func groupTimer(e *types.GroupEphemeral) time.Duration {
	if !e.IsEphemeral {
		return 0
	}
	return timer(e.DisappearingTimer)
}

// groupJID is the address where it is a group's, else "".
func groupJID(jid types.JID) string {
	if chat := message.ChatAt(address(jid)); chat.Kind == message.ChatGroup {
		return chat.JID
	}
	return ""
}

func pointed(jid *types.JID) types.JID {
	if jid == nil {
		return types.JID{}
	}
	return *jid
}

// words is a text for which being cut does not matter.
func words(s string) string {
	s, _ = text(s, message.MaxText)
	return s
}
