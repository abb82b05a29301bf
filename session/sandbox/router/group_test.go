package router_test

import (
	"errors"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
	"wadah/session/sandbox/sandboxtest"
)

const phoneC = "6285550001111"

// group makes a group of a, b and a third phone, and waits until b knows it.
func (w *world) group() types.JID {
	w.t.Helper()
	if _, err := w.s.AddPhone(phoneC, "Citra"); err != nil {
		w.t.Fatal(err)
	}
	made, err := w.a.CreateGroup(w.t.Context(), whatsmeow.ReqCreateGroup{
		Name: "Wadah", Participants: []types.JID{number(sandboxtest.PhoneB), number(phoneC)},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(made.Participants) != 3 || made.AddressingMode != types.AddressingModeLID {
		w.t.Errorf("made %+v", made)
	}
	joined := sandboxtest.WaitUntil(w.b, func(e *events.JoinedGroup) bool { return e.JID == made.JID })
	if joined.Name != "Wadah" {
		w.t.Errorf("b joined %+v", joined.GroupInfo)
	}
	return made.JID
}

func TestGroupsAreWrittenIn(t *testing.T) {
	w := newWorld(t)
	group := w.group()
	for range 2 { // the second time all sessions and keys are there
		sent, err := w.a.SendMessage(t.Context(), group, text("to all"))
		if err != nil {
			t.Fatal(err)
		}
		// The sender key travels in the same stanza, and is an event of its own.
		got := sandboxtest.WaitUntil(w.b, func(m *events.Message) bool {
			return m.Info.ID == sent.ID && m.Message.GetSenderKeyDistributionMessage() == nil
		})
		if got.Message.GetConversation() != "to all" || got.Info.Chat != group || got.Info.SenderAlt.User != sandboxtest.PhoneA {
			t.Errorf("b got %+v", got.Info)
		}
		w.shows(w.ana, sent.ID, func(m chat.Message) bool { return m.FromMe && m.Chat == group.String() && m.Status == chat.Delivered })
		w.shows(w.phone(phoneC), sent.ID, func(m chat.Message) bool { return m.Text == "to all" && m.Number == sandboxtest.PhoneA })
	}
	answer, err := w.phone(phoneC).Write(t.Context(), group.String(), handset.Draft{Text: "from a phone"})
	if err != nil || answer.Status == chat.Failed {
		t.Fatalf("%+v %v", answer, err)
	}
	for _, c := range []*sandboxtest.Client{w.a, w.b} {
		got := sandboxtest.WaitUntil(c, messageWith("from a phone"))
		if got.Info.Chat != group || !got.Info.IsGroup {
			t.Errorf("got %+v", got.Info)
		}
		if err := c.MarkRead(t.Context(), []string{answer.ID}, got.Info.Timestamp, group, got.Info.Sender); err != nil {
			t.Fatal(err)
		}
	}
	w.shows(w.phone(phoneC), answer.ID, func(m chat.Message) bool { return m.Status == chat.Read })
	if refused := w.s.Stats().Routing.Refused; len(refused) > 0 || w.s.Stats().Routing.Partial > 0 {
		t.Errorf("%+v", w.s.Stats().Routing)
	}
}

func TestGroupsChange(t *testing.T) {
	w := newWorld(t)
	ctx, group := t.Context(), w.group()
	change := func(err error, seen func(*events.GroupInfo) bool) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		sandboxtest.WaitUntil(w.b, func(e *events.GroupInfo) bool { return e.JID == group && seen(e) })
	}
	change(w.a.SetGroupName(ctx, group, "Wadah baru"), func(e *events.GroupInfo) bool { return e.Name != nil && e.Name.Name == "Wadah baru" })
	change(w.a.SetGroupTopic(ctx, group, "", "", "about"), func(e *events.GroupInfo) bool { return e.Topic != nil && e.Topic.Topic == "about" })
	change(w.a.SetGroupAnnounce(ctx, group, true), func(e *events.GroupInfo) bool { return e.Announce != nil && e.Announce.IsAnnounce })
	if _, err := w.b.SendMessage(ctx, group, text("not allowed")); !errors.Is(err, whatsmeow.ErrServerReturnedError) || !strings.HasSuffix(err.Error(), " 403") {
		t.Errorf("a member writes where only admins may: %v", err)
	}
	change(w.a.SetGroupAnnounce(ctx, group, false), func(e *events.GroupInfo) bool { return e.Announce != nil && !e.Announce.IsAnnounce })
	change(w.a.SetGroupLocked(ctx, group, true), func(e *events.GroupInfo) bool { return e.Locked != nil && e.Locked.IsLocked })
	if err := w.b.SetGroupName(ctx, group, "mine"); !errors.Is(err, whatsmeow.ErrIQForbidden) {
		t.Errorf("a member renames a locked group: %v", err)
	}
	lidB := w.b.Store.LID.ToNonAD()
	changed, err := w.a.UpdateGroupParticipants(ctx, group, []types.JID{lidB, number("6289999999999")}, whatsmeow.ParticipantChangePromote)
	change(err, func(e *events.GroupInfo) bool { return len(e.Promote) == 1 && e.Promote[0] == lidB })
	if len(changed) != 2 || changed[0].Error != 0 || changed[1].Error != 404 {
		t.Errorf("promoted %+v", changed)
	}
	change(w.a.SetDisappearingTimer(ctx, group, whatsmeow.DisappearingTimer7Days, timeZero), func(e *events.GroupInfo) bool {
		return e.Ephemeral != nil && e.Ephemeral.DisappearingTimer == 604800
	})
	info, err := w.b.GetGroupInfo(ctx, group)
	if err != nil || info.Name != "Wadah baru" || info.Topic != "about" || !info.IsLocked || info.DisappearingTimer != 604800 {
		t.Errorf("%+v %v", info, err)
	}
	_, err = w.a.UpdateGroupParticipants(ctx, group, []types.JID{lidB}, whatsmeow.ParticipantChangeRemove)
	change(err, func(e *events.GroupInfo) bool { return len(e.Leave) == 1 && e.Leave[0] == lidB })
	if _, err := w.b.GetGroupInfo(ctx, group); !errors.Is(err, whatsmeow.ErrNotInGroup) {
		t.Errorf("who was removed asks: %v", err)
	}
	if _, err := w.b.GetGroupInfo(ctx, types.NewJID("120363000000000001", types.GroupServer)); !errors.Is(err, whatsmeow.ErrGroupNotFound) {
		t.Errorf("no such group: %v", err)
	}
}

func TestGroupInvites(t *testing.T) {
	w := newWorld(t)
	ctx, group := t.Context(), w.group()
	link, err := w.a.GetGroupInviteLink(ctx, group, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.b.GetGroupInviteLink(ctx, group, false); !errors.Is(err, whatsmeow.ErrGroupInviteLinkUnauthorized) {
		t.Errorf("a member asks for the link: %v", err)
	}
	if err := w.b.LeaveGroup(ctx, group); err != nil {
		t.Fatal(err)
	}
	if info, err := w.b.GetGroupInfoFromLink(ctx, link); err != nil || info.Name != "Wadah" {
		t.Errorf("preview: %+v %v", info, err)
	}
	if joined, err := w.b.JoinGroupWithLink(ctx, link); err != nil || joined != group {
		t.Errorf("joined %v %v", joined, err)
	}
	if err := w.b.LeaveGroup(ctx, group); err != nil {
		t.Fatal(err)
	}
	if err := w.a.SetGroupJoinApprovalMode(ctx, group, true); err != nil {
		t.Fatal(err)
	}
	if _, err := w.b.JoinGroupWithLink(ctx, link); err != nil {
		t.Fatal(err)
	}
	asked, err := w.a.GetGroupRequestParticipants(ctx, group)
	if err != nil || len(asked) != 1 {
		t.Fatalf("%+v %v", asked, err)
	}
	if _, err := w.a.UpdateGroupRequestParticipants(ctx, group, []types.JID{asked[0].JID}, whatsmeow.ParticipantChangeApprove); err != nil {
		t.Fatal(err)
	}
	if joined, err := w.b.GetJoinedGroups(ctx); err != nil || len(joined) != 1 {
		t.Errorf("b is in %+v %v", joined, err)
	}
	if _, err := w.a.GetGroupInviteLink(ctx, group, true); err != nil {
		t.Fatal(err)
	}
	if _, err := w.b.GetGroupInfoFromLink(ctx, link); !errors.Is(err, whatsmeow.ErrInviteLinkRevoked) {
		t.Errorf("the old link: %v", err)
	}
	if _, err := w.b.JoinGroupWithLink(ctx, "nonsense"); !errors.Is(err, whatsmeow.ErrInviteLinkInvalid) {
		t.Errorf("no link: %v", err)
	}
}
