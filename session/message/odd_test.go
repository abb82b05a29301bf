package message_test

import (
	"bytes"
	"strings"
	"testing"

	"wadah/models"
	"wadah/models/modelstest"
	"wadah/session/message"
)

// Ensure that a message which the database refuses is stored and told as far as that
// goes, keeps nothing else out, and is not asked for again.
func TestInboxOdd(t *testing.T) {
	for name, c := range map[string]struct{ table, when, rows string }{
		"what it says is refused":        {"messages", `NEW.kind = 'text'`, "A1:unknown A2:sticker"},
		"where it stands is refused":     {"messages", `NEW.wa_id = 'A1'`, "sha256:unknown A2:sticker"},
		"it cannot be stored as a row":   {"messages", `NEW.kind <> 'sticker'`, "A2:sticker"},
		"nothing of its event is stored": {"contacts", `NEW.push_name = 'Budi'`, "A1:unknown A2:sticker"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			id, inbox := device(t, s, "Toko"), run(t, s)
			modelstest.RefuseValue(t, s, "INSERT ON "+c.table+" WHEN ("+c.when+")")
			fine := words("A2", "")
			fine.Content.Kind, fine.PushName = message.KindSticker, ""
			for _, m := range []message.Message{words("A1", "aneh"), fine} {
				if _, err := inbox.Accept(id, account, m); err != nil {
					t.Fatal(err)
				}
			}
			list, err := s.Messages(t.Context(), models.MessageFilter{DeviceID: id, After: "0"})
			if err != nil {
				t.Fatal(err)
			}
			var rows []string
			for _, m := range list {
				waID, _, _ := strings.Cut(m.WAID, ":")
				rows = append(rows, waID+":"+m.Kind)
			}
			if got := strings.Join(rows, " "); got != c.rows {
				t.Errorf("rows %q, want %q", got, c.rows)
			}
			events, err := s.EventsAfter(t.Context(), id, 0, 10)
			if err != nil || len(events) != 2 || !bytes.Contains(events[0].Body, []byte(message.NoteOdd)) || inbox.Odd() != 1 {
				t.Errorf("%d events, %d odd (%v)", len(events), inbox.Odd(), err)
			}
		})
	}
}

// Ensure that other things which are refused do not come again either.
func TestInboxOddNews(t *testing.T) {
	s := open(t)
	id, inbox := device(t, s, "Toko"), run(t, s)
	modelstest.RefuseValue(t, s, "INSERT ON chats WHEN (NEW.jid IS NOT NULL)")
	change := message.GroupChange{Group: "120363041234567890@g.us", By: budi, At: atNoon, Action: message.GroupSubject, Value: "Toko"}
	for _, in := range []message.Incoming{change, message.OwnRead{Chat: message.ChatAt("120363041234567890@g.us"), At: atNoon}, message.Pair{}} {
		if _, err := inbox.Accept(id, account, in); err != nil {
			t.Errorf("%T: %v", in, err)
		}
	}
	events, err := s.EventsAfter(t.Context(), id, 0, 10)
	if err != nil || len(events) != 1 || events[0].Chat != nil || inbox.Odd() != 3 {
		t.Errorf("%d events, %d odd (%v)", len(events), inbox.Odd(), err)
	}
}

// Ensure that a failing database is no reason to leave anything out.
func TestInboxOnABrokenStore(t *testing.T) {
	s := open(t)
	id, inbox := device(t, s, "Toko"), run(t, s)
	modelstest.Refuse(t, s, "INSERT ON messages")
	if _, err := inbox.Accept(id, account, words("A1", "halo")); err == nil || inbox.Odd() != 0 {
		t.Errorf("%d odd (%v)", inbox.Odd(), err)
	}
}
