package models_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wadah/models"
)

// lacking is the outside of a message that cannot be read, for this reason.
func lacking(device string, from models.Person, id, why string) models.Arrival {
	a := said(device, from, id, "?")
	a.Message.Lacking, a.Message.Body, a.Message.Kind = why, nil, "unknown"
	return a
}

func (f *fixture) unread(device string, with models.Person) int64 {
	f.tb.Helper()
	chat, err := f.ChatOf(f.tb.Context(), device, account, models.ChatRef{Person: with})
	if err != nil {
		f.tb.Fatal(err)
	}
	return chat.Unread
}

// Ensure that a message counts as unread once, however often and in however many pieces it
// comes.
func TestAcceptCountsUnreadOnce(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	f.accept(lacking(d.ID, budi, "A1", "undecryptable"))
	f.accept(said(d.ID, budi, "A1", "isi"), said(d.ID, budi, "A1", "isi"))
	hidden := lacking(d.ID, budi, "A2", "undecryptable")
	hidden.Message.Hidden = true
	f.accept(hidden)
	if n := f.unread(d.ID, budi); n != 1 {
		t.Errorf("%d unread, want 1", n)
	}
	f.accept(said(d.ID, budi, "A2", "ternyata pesan"))
	if n := f.unread(d.ID, budi); n != 2 {
		t.Errorf("%d unread, want 2", n)
	}
	expect(t, "log", f.log(d.ID), "1 message ?; 2 message_filled isi; 3 message ternyata pesan")
}

// Ensure that content which comes after its message was taken back does not bring it back,
// and that the log never says again what is gone.
func TestAcceptFillsNoRevoked(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	f.accept(
		lacking(d.ID, budi, "A1", "undecryptable"),
		changedBy(d.ID, budi, "revoke", "R1", "A1", "", time.Minute),
		said(d.ID, budi, "A1", "rahasia"),
	)
	late := said(d.ID, budi, "A2", "rahasia juga")
	late.Event.Gone = []byte("ditarik")
	f.accept(changedBy(d.ID, budi, "revoke", "R2", "A2", "", time.Minute), late)
	expect(t, "chat", f.chatLog(d.ID, budi), "A1: A2:")
	expect(t, "log", f.log(d.ID), "1 message ?; 2 message_revoke ; 3 message_revoke ; 4 message ditarik")
}

// Ensure that a message which comes after its edit is told as it is now.
func TestAcceptTellsNewest(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	f.accept(
		changedBy(d.ID, budi, "edit", "E1", "A1", "kedua", time.Minute),
		said(d.ID, budi, "A1", "pertama"),
		lacking(d.ID, budi, "A2", "unavailable"),
		changedBy(d.ID, budi, "edit", "E2", "A2", "baru", time.Minute),
		said(d.ID, budi, "A2", "lama"),
	)
	expect(t, "log", f.log(d.ID),
		"1 message_edit kedua; 2 message kedua; 3 message ?; 4 message_edit baru; 5 message_filled baru")
	expect(t, "chat", f.chatLog(d.ID, budi), "A1:kedua A2:baru")
}

// Ensure that an admin's revocation may come before the message of somebody else that it
// is about, and that nobody else's may.
func TestAcceptAdminRevokesEarly(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	inGroup := func(a models.Arrival) models.Arrival {
		a.Chat = &models.ChatRef{Kind: "group", JID: groupID}
		return a
	}
	byAdmin := inGroup(changedBy(d.ID, siti, "revoke", "R1", "A1", "", time.Minute))
	byAdmin.Message.AnySender = true
	f.accept(byAdmin, inGroup(changedBy(d.ID, siti, "revoke", "R2", "A2", "", time.Minute)))
	f.accept(inGroup(said(d.ID, budi, "A1", "dihapus admin")), inGroup(said(d.ID, budi, "A2", "tetap")))
	list, err := f.Messages(t.Context(), models.MessageFilter{DeviceID: d.ID, After: "0"})
	if err != nil || len(list) != 2 || list[0].RevokedAt.IsZero() || list[0].Body != nil || string(list[1].Body) != "tetap" {
		t.Errorf("%+v (%v)", list, err)
	}
}

// Ensure that what needs the secret of a message to be read is expected when that message
// has come, changes nothing until then, and is told once more when it was opened.
func TestAcceptSealed(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	sealed := func(kind, id, target string) models.Arrival {
		a := changedBy(d.ID, budi, kind, id, target, "tersegel", time.Minute)
		a.Message.Lacking = models.LackingSecret
		return a
	}
	f.accept(said(d.ID, budi, "A1", "pertama"), sealed("edit", "E1", "A1"), sealed("vote", "V1", "P1"))
	expect(t, "chat", f.chatLog(d.ID, budi), "A1:pertama")
	if out := f.accept(lacking(d.ID, budi, "P1", "undecryptable")); out[0].Expects {
		t.Error("the outside of the poll has no secret")
	}
	if out := f.accept(said(d.ID, budi, "P1", "polling")); !out[0].Expects {
		t.Error("the poll has come and nothing is expected")
	}
	list, err := f.ExpectedOf(t.Context(), d.ID)
	if err != nil || len(list) != 1 || list[0].Kind != models.ExpectSecret {
		t.Fatalf("expected %+v (%v)", list, err)
	}
	vote, err := f.Message(t.Context(), list[0].Name)
	if err != nil || vote.WAID != "V1" || vote.Lacking != models.LackingSecret {
		t.Errorf("expected message %+v (%v)", vote, err)
	}
	opened := changedBy(d.ID, budi, "edit", "E1", "A1", "kedua", time.Minute)
	opened.Event.Filled = "message_filled"
	f.accept(opened, opened)
	expect(t, "chat", f.chatLog(d.ID, budi), "A1:kedua P1:polling")
	expect(t, "log", f.log(d.ID),
		"1 message pertama; 2 message_edit tersegel; 3 message_vote tersegel; 4 message ?; 5 message_filled polling; 6 message_filled kedua")
}

// Ensure that something of which nothing was known, and then who it is about, and then
// all, is told when it appears and when it is whole.
func TestAcceptFillsByDegrees(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	vote := changedBy(d.ID, budi, "vote", "V1", "P1", "tersegel", time.Minute)
	vote.Message.Lacking = models.LackingSecret
	f.accept(lacking(d.ID, budi, "V1", "undecryptable"), vote, lacking(d.ID, budi, "V1", "undecryptable"), vote)
	if out := f.accept(said(d.ID, budi, "P1", "polling")); !out[0].Expects {
		t.Error("the vote is not expected")
	}
	vote.Message.Lacking, vote.Event.Body = "", []byte("ya")
	f.accept(vote)
	expect(t, "log", f.log(d.ID), "1 message ?; 2 message polling; 3 message_filled ya")
}

// Ensure that what is no person has its chat, and that nobody unknown is the account.
func TestAcceptOddSenders(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	bot := models.Person{LID: "867051314767696@bot"}
	nameless := said(d.ID, models.Person{}, "B1", "dari siapa")
	nameless.Chat = &models.ChatRef{Kind: "group", JID: groupID}
	f.accept(said(d.ID, bot, "A1", "halo"), nameless)
	expect(t, "chat", f.chatLog(d.ID, bot), "A1:halo")
	list, err := f.Messages(t.Context(), models.MessageFilter{DeviceID: d.ID, WAID: "B1"})
	if err != nil || len(list) != 1 || list[0].FromMe {
		t.Errorf("%+v (%v)", list, err)
	}
}

// Ensure that the newer of two timers of a chat holds, in whatever order they come.
func TestAcceptTimers(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	timed := func(id string, seconds int64, at time.Time) models.Arrival {
		a := said(d.ID, budi, id, "x")
		a.Settings = &models.ChatSettings{Timer: &seconds, TimerAt: at}
		return a
	}
	f.accept(timed("A1", 3600, atNoon.Add(time.Minute)), timed("A2", 60, atNoon))
	chat, err := f.ChatOf(t.Context(), d.ID, account, models.ChatRef{Person: budi})
	if err != nil || chat.Timer != 3600 {
		t.Errorf("timer %d (%v)", chat.Timer, err)
	}
}

// Ensure that addresses which turn out to be one person's within one transaction leave no
// event of it behind that names a row which is gone.
func TestAcceptMergesWithinABatch(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	byPN, byLID := models.Person{PN: budiPN}, models.Person{LID: budiLID}
	f.accept(
		said(d.ID, byPN, "A1", "satu"), said(d.ID, byLID, "A2", "dua"), said(d.ID, budi, "A3", "tiga"), said(d.ID, byPN, "A4", "empat"),
	)
	events, err := f.EventsAfter(t.Context(), d.ID, 0, 10)
	if err != nil || len(events) != 4 {
		t.Fatalf("%d events (%v)", len(events), err)
	}
	for _, e := range events {
		if e.Chat == nil || e.Chat.Contact.Person != budi || e.Sender.Person != budi {
			t.Errorf("event %d is in the chat %+v from %+v", e.Seq, e.Chat, e.Sender)
		}
	}
	expect(t, "chat", f.chatLog(d.ID, budi), "A1:satu A2:dua A3:tiga A4:empat")
	if n := f.unread(d.ID, budi); n != 4 {
		t.Errorf("%d unread, want 4", n)
	}
}

// Ensure that many events of one transaction are numbered and written as few are.
func TestAcceptManyEvents(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	var want []string
	var arrivals []models.Arrival
	for i := range 33 {
		arrivals = append(arrivals, said(d.ID, budi, fmt.Sprint("A", i), fmt.Sprint("k", i)))
		want = append(want, fmt.Sprintf("%d message k%d", i+1, i))
	}
	f.accept(arrivals...)
	expect(t, "log", f.log(d.ID), strings.Join(want, "; "))
}

// Ensure that what is expected and announced again while it is read is read once more.
func TestExpectedAgain(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	a := models.Arrival{DeviceID: d.ID, Account: account, Expect: &models.Expected{Kind: "app_state", Name: "regular"}}
	f.accept(a)
	first, err := f.ExpectedOf(t.Context(), d.ID)
	must(t, err)
	f.accept(a)
	must(t, f.SaveDigest(t.Context(), first[0], account, models.Digest{}))
	left, err := f.ExpectedOf(t.Context(), d.ID)
	if err != nil || len(left) != 1 || left[0].ID == first[0].ID {
		t.Errorf("left %+v (%v)", left, err)
	}
}

// Ensure that what the account has set wins over what the phone's history remembers,
// whichever is read first.
func TestDigestsInAnyOrder(t *testing.T) {
	chat := models.ChatRef{Kind: "private", Person: budi}
	history := models.Digest{Chats: []models.ChatState{{Chat: chat, Name: "Budi", LastAt: atNoon, Unread: 2}}}
	settings := models.Digest{
		Book:  []models.PersonName{{Person: models.Person{PN: budiPN}, Name: "Pak Budi"}},
		Chats: []models.ChatState{{Chat: models.ChatRef{Kind: "private", Person: models.Person{LID: budiLID}}, Set: true, Pinned: true, MutedTo: atNoon}},
	}
	for name, order := range map[string][]models.Digest{"history first": {history, settings}, "settings first": {settings, history}} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			d, _ := f.device("Toko")
			f.accept(models.Arrival{DeviceID: d.ID, Account: account, Pairs: []models.Person{budi}})
			for _, digest := range order {
				must(t, f.SaveDigest(t.Context(), models.Expected{ID: "none", DeviceID: d.ID}, account, digest))
			}
			c, err := f.ChatOf(t.Context(), d.ID, account, chat)
			if err != nil || c.Contact.FullName != "Pak Budi" || !c.Pinned || !c.MutedTo.Equal(atNoon) || c.Unread != 2 {
				t.Errorf("%+v (%v)", c, err)
			}
		})
	}
}

// A piece of history that is read late knows an old subject of a group.
func TestOldHistoryRenamesNoGroup(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	chat := models.ChatRef{Kind: "group", JID: "120363000000000001@g.us"}
	for _, subject := range []string{"Keluarga", "Arisan"} {
		f.accept(models.Arrival{DeviceID: d.ID, Account: account, Chat: &chat, ChatName: subject})
	}
	must(t, f.SaveDigest(t.Context(), models.Expected{ID: "none", DeviceID: d.ID}, account,
		models.Digest{Chats: []models.ChatState{{Chat: chat, Name: "Keluarga"}}}))
	if c, err := f.ChatOf(t.Context(), d.ID, account, chat); err != nil || c.Name != "Arisan" {
		t.Errorf("the group is called %q (%v)", c.Name, err)
	}
}
