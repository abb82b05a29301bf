package session_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"wadah/models"
	"wadah/session/message"
)

var budi = message.Party{LID: "111111111111111@lid", PN: "6281311112222@s.whatsapp.net"}

func said(id, text string) message.Message {
	return message.Message{
		Envelope: message.Envelope{ID: id, Chat: message.ChatWith(budi), Sender: budi, At: time.Now()},
		Content:  message.Content{Kind: message.KindText, Text: text},
	}
}

// Ensure that what a connection is handed is in the store, under the account it is
// linked to, when Accept returns.
func TestReceive(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		for range 2 {
			if err := w.conn(id).Deliver(said("A1", "halo")); err != nil {
				t.Fatal(err)
			}
		}
		list, err := w.store.Messages(t.Context(), models.MessageFilter{DeviceID: id})
		if err != nil || len(list) != 1 || list[0].WAID != "A1" {
			t.Errorf("messages %+v (%v)", list, err)
		}
		if _, err := w.store.ChatOf(t.Context(), id, "6281234567890", models.ChatRef{Person: models.Person{PN: budi.PN}}); err != nil {
			t.Error(err)
		}
	})
}

// Ensure that the phone's history is read from its notice on, whatever comes between,
// and that the phone is told after.
func TestHistory(t *testing.T) {
	notice := func(name string) message.History {
		return message.History{ID: "H-" + name, Notice: []byte(name), At: time.Now()}
	}
	digest := message.Digest{
		Chats: []message.ChatDigest{{Chat: message.ChatWith(budi), Name: "Pak Budi", Unread: 2, LastAt: time.Unix(1700000000, 0), Timer: 24 * time.Hour, TimerAt: time.Unix(1600000000, 0)}},
		Names: []message.Named{{Person: budi, Name: "budi"}},
	}

	t.Run("read once, after a failure and a restart", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			tries := 0
			w.driver.SetHistory("one", func() (message.Digest, error) {
				tries++
				return message.Digest{}, errDown
			})
			id := w.linked("Toko", alice)
			if err := w.conn(id).Deliver(notice("one")); err != nil {
				t.Fatal(err)
			}
			w.pass(30 * time.Second)
			if tries < 2 || len(w.driver.HistoryRead()) != 0 {
				t.Fatalf("%d tries, told %v", tries, w.driver.HistoryRead())
			}
			w.reopen()
			w.driver.SetHistory("one", func() (message.Digest, error) { return digest, nil })
			w.pass(2 * time.Minute)
			if got := w.driver.HistoryRead(); !slices.Equal(got, []string{"H-one"}) {
				t.Errorf("told %v", got)
			}
			chat, err := w.store.ChatOf(t.Context(), id, "6281234567890", models.ChatRef{Person: models.Person{LID: budi.LID}})
			if err != nil || chat.Contact.FullName != "Pak Budi" || chat.Contact.PushName != "budi" || chat.Unread != 2 || chat.Timer != 86400 {
				t.Errorf("chat %+v (%v)", chat, err)
			}
		})
	})

	t.Run("given up when it is gone", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			if err := w.conn(id).Deliver(notice("lost")); err != nil {
				t.Fatal(err)
			}
			w.pass(5 * time.Second)
			left, err := w.store.ExpectedOf(t.Context(), id)
			if err != nil || len(left) != 0 {
				t.Errorf("still expected: %+v (%v)", left, err)
			}
		})
	})

	t.Run("one at a time over the whole fleet", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			var now, most int
			w.driver.SetHistory("slow", func() (message.Digest, error) {
				now++
				most = max(most, now)
				slumber(time.Second)
				now--
				return digest, nil
			})
			for i, jid := range []string{alice, bob} {
				id := w.linked([]string{"Toko", "Gudang"}[i], jid)
				if err := w.conn(id).Deliver(notice("slow")); err != nil {
					t.Fatal(err)
				}
			}
			w.pass(10 * time.Second)
			if most != 1 || len(w.driver.HistoryRead()) != 2 {
				t.Errorf("%d at a time, told %v", most, w.driver.HistoryRead())
			}
		})
	})
}

// Ensure that nothing is accepted for a device that is gone.
func TestReceiveForDeletedDevice(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		conn := w.conn(id)
		if _, err := w.DeleteDevice(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if err := conn.Deliver(said("A1", "halo")); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}
