package models_test

import (
	"fmt"
	"testing"
	"time"

	"wadah/models"
)

// A device has so many valid keys and no more, however they are made; what has ended
// makes room, and is not kept for ever.
func TestKeysOfADeviceAreBounded(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	d, first := f.device("Toko")
	other, _ := f.device("Gudang")
	var last models.APIKey
	for i := range models.MaxKeys - 1 {
		var err error
		last, err = f.CreateKey(ctx, d.ID, fmt.Sprint("kasir ", i), nil, models.Rights{})
		must(t, err)
	}
	full := func(_ models.APIKey, err error) {
		t.Helper()
		if !isInvalid(err, "keys_too_many") {
			t.Errorf("a key too many: %v", err)
		}
	}
	full(f.CreateKey(ctx, d.ID, "one more", nil, models.Rights{}))
	full(f.RotateKey(ctx, first.ID, time.Hour)) // both would be valid
	wantKey(t, f, first.Value, true)            // nothing has changed
	_, err := f.CreateKey(ctx, other.ID, "of another device", nil, models.Rights{})
	must(t, err)
	fresh, err := f.RotateKey(ctx, first.ID, 0)
	must(t, err)
	wantKey(t, f, fresh.Value, true)
	must(t, f.RevokeKey(ctx, last.ID))
	soon := f.clock.Now().Add(time.Minute)
	_, err = f.CreateKey(ctx, d.ID, "short", &soon, models.Rights{})
	must(t, err)
	full(f.CreateKey(ctx, d.ID, "one more", nil, models.Rights{}))
	f.clock.Add(time.Minute)
	_, err = f.CreateKey(ctx, d.ID, "in its place", nil, models.Rights{})
	must(t, err)

	for range 70 {
		f.clock.Add(time.Second)
		if last, err = f.ReplaceKeys(ctx, d.ID, "main"); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := f.Keys(ctx, d.ID)
	must(t, err)
	if n := len(keys); n > 51 || keys[n-1].ID != last.ID || keys[n-2].RevokedAt == nil {
		t.Errorf("%d rows are kept", n)
	}
	wantKey(t, f, last.Value, true)
}

func TestScanLinksOfADeviceAreBounded(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	d, _ := f.device("Toko")
	other, _ := f.device("Gudang")
	var last models.ScanLink
	for range models.MaxScanLinks {
		var err error
		last, err = f.CreateScanLink(ctx, d.ID, "budi", 0)
		must(t, err)
	}
	full := func() {
		t.Helper()
		if _, err := f.CreateScanLink(ctx, d.ID, "budi", 0); !isInvalid(err, "scan_links_too_many") {
			t.Errorf("a link too many: %v", err)
		}
	}
	full()
	_, err := f.CreateScanLink(ctx, other.ID, "budi", 0)
	must(t, err)
	must(t, f.RevokeScanLink(ctx, d.ID, last.ID))
	_, err = f.CreateScanLink(ctx, d.ID, "budi", 0)
	must(t, err)
	full()
	f.clock.Add(models.DefaultScanLinkLife)
	_, err = f.CreateScanLink(ctx, d.ID, "budi", 0)
	must(t, err)
}

// Whoever signs in too often loses the login that was not used for longest.
func TestLoginsOfAPersonAreBounded(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	u, other := f.user("budi", models.RoleViewer), f.user("siti", models.RoleViewer)
	open := func(u models.User) (token string) {
		t.Helper()
		defer f.clock.Add(time.Second)
		return f.login(u)
	}
	tokens := make([]string, models.MaxLogins)
	for i := range tokens {
		tokens[i] = open(u)
	}
	others := open(other)
	if n, err := f.BoundLogins(ctx, u.ID); err != nil || n != 0 {
		t.Errorf("as many as there may be: %d ended, %v", n, err)
	}
	if !f.signsIn(tokens[0]) { // the oldest is in use
		t.Error("signed out")
	}
	must(t, f.FlushUsage(ctx))
	last := open(u)
	if n, err := f.BoundLogins(ctx, u.ID); err != nil || n != 1 {
		t.Errorf("one more: %d ended, %v", n, err)
	}
	if f.signsIn(tokens[1]) || !f.signsIn(tokens[0]) || !f.signsIn(tokens[2]) || !f.signsIn(last) || !f.signsIn(others) {
		t.Error("another login than the one unused for longest has ended")
	}
}
