package models_test

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"wadah/models"
)

// opens reports which device the key opens; empty for none.
func (f *fixture) opens(s *models.Store, value string) string {
	f.tb.Helper()
	opened, err := s.OpenKey(f.tb.Context(), value)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		f.tb.Fatal(err)
	}
	return opened.DeviceID
}

func TestKeyOpensItsDevice(t *testing.T) {
	f := newFixture(t)
	d, k := f.device("Toko")
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(k.Value) {
		t.Fatalf("the key does not look like one")
	}
	for range 3 { // the first asks the database, the others the cache
		opened, err := f.OpenKey(t.Context(), k.Value)
		if err != nil || opened.DeviceID != d.ID || opened.KeyID != k.ID {
			t.Errorf("got %+v, %v", opened, err)
		}
	}
	if got, err := f.RevealKey(t.Context(), k.ID); err != nil || got != k.Value {
		t.Errorf("revealing does not give the key (%v)", err)
	}
	for _, value := range []string{
		"", "x", strings.ToUpper(k.Value), k.Value + "0", k.Value[:31], " " + k.Value, strings.Repeat("0", 32),
		strings.Repeat("é", 16), k.Value[:31] + "\x00", "' OR 1=1 --",
	} {
		_, err := f.OpenKey(t.Context(), value)
		assertOnly(t, err, models.ErrNotFound)
	}
}

// Ensure that the plain key is neither in the files nor in anything printed.
func TestKeyIsNotStored(t *testing.T) {
	f := newFixture(t)
	_, k := f.device("Toko")
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", k)
	printed := log.String() + fmt.Sprintf("%v %+v %#v %s", k, k, k, k)
	if strings.Contains(printed, k.Value) {
		t.Errorf("the key is in %s", printed)
	}
	if where := f.inClear(k.Value); where != "" {
		t.Errorf("the key is in %s in clear", where)
	}
	keys, err := f.Keys(t.Context(), k.DeviceID)
	if err != nil || len(keys) != 1 || keys[0].Value != "" {
		t.Errorf("the list gives the key away (%v)", err)
	}
}

func TestKeyEndsAtOnce(t *testing.T) {
	for name, end := range map[string]func(f *fixture, d models.Device, k models.APIKey) error{
		"revoked":        func(f *fixture, _ models.Device, k models.APIKey) error { return f.RevokeKey(f.tb.Context(), k.ID) },
		"device deleted": func(f *fixture, d models.Device, _ models.APIKey) error { return f.DeleteDevice(f.tb.Context(), d.ID) },
		"replaced": func(f *fixture, d models.Device, _ models.APIKey) error {
			k, err := f.ReplaceKeys(f.tb.Context(), d.ID, "new")
			if f.opens(f.Store, k.Value) != d.ID {
				f.tb.Error("the new key does not open the device")
			}
			return err
		},
		"expired": func(f *fixture, _ models.Device, _ models.APIKey) error { f.clock.Add(time.Hour); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			d, _ := f.device("Toko")
			// Expiry is honoured from the cache too, up to the last instant.
			expires := f.clock.Now().Add(time.Hour)
			k, err := f.CreateKey(t.Context(), d.ID, "short", &expires, models.Rights{})
			must(t, err)
			f.clock.Add(time.Hour - time.Millisecond)
			if f.opens(f.Store, k.Value) != d.ID {
				t.Fatal("the key does not open the device")
			}
			f.clock.Add(-time.Hour + time.Millisecond)
			if f.opens(f.Store, k.Value) != d.ID {
				t.Fatal("the key does not open the device")
			}
			must(t, end(f, d, k))
			if got := f.opens(f.Store, k.Value); got != "" {
				t.Errorf("still opens %s", got)
			}
		})
	}
}

// Ensure that a program beside this one (the command line) is seen: its new keys
// at once, its revocations within a second.
func TestKeysOfAnotherProcess(t *testing.T) {
	f := newFixture(t)
	other := f.open()
	d, k, err := other.CreateDevice(t.Context(), "Toko")
	must(t, err)
	if f.opens(f.Store, k.Value) != d.ID {
		t.Fatal("a new key does not work at once")
	}
	must(t, other.RevokeKey(t.Context(), k.ID))
	f.clock.Add(time.Second)
	if f.opens(f.Store, k.Value) != "" {
		t.Error("a revoked key works after a second")
	}
}

// Ensure that a clock set back does not keep a revoked key alive.
func TestKeysWhenTheClockGoesBack(t *testing.T) {
	f := newFixture(t)
	other := f.open()
	_, k := f.device("Toko")
	f.opens(f.Store, k.Value)
	must(t, other.RevokeKey(t.Context(), k.ID))
	f.clock.Add(-time.Hour)
	if f.opens(f.Store, k.Value) != "" {
		t.Error("a revoked key works")
	}
}

// Ensure that a revocation that comes while a request is looking the key up is
// never undone by what the request puts into the cache.
func TestRevocationAgainstLookup(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	for i := range 100 {
		k, err := f.CreateKey(t.Context(), d.ID, "race", nil, models.Rights{})
		must(t, err)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 5 {
					_, _ = f.OpenKey(t.Context(), k.Value)
				}
			})
		}
		must(t, f.RevokeKey(t.Context(), k.ID))
		if f.opens(f.Store, k.Value) != "" {
			t.Fatalf("round %d: a revoked key works", i)
		}
		wg.Wait()
		if f.opens(f.Store, k.Value) != "" {
			t.Fatalf("round %d: a revoked key works again", i)
		}
	}
}

// Ensure that more keys than the cache holds all work.
func TestMoreKeysThanCached(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	var values []string
	for range 20 {
		k, err := f.CreateKey(t.Context(), d.ID, "one of many", nil, models.Rights{})
		must(t, err)
		values = append(values, k.Value)
	}
	models.SetCachedKeys(f.Store, 5)
	for range 3 {
		for _, v := range values {
			if f.opens(f.Store, v) != d.ID {
				t.Fatal("a key does not work")
			}
		}
		if n := models.CachedKeys(f.Store); n > 5 {
			t.Errorf("%d keys in the cache, want at most 5", n)
		}
	}
}

func TestKeyAdministration(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	d, first := f.device("Toko")
	past := f.clock.Now()
	if _, err := f.CreateKey(ctx, d.ID, "x", &past, models.Rights{}); code(err) != "expires_past" {
		t.Errorf("a key that is expired: %v", err)
	}
	if _, err := f.CreateKey(ctx, d.ID, " ", nil, models.Rights{}); code(err) != "name_required" {
		t.Errorf("a key without a name: %v", err)
	}
	expires := f.clock.Now().Add(time.Hour)
	second, err := f.CreateKey(ctx, d.ID, "kasir", &expires, models.Rights{})
	must(t, err)
	must(t, f.RevokeKey(ctx, first.ID))
	assertOnly(t, f.RevokeKey(ctx, first.ID), models.ErrNotFound)
	_, err = f.RevealKey(ctx, first.ID)
	assertOnly(t, err, models.ErrNotFound)

	f.clock.Add(time.Minute)
	f.opens(f.Store, second.Value)
	check := func(keys []models.APIKey, err error) {
		t.Helper()
		must(t, err)
		if len(keys) != 2 || keys[0].ID != first.ID || keys[1].ID != second.ID {
			t.Fatalf("got %v", keys)
		}
		if keys[0].RevokedAt == nil || keys[0].LastUsedAt != nil || keys[0].ExpiresAt != nil || keys[0].Name != "main" {
			t.Errorf("the first key: revoked %v, used %v", keys[0].RevokedAt, keys[0].LastUsedAt)
		}
		k := keys[1]
		if k.RevokedAt != nil || k.Name != "kasir" || k.ExpiresAt == nil || !k.ExpiresAt.Equal(expires) ||
			k.LastUsedAt == nil || !k.LastUsedAt.Equal(f.clock.Now()) {
			t.Errorf("the second key: used %v, expires %v", k.LastUsedAt, k.ExpiresAt)
		}
	}
	check(f.Keys(ctx, d.ID)) // from memory
	must(t, f.FlushUsage(ctx))
	check(f.open().Keys(ctx, d.ID)) // from the table
}

// Ensure that the calls of a key are counted by the day in UTC, in memory and in the table
// together, that several stores add theirs, and that what could not be stored is not lost.
func TestCallsOfAKeyAreCounted(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	keys, err := f.Keys(t.Context(), d.ID)
	must(t, err)
	id := keys[0].ID
	check := func(s *models.Store, calls, errors int64, address string) {
		t.Helper()
		keys, err := s.Keys(t.Context(), d.ID)
		must(t, err)
		if k := keys[0]; k.Calls != calls || k.Errors != errors || k.LastAddress != address {
			t.Errorf("%d calls, %d errors, from %q; want %d, %d, %q", k.Calls, k.Errors, k.LastAddress, calls, errors, address)
		}
	}
	check(f.Store, 0, 0, "")
	f.CountCall(id, "10.0.0.1", false)
	f.CountCall(id, "10.0.0.2", true)
	check(f.Store, 2, 1, "10.0.0.2")
	other := f.open()
	check(other, 0, 0, "")
	must(t, f.FlushUsage(t.Context()))
	check(f.Store, 2, 1, "10.0.0.2")
	other.CountCall(id, "2001:db8::1", true)
	check(other, 3, 2, "2001:db8::1")
	ended, cancel := contextEnded(t)
	defer cancel()
	if err := other.FlushUsage(ended); err == nil {
		t.Fatal("stored with an ended context")
	}
	other.CountCall(id, "2001:db8::2", false)
	must(t, other.FlushUsage(t.Context()))
	check(f.Store, 4, 2, "2001:db8::2")
	f.clock.Add(24 * time.Hour)
	check(f.Store, 0, 0, "2001:db8::2")
	f.CountCall(id, "10.0.0.3", false)
	check(f.Store, 1, 0, "10.0.0.3")
	must(t, f.FlushUsage(t.Context()))
	check(other, 1, 0, "10.0.0.3")
}

// Ensure that use which could not be stored is stored the next time.
func TestUsageSurvivesAFailure(t *testing.T) {
	f := newFixture(t)
	d, k := f.device("Toko")
	f.opens(f.Store, k.Value)
	ended, cancel := contextEnded(t)
	defer cancel()
	if err := f.FlushUsage(ended); err == nil {
		t.Fatal("stored with an ended context")
	}
	must(t, f.FlushUsage(t.Context()))
	if keys, err := f.open().Keys(t.Context(), d.ID); err != nil || keys[0].LastUsedAt == nil {
		t.Errorf("the use was lost (%v)", err)
	}
}
