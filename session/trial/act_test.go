//go:build !race

package trial_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"wadah/models"
	"wadah/session/message"
	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
)

// What a device does beside sending is seen on the other phone.
func TestActs(t *testing.T) {
	w := newWorld(t)
	id := w.linked("Toko", shop)
	budi := w.customerPhone(customer, "Budi")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	checks, err := w.CheckNumbers(ctx, id, []string{customer, "6281300000000"})
	if err != nil || len(checks) != 2 || !checks[0].Exists || checks[0].Person.LID == "" || checks[0].Person.Number() != customer || checks[1].Exists {
		t.Fatalf("numbers: %+v %v", checks, err)
	}
	person := checks[0].Person

	sent, err := budi.Write(ctx, shop, handset.Draft{Text: "halo"})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, func() error {
		if got := texts(w.messages(id)); got != "halo" {
			return fmt.Errorf("received %q", got)
		}
		return nil
	})
	if err := w.MarkRead(ctx, id, message.ReadMessages{Chat: message.ChatWith(person), IDs: []string{sent.ID}, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	call, err := budi.Ring(shop, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.RejectCall(ctx, id, person, call); err != nil {
		t.Fatal(err)
	}
	if err := w.SetPresence(ctx, id, true); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, func() error {
		var read, rejected bool
		for _, c := range budi.Book().Chats() {
			for _, m := range budi.Book().Messages(c.ID, 100) {
				read = read || m.ID == sent.ID && m.Status == chat.Read
				rejected = rejected || m.ID == call && m.Text == "rejected"
			}
		}
		if !read || !rejected {
			return fmt.Errorf("read %v, rejected %v", read, rejected)
		}
		return nil
	})
	w.clean()
}

// In an older copy what waited has failed, and no counter of a session is left to be used
// twice: the next message arrives.
func TestRestored(t *testing.T) {
	w := newWorld(t)
	id := w.linked("Toko", shop)
	budi := w.customerPhone(customer, "Budi")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	send := func(text string, queue bool) models.Message {
		t.Helper()
		result, err := w.Outbox().Submit(ctx, message.Request{
			DeviceID: id, Source: message.SourceAPI, Wait: 20 * time.Second, Queue: queue,
			Out: message.Outgoing{
				To:      message.ChatWith(message.PartyOf(customer + "@s.whatsapp.net")),
				Content: message.Content{Kind: message.KindText, Text: text},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return result.Message
	}
	send("satu", false)
	if _, err := w.StopDevice(ctx, id); err != nil {
		t.Fatal(err)
	}
	waiting := send("dua", true)
	for range 2 { // it may be repeated
		if err := message.Restored(ctx, w.store); err != nil {
			t.Fatal(err)
		}
	}
	if m, _, err := w.store.Sending(ctx, waiting.ID); err != nil || m.Status != models.StatusFailed || m.Error != "restored" {
		t.Errorf("what waited: %+v %v", m, err)
	}
	var sessions int
	if err := w.store.SQL().QueryRowContext(ctx, "SELECT (SELECT COUNT(*) FROM whatsmeow_sessions) + (SELECT COUNT(*) FROM whatsmeow_sender_keys)").Scan(&sessions); err != nil || sessions != 0 {
		t.Errorf("%d sessions are left (%v)", sessions, err)
	}
	if _, err := w.StartDevice(ctx, id); err != nil {
		t.Fatal(err)
	}
	send("tiga", false)
	eventually(t, patience, func() error {
		var got string
		for _, c := range budi.Book().Chats() {
			for _, m := range budi.Book().Messages(c.ID, 100) {
				got += m.Text + " "
			}
		}
		if got != "satu tiga " {
			return fmt.Errorf("Budi has %q", got)
		}
		return nil
	})
	w.clean()
}
