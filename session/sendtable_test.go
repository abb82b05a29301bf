package session_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"wadah/session"
	"wadah/session/message"
)

// sendCase is one way of asking for a message to be sent, and what WhatsApp does with it.
type sendCase struct {
	queue, key bool
	wait, ttl  time.Duration
	meets      string // "ack", "refused", or "open": no answer for 25 s
}

// Every way of asking, in every state of a device, with everything that WhatsApp may do:
// what is answered and when, what becomes of the message, and that it goes out under one ID.
func TestSendTable(t *testing.T) {
	const never = time.Duration(1<<63 - 1)
	for name, back := range map[string]time.Duration{
		"connected": 0, "reconnecting, back soon": 3 * time.Second, "reconnecting, back late": 40 * time.Second, "off": never, "never linked": never,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *fleet) {
				cases, asked := make(map[string]sendCase), make(map[string]<-chan string)
				for n, c := range sendCases() {
					id := w.add(fmt.Sprint("Toko ", n))
					if cases[id] = c; name != "never linked" {
						w.start(id)
						if err := w.conn(id).Scan(session.Account{JID: fmt.Sprintf("62812000000%02d:1@s.whatsapp.net", n), Name: "Toko"}); err != nil {
							t.Fatal(err)
						}
					}
				}
				w.settle()
				ids := slices.Sorted(maps.Keys(cases))
				if back > 0 && back < never {
					w.driver.SetOnDial(func(context.Context, session.Target) error { return errDown })
				}
				for _, id := range ids {
					switch {
					case name == "off":
						if _, err := w.StopDevice(t.Context(), id); err != nil {
							t.Fatal(err)
						}
					case back > 0 && back < never:
						w.conn(id).Tell(session.SignalClosed{})
					}
				}
				w.pass(time.Second)
				began := time.Now()
				w.driver.SetOnSend(func(id string, _ message.Ready) (message.Ack, error) {
					switch c := cases[id]; {
					case c.meets == "refused":
						return message.Ack{}, &message.RefusedError{Why: message.RefusedReachout, Code: 463}
					case c.meets == "open" && time.Since(began) < 25*time.Second:
						slumber(20 * time.Second)
						return message.Ack{}, errAckLost
					}
					return message.Ack{At: time.Now()}, nil
				})
				for _, id := range ids {
					asked[id] = w.submit(cases[id].request(id))
				}
				if back > 0 && back < never {
					go func() {
						slumber(back)
						w.driver.SetOnDial(nil)
					}()
				}
				atOnce := func(c sendCase) bool {
					return c.wait == 0 || c.queue || back == never || back == 0 && c.meets != "open"
				}
				again := make(map[string]<-chan string)
				check := func(what string, answers map[string]<-chan string, due func(sendCase) bool) {
					t.Helper()
					for _, id := range ids {
						c := cases[id]
						if a := answers[id]; a != nil && due(c) {
							if got, want := now(a), c.answer(back); got != want {
								t.Errorf("%+v: %s %q, want %q", c, what, got, want)
							}
						}
					}
				}
				w.pass(500 * time.Millisecond)
				check("at once", asked, atOnce)
				w.pass(21 * time.Second)
				check("after a while", asked, func(c sendCase) bool { return !atOnce(c) })
				for _, id := range ids {
					if c := cases[id]; c.key && (c.stored(back) || back == never) {
						again[id] = w.submit(c.request(id))
					}
				}
				w.pass(21 * time.Second)
				check("repeated", again, func(c sendCase) bool { return c.meets != "open" || c.queue || c.wait == 0 })
				w.pass(2 * time.Minute)
				sent := make(map[string][]string)
				for _, s := range w.driver.Sent() {
					if !slices.Contains(sent[s.Device], s.ID) {
						sent[s.Device] = append(sent[s.Device], s.ID)
					}
				}
				for _, id := range ids {
					c := cases[id]
					if got, want := w.statuses(id), c.end(back); got != want {
						t.Errorf("%+v: in the end %q, want %q", c, got, want)
					}
					if n := len(sent[id]); n > 1 {
						t.Errorf("%+v: sent under %d IDs", c, n)
					}
				}
			})
		})
	}
}

// sendCases are all combinations.
func sendCases() (list []sendCase) {
	for _, queue := range []bool{false, true} {
		for _, key := range []bool{false, true} {
			for _, wait := range []time.Duration{0, 20 * time.Second} {
				for _, ttl := range []time.Duration{0, 10 * time.Second} {
					for _, meets := range []string{"ack", "refused", "open"} {
						list = append(list, sendCase{queue: queue, key: key, wait: wait, ttl: ttl, meets: meets})
					}
				}
			}
		}
	}
	return list
}

func (c sendCase) request(id string) message.Request {
	r := request(id, "halo")
	r.Queue, r.Wait, r.TTL = c.queue, c.wait, c.ttl
	if c.key {
		r.Key, r.Params = "k1", "p"
		r.Render = func(result message.Result) []byte { return []byte(result.Message.Status) }
	}
	return r
}

// stored says whether the message is taken, for a device that is back after a time.
func (c sendCase) stored(back time.Duration) bool { return c.queue || back == 0 || back < c.wait }

// answer is what is answered.
func (c sendCase) answer(back time.Duration) string {
	said := "sent"
	switch {
	case !c.stored(back):
		return "offline"
	case c.queue || c.wait == 0:
		said = "queued"
	case c.meets == "refused":
		return "reachout_locked"
	case c.meets == "open":
		return "unknown queued"
	}
	if c.key {
		return "answered " + said
	}
	return said
}

// end is what stands in the table much later.
func (c sendCase) end(back time.Duration) string {
	const never = time.Duration(1<<63 - 1)
	switch {
	case !c.stored(back):
		return ""
	case c.ttl > 0 && back > c.ttl:
		return "halo:failed(expired)"
	case back == never:
		return "halo:queued"
	case c.meets == "refused":
		return "halo:failed(reachout_locked)"
	}
	return "halo:sent"
}
