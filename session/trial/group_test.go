//go:build !race

package trial_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/session/message"
	"wadah/session/sandbox"
	"wadah/session/sandbox/handset"
)

// groupIs waits until a device knows a group as "subject announce members own role".
func (w *world) groupIs(id, group, want string) {
	w.t.Helper()
	eventually(w.t, patience, func() error {
		g, err := w.Group(w.t.Context(), id, group, false)
		if err != nil {
			return err
		}
		var people []string
		for _, m := range g.Members {
			people = append(people, message.PartyOfStored(m.Person).Number()+m.Role)
		}
		slices.Sort(people)
		if got := fmt.Sprintf("%s announce=%v %s own=%s", g.Subject, g.Announce, strings.Join(people, " "), g.OwnRole); got != want {
			return fmt.Errorf("got  %s\nwant %s", got, want)
		}
		return nil
	})
}

// submitText hands a text to a chat over and waits for what becomes of it.
func (w *world) submitText(id string, to message.Chat, text string) (models.Message, error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	result, err := w.Outbox().Submit(ctx, message.Request{
		DeviceID: id, Source: message.SourceAPI, Wait: 20 * time.Second,
		Out: message.Outgoing{To: to, Content: message.Content{Kind: message.KindText, Text: text}},
	})
	return result.Message, err
}

// refusedAs is the reason of a refusal; "" for none.
func refusedAs(err error) message.Refusal {
	var refused *message.RefusedError
	if errors.As(err, &refused) {
		return refused.Why
	}
	return ""
}

// The groups of an account are there after linking, follow what people do in them, and are
// written to as far as WhatsApp lets the account.
func TestGroupTable(t *testing.T) {
	w := newWorld(t)
	budi, ctx := w.customerPhone(customer, "Budi"), t.Context()
	before, err := budi.CreateGroup(ctx, "Keluarga", []string{shop})
	must(t, err)
	id := w.linked("Toko", shop)
	const both = shop + " " + customer + "superadmin"
	w.groupIs(id, before, "Keluarga announce=false "+both+" own=")
	after, err := budi.CreateGroup(ctx, "Kantor", []string{shop})
	must(t, err)
	w.groupIs(id, after, "Kantor announce=false "+both+" own=")
	if list, err := w.Groups(ctx, id, false, false); err != nil || len(list) != 2 {
		t.Errorf("groups: %+v %v", list, err)
	}

	w.customerPhone(number(7), "Siti")
	change := func(what string, people []string, value string) {
		t.Helper()
		must(t, budi.ChangeGroup(ctx, before, what, people, value))
	}
	change("add", []string{number(7)}, "")
	change("subject", nil, "Arisan")
	w.groupIs(id, before, "Arisan announce=false "+number(7)+" "+both+" own=")
	if _, err := w.submitText(id, message.ChatAt(before), "halo semua"); err != nil {
		t.Errorf("writing: %v", err)
	}
	change("announcement", nil, "")
	w.groupIs(id, before, "Arisan announce=true "+number(7)+" "+both+" own=")
	if _, err := w.submitText(id, message.ChatAt(before), "x"); refusedAs(err) != message.RefusedNotAdmin {
		t.Errorf("where only admins write: %v", err)
	}
	change("promote", []string{shop}, "")
	w.groupIs(id, before, "Arisan announce=true "+number(7)+" "+shop+"admin "+customer+"superadmin own=admin")
	if _, err := w.submitText(id, message.ChatAt(before), "pengumuman"); err != nil {
		t.Errorf("as an admin: %v", err)
	}

	// What happens while the device is off is known when it is back, without asking for all.
	w.stop(id)
	change("remove", []string{number(7)}, "")
	must(t, budi.ChangeGroup(ctx, after, "remove", []string{shop}, ""))
	w.start(id)
	w.await(id, "CONNECTED/ready")
	w.groupIs(id, before, "Arisan announce=true "+shop+"admin "+customer+"superadmin own=admin")
	eventually(t, patience, func() error {
		if _, err := w.Group(ctx, id, after, false); refusedAs(err) != message.RefusedNotInGroup {
			return fmt.Errorf("after being removed: %w", err)
		}
		return nil
	})
	if _, err := w.submitText(id, message.ChatAt(after), "x"); refusedAs(err) != message.RefusedNotInGroup {
		t.Errorf("to a group that the account was removed from: %v", err)
	}
	must(t, budi.ChangeGroup(ctx, after, "add", []string{shop}, ""))
	w.groupIs(id, after, "Kantor announce=false "+both+" own=")
	if _, err := w.InvitedTo(ctx, id, "AbCdEfGhIjKlMnOpQrStUv"); refusedAs(err) != message.RefusedInvite {
		t.Errorf("an invitation to nothing: %v", err)
	}
	if _, err := w.Group(ctx, id, "120363049999999999@g.us", false); refusedAs(err) != message.RefusedNotInGroup {
		t.Errorf("a group that is not there: %v", err)
	}
	eventually(t, patience, func() error {
		var got []string
		for _, m := range budi.Book().Messages(before, 100) {
			if m.Text == "halo semua" || m.Text == "pengumuman" || m.Text == "x" {
				got = append(got, m.Text)
			}
		}
		if s := strings.Join(got, ", "); s != "halo semua, pengumuman" {
			return fmt.Errorf("Budi has %q", s)
		}
		return nil
	})
	w.clean()
}

// WhatsApp's 429 is the answer, and the lane rests afterwards.
func TestRateLimitedSend(t *testing.T) {
	w := newWorld(t)
	id := w.linked("Toko", shop)
	budi := w.customerPhone(customer, "Budi")
	to := message.ChatWith(message.PartyOf(customer + "@s.whatsapp.net"))
	if _, err := w.submitText(id, to, "satu"); err != nil {
		t.Fatal(err)
	}
	must(t, w.svc.Inject(w.snap(id).Account.JID, sandbox.Fault{Kind: sandbox.FaultMessageRefused, Reason: http.StatusTooManyRequests}))
	m, err := w.submitText(id, to, "dua")
	if refusedAs(err) != message.RefusedTooMany || m.Status != models.StatusFailed || m.Code != http.StatusTooManyRequests {
		t.Errorf("the answer: %+v %v", m, err)
	}
	if limits, err := w.Outbox().Limits(t.Context(), id); err != nil || limits.Slowed.IsZero() {
		t.Errorf("limits: %+v %v", limits, err)
	}
	if _, err := budi.Write(t.Context(), shop, handset.Draft{Text: "halo"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, func() error {
		if got := texts(w.messages(id)); !strings.HasSuffix(got, "halo") {
			return fmt.Errorf("receiving goes on: %q", got)
		}
		return nil
	})
	w.clean()
}

// A recipient's device that the library did not know of is told.
func TestPartialSend(t *testing.T) {
	w := newWorld(t)
	id := w.linked("Toko", shop)
	w.customerPhone(customer, "Budi")
	to := message.ChatWith(message.PartyOf(customer + "@s.whatsapp.net"))
	if m, err := w.submitText(id, to, "satu"); err != nil || m.Partial != 0 {
		t.Fatalf("to all devices: %+v %v", m, err)
	}
	if _, err := w.svc.LinkSilently(customer); err != nil {
		t.Fatal(err)
	}
	if m, err := w.submitText(id, to, "dua"); err != nil || m.Partial != 1 {
		t.Errorf("with a new device: partial %d, %v", m.Partial, err)
	}
	if m, err := w.submitText(id, to, "tiga"); err != nil || m.Partial != 0 {
		t.Errorf("when it is known: partial %d, %v", m.Partial, err)
	}
	w.clean()
}
