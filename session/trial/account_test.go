//go:build !race

package trial_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"wadah/models"
	"wadah/session"
	"wadah/session/message"
	"wadah/session/sandbox/handset"
)

// called is a setting of the account's address book.
func called(number, name string) appstate.PatchInfo {
	return appstate.PatchInfo{Type: appstate.WAPatchCriticalUnblockLow, Mutations: []appstate.MutationInfo{{
		Index: []string{appstate.IndexContact, number + "@s.whatsapp.net"}, Version: 2,
		Value: &waSyncAction.SyncActionValue{ContactAction: &waSyncAction.ContactAction{FullName: proto.String(name), FirstName: proto.String(name)}},
	}}}
}

// chatIs waits until the chat with the customer is as wanted.
func (w *world) chatIs(id, what string, fits func(models.Chat) bool) {
	w.t.Helper()
	eventually(w.t, patience, func() error {
		c, err := w.chatOf(id, message.PartyOf(customer+"@s.whatsapp.net"))
		if err == nil && !fits(c) {
			err = fmt.Errorf("%s: the chat is %+v", what, c)
		}
		return err
	})
}

// expecting waits until so many pieces of history are expected.
func (w *world) expecting(id string, pieces int) {
	w.t.Helper()
	eventually(w.t, patience, func() error {
		list, err := w.store.ExpectedOf(w.t.Context(), id)
		n := 0
		for _, e := range list {
			if e.Kind == message.ExpectHistory {
				n++
			}
		}
		if err == nil && n != pieces {
			err = fmt.Errorf("%d pieces of history are expected, want %d", n, pieces)
		}
		return err
	})
}

// unexpected waits until nothing is expected any more.
func (w *world) unexpected(id string) {
	w.t.Helper()
	eventually(w.t, patience, func() error {
		left, err := w.store.ExpectedOf(w.t.Context(), id)
		if err == nil && len(left) > 0 {
			err = fmt.Errorf("still expected: %+v", left)
		}
		return err
	})
}

// What was set before the device was linked, and what is set after, while it is connected
// and while it is not, reaches our tables: names of the address book, chats that are
// muted, pinned and archived.
func TestSettingsOfTheAccount(t *testing.T) {
	w := newWorld(t)
	budi := w.customerPhone(customer, "Budi")
	own, err := w.svc.Phone(shop)
	must(t, err)
	w.write(budi, shop, handset.Draft{Text: "sebelum"})
	jid := types.NewJID(customer, types.DefaultUserServer)
	must(t, own.Change(called(customer, "Pak Budi")))
	must(t, own.Change(appstate.BuildMute(jid, true, time.Hour)))

	id := w.linked("Toko", shop)
	w.chatIs(id, "set before linking", func(c models.Chat) bool {
		return c.Contact.FullName == "Pak Budi" && time.Until(c.MutedTo) > 50*time.Minute
	})
	must(t, own.Change(called(customer, "Bapak Budi")))
	must(t, own.Change(appstate.BuildPin(jid, true)))
	must(t, own.Change(appstate.BuildMute(jid, false, 0)))
	w.chatIs(id, "set while connected", func(c models.Chat) bool {
		return c.Contact.FullName == "Bapak Budi" && c.Pinned && c.MutedTo.IsZero()
	})
	w.stop(id)
	must(t, own.Change(appstate.BuildPin(jid, false)))
	must(t, own.Change(appstate.BuildArchive(jid, true, time.Now(), nil)))
	w.start(id)
	w.chatIs(id, "set while off", func(c models.Chat) bool { return c.Archived && !c.Pinned })
	w.unexpected(id)
	w.settled()
	w.clean()
}

// Settings whose reading was begun by a program that has ended are read from their
// beginning: nobody knows how much of them was stored.
func TestSettingsReadHalfway(t *testing.T) {
	w := newWorld(t)
	w.customerPhone(customer, "Budi")
	own, err := w.svc.Phone(shop)
	must(t, err)
	id := w.linked("Toko", shop)
	must(t, own.Change(called(customer, "Pak Budi")))
	eventually(t, patience, func() error {
		return errors.Join(w.bookHas("Pak Budi"), w.noneExpected(id))
	})
	w.stop(id)
	// The library has noted the version and not what it says, and its reading is expected.
	w.exec(`UPDATE whatsmeow_contacts SET full_name = 'lama'`)
	w.exec(`UPDATE contacts SET full_name = 'lama'`)
	_, err = w.store.Accept(t.Context(), []models.Arrival{{
		DeviceID: id, Account: phone, Expect: &models.Expected{Kind: message.ExpectAppState, Name: string(appstate.WAPatchCriticalUnblockLow)},
	}})
	must(t, err)
	w.exec(`UPDATE expected SET tries = 1`)
	w.reopen()
	w.start(id)
	eventually(t, patience, func() error {
		return errors.Join(w.bookHas("Pak Budi"), w.noneExpected(id))
	})
	w.clean()
}

// bookHas says why our table of contacts has nobody of that name.
func (w *world) bookHas(name string) error {
	var n int
	err := w.store.SQL().QueryRowContext(w.t.Context(), `SELECT COUNT(*) FROM contacts WHERE full_name = $1`, name).Scan(&n)
	if err == nil && n == 0 {
		err = fmt.Errorf("nobody is called %q", name)
	}
	return err
}

func (w *world) noneExpected(id string) error {
	left, err := w.store.ExpectedOf(w.t.Context(), id)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("still expected: %+v", left)
	}
	return err
}

// An account that WhatsApp lets write to known chats alone: the first message to somebody
// who wrote before the device was linked is not refused (463), because the token of that
// chat comes with the history, also when it was read by a later run of the program.
func TestTokensOfTheHistory(t *testing.T) {
	w := newWorld(t)
	budi := w.customerPhone(customer, "Budi")
	w.write(budi, shop, handset.Draft{Text: "halo"})
	own, err := w.svc.Phone(shop)
	must(t, err)
	eventually(t, patience, func() error { // the phone has it, and the token that came with it
		if len(own.Book().Chats()) == 0 {
			return errors.New("nothing came")
		}
		return nil
	})
	w.write(own, customer, handset.Draft{Text: "ya?"})
	must(t, w.svc.Hold(shop, true, time.Time{}))
	tokens := func() (n int) {
		must(t, w.store.SQL().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM whatsmeow_privacy_tokens`).Scan(&n))
		return n
	}

	w.gate.refuseHistory(true)
	id := w.linked("Toko", shop)
	w.expecting(id, 2)
	if n := tokens(); n != 0 {
		t.Fatalf("%d tokens without history", n)
	}
	w.reopen()
	w.await(id, "CONNECTED/ready")
	w.unexpected(id)
	if n := tokens(); n != 1 {
		t.Errorf("%d tokens with the history, want that of one chat", n)
	}
	w.chatIs(id, "from the history", func(c models.Chat) bool { return c.Contact.PushName == "Budi" && c.LastAt > 0 })
	_, err = w.Outbox().Submit(t.Context(), message.Request{
		DeviceID: id, Source: message.SourceAPI, Wait: 20 * time.Second,
		Out: message.Outgoing{
			To:      message.ChatWith(message.PartyOf(customer + "@s.whatsapp.net")),
			Content: message.Content{Kind: message.KindText, Text: "pesanan siap"},
		},
	})
	if err != nil {
		t.Errorf("to somebody who wrote before: %v", err)
	}
	w.clean()
}

// A piece of history that could not be read, because the line or the program ended, is
// read by the next connection, and the phone is told after.
func TestHistoryAfterARestart(t *testing.T) {
	w := newWorld(t)
	budi := w.customerPhone(customer, "Budi")
	w.write(budi, shop, handset.Draft{Text: "halo"})
	w.gate.refuseHistory(true)
	id := w.linked("Toko", shop)
	w.expecting(id, 2)
	w.reopen()
	w.await(id, "CONNECTED/ready")
	w.unexpected(id)
	w.chatIs(id, "from the history", func(c models.Chat) bool { return c.LastAt > 0 })
	w.clean()
}

// The library confirms what the phone hands over before it is accepted. When the program
// ends just then WhatsApp does not repeat it: it is found in what was decrypted.
func TestHistoryConfirmedTooEarly(t *testing.T) {
	w := newWorld(t)
	budi := w.customerPhone(customer, "Budi")
	w.write(budi, shop, handset.Draft{Text: "halo"})
	ended := make(chan struct{})
	var once sync.Once
	w.gate.atAccept(func(in message.Incoming) error {
		if _, is := in.(message.History); !is {
			return nil
		}
		once.Do(func() {
			// WhatsApp is told that the first of two pieces has arrived.
			eventually(t, patience/2, func() error {
				if waiting := w.svc.Stats().Routing.Waiting; waiting > 1 {
					return fmt.Errorf("%d stanzas are not acknowledged", waiting)
				}
				return nil
			})
			close(ended)
		})
		return errors.New("the program ends here")
	})
	id := w.linked("Toko", shop)
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("no history was handed over")
	}
	w.gate.atAccept(nil)
	w.reopen()
	w.await(id, "CONNECTED/ready")
	w.chatIs(id, "from the history", func(c models.Chat) bool { return c.LastAt > 0 })
	w.unexpected(id)
	var left int
	must(t, w.store.SQL().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM whatsmeow_event_buffer WHERE plaintext IS NOT NULL`).Scan(&left))
	if left != 0 {
		t.Errorf("%d plaintexts are left", left)
	}
}

// atAccept calls f before each thing that is handed over is accepted; nil ends that.
func (g *gate) atAccept(f func(message.Incoming) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.accepting = f
}

// refuseHistory makes the driver fail to read pieces of history.
func (g *gate) refuseHistory(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.noHistory = on
}

var errNoHistory = errors.New("history cannot be had just now")

// ReadHistory reads a piece, unless the gate refuses.
func (c *gateConn) ReadHistory(ctx context.Context, notice []byte) (message.Digest, error) {
	c.gate.mu.Lock()
	refuse := c.gate.noHistory
	c.gate.mu.Unlock()
	if refuse {
		return message.Digest{}, errNoHistory
	}
	return c.Conn.ReadHistory(ctx, notice)
}

var _ session.Conn = (*gateConn)(nil)
