package models_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wadah/models"
)

func TestFirstAdmin(t *testing.T) {
	f := newFixture(t)
	if _, err := f.CreateFirstAdmin(t.Context(), "budi", "short"); code(err) != "password_too_short" {
		t.Errorf("got %v", err)
	}
	// Of many at once, with different names, one is first.
	var created atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			u, err := f.CreateFirstAdmin(t.Context(), fmt.Sprintf("admin%d", i), goodPassword)
			switch {
			case err == nil && u.Role == models.RoleAdmin:
				created.Add(1)
			case !errors.Is(err, models.ErrConflict):
				t.Errorf("got %v, %v", u, err)
			}
		})
	}
	wg.Wait()
	if n, err := f.CountUsers(t.Context()); err != nil || n != 1 || created.Load() != 1 {
		t.Errorf("%d users, %d created (%v)", n, created.Load(), err)
	}
	_, err := f.CreateFirstAdmin(t.Context(), "late", goodPassword)
	assertOnly(t, err, models.ErrConflict)
}

func TestUserNamesAndPasswords(t *testing.T) {
	long := "" // 256 bytes
	for i := range 64 {
		long += fmt.Sprintf("p%03d", i*7)
	}
	tests := []struct{ about, name, password, role, want string }{
		{"letters, digits and signs", "Budi.S_1-x@toko.id", goodPassword, "admin", "accepted"},
		{"other scripts", "चंद्र", goodPassword, "viewer", "accepted"},
		{"the longest", strings.Repeat("é", 40), long, "operator", "accepted"},
		{"a letter more", strings.Repeat("é", 41), goodPassword, "viewer", "name_too_long"},
		{"no name", " ", goodPassword, "viewer", "name_required"},
		{"a space", "budi s", goodPassword, "viewer", "name_invalid"},
		{"a slash", "budi/s", goodPassword, "viewer", "name_invalid"},
		{"another case", "BUDI.s_1-X@TOKO.ID", goodPassword, "viewer", "name_taken"},
		{"full-width letters", "ｂｕｄｉ.s_1-x@toko.id", goodPassword, "viewer", "name_taken"},
		{"a full-width name is an ordinary one", "ｓｉｔｉ", goodPassword, "viewer", "accepted"},
		{"which is taken then", "Siti", goodPassword, "viewer", "name_taken"},
		{"a Cyrillic letter among Latin ones", "s\u0456ti", goodPassword, "viewer", "name_mixed"},
		{"two scripts, whoever else there is", "тоko", goodPassword, "viewer", "name_mixed"},
		{"scripts that are written together", "店長Taro", goodPassword, "viewer", "accepted"},
		{"Cyrillic alone", "Ирина", goodPassword, "viewer", "accepted"},
		{"Latin to be imitated", "ecopax", goodPassword, "viewer", "accepted"},
		{"all letters of another script", "\u0435\u0441\u043e\u0440\u0430\u0445", goodPassword, "viewer", "name_lookalike"},
		{"the same in capitals", "\u0415\u0421\u041e\u0420\u0410\u0425", goodPassword, "viewer", "name_lookalike"},
		{"without its dot", "s\u0131t\u0131", goodPassword, "viewer", "name_lookalike"},
		{"a name with an l", "Ali", goodPassword, "viewer", "accepted"},
		{"a capital i for the l", "AIi", goodPassword, "viewer", "name_lookalike"},
		{"another number", "kasir1", goodPassword, "viewer", "accepted"},
		{"and the next", "kasir2", goodPassword, "viewer", "accepted"},
		{"a joiner inside", "si\u200dti", goodPassword, "viewer", "name_invalid"},
		{"a ligature", "\ufb01kri", goodPassword, "viewer", "name_invalid"},
		{"no role", "r1", goodPassword, "", "role_unknown"},
		{"an unknown role", "r2", goodPassword, "root", "role_unknown"},
		{"no password", "p1", "", "viewer", "password_required"},
		{"11 characters", "p2", "kuda-laut b", "viewer", "password_too_short"},
		{"11 characters of more bytes", "p3", strings.Repeat("é", 11), "viewer", "password_too_short"},
		{"12 characters", "p4", "kuda-laut bi", "viewer", "accepted"},
		{"a byte too much", "p5", long + "x", "viewer", "password_too_long"},
		{"its own name", "kuda-laut-biru", "Kuda-Laut-Biru", "viewer", "password_is_name"},
		{"a common one", "p6", "Password1234", "viewer", "password_common"},
		{"a common one in Indonesian", "p7", "bismillah123", "viewer", "password_common"},
		{"one letter", "p8", "zzzzzzzzzzzzzzzz", "viewer", "password_common"},
		{"four letters again and again", "p9", "budibudibudibu", "viewer", "password_common"},
		{"eight letters twice", "p11", "kudalautkudalaut", "viewer", "password_common"},
		{"a word twice with a space", "p12", "kuda-laut kuda-laut", "viewer", "password_common"},
		{"a common word with digits behind", "p13", "Rahasia20260817", "viewer", "password_common"},
		{"a common word with digits and signs behind", "p14", "P@ssw0rd-2031!!", "viewer", "password_common"},
		{"one letter with digits behind", "p15", "zzzzzzzzzzzz99", "viewer", "password_common"},
		{"its own name with digits behind", "kuda.laut7", "Kuda.Laut-20260817", "viewer", "password_is_name"},
		{"a common word among others", "p16", "rahasia perahu 17", "viewer", "accepted"},
		{"digits alone", "p17", "739204817364", "viewer", "accepted"},
		{"not text", "p10", "kuda-laut biru \xff", "viewer", "password_invalid"},
	}
	f := newFixture(t)
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			u, err := f.CreateUser(t.Context(), tt.name, tt.password, tt.role)
			if got := code(err); got != tt.want {
				t.Fatalf("got %s, want %s", got, tt.want)
			}
			if err != nil {
				return
			}
			if got, err := f.Authenticate(t.Context(), strings.ToUpper(tt.name), tt.password, models.Asker{}); err != nil || got != u {
				t.Errorf("signing in: %v, %v", got, err)
			}
		})
	}
}

// Ensure that somebody with a full-width name of before names were folded still gets in,
// beside the one whose name it is today.
func TestFullWidthNameOfBefore(t *testing.T) {
	f := newFixture(t)
	old := f.user("lama", models.RoleViewer)
	_, err := f.SQL().ExecContext(t.Context(), "UPDATE users SET name = 'ｂｕｄｉ', name_key = 'ｂｕｄｉ' WHERE id = $1", old.ID)
	must(t, err)
	if u, err := f.UserByName(t.Context(), "budi"); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("got %v, %v", u, err)
	}
	if _, err := f.CreateUser(t.Context(), "Budi", goodPassword, models.RoleViewer); code(err) != "name_taken" {
		t.Errorf("got %v, want a taken name", err)
	}
	_, err = f.SQL().ExecContext(t.Context(), "UPDATE users SET name = 'budi', name_key = 'budi' WHERE id = $1", f.user("baru", models.RoleViewer).ID)
	must(t, err)
	for typed, want := range map[string]string{"ｂｕｄｉ": "ｂｕｄｉ", "ＢＵＤＩ": "ｂｕｄｉ", "budi": "budi", "Ｂudi": "budi"} {
		if u, err := f.UserByName(t.Context(), typed); err != nil || u.Name != want {
			t.Errorf("%s is %q (%v), want %q", typed, u.Name, err, want)
		}
	}
}

func TestAuthenticateRefuses(t *testing.T) {
	f := newFixture(t)
	f.user("budi", models.RoleViewer)
	for about, try := range map[string][2]string{
		"a wrong password":      {"budi", goodPassword + "!"},
		"an unknown name":       {"ani", goodPassword},
		"no password":           {"budi", ""},
		"a megabyte":            {"budi", strings.Repeat("x", 1<<20)},
		"the right one in caps": {"budi", strings.ToUpper(goodPassword)},
	} {
		t.Run(about, func(t *testing.T) {
			u, err := f.Authenticate(t.Context(), try[0], try[1], models.Asker{})
			assertOnly(t, err, models.ErrNotFound)
			if u != (models.User{}) {
				t.Errorf("got %v", u)
			}
		})
	}
	ended, cancel := contextEnded(t)
	defer cancel()
	if _, err := f.Authenticate(ended, "budi", goodPassword, models.Asker{}); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}

// Ensure that an unknown name takes as long as a wrong password: whoever measures
// learns no names. (The hash is what takes long; without it the ratio is in the
// hundreds.)
func TestAuthenticateTakesEqualWork(t *testing.T) {
	f := newFixture(t)
	f.user("budi", models.RoleViewer)
	fastest := func(name string) time.Duration {
		best := time.Hour
		for range 3 {
			start := time.Now()
			_, err := f.Authenticate(t.Context(), name, "a wrong password", models.Asker{})
			assertOnly(t, err, models.ErrNotFound)
			best = min(best, time.Since(start))
		}
		return best
	}
	known, unknown := fastest("budi"), fastest("nobody")
	if unknown < known/4 || unknown > known*4 {
		t.Errorf("a wrong password takes %v, an unknown name %v", known, unknown)
	}
}

// Ensure that a hash of older parameters is accepted, and replaced on signing in.
func TestPasswordHashIsRenewed(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	u := f.user("budi", models.RoleViewer)
	hash := func() (h string) {
		t.Helper()
		must(t, f.SQL().QueryRowContext(ctx, "SELECT password_hash FROM users WHERE id = $1", u.ID).Scan(&h))
		return h
	}
	_, err := f.SQL().ExecContext(ctx, "UPDATE users SET password_hash = $1", models.WeakHash(goodPassword))
	must(t, err)
	if _, err := f.Authenticate(ctx, "budi", goodPassword+"x", models.Asker{}); !errors.Is(err, models.ErrNotFound) || !strings.Contains(hash(), "m=1024") {
		t.Errorf("a wrong password: %v, %s", err, hash())
	}
	for range 2 {
		if _, err := f.Authenticate(ctx, "budi", goodPassword, models.Asker{}); err != nil || !strings.Contains(hash(), "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("the right password: %v, %s", err, hash())
		}
	}
}

func TestUserChanges(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	budi := f.user("budi", models.RoleAdmin)
	f.clock.Add(time.Second)
	ani := f.user("ani", models.RoleViewer)
	users, err := f.Users(ctx)
	must(t, err)
	if diff := cmp.Diff([]models.User{budi, ani}, users); diff != "" {
		t.Error(diff)
	}
	if got, err := f.UserByName(ctx, "ANI"); err != nil || got != ani {
		t.Errorf("by name: %v, %v", got, err)
	}
	f.clock.Add(time.Minute)
	must(t, f.SetUserPrefs(ctx, ani.ID, models.Prefs{Lang: "id", Theme: "dark", Zone: "Asia/Jayapura"}))
	want := ani
	want.Lang, want.Theme, want.Zone, want.UpdatedAt = "id", "dark", "Asia/Jayapura", f.clock.Now().UTC()
	if got, err := f.User(ctx, ani.ID); err != nil || got != want {
		t.Errorf("%s (%v)", cmp.Diff(want, got), err)
	}
	if err := f.SetUserPrefs(ctx, ani.ID, models.Prefs{Lang: strings.Repeat("x", 21)}); code(err) != "lang_invalid" {
		t.Errorf("a long language: %v", err)
	}
	if err := f.SetUserPrefs(ctx, ani.ID, models.Prefs{Zone: strings.Repeat("x", 65)}); code(err) != "zone_unknown" {
		t.Errorf("a long zone: %v", err)
	}
	if err := f.SetPassword(ctx, ani.ID, "Password1234"); code(err) != "password_common" {
		t.Errorf("a common password: %v", err)
	}
	must(t, f.SetPassword(ctx, ani.ID, "another good one"))
	if _, err := f.Authenticate(ctx, "ani", goodPassword, models.Asker{}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the old password: %v", err)
	}
	if got, err := f.Authenticate(ctx, "ani", "another good one", models.Asker{}); err != nil || !got.PasswordAt.Equal(f.clock.Now()) {
		t.Errorf("the new password: %v, %v", got.PasswordAt, err)
	}

	// Somebody must be left to administer.
	for about, err := range map[string]error{
		"demoting": f.SetUserRole(ctx, budi.ID, models.RoleViewer),
		"deleting": f.DeleteUser(ctx, budi.ID),
	} {
		if code(err) != "last_admin" {
			t.Errorf("%s the last admin: %v", about, err)
		}
	}
	must(t, f.SetUserRole(ctx, budi.ID, models.RoleAdmin))
	must(t, f.SetUserRole(ctx, ani.ID, models.RoleAdmin))
	must(t, f.DeleteUser(ctx, budi.ID))
	if n, err := f.CountUsers(ctx); err != nil || n != 1 {
		t.Errorf("%d users (%v)", n, err)
	}
}

func TestUnknownUser(t *testing.T) {
	f := newFixture(t)
	f.user("budi", models.RoleAdmin)
	for name, call := range map[string]func(context.Context) error{
		"User":         func(ctx context.Context) error { _, err := f.User(ctx, "x"); return err },
		"UserByName":   func(ctx context.Context) error { _, err := f.UserByName(ctx, "x"); return err },
		"SetPassword":  func(ctx context.Context) error { return f.SetPassword(ctx, "x", goodPassword) },
		"SetUserPrefs": func(ctx context.Context) error { return f.SetUserPrefs(ctx, "x", models.Prefs{}) },
		"SetUserRole":  func(ctx context.Context) error { return f.SetUserRole(ctx, "x", models.RoleViewer) },
		"DeleteUser":   func(ctx context.Context) error { return f.DeleteUser(ctx, "x") },
	} {
		t.Run(name, func(t *testing.T) { assertOnly(t, call(t.Context()), models.ErrNotFound) })
	}
}

// Ensure that a password that somebody else has set is to be replaced by another one.
func TestPasswordIsDueAfterAReset(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	u := f.user("ani", models.RoleViewer)
	due := func(password string) bool {
		t.Helper()
		got, err := f.Authenticate(ctx, "ani", password, models.Asker{})
		must(t, err)
		return got.PasswordDue
	}
	if due(goodPassword) {
		t.Error("due from the start")
	}
	must(t, f.ResetPassword(ctx, u.ID, "set by the admin"))
	if !due("set by the admin") {
		t.Error("not due after a reset")
	}
	if err := f.SetPassword(ctx, u.ID, "set by the admin"); code(err) != "password_same" {
		t.Errorf("the same again: %v", err)
	}
	must(t, f.SetPassword(ctx, u.ID, "my own choice then"))
	if due("my own choice then") {
		t.Error("due after the own choice")
	}
	must(t, f.SetPassword(ctx, u.ID, "my own choice then")) // nobody else knows it
	must(t, f.ResetPassword(ctx, u.ID, "set by the admin"))
	must(t, f.ResetPassword(ctx, u.ID, "set by the admin")) // by who did not remember
}
