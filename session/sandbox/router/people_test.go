package router_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
	"wadah/session/sandbox/sandboxtest"
)

func TestNumbersAreLookedUp(t *testing.T) {
	w := newWorld(t)
	found, err := w.a.IsOnWhatsApp(t.Context(), []string{"+" + sandboxtest.PhoneB, "+6287777777777"})
	if err != nil || len(found) != 2 {
		t.Fatalf("%+v %v", found, err)
	}
	if !found[0].IsIn || found[0].PhoneNumber.User != sandboxtest.PhoneB || found[0].JID.Server != types.HiddenUserServer || found[0].Query != "+"+sandboxtest.PhoneB {
		t.Errorf("who is there: %+v", found[0])
	}
	if found[1].IsIn {
		t.Errorf("who is not there: %+v", found[1])
	}
	info, err := w.a.GetUserInfo(t.Context(), []types.JID{number(sandboxtest.PhoneB)})
	if err != nil {
		t.Fatal(err)
	}
	if b := info[number(sandboxtest.PhoneB)]; b.LID != w.b.Store.LID.ToNonAD() || len(b.Devices) != 2 {
		t.Errorf("b is %+v", b)
	}
}

func TestTypingAndPresence(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	for _, c := range []*sandboxtest.Client{w.a, w.b} {
		// The name comes with the settings; the library does not go online without.
		sandboxtest.WaitUntil(c, func(e *events.AppStateSyncComplete) bool { return e.Name == appstate.WAPatchCriticalBlock })
		if err := c.SendPresence(ctx, types.PresenceAvailable); err != nil {
			t.Fatal(err)
		}
	}
	lidB := w.b.Store.LID.ToNonAD()
	if err := w.a.SubscribePresence(ctx, lidB); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitUntil(w.a, func(p *events.Presence) bool { return p.From == lidB && !p.Unavailable })
	if err := w.b.SendChatPresence(ctx, w.a.Store.LID.ToNonAD(), types.ChatPresenceComposing, types.ChatPresenceMediaAudio); err != nil {
		t.Fatal(err)
	}
	typing := sandboxtest.WaitUntil(w.a, func(p *events.ChatPresence) bool { return p.State == types.ChatPresenceComposing })
	if typing.Chat != lidB || typing.Media != types.ChatPresenceMediaAudio {
		t.Errorf("typing: %+v", typing)
	}
	if err := w.budi.Typing(sandboxtest.PhoneA, types.ChatPresencePaused, false); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitUntil(w.a, func(p *events.ChatPresence) bool { return p.State == types.ChatPresencePaused })
	if err := w.b.SendPresence(ctx, types.PresenceUnavailable); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitUntil(w.a, func(p *events.Presence) bool { return p.Unavailable && p.From == lidB && !p.LastSeen.IsZero() })
}

func TestCalls(t *testing.T) {
	w := newWorld(t)
	call, err := w.budi.Ring(sandboxtest.PhoneA, false)
	if err != nil {
		t.Fatal(err)
	}
	offer := sandboxtest.WaitUntil(w.a, func(c *events.CallOffer) bool { return c.CallID == call })
	w.shows(w.ana, call, func(m chat.Message) bool { return m.Kind == chat.Call && m.Text == "ringing" })
	if err := w.a.RejectCall(t.Context(), offer.From, offer.CallID); err != nil {
		t.Fatal(err)
	}
	w.shows(w.budi, call, func(m chat.Message) bool { return m.Text == "rejected" })
	if err := w.budi.HangUp(sandboxtest.PhoneA, call); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitUntil(w.a, func(c *events.CallTerminate) bool { return c.CallID == call })
}

func TestBlockedPeopleDoNotGetThrough(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	list, err := w.a.UpdateBlocklist(ctx, number(sandboxtest.PhoneB), events.BlocklistChangeActionBlock)
	if err != nil || len(list.JIDs) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	blocked, err := w.budi.Write(ctx, sandboxtest.PhoneA, handset.Draft{Text: "not seen"})
	if err != nil || blocked.Status != chat.Sent {
		t.Errorf("%+v %v", blocked, err)
	}
	if list, err = w.a.UpdateBlocklist(ctx, number(sandboxtest.PhoneB), events.BlocklistChangeActionUnblock); err != nil || len(list.JIDs) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	if _, err := w.budi.Write(ctx, sandboxtest.PhoneA, handset.Draft{Text: "seen"}); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitUntil(w.a, messageWith("seen"))
	if slices.ContainsFunc(sandboxtest.Seen[*events.Message](w.a), messageWith("not seen")) {
		t.Error("a message of somebody who was blocked came through")
	}
}

// TestAccountIsHeldToItsKnownChats: error 463, and what opens a chat nevertheless.
func TestAccountIsHeldToItsKnownChats(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	until := time.Now().Add(time.Hour).Truncate(time.Second)
	if err := w.s.Hold(sandboxtest.PhoneA, true, until); err != nil {
		t.Fatal(err)
	}
	told := sandboxtest.WaitUntil(w.a, func(n *events.NotifyAccountReachoutTimelock) bool { return n.IsActive })
	if !told.TimeEnforcementEnds.Equal(until) {
		t.Errorf("held until %v, want %v", told.TimeEnforcementEnds, until)
	}
	if sent, err := w.ana.Write(ctx, sandboxtest.PhoneB, handset.Draft{Text: "no"}); err != nil || sent.Status != chat.Failed || sent.Error != 463 {
		t.Errorf("a chat that is not known: %+v %v", sent, err)
	}
	// Who is written to by somebody has that one's token, and may answer.
	if _, err := w.budi.Write(ctx, sandboxtest.PhoneA, handset.Draft{Text: "write to me"}); err != nil {
		t.Fatal(err)
	}
	got := sandboxtest.WaitUntil(w.a, messageWith("write to me"))
	sandboxtest.Eventually(t, "the token arrives", func() bool {
		token, err := w.a.Store.PrivacyTokens.GetPrivacyToken(ctx, got.Info.Sender.ToNonAD())
		return err == nil && token != nil
	})
	if _, err := w.a.SendMessage(ctx, got.Info.Chat, text("yes")); err != nil {
		t.Errorf("with a token: %v", err)
	}
	if err := w.s.Hold(sandboxtest.PhoneA, false, timeZero); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitUntil(w.a, func(n *events.NotifyAccountReachoutTimelock) bool { return !n.IsActive })
}

func TestSettingsAreShared(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	// What the phone has is there after the link, its name and the salt among it.
	sandboxtest.Eventually(t, "the settings arrive", func() bool {
		salt, err := w.a.Store.NCTSalt.GetNCTSalt(ctx)
		return err == nil && len(salt) == 32 && w.a.Store.PushName == "Ana"
	})
	second, _ := sandboxtest.Link(t, w.s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	sandboxtest.WaitUntil(second, func(e *events.AppStateSyncComplete) bool { return e.Name == appstate.WAPatchRegularHigh })
	// A change of one device reaches the other, and the phone finds it in order.
	peer := number(sandboxtest.PhoneB)
	for i := range 12 { // enough for the phone to put a snapshot together
		if err := w.a.SendAppState(ctx, appstate.BuildMute(peer, i%2 == 0, time.Hour)); err != nil {
			t.Fatal(err)
		}
		n := i + 1
		sandboxtest.Eventually(t, "the other device learns of it", func() bool {
			return len(sandboxtest.Seen[*events.Mute](second)) >= n
		})
	}
	if err := w.ana.Change(appstate.BuildArchive(peer, true, timeZero, nil)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*sandboxtest.Client{w.a, second} {
		sandboxtest.WaitUntil(c, func(e *events.Archive) bool { return e.JID == peer && e.Action.GetArchived() })
	}
	// A third one gets the snapshot and what came after it.
	third, _ := sandboxtest.Link(t, w.s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	sandboxtest.WaitUntil(third, func(e *events.AppStateSyncComplete) bool {
		return e.Name == appstate.WAPatchRegularHigh && e.Version >= 13
	})
	for _, c := range []*sandboxtest.Client{w.a, second, third} {
		for _, failed := range sandboxtest.Seen[*events.AppStateSyncError](c) {
			t.Errorf("settings not synced: %v", failed.Error)
		}
	}
}

func TestHistoryComesAfterTheLink(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	sent, err := w.budi.Write(ctx, sandboxtest.PhoneA, handset.Draft{Text: "before the link"})
	if err != nil {
		t.Fatal(err)
	}
	w.shows(w.ana, sent.ID, func(chat.Message) bool { return true })
	second, _ := sandboxtest.Link(t, w.s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	sandboxtest.WaitUntil(second, func(e *events.AppStateSyncComplete) bool { return e.Name == appstate.WAPatchRegularLow })
	history := historyOf(second, waHistorySync.HistorySync_INITIAL_BOOTSTRAP)
	if len(history.GetConversations()) == 0 {
		t.Fatalf("no conversations in %+v", history)
	}
	conversation := history.GetConversations()[0]
	if conversation.GetLidJID() != sent.Sender || len(conversation.GetMessages()) == 0 ||
		conversation.GetMessages()[0].GetMessage().GetMessage().GetConversation() != "before the link" {
		t.Errorf("history: %+v", conversation)
	}
	lidB := w.b.Store.LID.ToNonAD()
	pair, err := second.Store.LIDs.GetLIDForPN(ctx, number(sandboxtest.PhoneB))
	if err != nil || pair != lidB {
		t.Errorf("pair %v %v", pair, err)
	}
	if token, err := second.Store.PrivacyTokens.GetPrivacyToken(ctx, lidB); err != nil || token == nil || len(token.Token) == 0 {
		t.Errorf("token %+v %v", token, err)
	}
	if salt, err := second.Store.NCTSalt.GetNCTSalt(ctx); err != nil || len(salt) != 32 {
		t.Errorf("salt %x %v", salt, err)
	}
	names := historyOf(second, waHistorySync.HistorySync_PUSH_NAME)
	if len(names.GetPushnames()) == 0 || names.GetPushnames()[0].GetPushname() != "Budi" {
		t.Errorf("names %+v", names.GetPushnames())
	}
}

// historyOf waits for a part of the history, and lets the library fetch and store it.
func historyOf(c *sandboxtest.Client, kind waHistorySync.HistorySync_HistorySyncType) *waHistorySync.HistorySync {
	notice := sandboxtest.WaitUntil(c, func(m *events.Message) bool {
		n := m.Message.GetProtocolMessage().GetHistorySyncNotification()
		return n != nil && int32(n.GetSyncType()) == int32(kind)
	})
	history, err := c.DownloadHistorySync(context.Background(), notice.Message.GetProtocolMessage().GetHistorySyncNotification(), true)
	if err != nil {
		c.Fatal(err)
	}
	return history
}
