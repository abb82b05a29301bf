package models_test

import (
	"errors"
	"testing"
	"time"

	"wadah/models"
)

// toSend is a message of the account's own that waits to be sent.
func (f *fixture) toSend(device, id, words string) models.Arrival {
	a := said(device, budi, id, words)
	a.FromMe, a.Sender = true, models.Person{}
	a.Message.Status, a.Message.Source = models.StatusQueued, "api"
	a.Send = &models.NewSend{ExpiresAt: f.clock.Now().Add(24 * time.Hour)}
	return a
}

func (f *fixture) outcome(device, id, status, why string) models.Arrival {
	return models.Arrival{
		DeviceID: device, Account: account, At: f.clock.Now(), FromMe: true,
		Receipt: &models.NewReceipt{WAIDs: []string{id}, Status: status, Error: why},
		Event:   &models.NewEvent{Type: "message_status", Body: []byte(status)},
	}
}

// next is the id of the message that is sent next, "" for none.
func (f *fixture) next(device string) string {
	f.tb.Helper()
	s, err := f.NextSend(f.tb.Context(), device)
	if errors.Is(err, models.ErrNotFound) {
		return ""
	}
	if err != nil {
		f.tb.Fatal(err)
	}
	return s.WAID
}

// Ensure that a lane is in order, urgent before bulk, and holds what has no end yet.
func TestLane(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	bulk := f.toSend(d.ID, "B1", "massal")
	bulk.Send.Bulk = true
	f.accept(bulk, f.toSend(d.ID, "A1", "satu"), f.toSend(d.ID, "A2", "dua"))
	for _, step := range []struct{ want, then, status string }{
		{"A1", "A1", models.StatusSent}, {"A2", "A2", models.StatusFailed}, {"B1", "B1", models.StatusDelivered}, {"", "A1", models.StatusFailed},
	} {
		if got := f.next(d.ID); got != step.want {
			t.Fatalf("next is %q, want %q", got, step.want)
		}
		f.accept(f.outcome(d.ID, step.then, step.status, "why"))
	}
	expect(t, "log", f.log(d.ID), "1 message massal; 2 message satu; 3 message dua; 4 message_status sent; 5 message_status failed; 6 message_status delivered")
	list, err := f.Messages(t.Context(), models.MessageFilter{DeviceID: d.ID, WAID: "A2"})
	if err != nil || len(list) != 1 || list[0].Status != models.StatusFailed || list[0].Error != "why" {
		t.Errorf("%+v (%v)", list, err)
	}
}

// Ensure that a key of idempotency is used once, for as long as it lives.
func TestOnce(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	call := func(id, params string) models.Outcome {
		a := f.toSend(d.ID, id, id)
		a.Once = &models.Once{Key: "k", Params: params, ExpiresAt: f.clock.Now().Add(24 * time.Hour)}
		return f.accept(a)[0]
	}
	first := call("A1", "p")
	if first.Answered != nil || first.MessageID == "" {
		t.Fatalf("the first call: %+v", first)
	}
	if again := call("A2", "p"); again.Answered == nil || again.Answered.MessageID != first.MessageID || again.Answered.Answer != nil {
		t.Errorf("the second call: %+v", again)
	}
	if err := f.SaveAnswer(t.Context(), d.ID, "k", []byte("jawaban")); err != nil {
		t.Fatal(err)
	}
	if other := call("A3", "q"); other.Answered == nil || other.Answered.Params != "p" || string(other.Answered.Answer) != "jawaban" {
		t.Errorf("a call with other parameters: %+v", other)
	}
	expect(t, "log", f.log(d.ID), "1 message A1")
	f.clock.Add(25 * time.Hour)
	if late := call("A4", "q"); late.Answered != nil {
		t.Errorf("after a day: %+v", late)
	}
}

// Ensure that sweeping keeps what it must and removes the rest in the order of ages.
func TestSweepMessages(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	day := 24 * time.Hour
	keep := models.Retention{Bodies: 7 * day, Index: 30 * day, Events: 3 * day}
	f.accept(said(d.ID, budi, "A1", "lama"), f.toSend(d.ID, "S1", "belum terkirim"))
	sweep := func(after time.Duration, r models.Retention) {
		t.Helper()
		f.clock.Add(after)
		if _, err := f.SweepMessages(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	sweep(6*day, keep)
	expect(t, "chat after 6 days", f.chatLog(d.ID, budi), "A1:lama S1:belum terkirim")
	sweep(2*day, keep)
	f.accept(said(d.ID, budi, "A2", "baru"))
	expect(t, "chat after 8 days", f.chatLog(d.ID, budi), "A1: S1:belum terkirim A2:baru")
	sweep(23*day, keep)
	expect(t, "chat after 31 days", f.chatLog(d.ID, budi), "S1:belum terkirim A2:")

	f.accept(f.outcome(d.ID, "S1", models.StatusSent, ""), said(d.ID, budi, "A3", "x"))
	own := f.toSend(d.ID, "S2", "terkirim")
	f.accept(own, f.outcome(d.ID, "S2", models.StatusSent, ""))
	sweep(time.Hour, models.Retention{})
	expect(t, "chat with nothing kept", f.chatLog(d.ID, budi), "S2:terkirim")
	sweep(day, models.Retention{})
	expect(t, "chat a day later", f.chatLog(d.ID, budi), "")
}

// Ensure that the log loses its beginning alone, and readers can tell.
func TestSweepEvents(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	quiet, _ := f.device("Gudang")
	for i, at := range []time.Duration{-50, -49, -1, -48, 0} {
		a := said(d.ID, budi, string(rune('A'+i)), string(rune('a'+i)))
		a.At = f.clock.Now().Add(at * time.Hour)
		f.accept(a)
	}
	if _, err := f.SweepMessages(t.Context(), models.Retention{Events: 24 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	expect(t, "log", f.log(d.ID), "3 message c; 4 message d; 5 message e")
	for _, c := range []struct {
		device      string
		first, last int64
	}{{d.ID, 3, 5}, {quiet.ID, 1, 0}} {
		if first, last, err := f.EventRange(t.Context(), c.device); first != c.first || last != c.last || err != nil {
			t.Errorf("range %d to %d, want %d to %d (%v)", first, last, c.first, c.last, err)
		}
	}
	f.clock.Add(1000 * time.Hour)
	if _, err := f.SweepMessages(t.Context(), models.DefaultRetention); err != nil {
		t.Fatal(err)
	}
	if first, last, err := f.EventRange(t.Context(), d.ID); first != 6 || last != 5 || err != nil {
		t.Errorf("range of an empty log: %d to %d (%v)", first, last, err)
	}
	f.accept(said(d.ID, budi, "Z", "z"))
	expect(t, "log", f.log(d.ID), "6 message z")
}
