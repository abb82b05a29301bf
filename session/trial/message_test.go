//go:build !race

package trial_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/session/eventlog"
	"wadah/session/message"
	"wadah/session/sandbox/handset"
)

const (
	customer = "6281311112222"
	shop     = phone
)

// customerPhone is another phone, which writes to devices.
func (w *world) customerPhone(number, name string) *handset.Phone {
	w.t.Helper()
	if _, err := w.svc.AddPhone(number, name); err != nil {
		w.t.Fatal(err)
	}
	p, err := w.svc.Phone(number)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// messages are the events of a device that bring messages, as programs see them.
func (w *world) messages(id string) (list []eventlog.Message) {
	w.t.Helper()
	rows, err := w.store.EventsAfter(w.t.Context(), id, 0, 100000)
	if err != nil {
		w.t.Fatal(err)
	}
	for n, row := range rows {
		if row.Seq != int64(n+1) {
			w.t.Fatalf("event %d has the number %d", n+1, row.Seq)
		}
		if row.Type != message.EventMessage && row.Type != message.EventFilled {
			continue
		}
		data, err := eventlog.Data(row)
		if err != nil {
			w.t.Fatal(err)
		}
		var m eventlog.Message
		if err := json.Unmarshal(data, &m); err != nil {
			w.t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

func texts(list []eventlog.Message) string {
	var words []string
	for _, m := range list {
		words = append(words, m.Text)
	}
	return strings.Join(words, " ")
}

// clean fails the test when the service saw something that WhatsApp would not forgive.
func (w *world) clean() {
	w.t.Helper()
	if all := w.svc.Violations().All(); len(all) > 0 {
		w.t.Errorf("%d violations, the first: %+v", len(all), all[0])
	}
}

// What somebody writes is in the log, and what is sent is on their phone, once.
func TestMessagesBothWays(t *testing.T) {
	w := newWorld(t)
	id := w.linked("Toko", shop)
	budi := w.customerPhone(customer, "Budi")
	for i := range 3 {
		if _, err := budi.Write(t.Context(), shop, handset.Draft{Text: fmt.Sprint("halo", i)}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, patience, func() error {
		if got := texts(w.messages(id)); got != "halo0 halo1 halo2" {
			return fmt.Errorf("received %q", got)
		}
		return nil
	})
	first := w.messages(id)[0]
	if first.Sender == nil || first.Sender.Phone != customer || first.Sender.LID == "" || first.FromMe || first.Chat.Type != "private" {
		t.Errorf("the first message: %+v", first)
	}

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for i := range 3 {
		result, err := w.Outbox().Submit(ctx, message.Request{
			DeviceID: id, Source: message.SourceAPI, Wait: 20 * time.Second,
			Out: message.Outgoing{
				To:      message.ChatWith(message.PartyOf(customer + "@s.whatsapp.net")),
				Content: message.Content{Kind: message.KindText, Text: fmt.Sprint("balas", i)},
			},
		})
		if err != nil || result.Message.Status != models.StatusSent {
			t.Fatalf("sending: %+v %v", result, err)
		}
	}
	eventually(t, patience, func() error {
		var got []string
		for _, c := range budi.Book().Chats() {
			for _, m := range budi.Book().Messages(c.ID, 100) {
				if !m.FromMe {
					got = append(got, m.Text)
				}
			}
		}
		if s := strings.Join(got, " "); s != "balas0 balas1 balas2" {
			return fmt.Errorf("Budi has %q", s)
		}
		return nil
	})
	w.clean()
}
