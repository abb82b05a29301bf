package models_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wadah/models"
)

// code is the code of an Invalid, or what else the error is.
func code(err error) string {
	var inv *models.Invalid
	switch {
	case err == nil:
		return "accepted"
	case errors.As(err, &inv):
		return inv.Code
	}
	return err.Error()
}

func TestDeviceNames(t *testing.T) {
	tests := []struct{ name, stored, want string }{
		{"Toko Budi", "Toko Budi", "accepted"},
		{"  Toko Ani \t", "Toko Ani", "accepted"},
		{"船 ñandú 👩‍💻", "船 ñandú 👩‍💻", "accepted"},
		{"Cafe\u0301", "Café", "accepted"},
		{strings.Repeat("é", 60), strings.Repeat("é", 60), "accepted"},
		{strings.Repeat("é", 61), "", "name_too_long"},
		{"", "", "name_required"},
		{" \t ", "", "name_required"},
		{"a\nb", "", "name_invalid"},
		{"a\x00b", "", "name_invalid"},
		{"a\u202eb", "", "name_invalid"},
		{"a\u200bb", "", "name_invalid"},
		{"\u200d", "", "name_invalid"},
		{"a\xffb", "", "name_invalid"},
		{"TOKO BUDI", "", "name_taken"},
		{"café", "", "name_taken"},
	}
	f := newFixture(t)
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%q", tt.name), func(t *testing.T) {
			d, _, err := f.CreateDevice(t.Context(), tt.name)
			if got := code(err); got != tt.want {
				t.Fatalf("got %s, want %s", got, tt.want)
			}
			if d.Name != tt.stored {
				t.Errorf("stored %q, want %q", d.Name, tt.stored)
			}
			if taken := tt.want == models.CodeNameTaken; errors.Is(err, models.ErrConflict) != taken {
				t.Errorf("a conflict: %v, want %v", !taken, taken)
			}
		})
	}
}

func TestDeviceLife(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	first, key := f.device("Toko")
	f.clock.Add(time.Second)
	second, _ := f.device("Gudang")

	if first.CreatedAt.Location() != time.UTC || !first.CreatedAt.Equal(newClock().Now()) {
		t.Errorf("created at %v", first.CreatedAt)
	}
	if got := f.reload(first.ID); !cmp.Equal(got, first) {
		t.Errorf("read is not what was created: %s", cmp.Diff(first, got))
	}
	devices, err := f.Devices(ctx)
	must(t, err)
	if want := []models.Device{first, second}; !cmp.Equal(devices, want) {
		t.Errorf("list: %s", cmp.Diff(want, devices))
	}
	if got, err := f.DeviceByName(ctx, " tOKO "); err != nil || got.ID != first.ID {
		t.Errorf("by name: %v, %v", got.ID, err)
	}

	must(t, f.RenameDevice(ctx, first.ID, "toko")) // its own name in another case
	if err := f.RenameDevice(ctx, first.ID, "GUDANG"); code(err) != "name_taken" {
		t.Errorf("renamed to a taken name: %v", err)
	}
	if err := f.SetDeviceNote(ctx, first.ID, strings.Repeat("x", 2001)); code(err) != "note_too_long" {
		t.Errorf("long note: %v", err)
	}
	must(t, f.SetDeviceNote(ctx, first.ID, " di kasir "))
	f.clock.Add(time.Minute)
	until := f.clock.Now().Add(24 * time.Hour)
	must(t, f.SaveLife(ctx, first.ID, models.Life{Desired: true, OffReason: "banned", OffUntil: until, OffSince: f.clock.Now()}, false))

	got := f.reload(first.ID)
	now := f.clock.Now().UTC()
	until = until.UTC()
	want := first
	want.Name, want.Note, want.Desired, want.UpdatedAt = "toko", "di kasir", true, now
	want.OffReason, want.OffUntil, want.OffSince = "banned", &until, &now
	if !cmp.Equal(got, want) {
		t.Errorf("after changes: %s", cmp.Diff(want, got))
	}
	must(t, f.DeleteDevice(ctx, first.ID))
	if _, err := f.Device(ctx, first.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("deleted device: %v", err)
	}
	if keys, err := f.Keys(ctx, first.ID); err != nil || len(keys) != 0 {
		t.Errorf("keys of a deleted device: %v, %v", keys, err)
	}
	if _, err := f.RevealKey(ctx, key.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("key of a deleted device: %v", err)
	}
	f.device("Toko") // the name is free again
}

func TestLink(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	a, _ := f.device("A")
	b, _ := f.device("B")
	const jid = "6281234567890:3@s.whatsapp.net"

	claimed := models.Life{Desired: true, JID: jid}
	must(t, f.SaveLife(ctx, a.ID, claimed, true))
	must(t, f.SaveLife(ctx, a.ID, claimed, true)) // again is no conflict
	err := f.SaveLife(ctx, b.ID, claimed, true)
	assertOnly(t, err, models.ErrConflict)
	if strings.Contains(err.Error(), "628123") {
		t.Errorf("the number is in the error: %v", err)
	}
	at := f.clock.Now()
	linked := claimed
	linked.PushName, linked.Platform, linked.LinkedAt = "Budi", "android", at
	must(t, f.SaveLife(ctx, a.ID, linked, true))
	if got := f.reload(a.ID); got.JID != jid || got.PushName != "Budi" || got.Platform != "android" || !got.LinkedAt.Equal(at) || !got.Desired {
		t.Errorf("linked: %+v", got)
	}
	must(t, f.SaveLife(ctx, a.ID, models.Life{}, true))
	must(t, f.SaveLife(ctx, b.ID, models.Life{}, false)) // two without a JID are no conflict
	if got := f.reload(a.ID); got.Life() != (models.Life{}) {
		t.Errorf("unlinked: %+v", got)
	}
	must(t, f.SaveLife(ctx, b.ID, claimed, true))
}

// What is read back is what was stored, to the millisecond, whatever the zone.
func TestLifeIsReadBack(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("A")
	at := time.Date(2026, 8, 17, 10, 0, 0, 123_456_789, time.FixedZone("WIB", 7*3600))
	for _, life := range []models.Life{
		{},
		{Desired: true},
		{OffReason: "stopped", OffSince: at},
		{OffReason: "banned", OffSince: at, OffUntil: at.Add(time.Hour), JID: "1:2@s.whatsapp.net"},
		{Desired: true, JID: "1:2@s.whatsapp.net", PushName: strings.Repeat("x", 300), Platform: "android", LinkedAt: at},
	} {
		must(t, f.SaveLife(t.Context(), d.ID, life, false))
		if got := f.reload(d.ID).Life(); !got.Equal(life) || !got.SameLink(life) {
			t.Errorf("stored %+v, read %+v", life, got)
		}
	}
	linked := models.Life{JID: "1:2@s.whatsapp.net", LinkedAt: at}
	for _, other := range []models.Life{{}, {JID: "1:3@s.whatsapp.net", LinkedAt: at}, {JID: linked.JID}, {JID: linked.JID, LinkedAt: at, PushName: "Budi"}} {
		if linked.SameLink(other) || linked.Equal(other) {
			t.Errorf("%+v is the same as %+v", linked, other)
		}
	}
	if stopped := (models.Life{JID: linked.JID, LinkedAt: at, OffReason: "stopped"}); !linked.SameLink(stopped) || linked.Equal(stopped) {
		t.Error("the reason belongs to the link, or to nothing")
	}
}

func TestSetAlive(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	var ids []string
	for i := range 1200 { // more than fit into one list of a statement
		if i < 3 {
			d, _ := f.device(fmt.Sprint(i))
			ids = append(ids, d.ID)
		} else {
			ids = append(ids, fmt.Sprint("unknown", i))
		}
	}
	slices.Reverse(ids)
	at := f.clock.Now()
	must(t, f.SetAlive(ctx, ids, at))
	must(t, f.SetAlive(ctx, ids, at.Add(-time.Hour))) // never back
	must(t, f.SetAlive(ctx, nil, at))
	devices, err := f.Devices(ctx)
	must(t, err)
	for _, d := range devices {
		if d.LastAliveAt == nil || !d.LastAliveAt.Equal(at) {
			t.Errorf("%s: %v, want %v", d.Name, d.LastAliveAt, at)
		}
	}
}

func TestDefaultDevice(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	a, _ := f.device("A")
	b, _ := f.device("B")
	if _, err := f.DefaultDevice(ctx); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("a default that nobody chose: %v", err)
	}
	for _, want := range []string{a.ID, b.ID, b.ID, a.ID} {
		must(t, f.SetDefaultDevice(ctx, want))
		if got, err := f.DefaultDevice(ctx); err != nil || got.ID != want || !got.Default {
			t.Errorf("default is %s, want %s (%v)", got.ID, want, err)
		}
	}
	assertOnly(t, f.SetDefaultDevice(ctx, "unknown"), models.ErrNotFound)
	if got, err := f.DefaultDevice(ctx); err != nil || got.ID != a.ID {
		t.Errorf("a refused choice changed the default: %v, %v", got.ID, err)
	}
	must(t, f.DeleteDevice(ctx, a.ID))
	if _, err := f.DefaultDevice(ctx); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the default was deleted, and is %v", err)
	}
	must(t, f.SetDefaultDevice(ctx, b.ID))
	must(t, f.SetDefaultDevice(ctx, ""))
	if f.reload(b.ID).Default {
		t.Error("still the default")
	}
}

// Ensure that a proxy, which may hold a password, is nowhere in the file, opens
// only in its own row, and stays out of logs with the rest that is private.
func TestProxyIsSealed(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	a, _ := f.device("A")
	b, _ := f.device("B")
	const proxy = "socks5://budi:rahasia-sekali@squid.example:1080"
	must(t, f.SetDeviceProxy(ctx, a.ID, proxy))
	got := f.reload(a.ID)
	if got.Proxy != proxy {
		t.Errorf("proxy is %q", got.Proxy)
	}
	var log strings.Builder
	got.JID, got.Note = "6281234567890:3@s.whatsapp.net", "private"
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "device", got)
	for _, secret := range []string{"rahasia", "628123", "private"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q is in the log: %s", secret, log.String())
		}
	}
	if where := f.inClear("rahasia"); where != "" {
		t.Errorf("the proxy is in %s in clear", where)
	}
	_, err := f.SQL().ExecContext(ctx, "UPDATE devices SET proxy = (SELECT proxy FROM devices WHERE id = $1) WHERE id = $2", a.ID, b.ID)
	must(t, err)
	_, err = f.Device(ctx, b.ID)
	assertOnly(t, err, models.ErrCorrupt)
	must(t, f.SetDeviceProxy(ctx, b.ID, ""))
	if got := f.reload(b.ID); got.Proxy != "" {
		t.Errorf("proxy is %q, want none", got.Proxy)
	}
}

func TestUnknownDevice(t *testing.T) {
	f := newFixture(t)
	for name, call := range map[string]func(context.Context) error{
		"Device":         func(ctx context.Context) error { _, err := f.Device(ctx, "x"); return err },
		"DeviceByName":   func(ctx context.Context) error { _, err := f.DeviceByName(ctx, "x"); return err },
		"RenameDevice":   func(ctx context.Context) error { return f.RenameDevice(ctx, "x", "y") },
		"SetDeviceNote":  func(ctx context.Context) error { return f.SetDeviceNote(ctx, "x", "y") },
		"SetDeviceProxy": func(ctx context.Context) error { return f.SetDeviceProxy(ctx, "x", "y") },
		"DeleteDevice":   func(ctx context.Context) error { return f.DeleteDevice(ctx, "x") },
		"SaveLife":       func(ctx context.Context) error { return f.SaveLife(ctx, "x", models.Life{}, true) },
		"CreateKey": func(ctx context.Context) error {
			_, err := f.CreateKey(ctx, "x", "k", nil, models.Rights{})
			return err
		},
		"ReplaceKeys": func(ctx context.Context) error { _, err := f.ReplaceKeys(ctx, "x", "k"); return err },
		"RevealKey":   func(ctx context.Context) error { _, err := f.RevealKey(ctx, "x"); return err },
		"RevokeKey":   func(ctx context.Context) error { return f.RevokeKey(ctx, "x") },
	} {
		t.Run(name, func(t *testing.T) { assertOnly(t, call(t.Context()), models.ErrNotFound) })
	}
}
