package models_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"wadah/models"
)

// A key may do what its scopes say, from its networks; without either, everything.
func TestKeyRights(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	rights, err := models.ParseRights([]string{"send", "read", "send"}, "10.1.2.3/8, 203.0.113.5\n2001:db8::/32")
	if err != nil {
		t.Fatal(err)
	}
	made, err := f.CreateKey(t.Context(), d.ID, "kasir", nil, rights)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, got models.Rights) {
		t.Helper()
		if !slices.Equal(got.Scopes, []models.Scope{models.ScopeSend, models.ScopeRead}) || len(got.From) != 3 {
			t.Fatalf("%s: %+v", what, got)
		}
		for _, s := range models.Scopes() {
			if want := s == models.ScopeSend || s == models.ScopeRead; got.May(s) != want || !got.May(s, models.ScopeRead) {
				t.Errorf("%s: may %s is %v", what, s, !want)
			}
		}
		for address, want := range map[string]bool{
			"10.200.1.1": true, "203.0.113.5": true, "203.0.113.6": false, "2001:db8::1": true, "::ffff:10.1.1.1": true, "::1": false,
		} {
			if got.MayFrom(netip.MustParseAddr(address)) != want {
				t.Errorf("%s: from %s is %v", what, address, !want)
			}
		}
		if got.MayFrom(netip.Addr{}) {
			t.Errorf("%s: from nowhere", what)
		}
	}
	check("made", made.Rights)
	for range 2 { // from the database, then from the cache
		opened, err := f.OpenKey(t.Context(), made.Value)
		if err != nil {
			t.Fatal(err)
		}
		check("opened", opened.Rights)
	}
	turned, err := f.RotateKey(t.Context(), made.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	check("rotated", turned.Rights)
	if all := (models.Rights{}); !all.May(models.ScopeManage) || !all.MayFrom(netip.Addr{}) {
		t.Error("no rights chosen is not everything")
	}
	for _, c := range []struct{ scope, networks, code string }{
		{"admin", "", "scope_unknown"},
		{"", "10.0.0.0/33", "addresses_invalid"},
		{"", "kantor", "addresses_invalid"},
		{"", "fe80::1%eth0", "addresses_invalid"},
		{"", strings.Repeat("10.0.0.1,", 33), "addresses_too_many"},
	} {
		var scopes []string
		if c.scope != "" {
			scopes = []string{c.scope}
		}
		if _, err := models.ParseRights(scopes, c.networks); code(err) != c.code {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
