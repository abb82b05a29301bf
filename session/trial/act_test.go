//go:build !race

package trial_test

import (
	"context"
	"fmt"
	"testing"
	"time"

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
