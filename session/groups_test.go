package session_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/session/message"
)

const (
	family  = "120363041234567890@g.us"
	another = "120363040000000001@g.us"
)

var keluarga = message.Group{JID: family, Subject: "Keluarga", Members: []message.Member{{Party: budi, Role: message.RoleOwner}}, Size: 1}

// inGroups is the groups of a device as "subject(members)".
func (w *fleet) inGroups(id string) string {
	w.t.Helper()
	list, err := w.Groups(w.t.Context(), id, false, true)
	if err != nil {
		return told(message.Result{}, err)
	}
	var out []string
	for _, g := range list {
		out = append(out, fmt.Sprintf("%s(%d)", g.Subject, len(g.Members)))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// toGroup is a text to a group as a program hands it over.
func toGroup(id, jid, text string) message.Request {
	r := request(id, text)
	r.Out.To = message.ChatAt(jid)
	return r
}

// The groups of an account are read once after linking, and follow what happens, also
// across a restart.
func TestGroupsFollow(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		w.driver.SetGroups(nil, keluarga)
		id := w.linked("Toko", alice)
		w.settle()
		if got := w.inGroups(id); got != "Keluarga(1)" || w.driver.GroupsAsked() != 1 {
			t.Errorf("after linking: %s, asked %d times", got, w.driver.GroupsAsked())
		}
		tell := func(in message.GroupChange) {
			t.Helper()
			in.At = time.Now()
			if err := w.conn(id).Deliver(in); err != nil {
				t.Fatal(err)
			}
		}
		siti := message.Party{LID: "555@lid"}
		tell(message.GroupChange{Group: family, Action: message.GroupJoined, Members: []message.Party{siti}})
		tell(message.GroupChange{Group: family, Action: message.GroupSubject, Value: "Arisan"})
		if got := w.inGroups(id); got != "Arisan(2)" {
			t.Errorf("after changes: %s", got)
		}
		w.reopen()
		w.settle()
		if got := w.inGroups(id); got != "Arisan(2)" || w.driver.GroupsAsked() != 1 {
			t.Errorf("after a restart: %s, asked %d times", got, w.driver.GroupsAsked())
		}
		// Of a group that is not known a change does not suffice.
		w.driver.SetGroups(nil, keluarga, message.Group{JID: another, Subject: "Kantor"})
		tell(message.GroupChange{Group: another, Action: message.GroupJoined, Members: []message.Party{siti}})
		w.settle()
		if got := w.inGroups(id); got != "Arisan(2) Kantor(0)" || w.driver.GroupsAsked() != 2 {
			t.Errorf("after news of another group: %s, asked %d times", got, w.driver.GroupsAsked())
		}
		tell(message.GroupChange{Group: another, Action: message.GroupLeft, Members: []message.Party{siti}, Own: true})
		if got := w.inGroups(id); got != "Arisan(2)" {
			t.Errorf("after leaving: %s", got)
		}
		gone := w.submit(toGroup(id, another, "halo"))
		w.settle()
		if got := now(gone); got != string(message.RefusedNotInGroup) {
			t.Errorf("writing to a group that was left: %q", got)
		}
	})
}

// WhatsApp's refusal of questions is waited out, ever longer.
func TestGroupsAreAskedForSeldom(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		w.driver.SetGroups(nil, keluarga)
		w.driver.FailGroups(&message.RefusedError{Why: message.RefusedTooMany, Code: 429})
		id := w.linked("Toko", alice)
		w.pass(time.Hour)
		if n := w.driver.GroupsAsked(); n < 3 || n > 8 {
			t.Errorf("asked %d times in an hour", n)
		}
		var paced *message.PacedError
		if _, err := w.Groups(t.Context(), id, false, false); !errors.As(err, &paced) {
			t.Errorf("meanwhile: %v", err)
		}
		w.driver.FailGroups(nil)
		w.pass(time.Hour)
		if got := w.inGroups(id); got != "Keluarga(1)" {
			t.Errorf("afterwards: %s", got)
		}
		asked := w.driver.GroupsAsked()
		if _, err := w.Groups(t.Context(), id, true, false); err != nil {
			t.Errorf("anew: %v", err)
		}
		if _, err := w.Groups(t.Context(), id, true, false); !errors.As(err, &paced) || w.driver.GroupsAsked() != asked+1 {
			t.Errorf("anew at once: %v, asked %d times", err, w.driver.GroupsAsked()-asked)
		}
	})
}

// Where only admins write, others are refused before anything is stored; the account's own
// part follows what is told of it.
func TestOnlyAdminsWrite(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		w.driver.SetGroups(nil, message.Group{JID: family, Subject: "Kabar", Announce: true})
		id := w.linked("Toko", alice)
		w.settle()
		try := func() string {
			answer := w.submit(toGroup(id, family, "halo"))
			w.settle()
			return now(answer)
		}
		if got := try(); got != string(message.RefusedNotAdmin) || w.statuses(id) != "" {
			t.Errorf("as a member: %q, stored %q", got, w.statuses(id))
		}
		own := message.Party{PN: "6281200000001@s.whatsapp.net"}
		for _, step := range []struct {
			change message.GroupChange
			want   string
		}{
			{message.GroupChange{Action: message.GroupPromoted, Members: []message.Party{own}, Own: true}, "sent"},
			{message.GroupChange{Action: message.GroupDemoted, Members: []message.Party{own}, Own: true}, "not_admin"},
			{message.GroupChange{Action: message.GroupAnnounce, Value: "false"}, "sent"},
		} {
			step.change.Group, step.change.At = family, time.Now()
			if err := w.conn(id).Deliver(step.change); err != nil {
				t.Fatal(err)
			}
			if got := try(); got != step.want {
				t.Errorf("after %s: %q", step.change.Action, got)
			}
		}
		// What only WhatsApp knows it says by a code.
		w.driver.SetOnSend(func(string, message.Ready) (message.Ack, error) {
			return message.Ack{}, &message.RefusedError{Why: message.RefusedByWhatsApp, Code: 403}
		})
		if got := try(); got != string(message.RefusedNotInGroup) {
			t.Errorf("refused by WhatsApp: %q", got)
		}
	})
}

// When WhatsApp wants fewer messages, who waits is told so, the lane rests whatever else is
// handed over, and what nobody waits for is sent afterwards.
func TestTooManyMessages(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		w.driver.SetOnSend(func(string, message.Ready) (message.Ack, error) {
			return message.Ack{}, &message.RefusedError{Why: message.RefusedTooMany, Code: 429}
		})
		first := w.submit(request(id, "satu"))
		w.settle()
		if got := now(first); got != string(message.RefusedTooMany) {
			t.Errorf("who waits is told %q", got)
		}
		limits, err := w.Outbox().Limits(t.Context(), id)
		if err != nil || limits.Slowed.IsZero() {
			t.Errorf("limits: %+v %v", limits, err)
		}
		queued := request(id, "dua")
		queued.Queue = true
		for range 3 {
			w.submit(queued)
			w.settle()
		}
		if n := len(w.ids()); n != 1 {
			t.Errorf("%d tries during the pause", n)
		}
		w.driver.SetOnSend(nil)
		w.pass(time.Until(limits.Slowed) + time.Second)
		if got := w.statuses(id); got != "satu:failed(rate_limited) dua:sent dua:sent dua:sent" {
			t.Errorf("afterwards: %s", got)
		}
	})
}

// What WhatsApp forbids an account is known after a restart, and does not hold for another one.
func TestLockOutlivesARestart(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		until := time.Now().Add(time.Hour)
		if err := w.conn(id).Deliver(message.Limit{Active: true, Until: until, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		w.reopen()
		w.settle()
		limits, err := w.Outbox().Limits(t.Context(), id)
		if err != nil || !limits.Locked || !limits.Until.Equal(until.Truncate(time.Millisecond)) {
			t.Errorf("after a restart: %+v %v", limits, err)
		}
		fresh := w.submit(request(id, "halo"))
		w.settle()
		if got := now(fresh); got != (&message.LockedError{}).Error() {
			t.Errorf("a new chat: %q", got)
		}
		if _, err := w.LogoutDevice(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if limits, err := w.Outbox().Limits(t.Context(), id); err != nil || limits.Locked {
			t.Errorf("without the account: %+v %v", limits, err)
		}
	})
}

// Devices of a recipient that could not be given a message are counted and told.
func TestPartial(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		w.driver.SetOnSend(func(_ string, m message.Ready) (message.Ack, error) {
			return message.Ack{At: time.Now(), To: m.To, Partial: 2}, nil
		})
		answer := w.submit(request(id, "halo"))
		w.settle()
		if got := now(answer); got != "sent" {
			t.Fatal(got)
		}
		sent := w.ids()[0]
		if err := w.conn(id).Deliver(message.Receipt{IDs: []string{sent}, Chat: message.ChatWith(budi), By: budi, Status: message.StatusDelivered, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		list, err := w.store.Messages(t.Context(), models.MessageFilter{DeviceID: id, WAID: sent})
		if err != nil || len(list) != 1 || list[0].Partial != 2 || list[0].Status != models.StatusDelivered {
			t.Errorf("stored %+v %v", list, err)
		}
		events, err := w.EventLog().After(t.Context(), id, 0, 0, 0)
		told := 0
		for _, e := range events {
			if strings.Contains(string(e.Data), `"partial":2`) {
				told++
			}
		}
		if err != nil || told != 1 {
			t.Errorf("told %d times (%v)", told, err)
		}
	})
}
