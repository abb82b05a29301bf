//go:build !race

package trial_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/session/message"
	"wadah/session/sandbox"
	"wadah/session/sandbox/handset"
)

// sending is a device that writes to Budi, whose phone counts what arrives.
type sending struct {
	*world
	id, account string
}

// TestSentOnce sends a message through everything that can happen on its way: Budi's
// phone shows each text once, in order, and the table says that it was sent.
func TestSentOnce(t *testing.T) {
	t.Parallel()
	cells := map[string]func(*sending){
		// The frame has left, and nothing is heard of it before the line is lost.
		"ack lost": func(s *sending) {
			s.inject(s.account, sandbox.Fault{Kind: sandbox.FaultAckLost})
			s.queue("satu")
			s.arrives("satu")
			s.inject(s.account, sandbox.Fault{Kind: sandbox.FaultDrop})
			s.sent("satu")
		},
		"ack late": func(s *sending) {
			s.inject(s.account, sandbox.Fault{Kind: sandbox.FaultAckLate, Latency: 500 * time.Millisecond})
			s.queue("satu")
			s.queue("dua")
			s.sent("satu", "dua")
		},
		"ack twice": func(s *sending) {
			s.inject(s.account, sandbox.Fault{Kind: sandbox.FaultAckDouble, Count: 2})
			s.queue("satu")
			s.queue("dua")
			s.sent("satu", "dua")
		},
		"delivered twice": func(s *sending) {
			s.inject(customer+"@s.whatsapp.net", sandbox.Fault{Kind: sandbox.FaultDuplicate, Count: 2})
			s.queue("satu")
			s.queue("dua")
			s.sent("satu", "dua")
		},
		// The phone asks for the message again, which we answer from our own table.
		"asked for again": func(s *sending) {
			s.inject(customer+"@s.whatsapp.net", sandbox.Fault{Kind: sandbox.FaultUndecryptable})
			s.queue("satu")
			s.queue("dua")
			s.sent("satu", "dua")
		},
		"asked for again after a restart, days later": func(s *sending) {
			must(s.t, s.svc.SetOnline(customer, false))
			s.inject(customer+"@s.whatsapp.net", sandbox.Fault{Kind: sandbox.FaultUndecryptable})
			s.queue("satu")
			s.wait(s.id, "acknowledgement", func(e told) bool { return e.Data["status"] == "sent" })
			s.stop(s.id)
			const days = 6 * 24 * 3600 * 1000
			s.exec(fmt.Sprintf("UPDATE messages SET at = at - %d", days))
			s.reopen()
			s.start(s.id)
			s.await(s.id, "CONNECTED/ready")
			must(s.t, s.svc.SetOnline(customer, true))
			s.sent("satu")
		},
		// Budi has two more devices, and one of them cannot read it at first.
		"three devices": func(s *sending) {
			others := []string{s.linked("Budi di kantor", customer), s.linked("Budi di rumah", customer)}
			s.inject(s.snap(others[0]).Account.JID, sandbox.Fault{Kind: sandbox.FaultUndecryptable})
			s.queue("satu")
			s.sent("satu")
			for _, id := range others {
				s.wait(id, "the text on each device", func(e told) bool { return e.Data["text"] == "satu" })
			}
		},
		// Budi gets a new phone, without a word to those who write to him.
		"another phone": func(s *sending) {
			s.queue("satu")
			s.sent("satu")
			must(s.t, s.svc.Reinstall(customer))
			s.queue("dua")
			s.sent("satu", "dua")
		},
		"off, with a queue": func(s *sending) {
			s.stop(s.id)
			s.queue("satu")
			s.queue("dua")
			s.reopen()
			s.start(s.id)
			s.sent("satu", "dua")
		},
		"reconnecting, with a queue": func(s *sending) {
			must(s.t, s.svc.SetOutage(sandbox.OutageRefuse))
			s.inject(s.account, sandbox.Fault{Kind: sandbox.FaultDrop})
			s.await(s.id, "PAIRING/reconnecting", "SERVICE_OFF/network")
			s.queue("satu")
			s.queue("dua")
			must(s.t, s.svc.SetOutage(sandbox.OutageNone))
			s.sent("satu", "dua")
		},
	}
	runs := make(map[string]func(*testing.T), len(cells))
	for name, play := range cells {
		runs[name] = func(t *testing.T) {
			w := newWorld(t)
			budi := w.customerPhone(customer, "Budi")
			s := &sending{world: w, id: w.linked("Toko", shop)}
			s.account = s.snap(s.id).Account.JID
			w.write(budi, shop, handset.Draft{Text: "halo"}) // they know each other
			w.wait(s.id, "first message", text("halo"))
			play(s)
			w.clean()
		}
	}
	playAll(t, runs)
}

func (s *sending) inject(target string, f sandbox.Fault) {
	s.t.Helper()
	must(s.t, s.svc.Inject(target, f))
}

// queue hands a text over.
func (s *sending) queue(text string) {
	s.t.Helper()
	_, err := s.Outbox().Submit(s.t.Context(), message.Request{
		DeviceID: s.id, Source: message.SourceAPI, Queue: true,
		Out: message.Outgoing{To: message.ChatAt(customer + "@s.whatsapp.net"), Content: message.Content{Kind: message.KindText, Text: text}},
	})
	must(s.t, err)
}

// arrives waits until Budi's phone shows these texts, each once, in this order.
func (s *sending) arrives(texts ...string) {
	s.t.Helper()
	eventually(s.t, patience, func() error {
		budi, err := s.svc.Phone(customer)
		must(s.t, err)
		var has []string
		for _, c := range budi.Book().Chats() {
			for _, m := range budi.Book().Messages(c.ID, 100) {
				if !m.FromMe {
					has = append(has, m.Text)
				}
			}
		}
		if !slices.Equal(has, texts) {
			return fmt.Errorf("Budi has %q, want %q", has, texts)
		}
		return nil
	})
}

// sent waits until these texts have arrived, and the table says so.
func (s *sending) sent(texts ...string) {
	s.t.Helper()
	s.arrives(texts...)
	eventually(s.t, patience, func() error {
		list, err := s.store.Messages(s.t.Context(), models.MessageFilter{DeviceID: s.id, After: "0"})
		must(s.t, err)
		var open []string
		for _, m := range list {
			if m.FromMe && m.Status != models.StatusSent && m.Status != models.StatusDelivered && m.Status != models.StatusRead {
				open = append(open, m.Status+" "+m.Error)
			}
		}
		if len(open) > 0 {
			return fmt.Errorf("not sent: %s", strings.Join(open, ", "))
		}
		return nil
	})
}
