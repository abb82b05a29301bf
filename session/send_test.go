package session_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/session"
	"wadah/session/message"
)

// request is a text to Budi as a program hands it over.
func request(device, text string) message.Request {
	return message.Request{
		DeviceID: device, Source: message.SourceAPI, Wait: 20 * time.Second,
		Out: message.Outgoing{To: message.ChatWith(budi), Content: message.Content{Kind: message.KindText, Text: text}},
	}
}

// submit hands a message over in the background; the answer comes through the channel.
func (w *fleet) submit(r message.Request) <-chan string {
	answer := make(chan string, 1)
	go func() {
		result, err := w.Outbox().Submit(w.t.Context(), r)
		answer <- told(result, err)
	}()
	return answer
}

// told is an answer in one word: the status, "unknown", or the error.
func told(r message.Result, err error) string {
	var refused *message.RefusedError
	switch {
	case errors.As(err, &refused):
		return string(refused.Why)
	case errors.Is(err, message.ErrOffline):
		return "offline"
	case err != nil:
		return err.Error()
	case r.Answered != nil:
		return "answered " + string(r.Answered)
	case r.Unknown:
		return "unknown " + r.Message.Status
	}
	return r.Message.Status
}

// now is the answer that has come, "" when none has.
func now(answer <-chan string) string {
	select {
	case a := <-answer:
		return a
	default:
		return ""
	}
}

// statuses are the messages of a device by text, oldest first: "halo:sent".
func (w *fleet) statuses(id string) string {
	w.t.Helper()
	list, err := w.store.Messages(w.t.Context(), models.MessageFilter{DeviceID: id, After: "0"})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, m := range list {
		r, err := message.DecodeRecord(m.Body)
		if err != nil {
			w.t.Fatal(err)
		}
		end := m.Status
		if m.Error != "" {
			end += "(" + m.Error + ")"
		}
		out = append(out, r.Content.Text+":"+end)
	}
	return strings.Join(out, " ")
}

// ids are the IDs under which messages were handed over, repeats included.
func (w *fleet) ids() (ids []string) {
	for _, s := range w.driver.Sent() {
		ids = append(ids, s.ID)
	}
	return ids
}

var errAckLost = errors.New("no acknowledgement came")

// A login may be told before the dial has returned: CONNECTED is who can be written with.
func TestQueuedWhileTheDialReturns(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		w.driver.SetBeforeReturn(func() { slumber(2 * time.Second) })
		w.conn(id).Tell(session.SignalClosed{})
		w.settle()
		r := request(id, "halo")
		r.Queue = true
		if got := <-w.submit(r); got != "queued" {
			t.Fatalf("answered %q", got)
		}
		connected := func() bool { s, _ := w.Snapshot(id); return s.State == session.StateConnected }
		for !connected() {
			w.pass(100 * time.Millisecond)
		}
		if got := w.statuses(id); got != "halo:sent" {
			t.Errorf("connected with %q", got)
		}
	})
}

// The contract of sending: every state of a device with every way of asking.
func TestSubmit(t *testing.T) {
	type moment struct {
		name string
		make func(w *fleet) (id string)
	}
	off := moment{"off", func(w *fleet) string {
		id := w.linked("Toko", alice)
		if _, err := w.StopDevice(w.t.Context(), id); err != nil {
			w.t.Fatal(err)
		}
		return id
	}}
	fresh := moment{"never linked", func(w *fleet) string { return w.add("Toko") }}
	scanning := moment{"scanning", func(w *fleet) string {
		id := w.add("Toko")
		w.start(id)
		return id
	}}
	connected := moment{"connected", func(w *fleet) string { return w.linked("Toko", alice) }}
	returning := moment{"reconnecting", func(w *fleet) string {
		id := w.linked("Toko", alice)
		w.driver.SetOnDial(func(context.Context, session.Target) error { return errDown })
		w.conn(id).Tell(session.SignalClosed{})
		w.pass(3 * time.Second)
		return id
	}}
	cases := []struct {
		at     moment
		queue  bool
		meets  string // what WhatsApp does with it
		back   time.Duration
		answer string
		after  time.Duration // when the answer is due
		end    string        // what stands in the table much later
	}{
		{connected, false, "ack", 0, "sent", 0, "halo:sent"},
		{connected, true, "ack", 0, "queued", 0, "halo:sent"},
		{connected, false, "463", 0, "reachout_locked", 0, "halo:failed(reachout_locked)"},
		{connected, true, "463", 0, "queued", 0, "halo:failed(reachout_locked)"},
		{connected, false, "unknown", 0, "unknown queued", 20 * time.Second, "halo:sent"},
		{off, false, "ack", 0, "offline", 0, ""},
		{off, true, "ack", 0, "queued", 0, "halo:queued"},
		{fresh, false, "ack", 0, "offline", 0, ""},
		{fresh, true, "ack", 0, "queued", 0, "halo:queued"},
		{scanning, false, "ack", 0, "offline", 0, ""},
		{returning, false, "ack", 2 * time.Second, "sent", 20 * time.Second, "halo:sent"},
		{returning, false, "ack", 30 * time.Second, "offline", 20 * time.Second, ""},
		{returning, true, "ack", 30 * time.Second, "queued", 0, "halo:sent"},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s, queue %v, %s, back after %v", c.at.name, c.queue, c.meets, c.back), func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *fleet) {
				id := c.at.make(w)
				began := time.Now()
				w.driver.SetOnSend(func(string, message.Ready) (message.Ack, error) {
					switch {
					case c.meets == "463":
						return message.Ack{}, &message.RefusedError{Why: message.RefusedReachout, Code: 463}
					case c.meets == "unknown" && time.Since(began) < 25*time.Second:
						slumber(20 * time.Second)
						return message.Ack{}, errAckLost
					}
					return message.Ack{At: time.Now()}, nil
				})
				r := request(id, "halo")
				r.Queue = c.queue
				answer := w.submit(r)
				if c.back > 0 {
					go func() {
						slumber(c.back)
						w.driver.SetOnDial(nil)
					}()
				}
				w.pass(c.after + time.Second)
				if got := now(answer); got != c.answer {
					t.Errorf("answer %q, want %q", got, c.answer)
				}
				w.pass(2 * time.Minute)
				if got := w.statuses(id); got != c.end {
					t.Errorf("in the end %q, want %q", got, c.end)
				}
				if ids := w.ids(); len(slices.Compact(ids)) > 1 {
					t.Errorf("sent under the ids %v", ids)
				}
			})
		})
	}
}

// A message whose outcome is open goes out again under its id, before anything else and
// on the next connection at once, also after a restart of the program.
func TestSendAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		w.driver.SetOnSend(func(string, message.Ready) (message.Ack, error) { return message.Ack{}, errAckLost })
		first, second := request(id, "satu"), request(id, "dua")
		first.Queue, second.Queue = true, true
		w.submit(first)
		w.settle()
		w.submit(second)
		w.pass(time.Second)
		tries := len(w.ids())
		w.conn(id).Tell(session.SignalClosed{})
		w.pass(2 * time.Second)
		if n := len(w.ids()); n != tries+1 {
			t.Errorf("%d tries on the next connection, want 1", n-tries)
		}
		w.reopen()
		w.driver.SetOnSend(nil)
		w.pass(time.Minute)
		ids := slices.Compact(w.ids())
		if len(ids) != 2 || w.statuses(id) != "satu:sent dua:sent" {
			t.Errorf("ids %v, statuses %q", ids, w.statuses(id))
		}
	})
}

// What waits does not wait for ever, and what is not handed over in time is not sent.
func TestSendExpires(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		if _, err := w.StopDevice(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		r := request(id, "halo")
		r.Queue, r.TTL = true, time.Hour
		w.submit(r)
		w.pass(2 * time.Hour)
		w.start(id)
		w.pass(time.Minute)
		if got := w.statuses(id); got != "halo:failed(expired)" || len(w.ids()) != 0 {
			t.Errorf("%q, sent %v", got, w.ids())
		}
	})
}

// Unlinking, and linking another number, fail what waits; a message for a device that was
// never linked waits for the first one.
func TestSendToAnotherAccount(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.add("Toko")
		r := request(id, "sebelum")
		r.Queue = true
		w.submit(r)
		w.settle()
		w.start(id)
		if err := w.conn(id).Scan(session.Account{JID: alice}); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		if got := w.statuses(id); got != "sebelum:sent" {
			t.Fatalf("after linking: %q", got)
		}
		w.driver.SetOnSend(func(string, message.Ready) (message.Ack, error) { return message.Ack{}, errAckLost })
		r.Out.Content.Text = "sesudah"
		w.submit(r)
		w.pass(time.Second)
		w.conn(id).Tell(session.SignalLoggedOut{Code: 401})
		w.pass(time.Minute)
		if got := w.statuses(id); got != "sebelum:sent sesudah:failed(unlinked)" {
			t.Errorf("after the phone unlinked: %q", got)
		}
	})
}

// The pace holds messages back; it refuses none.
func TestPace(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		var answers []<-chan string
		for i := range 30 {
			answers = append(answers, w.submit(request(id, fmt.Sprint(i))))
			w.settle()
		}
		count := map[string]int{}
		for _, a := range answers {
			count[now(a)]++
		}
		if count["sent"] < 20 || count["sent"] > 24 || count["queued"] != 30-count["sent"] {
			t.Errorf("answers %v", count)
		}
		w.pass(time.Minute)
		if got := len(w.ids()); got != 30 {
			t.Errorf("%d sent after a minute", got)
		}
	})
}

// Repeated with the same key, a request is one message with one answer.
func TestIdempotency(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		w.driver.SetOnSend(func(string, message.Ready) (message.Ack, error) {
			slumber(5 * time.Second)
			return message.Ack{At: time.Now()}, nil
		})
		r := request(id, "halo")
		r.Key, r.Params = "k1", "p"
		first, second := w.submit(r), w.submit(r)
		w.pass(6 * time.Second)
		if a, b := now(first), now(second); a != "sent" || b != "sent" {
			t.Errorf("answers %q and %q", a, b)
		}
		other := r
		other.Params = "q"
		refused := w.submit(other)
		w.settle()
		if got := now(refused); got != message.ErrOtherParams.Error() {
			t.Errorf("with other parameters: %q", got)
		}
		if err := w.store.SaveAnswer(t.Context(), id, "k1", []byte("jawaban")); err != nil {
			t.Fatal(err)
		}
		third := w.submit(r)
		w.settle()
		if got := now(third); got != "answered jawaban" {
			t.Errorf("after the answer was stored: %q", got)
		}
		if got := w.ids(); len(got) != 1 {
			t.Errorf("sent %d times", len(got))
		}
	})
}

// While WhatsApp locks the account, old chats go on and new ones are refused.
func TestReachoutLock(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		if err := w.conn(id).Deliver(said("A1", "halo")); err != nil {
			t.Fatal(err)
		}
		until := time.Now().Add(time.Hour)
		if err := w.conn(id).Deliver(message.Limit{Active: true, Until: until, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		limits, err := w.Outbox().Limits(t.Context(), id)
		if err != nil || !limits.Locked || !limits.Until.Equal(until) {
			t.Errorf("limits during the lock: %+v %v", limits, err)
		}
		old := w.submit(request(id, "balas"))
		r := request(id, "baru")
		r.Out.To = message.ChatWith(message.Party{PN: "6285511112222@s.whatsapp.net"})
		fresh := w.submit(r)
		w.settle()
		if a, b := now(old), now(fresh); a != "sent" || b != (&message.LockedError{}).Error() {
			t.Errorf("old chat %q, new chat %q", a, b)
		}
		w.pass(2 * time.Hour)
		fresh = w.submit(r)
		w.settle()
		if got := now(fresh); got != "sent" {
			t.Errorf("after the lock: %q", got)
		}
		if limits, err := w.Outbox().Limits(t.Context(), id); err != nil || limits.Locked || limits.Waiting != 0 {
			t.Errorf("limits after the lock: %+v %v", limits, err)
		}
	})
}
