package models_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"wadah/models"
)

// login opens a login that lasts an hour.
func (f *fixture) login(u models.User) (token string) {
	f.tb.Helper()
	token, err := f.OpenLogin(f.tb.Context(), models.Login{UserID: u.ID, ExpiresAt: f.clock.Now().Add(time.Hour)})
	if err != nil {
		f.tb.Fatal(err)
	}
	return token
}

// signsIn reports whether a token opens the panel.
func (f *fixture) signsIn(token string) bool {
	f.tb.Helper()
	_, err := f.Login(f.tb.Context(), token)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		f.tb.Fatal(err)
	}
	return err == nil
}

func TestLogin(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	budi := f.user("budi", models.RoleAdmin)
	if f.signsIn("unknown") || f.signsIn("") {
		t.Error("found a login that nobody made")
	}
	must(t, f.EndLogin(ctx, "unknown"))

	opened := f.clock.Now().UTC()
	token := f.login(budi)
	got, err := f.Login(ctx, token)
	must(t, err)
	want := models.Login{ID: got.ID, UserID: budi.ID, CreatedAt: opened, SeenAt: opened, ProvenAt: got.ProvenAt, ExpiresAt: opened.Add(time.Hour)}
	if len(got.ID) != 26 || got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	must(t, f.ExtendLogin(ctx, got.ID, opened.Add(2*time.Hour)))
	f.clock.Add(2*time.Hour - time.Millisecond)
	if !f.signsIn(token) {
		t.Error("ended a moment before it expires")
	}
	f.clock.Add(time.Millisecond)
	if f.signsIn(token) {
		t.Error("goes on after it expired")
	}
	must(t, f.ExtendLogin(ctx, got.ID, f.clock.Now().Add(time.Hour)))
	if f.signsIn(token) {
		t.Error("an expired login came back")
	}
	if n, err := f.SweepLogins(ctx); err != nil || n != 1 {
		t.Errorf("swept %d (%v)", n, err)
	}

	ended, other := f.login(budi), f.login(budi)
	if ended == other {
		t.Error("two logins with one token")
	}
	l, err := f.Login(ctx, ended)
	must(t, err)
	must(t, f.EndLogin(ctx, ended))
	if f.signsIn(ended) || !f.signsIn(other) {
		t.Error("ending one login ended the wrong one")
	}
	// A request that began before the end extends it after.
	must(t, f.ExtendLogin(ctx, l.ID, f.clock.Now().Add(2*time.Hour)))
	if f.signsIn(ended) {
		t.Error("an ended login came back")
	}
	if n, err := f.SweepLogins(ctx); err != nil || n != 0 {
		t.Errorf("swept %d that have not expired (%v)", n, err)
	}
}

// Ensure that whoever reads the table cannot sign in with what is there.
func TestLoginTokensAreNotStored(t *testing.T) {
	f := newFixture(t)
	token := f.login(f.user("budi", models.RoleAdmin))
	if len(token) != 43 { // 256 bits
		t.Errorf("a token of %d characters", len(token))
	}
	if where := f.inClear(token); where != "" {
		t.Errorf("the token is in %s", where)
	}
	var hash string
	must(t, f.SQL().QueryRowContext(t.Context(), "SELECT token_hash FROM logins").Scan(&hash))
	for _, stored := range []string{hash, "sha256:" + hash} {
		if f.signsIn(stored) {
			t.Error("what stands in the table signs in")
		}
	}
}

func TestLoginList(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	budi, ani := f.user("budi", models.RoleAdmin), f.user("ani", models.RoleViewer)
	open := func(u models.User, agent string) (token string) {
		t.Helper()
		token, err := f.OpenLogin(ctx, models.Login{
			UserID: u.ID, Address: "10.0.0.1", UserAgent: agent, ProvenAt: f.clock.Now(), ExpiresAt: f.clock.Now().Add(24 * time.Hour),
		})
		must(t, err)
		return token
	}
	list := func(u models.User) (agents string) {
		t.Helper()
		logins, err := f.Logins(ctx, u.ID)
		must(t, err)
		for _, login := range logins {
			agents += login.UserAgent + " "
		}
		return agents
	}
	start := f.clock.Now()
	first := open(budi, "firefox")
	f.clock.Add(time.Minute)
	open(budi, "chromium")
	open(ani, strings.Repeat("é", 400))
	if got := list(budi); got != "chromium firefox " {
		t.Errorf("got %q", got)
	}
	if got := list(ani); got != strings.Repeat("é", 300)+" " {
		t.Errorf("a long user agent: %q", got)
	}

	f.clock.Add(time.Minute)
	if !f.signsIn(first) {
		t.Error("signed out")
	}
	seen, err := f.Logins(ctx, budi.ID) // the newest use is in memory
	must(t, err)
	if got := seen[1]; got.UserID != budi.ID || got.Address != "10.0.0.1" || !got.CreatedAt.Equal(start) || !got.ProvenAt.Equal(start) ||
		!got.SeenAt.Equal(f.clock.Now()) || !got.ExpiresAt.Equal(start.Add(24*time.Hour)) {
		t.Errorf("got %+v", got)
	}
	must(t, f.FlushUsage(ctx))
	if logins, err := f.open().Logins(ctx, budi.ID); err != nil || !logins[1].SeenAt.Equal(f.clock.Now()) {
		t.Errorf("when it was seen is not in the table (%v)", err)
	}

	logins, err := f.Logins(ctx, budi.ID)
	must(t, err)
	assertOnly(t, f.EndLoginOf(ctx, ani.ID, logins[0].ID), models.ErrNotFound) // not hers
	must(t, f.EndLoginOf(ctx, budi.ID, logins[0].ID))
	assertOnly(t, f.EndLoginOf(ctx, budi.ID, logins[0].ID), models.ErrNotFound)
	if got := list(budi); got != "firefox " {
		t.Errorf("after ending one: %q", got)
	}
	must(t, f.SetPassword(ctx, budi.ID, "another good one"))
	if list(budi) != "" || list(ani) == "" {
		t.Error("a new password ends the logins of that user, and no others")
	}
	must(t, f.EndLoginsOf(ctx, ani.ID))
	if list(ani) != "" {
		t.Error("still signed in")
	}
	last := open(ani, "safari")
	must(t, f.DeleteUser(ctx, ani.ID))
	if f.signsIn(last) || f.signsIn(open(ani, "safari")) { // the second: a request that was under way
		t.Error("a deleted user is signed in")
	}
}
