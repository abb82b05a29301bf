package models_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"wadah/models"
)

const (
	account = "6281200000001"
	budiPN  = "6281311112222@s.whatsapp.net"
	budiLID = "111111111111111@lid"
	sitiLID = "222222222222222@lid"
	groupID = "120363041234567890@g.us"
)

var (
	budi   = models.Person{LID: budiLID, PN: budiPN}
	siti   = models.Person{LID: sitiLID}
	atNoon = time.Date(2026, 8, 17, 12, 0, 0, 0, time.UTC)
)

// said is a message from somebody in the chat with that person.
func said(device string, from models.Person, id, words string) models.Arrival {
	return models.Arrival{
		DeviceID: device, Account: account, At: atNoon, Chat: &models.ChatRef{Kind: "private", Person: from}, Sender: from,
		Message: &models.NewMessage{WAID: id, Kind: "text", Body: []byte(words)},
		Event:   &models.NewEvent{Type: "message", Filled: "message_filled", Body: []byte(words)},
	}
}

// accept stores arrivals in one transaction.
func (f *fixture) accept(arrivals ...models.Arrival) []models.Outcome {
	f.tb.Helper()
	out, err := f.Accept(f.tb.Context(), arrivals)
	if err != nil {
		f.tb.Fatal(err)
	}
	return out
}

// log is the device's event log as "seq type body" lines.
func (f *fixture) log(device string) string {
	f.tb.Helper()
	events, err := f.EventsAfter(f.tb.Context(), device, 0, 1000)
	if err != nil {
		f.tb.Fatal(err)
	}
	var lines []string
	for _, e := range events {
		lines = append(lines, fmt.Sprintf("%d %s %s", e.Seq, e.Type, e.Body))
	}
	return strings.Join(lines, "; ")
}

// chatLog is what a chat shows, oldest first, as "id:body" words.
func (f *fixture) chatLog(device string, with models.Person) string {
	f.tb.Helper()
	chat, err := f.ChatOf(f.tb.Context(), device, account, models.ChatRef{Person: with})
	if err != nil {
		f.tb.Fatal(err)
	}
	list, err := f.Messages(f.tb.Context(), models.MessageFilter{DeviceID: device, ChatID: chat.ID, After: "0"})
	if err != nil {
		f.tb.Fatal(err)
	}
	var words []string
	for _, m := range list {
		words = append(words, m.WAID+":"+string(m.Body))
	}
	return strings.Join(words, " ")
}

func expect(tb testing.TB, what, got, want string) {
	tb.Helper()
	if got != want {
		tb.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// Ensure that a message that comes again is stored once and makes one event.
func TestAcceptRepeats(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	f.accept(said(d.ID, budi, "A1", "halo"), said(d.ID, budi, "A2", "ada?"))
	out := f.accept(said(d.ID, budi, "A1", "halo"), said(d.ID, budi, "A3", "pak?"))
	if !out[0].Repeated || out[1].Repeated || out[1].Seq != 3 {
		t.Errorf("outcomes %+v", out)
	}
	expect(t, "chat", f.chatLog(d.ID, budi), "A1:halo A2:ada? A3:pak?")
	expect(t, "log", f.log(d.ID), "1 message halo; 2 message ada?; 3 message pak?")
	chat, err := f.ChatOf(t.Context(), d.ID, account, models.ChatRef{Person: budi})
	if err != nil || chat.Unread != 3 {
		t.Errorf("unread %d, want 3 (%v)", chat.Unread, err)
	}
}

// Ensure that the same ID from two people of a group, or on two devices, is two messages.
func TestAcceptKeepsSendersApart(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	other, _ := f.device("Gudang")
	inGroup := func(device string, from models.Person) models.Arrival {
		a := said(device, from, "A1", "dari "+from.LID[:1])
		a.Chat = &models.ChatRef{Kind: "group", JID: groupID}
		return a
	}
	f.accept(inGroup(d.ID, budi), inGroup(d.ID, siti), inGroup(other.ID, budi), inGroup(d.ID, budi))
	expect(t, "log", f.log(d.ID), "1 message dari 1; 2 message dari 2")
	expect(t, "other log", f.log(other.ID), "1 message dari 1")
}

// Ensure that a person known by number alone, and later by LID alone, is one chat from
// the moment on at which WhatsApp says that both are one person, without doubles.
func TestAcceptMergesAddresses(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	byPN, byLID := models.Person{PN: budiPN}, models.Person{LID: budiLID}
	f.accept(said(d.ID, byPN, "A1", "satu"), said(d.ID, byPN, "A2", "dua"))
	f.accept(said(d.ID, byLID, "A2", "dua"), said(d.ID, byLID, "A3", "tiga"))
	f.accept(models.Arrival{DeviceID: d.ID, Account: account, At: atNoon, Pairs: []models.Person{budi}})
	for _, address := range []models.Person{byPN, byLID, budi} {
		expect(t, "chat", f.chatLog(d.ID, address), "A1:satu A2:dua A3:tiga")
	}
	f.accept(said(d.ID, byPN, "A3", "tiga"), said(d.ID, byLID, "A1", "satu"), said(d.ID, byLID, "A4", "empat"))
	expect(t, "chat", f.chatLog(d.ID, byPN), "A1:satu A2:dua A3:tiga A4:empat")
	events, err := f.EventsAfter(t.Context(), d.ID, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Chat == nil || e.Chat.Contact.Person != budi || e.Sender.Person != budi {
			t.Errorf("event %d is in the chat %+v from %+v", e.Seq, e.Chat, e.Sender)
		}
	}
}

// Ensure that a message without content under one address and its content under the
// other leave the content when both become one.
func TestAcceptMergeKeepsContent(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	empty := said(d.ID, models.Person{PN: budiPN}, "A1", "")
	empty.Message.Lacking, empty.Message.Body = "undecryptable", nil
	f.accept(empty, said(d.ID, models.Person{LID: budiLID}, "A1", "isi"))
	f.accept(models.Arrival{DeviceID: d.ID, Account: account, At: atNoon, Pairs: []models.Person{budi}})
	expect(t, "chat", f.chatLog(d.ID, budi), "A1:isi")
}

// Ensure that a number that moved to somebody else does not take the old chat with it.
func TestAcceptNumberChangesHands(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	heir := models.Person{LID: sitiLID, PN: budiPN}
	f.accept(said(d.ID, budi, "A1", "lama"), said(d.ID, heir, "B1", "baru"))
	expect(t, "the old person", f.chatLog(d.ID, models.Person{LID: budiLID}), "A1:lama")
	expect(t, "the new one", f.chatLog(d.ID, models.Person{LID: sitiLID}), "B1:baru")
	expect(t, "by number", f.chatLog(d.ID, models.Person{PN: budiPN}), "B1:baru")

	moved := models.Person{LID: budiLID, PN: "6285900000000@s.whatsapp.net"}
	f.accept(said(d.ID, moved, "A2", "nomor baru"))
	expect(t, "after a new number", f.chatLog(d.ID, models.Person{PN: moved.PN}), "A1:lama A2:nomor baru")
}

// Ensure that content which comes later fills the row that waited for it, with one more
// event, once.
func TestAcceptFills(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	empty := said(d.ID, budi, "A1", "?")
	empty.Message.Lacking, empty.Message.Body, empty.Message.Kind = "undecryptable", nil, "unknown"
	f.accept(empty)
	f.accept(empty)
	f.accept(said(d.ID, budi, "A1", "isi"))
	f.accept(said(d.ID, budi, "A1", "isi"), empty)
	expect(t, "log", f.log(d.ID), "1 message ?; 2 message_filled isi")
	expect(t, "chat", f.chatLog(d.ID, budi), "A1:isi")
}

// changed is an edit or a revocation of a message.
func changedBy(device string, who models.Person, kind, id, target, words string, after time.Duration) models.Arrival {
	a := said(device, who, id, words)
	a.At = atNoon.Add(after)
	a.Message.Kind, a.Message.Target = kind, target
	a.Event.Type = "message_" + kind
	return a
}

// Ensure that edits and revocations change their target whenever they come, and nobody
// else's message.
func TestAcceptChanges(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	f.accept(
		changedBy(d.ID, budi, "edit", "E2", "A1", "kedua", 2*time.Minute),
		said(d.ID, budi, "A1", "pertama"),
		changedBy(d.ID, budi, "edit", "E1", "A1", "dulu", time.Minute), // older than E2, but later
		said(d.ID, budi, "A2", "tetap"),
		said(d.ID, budi, "A3", "hilang"),
		changedBy(d.ID, budi, "revoke", "R1", "A3", "", time.Minute),
		changedBy(d.ID, budi, "revoke", "R2", "A4", "", time.Minute),
		said(d.ID, budi, "A4", "ditarik"),
	)
	own := said(d.ID, budi, "A5", "milik sendiri")
	own.FromMe, own.Sender, own.Message.Status = true, models.Person{}, models.StatusSent
	f.accept(own, changedBy(d.ID, budi, "revoke", "R3", "A5", "", time.Minute))
	expect(t, "chat", f.chatLog(d.ID, budi), "A1:kedua A2:tetap A3: A4: A5:milik sendiri")
}

// Ensure that receipts move a message forward only, and are events only when they do.
func TestAcceptReceipts(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	own := said(d.ID, budi, "A1", "pesan")
	own.FromMe, own.Sender, own.Message.Status = true, models.Person{}, models.StatusSent
	own.Event = nil
	f.accept(own)
	receipt := func(status string) models.Arrival {
		return models.Arrival{
			DeviceID: d.ID, Account: account, At: atNoon, Sender: models.Person{LID: budiLID},
			Receipt: &models.NewReceipt{WAIDs: []string{"A1", "never sent"}, Status: status},
			Event:   &models.NewEvent{Type: "message_status", Body: []byte(status)},
		}
	}
	f.accept(receipt(models.StatusRead), receipt(models.StatusDelivered), receipt(models.StatusRead))
	f.accept(receipt(models.StatusSent), receipt(models.StatusPlayed))
	expect(t, "log", f.log(d.ID), "1 message_status read; 2 message_status played")
}

// Ensure that each member of a group counts once.
func TestAcceptGroupReceipts(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	own := said(d.ID, budi, "A1", "pesan")
	own.Chat = &models.ChatRef{Kind: "group", JID: groupID}
	own.FromMe, own.Sender, own.Message.Status = true, models.Person{}, models.StatusSent
	f.accept(own)
	for _, who := range []models.Person{budi, siti, budi} {
		for _, status := range []string{models.StatusDelivered, models.StatusRead} {
			f.accept(models.Arrival{
				DeviceID: d.ID, Account: account, At: atNoon, Chat: own.Chat, Sender: who,
				Receipt: &models.NewReceipt{WAIDs: []string{"A1"}, Status: status, Group: true},
			})
		}
	}
	list, err := f.Messages(t.Context(), models.MessageFilter{DeviceID: d.ID, WAID: "A1"})
	if err != nil || len(list) != 1 || list[0].Delivered != 2 || list[0].Seen != 2 || list[0].Status != models.StatusRead {
		t.Errorf("messages %+v (%v)", list, err)
	}
}

// Ensure that what one account said stays apart from another's on the same device.
func TestAcceptKeepsAccountsApart(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	f.accept(said(d.ID, budi, "A1", "lama"))
	a := said(d.ID, budi, "A1", "baru")
	a.Account = "6289900000000"
	if out := f.accept(a); out[0].Repeated {
		t.Error("a message of another account counts as a repeat")
	}
	expect(t, "the first account's chat", f.chatLog(d.ID, budi), "A1:lama")
}

// Ensure that bodies are sealed at rest, for each device with a key of its own, and that
// nothing of a deleted device remains.
func TestAcceptSealsAndDeletes(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	a := said(d.ID, budi, "A1", "kata-kata rahasia")
	a.Expect = &models.Expected{Kind: "history", Name: "H1", Body: []byte("kabar rahasia")}
	f.accept(a)
	f.accept(a)
	list, err := f.ExpectedOf(t.Context(), d.ID)
	if err != nil || len(list) != 1 || string(list[0].Body) != "kabar rahasia" {
		t.Errorf("expected %+v (%v)", list, err)
	}
	for _, table := range []string{"messages", "event_log", "expected"} {
		rows, err := f.SQL().QueryContext(t.Context(), "SELECT body FROM "+table)
		must(t, err)
		for rows.Next() {
			var body []byte
			must(t, rows.Scan(&body))
			if bytes.Contains(body, []byte("rahasia")) {
				t.Errorf("a body of %s is in the clear: %q", table, body)
			}
		}
		must(t, errors.Join(rows.Err(), rows.Close()))
	}
	if err := f.DeleteDevice(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"contacts", "chats", "messages", "event_log", "event_heads", "expected"} {
		var n int
		if err := f.SQL().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows of %s outlive their device (%v)", n, table, err)
		}
	}
}

// Ensure that the watcher hears of each commit with events, and of no other.
func TestAcceptAnnounces(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	var heard []int64
	f.OnEvents(func(heads map[string]int64) { heard = append(heard, heads[d.ID]) })
	f.accept(said(d.ID, budi, "A1", "satu"), said(d.ID, budi, "A2", "dua"))
	f.accept(said(d.ID, budi, "A2", "dua"))
	f.accept(said(d.ID, budi, "A3", "tiga"))
	if len(heard) != 2 || heard[0] != 2 || heard[1] != 3 {
		t.Errorf("heard %v, want [2 3]", heard)
	}
	firstSeq, last, err := f.EventRange(t.Context(), d.ID)
	if firstSeq != 1 || last != 3 || err != nil {
		t.Errorf("range %d to %d (%v)", firstSeq, last, err)
	}
}
