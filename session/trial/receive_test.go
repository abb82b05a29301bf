//go:build !race

package trial_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"wadah/models"
	"wadah/session/eventlog"
	"wadah/session/message"
	"wadah/session/sandbox"
	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
	"wadah/session/sandbox/router"
)

// told is one entry of the event log as programs see it.
type told struct {
	Type string
	Data map[string]any
}

// log is the event log of a device without its changes of state.
func (w *world) log(id string) (list []told) {
	w.t.Helper()
	rows, err := w.store.EventsAfter(w.t.Context(), id, 0, 100_000)
	must(w.t, err)
	for _, row := range rows {
		if row.Type == "state" {
			continue
		}
		data, err := eventlog.Data(row)
		must(w.t, err)
		entry := told{Type: row.Type}
		must(w.t, json.Unmarshal(data, &entry.Data))
		list = append(list, entry)
	}
	return list
}

// wait waits until the log holds an entry that is as wanted, and returns it.
func (w *world) wait(id, what string, fits func(told) bool) (found told) {
	w.t.Helper()
	eventually(w.t, patience, func() error {
		list := w.log(id)
		i := slices.IndexFunc(list, fits)
		if i < 0 {
			return fmt.Errorf("no %s in %v", what, list)
		}
		found = list[i]
		return nil
	})
	if found.Type == "" {
		w.t.FailNow()
	}
	return found
}

func text(words string) func(told) bool {
	return func(e told) bool { return e.Type == message.EventMessage && e.Data["text"] == words }
}

func (w *world) write(from *handset.Phone, to string, draft handset.Draft) chat.Message {
	w.t.Helper()
	m, err := from.Write(w.t.Context(), to, draft)
	must(w.t, err)
	return m
}

// settled waits until WhatsApp has nothing to hand over any more.
func (w *world) settled() {
	w.t.Helper()
	eventually(w.t, patience, func() error {
		if waiting := w.svc.Stats().Routing.Waiting; waiting > 0 {
			return fmt.Errorf("%d stanzas are not acknowledged", waiting)
		}
		return nil
	})
}

func (w *world) chatOf(id string, person message.Party) (models.Chat, error) {
	return w.store.ChatOf(w.t.Context(), id, phone, models.ChatRef{Person: models.Person{LID: person.LID, PN: person.PN}})
}

// What people do with messages arrives with what it is about: answers, reactions, edits,
// revocations, polls with the names of what was chosen, things seen once, calls.
func TestWhatPeopleDo(t *testing.T) {
	w := newWorld(t)
	id, budi := w.linked("Toko", shop), w.customerPhone(customer, "Budi")
	ctx := t.Context()

	first := w.write(budi, shop, handset.Draft{Text: "harga?"})
	w.write(budi, shop, handset.Draft{Text: "yang merah", Quote: first.ID})
	must(t, budi.Edit(ctx, shop, first.ID, "harga berapa?"))
	must(t, budi.React(ctx, shop, first.ID, "👍"))
	gone := w.write(budi, shop, handset.Draft{Text: "salah kirim"})
	must(t, budi.Revoke(ctx, shop, gone.ID))
	poll := w.write(budi, shop, handset.Draft{Text: "Warna?", Question: &chat.Question{Options: []string{"merah", "biru"}, Most: 1}})
	must(t, budi.Vote(ctx, shop, poll.ID, []string{"biru"}))
	w.write(budi, shop, handset.Draft{Text: "sekali lihat", ViewOnce: true, Attachment: &handset.Attachment{Kind: chat.Picture, Data: []byte("png"), Type: "image/png"}})
	call, err := budi.Ring(shop, true)
	must(t, err)
	must(t, budi.HangUp(shop, call))

	w.wait(id, "end of the call", func(e told) bool {
		return e.Type == message.EventCall && e.Data["step"] == "ended" && e.Data["id"] == call
	})
	w.wait(id, "answer", func(e told) bool {
		reply, _ := e.Data["reply_to"].(map[string]any)
		return e.Data["text"] == "yang merah" && reply["id_message"] == first.ID && reply["text"] == "harga?"
	})
	w.wait(id, "edit", func(e told) bool {
		changed, _ := e.Data["new"].(map[string]any)
		return e.Type == message.EventEdited && changed["text"] == "harga berapa?"
	})
	w.wait(id, "reaction", func(e told) bool { return e.Type == message.EventReaction && e.Data["emoji"] == "👍" })
	w.wait(id, "revocation", func(e told) bool { return e.Type == message.EventRevoked })
	w.wait(id, "vote by name", func(e told) bool {
		votes, _ := e.Data["votes"].([]any)
		return e.Type == message.EventVote && len(votes) == 1 && votes[0] == "biru"
	})
	w.wait(id, "view-once picture", func(e told) bool { return e.Data["view_once"] == true })

	list, err := w.store.Messages(ctx, models.MessageFilter{DeviceID: id, WAID: gone.ID})
	if err != nil || len(list) != 1 || list[0].Body != nil || list[0].RevokedAt.IsZero() {
		t.Errorf("the message that was taken back: %+v (%v)", list, err)
	}
	w.settled()
	w.clean()
}

// A vote that came before its poll could be read is read when the poll has come, also
// when the program was restarted in between.
func TestVoteBeforeItsPoll(t *testing.T) {
	w := newWorld(t)
	id, budi := w.linked("Toko", shop), w.customerPhone(customer, "Budi")
	siti := w.customerPhone("6281311113333", "Siti")
	group, err := budi.CreateGroup(t.Context(), "Pelanggan", []string{shop, "6281311113333"})
	must(t, err)
	w.write(budi, group, handset.Draft{Text: "kenalan"})
	w.wait(id, "first message", text("kenalan"))

	// The poll is damaged for the device, and nobody is there to give it again.
	must(t, w.svc.SetOnline(shop, false))
	must(t, w.svc.Inject(w.snap(id).Account.JID, sandbox.Fault{Kind: sandbox.FaultUndecryptable}))
	poll := w.write(budi, group, handset.Draft{Text: "Warna?", Question: &chat.Question{Options: []string{"merah", "biru"}, Most: 1}})
	must(t, w.svc.SetOnline(customer, false))
	eventually(t, patience, func() error { return siti.Vote(t.Context(), group, poll.ID, []string{"merah"}) })
	w.wait(id, "sealed vote", func(e told) bool { return e.Type == message.EventVote && e.Data["undecryptable"] == true })
	w.reopen()
	w.await(id, "CONNECTED/ready")

	must(t, w.svc.SetOnline(customer, true))
	w.wait(id, "poll", func(e told) bool { return e.Type == message.EventFilled && e.Data["kind"] == "poll" })
	vote := w.wait(id, "vote by name", func(e told) bool { return e.Type == message.EventFilled && e.Data["kind"] == "poll_vote" })
	if votes, _ := vote.Data["votes"].([]any); len(votes) != 1 || votes[0] != "merah" {
		t.Errorf("the vote: %v", vote.Data)
	}
	must(t, w.svc.SetOnline(shop, true))
	w.settled()
	w.clean()
}

// An edit that comes before the message itself is what the message says, in the chat and
// in the log.
func TestEditBeforeItsMessage(t *testing.T) {
	w := newWorld(t)
	id, budi := w.linked("Toko", shop), w.customerPhone(customer, "Budi")
	if _, err := budi.EditFirst(t.Context(), shop, "lama", "baru"); err != nil {
		t.Fatal(err)
	}
	w.wait(id, "the message as it is now", text("baru"))
	if slices.ContainsFunc(w.log(id), text("lama")) {
		t.Error("the log says last what was said first")
	}
}

// A message that cannot be decrypted is told at once, and once more with what it says. The
// phones that could repeat it have no network until it is told: a repeat may be quicker.
func TestUndecryptable(t *testing.T) {
	w := newWorld(t)
	id, budi := w.linked("Toko", shop), w.customerPhone(customer, "Budi")
	w.say(budi, 1, 2)
	w.wait(id, "second message", text("2"))
	w.stop(id)
	must(t, w.svc.SetOnline(shop, false)) // it hands its account over, and may meet the fault before the third does
	must(t, w.svc.Inject(w.snap(id).Account.JID, sandbox.Fault{Kind: sandbox.FaultUndecryptable}))
	w.say(budi, 3, 4)
	must(t, w.svc.SetOnline(customer, false))
	w.start(id)
	w.wait(id, "outside of the third", func(e told) bool { return e.Data["undecryptable"] == true })
	must(t, w.svc.SetOnline(customer, true))
	must(t, w.svc.SetOnline(shop, true))
	w.wait(id, "content of the third", func(e told) bool { return e.Type == message.EventFilled && e.Data["text"] == "3" })
	w.settled()
	said := 0
	for _, e := range w.log(id) {
		if e.Data["text"] == "3" {
			said++
		}
	}
	list, err := w.store.Messages(t.Context(), models.MessageFilter{DeviceID: id, After: "0"})
	if err != nil || len(list) != 4 || said != 1 || list[3].Chat.Unread != 4 {
		t.Errorf("%d messages, the third said %d times, %d unread (%v)", len(list), said, list[len(list)-1].Chat.Unread, err)
	}
	w.clean()
}

// Many messages that cannot be decrypted are asked for again one after the other, while the
// line takes its time; what can be read does not wait for that, and neither does what is sent.
func TestManyUndecryptable(t *testing.T) {
	w := newWorld(t)
	id, budi, siti := w.linked("Toko", shop), w.customerPhone(customer, "Budi"), w.customerPhone(number(7), "Siti")
	w.say(budi, 1, 1)
	w.write(siti, shop, handset.Draft{Text: "buka?"})
	w.wait(id, "first message", text("buka?"))
	const many = 20
	account := w.snap(id).Account.JID
	must(t, w.svc.Inject(account, sandbox.Fault{Kind: sandbox.FaultUndecryptable, Count: many}))
	must(t, w.svc.Inject(account, sandbox.Fault{Kind: sandbox.FaultAckLate, Latency: 50 * time.Millisecond, Count: 10 * many}))
	w.say(budi, 2, many+1)
	w.write(siti, shop, handset.Draft{Text: "halo?"})
	_, err := w.submitText(id, message.ChatAt(number(7)+"@s.whatsapp.net"), "ya")
	must(t, err)
	w.wait(id, "what can be read", text("halo?"))
	said := make(map[string]int)
	eventually(t, patience, func() error {
		clear(said)
		for _, e := range w.log(id) {
			if words, ok := e.Data["text"].(string); ok {
				said[words]++
			}
		}
		for n := range many {
			if said[fmt.Sprint(n+2)] == 0 {
				return fmt.Errorf("%d is not known", n+2)
			}
		}
		return nil
	})
	w.settled()
	before := 0
	for _, e := range w.log(id) {
		if text("halo?")(e) {
			break
		}
		if e.Data["undecryptable"] == true {
			before++
		}
	}
	if before > many/2 {
		t.Errorf("what can be read has waited for %d that could not be", before)
	}
	for words, times := range said {
		if times > 1 {
			t.Errorf("%q was said %d times", words, times)
		}
	}
	w.clean()
}

// What comes twice is told once.
func TestDuplicates(t *testing.T) {
	w := newWorld(t)
	id, budi := w.linked("Toko", shop), w.customerPhone(customer, "Budi")
	must(t, w.svc.Inject(w.snap(id).Account.JID, sandbox.Fault{Kind: sandbox.FaultDuplicate, Count: 5}))
	w.say(budi, 1, 5)
	w.heard(id, 5)
}

// Somebody is known by their number, then by their LID, then by both: one chat.
func TestAddressesOfOnePerson(t *testing.T) {
	w := newWorld(t)
	id, budi := w.linked("Toko", shop), w.customerPhone(customer, "Budi")
	for i, as := range []router.Addressing{router.NumberOnly, router.LIDOnly, router.Usual} {
		must(t, w.svc.ShowAs(customer, as))
		w.write(budi, shop, handset.Draft{Text: fmt.Sprint("sebagai ", i)})
		w.wait(id, "message", text(fmt.Sprint("sebagai ", i)))
	}
	byNumber, err := w.chatOf(id, message.PartyOf(customer+"@s.whatsapp.net"))
	must(t, err)
	eventually(t, patience, func() error {
		list, err := w.store.Messages(t.Context(), models.MessageFilter{DeviceID: id, ChatID: byNumber.ID})
		if err == nil && len(list) != 3 {
			err = fmt.Errorf("%d of 3 messages are in the chat %+v", len(list), byNumber)
		}
		return err
	})
	byNumber, err = w.chatOf(id, message.PartyOf(customer+"@s.whatsapp.net"))
	if err != nil || byNumber.Contact.LID == "" {
		t.Errorf("the chat: %+v (%v)", byNumber, err)
	}
	w.clean()
}

// Somebody gets another phone, links devices and loses them: their messages go on.
func TestContactChangesPhones(t *testing.T) {
	w := newWorld(t)
	id, budi := w.linked("Toko", shop), w.customerPhone(customer, "Budi")
	w.write(budi, shop, handset.Draft{Text: "sebelum"})
	w.wait(id, "message before", text("sebelum"))
	must(t, w.svc.Reinstall(customer))
	budi, err := w.svc.Phone(customer)
	must(t, err)
	w.write(budi, shop, handset.Draft{Text: "sesudah"})
	w.wait(id, "message after", text("sesudah"))
	index, err := w.svc.LinkSilently(customer)
	must(t, err)
	w.write(budi, shop, handset.Draft{Text: "dengan laptop"})
	must(t, w.svc.UnlinkSilent(customer, index))
	w.write(budi, shop, handset.Draft{Text: "tanpa laptop"})
	w.wait(id, "last message", text("tanpa laptop"))
	w.settled()
	if got := texts(w.messages(id)); got != "sebelum sesudah dengan laptop tanpa laptop" {
		t.Errorf("received %q", got)
	}
	w.clean()
}

// What the account itself writes on its phone, and on another linked device, arrives
// marked, in the chat with whom it was written to; what it reads there is read here.
func TestWhatTheAccountDoesElsewhere(t *testing.T) {
	w := newWorld(t)
	id, budi := w.linked("Toko", shop), w.customerPhone(customer, "Budi")
	other := w.linked("Gudang", shop)
	own, err := w.svc.Phone(shop)
	must(t, err)
	w.write(budi, shop, handset.Draft{Text: "halo"})
	w.wait(id, "message", text("halo"))
	w.write(own, customer, handset.Draft{Text: "dari ponsel"})
	_, err = w.Outbox().Submit(t.Context(), message.Request{
		DeviceID: other, Source: message.SourceAPI, Wait: 20 * time.Second,
		Out: message.Outgoing{
			To:      message.ChatWith(message.PartyOf(customer + "@s.whatsapp.net")),
			Content: message.Content{Kind: message.KindText, Text: "dari gudang"},
		},
	})
	must(t, err)
	for _, words := range []string{"dari ponsel", "dari gudang"} {
		e := w.wait(id, words, text(words))
		with, _ := e.Data["chat"].(map[string]any)
		if e.Data["from_me"] != true || e.Data["source"] != message.SourcePhone || with["phone"] != customer {
			t.Errorf("%q: %v", words, e.Data)
		}
	}
	must(t, budi.Read(shop))
	w.wait(id, "blue ticks", func(e told) bool { return e.Type == message.EventStatus && e.Data["status"] == "read" })
	must(t, own.Read(customer))
	eventually(t, patience, func() error {
		c, err := w.chatOf(id, message.PartyOf(customer+"@s.whatsapp.net"))
		if err == nil && c.Unread != 0 {
			err = fmt.Errorf("%d unread", c.Unread)
		}
		return err
	})
	w.settled()
	w.clean()
}

// A group that is new to the account is told whole, and what happens in it after.
func TestGroups(t *testing.T) {
	w := newWorld(t)
	id, budi := w.linked("Toko", shop), w.customerPhone(customer, "Budi")
	siti := w.customerPhone("6281311113333", "Siti")
	group, err := budi.CreateGroup(t.Context(), "Pelanggan", []string{shop, "6281311113333"})
	must(t, err)
	made := w.wait(id, "new group", func(e told) bool { return e.Type == message.EventGroup && e.Data["action"] == "created" })
	whole, _ := made.Data["group"].(map[string]any)
	members, _ := whole["members"].([]any)
	if whole["id"] != group || whole["subject"] != "Pelanggan" || len(members) != 3 || whole["size"] != float64(3) {
		t.Fatalf("the group: %v", made.Data)
	}
	w.write(siti, group, handset.Draft{Text: "halo semua"})
	said := w.wait(id, "message in the group", text("halo semua"))
	in, _ := said.Data["chat"].(map[string]any)
	by, _ := said.Data["sender"].(map[string]any)
	if in["id"] != group || in["type"] != "group" || in["name"] != "Pelanggan" || by["phone"] != "6281311113333" {
		t.Errorf("the message: %v", said.Data)
	}
	must(t, budi.ChangeGroup(t.Context(), group, "subject", nil, "Pelanggan Setia"))
	must(t, budi.ChangeGroup(t.Context(), group, "announcement", nil, ""))
	must(t, budi.ChangeGroup(t.Context(), group, "remove", []string{"6281311113333"}, ""))
	w.wait(id, "removal", func(e told) bool {
		gone, _ := e.Data["members"].([]any)
		return e.Type == message.EventGroup && e.Data["action"] == "leave" && len(gone) == 1
	})
	w.wait(id, "new subject", func(e told) bool { return e.Data["action"] == "subject" && e.Data["value"] == "Pelanggan Setia" })
	w.wait(id, "announcements only", func(e told) bool { return e.Data["action"] == "announce" && e.Data["value"] == "true" })
	c, err := w.store.ChatOf(t.Context(), id, phone, models.ChatRef{JID: group})
	if err != nil || c.Name != "Pelanggan Setia" {
		t.Errorf("the chat: %+v (%v)", c, err)
	}
	w.settled()
	w.clean()
}
