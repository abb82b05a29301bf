package models_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"wadah/models"
	"wadah/models/modelstest"
)

func TestEvents(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	a, _ := f.device("A")
	b, _ := f.device("B")
	at := f.clock.Now().UTC()
	early := at.Add(-time.Hour)

	must(t, f.AddEvents(ctx, nil))
	must(t, f.AddEvents(ctx, []models.DeviceEvent{
		{DeviceID: a.ID, At: early, From: "SERVICE_OFF", To: "PAIRING", Reason: "connecting"},
		{DeviceID: "deleted", From: "PAIRING", To: "SERVICE_OFF"},
		{DeviceID: b.ID, From: "SERVICE_OFF", To: "PAIRING", Reason: "connecting"},
		{DeviceID: a.ID, From: "PAIRING", To: "SERVICE_SCAN", Reason: "qr", Detail: "round 1"},
	}))
	must(t, f.AddEvents(ctx, []models.DeviceEvent{{DeviceID: "deleted"}}))

	got, err := f.Events(ctx, a.ID, 0, "")
	must(t, err)
	want := []models.DeviceEvent{
		{DeviceID: a.ID, At: at, From: "PAIRING", To: "SERVICE_SCAN", Reason: "qr", Detail: "round 1"},
		{DeviceID: a.ID, At: early, From: "SERVICE_OFF", To: "PAIRING", Reason: "connecting"},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(models.DeviceEvent{}, "ID")); diff != "" {
		t.Error(diff)
	}
	if got, err := f.Events(ctx, a.ID, 1, got[0].ID); err != nil || len(got) != 1 || got[0].Reason != "connecting" {
		t.Errorf("the second page: %v, %v", got, err)
	}
	if got, err := f.Events(ctx, "deleted", 0, ""); err != nil || len(got) != 0 {
		t.Errorf("events of no device: %v, %v", got, err)
	}
	latest, err := f.LatestEvents(ctx)
	must(t, err)
	if len(latest) != 2 || latest[a.ID].Detail != "round 1" || latest[b.ID].To != "PAIRING" {
		t.Errorf("the newest of each: %v", latest)
	}
	must(t, f.DeleteDevice(ctx, a.ID))
	if got, err := f.Events(ctx, a.ID, 0, ""); err != nil || len(got) != 0 {
		t.Errorf("events of a deleted device: %v, %v", got, err)
	}
}

// Ensure that a change of state has no number of the log that a power cut can take back:
// what gets it instead would be hidden from whoever has read the change.
func TestNumbersOfStatesSurvive(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("A")
	modelstest.RefuseUnsynced(t, f.Store, "event_log")
	must(t, f.AddEvents(t.Context(), []models.DeviceEvent{{DeviceID: d.ID, From: "SERVICE_OFF", To: "PAIRING", Reason: "connecting"}}))
}

// Ensure that the newest 500 are kept, of each device by itself, and that paging
// meets each of them once.
func TestEventsAreBounded(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	a, _ := f.device("A")
	b, _ := f.device("B")
	must(t, f.AddEvents(ctx, []models.DeviceEvent{{DeviceID: b.ID, Reason: "only"}}))
	n := 0
	for _, batch := range []int{400, 99, 1, 1, 700, 3} {
		var events []models.DeviceEvent
		for range batch {
			events = append(events, models.DeviceEvent{DeviceID: a.ID, Reason: fmt.Sprint(n)})
			n++
		}
		must(t, f.AddEvents(ctx, events))
		all, err := f.Events(ctx, a.ID, 0, "")
		must(t, err)
		if want := min(n, models.KeptEvents); len(all) != want || all[0].Reason != fmt.Sprint(n-1) {
			t.Fatalf("after %d: %d events, newest %s; want %d, newest %d", n, len(all), all[0].Reason, want, n-1)
		}
	}
	next, before := n-1, ""
	for {
		page, err := f.Events(ctx, a.ID, 33, before)
		must(t, err)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			if e.Reason != fmt.Sprint(next) {
				t.Fatalf("got %s, want %d", e.Reason, next)
			}
			next--
		}
		before = page[len(page)-1].ID
	}
	if next != n-1-models.KeptEvents {
		t.Errorf("paging ended at %d", next)
	}
	if got, err := f.Events(ctx, b.ID, 0, ""); err != nil || len(got) != 1 {
		t.Errorf("the other device has %d events (%v)", len(got), err)
	}
}

func TestAudit(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	d, _ := f.device("Toko")
	for i, e := range []models.AuditEntry{
		{Actor: "budi", ActorKind: "user", Action: "device.create", DeviceID: d.ID, Target: "Toko", Address: "10.0.0.1"},
		{Actor: "ani", ActorKind: "user", Action: "key.reveal", DeviceID: d.ID},
		{Actor: "budi", ActorKind: "user", Action: "user.create", Detail: "viewer"},
	} {
		f.clock.Add(time.Duration(i) * time.Second)
		must(t, f.AddAudit(ctx, e))
	}
	must(t, f.DeleteDevice(ctx, d.ID)) // entries stay

	tests := []struct {
		name   string
		filter models.AuditFilter
		want   []string
	}{
		{"all", models.AuditFilter{}, []string{"user.create", "key.reveal", "device.create"}},
		{"by actor", models.AuditFilter{Actor: "budi"}, []string{"user.create", "device.create"}},
		{"by device", models.AuditFilter{DeviceID: d.ID}, []string{"key.reveal", "device.create"}},
		{"by action", models.AuditFilter{Action: "key.reveal"}, []string{"key.reveal"}},
		{"by two", models.AuditFilter{Actor: "ani", Action: "user.create"}, nil},
		{"one", models.AuditFilter{Limit: 1}, []string{"user.create"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entries, err := f.Audit(t.Context(), tt.filter)
			must(t, err)
			var got []string
			for _, e := range entries {
				got = append(got, e.Action)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	all, err := f.Audit(ctx, models.AuditFilter{})
	must(t, err)
	older, err := f.Audit(ctx, models.AuditFilter{BeforeID: all[0].ID})
	if err != nil || len(older) != 2 || older[0] != all[1] {
		t.Errorf("older than the newest: %v, %v", older, err)
	}
	want := models.AuditEntry{
		ID: all[2].ID, At: newClock().Now().UTC(), Actor: "budi", ActorKind: "user", Action: "device.create",
		DeviceID: d.ID, Target: "Toko", Address: "10.0.0.1",
	}
	if diff := cmp.Diff(want, all[2]); diff != "" {
		t.Error(diff)
	}
}

func TestSettings(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	_, err := f.Setting(ctx, "colour")
	assertOnly(t, err, models.ErrNotFound)
	for _, want := range []string{"blue", "", "with 'quotes' and 船"} {
		must(t, f.SetSetting(ctx, "colour", want))
		if got, err := f.Setting(ctx, "colour"); err != nil || got != want {
			t.Errorf("got %q, want %q (%v)", got, want, err)
		}
	}
}

func TestSeal(t *testing.T) {
	f := newFixture(t)
	sealed, err := f.Seal("webhook", "row1", "hidden")
	must(t, err)
	again, err := f.Seal("webhook", "row1", "hidden")
	must(t, err)
	if sealed == again {
		t.Error("equal secrets look equal when sealed")
	}
	if got, err := f.Unseal("webhook", "row1", sealed); err != nil || got != "hidden" {
		t.Errorf("got %q, %v", got, err)
	}
	flipped := []byte(sealed)
	flipped[len(flipped)-1] ^= 1
	for _, tt := range []struct{ name, purpose, owner, text string }{
		{"another purpose", "proxy", "row1", sealed},
		{"another owner", "webhook", "row2", sealed},
		{"a changed text", "webhook", "row1", string(flipped)},
		{"a cut text", "webhook", "row1", sealed[:20]},
		{"nothing", "webhook", "row1", ""},
		{"not hexadecimal", "webhook", "row1", "zz"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := f.Unseal(tt.purpose, tt.owner, tt.text)
			assertOnly(t, err, models.ErrCorrupt)
		})
	}
}

// Of each device that is asked for: what happened since, and the last that happened before.
func TestEventsSince(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	a, _ := f.device("A")
	b, _ := f.device("B")
	other, _ := f.device("Other")
	quiet, _ := f.device("Quiet")
	add := func(reason string, ids ...string) {
		t.Helper()
		for _, id := range ids {
			must(t, f.AddEvents(ctx, []models.DeviceEvent{{DeviceID: id, To: "SERVICE_OFF", Reason: reason}}))
		}
	}
	add("long ago", a.ID, b.ID, other.ID)
	f.clock.Add(time.Hour)
	add("before", a.ID, other.ID)
	f.clock.Add(time.Hour)
	since := f.clock.Now()
	add("then", a.ID)
	f.clock.Add(time.Hour)
	add("now", a.ID, other.ID)

	got, err := f.EventsSince(ctx, []string{a.ID, b.ID, quiet.ID, "deleted"}, since)
	must(t, err)
	reasons := map[string][]string{}
	for id, events := range got {
		for _, e := range events {
			reasons[id] = append(reasons[id], e.Reason)
		}
	}
	want := map[string][]string{a.ID: {"now", "then", "before"}, b.ID: {"long ago"}}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Error(diff)
	}
	if got, err := f.EventsSince(ctx, nil, since); err != nil || len(got) != 0 {
		t.Errorf("of no device: %v, %v", got, err)
	}
}
