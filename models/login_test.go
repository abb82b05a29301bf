package models_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"wadah/models"
)

// login makes the data of a login as scs does.
func login(t *testing.T, values map[string]any) []byte {
	t.Helper()
	data, err := scs.GobCodec{}.Encode(time.Now(), values)
	must(t, err)
	return data
}

func TestLoginStore(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	l := f.Logins()
	find := func(token string) string {
		t.Helper()
		data, found, err := l.Find(token)
		must(t, err)
		if found != (data != nil) {
			t.Errorf("found = %v, data = %q", found, data)
		}
		return string(data)
	}
	expiry := f.clock.Now().Add(time.Hour)

	if find("unknown") != "" || find("") != "" {
		t.Error("found a login that nobody made")
	}
	must(t, l.Delete("unknown"))
	must(t, l.Commit("token", []byte("one"), expiry))
	must(t, l.Commit("token", []byte("two"), expiry.Add(time.Hour)))
	if got := find("token"); got != "two" {
		t.Errorf("got %q", got)
	}
	f.clock.Add(2*time.Hour - time.Millisecond)
	if got := find("token"); got != "two" {
		t.Errorf("a moment before it expires: %q", got)
	}
	f.clock.Add(time.Millisecond)
	if got := find("token"); got != "" {
		t.Errorf("after it expired: %q", got)
	}
	if n, err := f.SweepLogins(ctx); err != nil || n != 1 {
		t.Errorf("swept %d (%v)", n, err)
	}
	expiry = f.clock.Now().Add(time.Hour)
	must(t, l.Commit("token", []byte("three"), expiry))
	must(t, l.Commit("other", []byte("four"), expiry))
	must(t, l.Delete("token"))
	if find("token") != "" || find("other") != "four" {
		t.Error("ending one login ended the wrong one")
	}
	// A request that began before the end commits after it.
	must(t, l.Commit("token", []byte("three again"), expiry))
	if find("token") != "" {
		t.Error("an ended login came back")
	}
	if n, err := f.SweepLogins(ctx); err != nil || n != 0 {
		t.Errorf("swept %d that have not expired (%v)", n, err)
	}
}

// Ensure that whoever reads the table cannot sign in with what is there, while
// scs may still iterate and end.
func TestLoginTokensAreNotStored(t *testing.T) {
	f := newFixture(t)
	l := f.Logins()
	const token = "Fz8hTtJ0vJmH4rYyqk7o2nWb1cXeLs9dGaPuIiRwEzQ"
	must(t, l.Commit(token, []byte("data"), f.clock.Now().Add(time.Hour)))
	for _, suffix := range []string{"", "-wal"} {
		if b, err := os.ReadFile(f.path + suffix); err != nil || strings.Contains(string(b), token) {
			t.Errorf("the token is in the file %q (%v)", suffix, err)
		}
	}
	all, err := l.All()
	if err != nil || len(all) != 1 {
		t.Fatalf("%d logins (%v)", len(all), err)
	}
	for key, data := range all {
		if string(data) != "data" || strings.Contains(key, token) {
			t.Errorf("%q: %q", key, data)
		}
		if _, found, err := l.Find(key); err != nil || found {
			t.Errorf("the key of the list signs in (%v)", err)
		}
		must(t, l.Commit(key, []byte("changed"), f.clock.Now().Add(time.Hour)))
		if data, _, err := l.Find(token); err != nil || string(data) != "changed" {
			t.Errorf("changed by the key of the list: %q, %v", data, err)
		}
		must(t, l.Delete(key))
	}
	if _, found, err := l.Find(token); err != nil || found {
		t.Errorf("not ended by the key of the list (%v)", err)
	}
	if all, err := l.All(); err != nil || all == nil || len(all) != 0 {
		t.Errorf("after the end: %v, %v", all, err)
	}
}

func TestLoginList(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	l := f.Logins()
	budi, ani := f.user("budi", models.RoleAdmin), f.user("ani", models.RoleViewer)
	commit := func(token string, u models.User, agent string) {
		t.Helper()
		must(t, l.Commit(token, login(t, map[string]any{
			models.LoginUserID: u.ID, models.LoginAddress: "10.0.0.1", models.LoginUserAgent: agent,
		}), f.clock.Now().Add(24*time.Hour)))
	}
	list := func(u models.User) (agents string) {
		t.Helper()
		logins, err := l.List(ctx, u.ID)
		must(t, err)
		for _, login := range logins {
			agents += login.UserAgent + " "
		}
		return agents
	}
	start := f.clock.Now()
	commit("b1", budi, "firefox")
	f.clock.Add(time.Minute)
	commit("b2", budi, "chromium")
	commit("a1", ani, strings.Repeat("é", 400))
	must(t, l.Commit("nobody", login(t, nil), f.clock.Now().Add(time.Hour)))
	if got := list(budi); got != "chromium firefox " {
		t.Errorf("got %q", got)
	}
	if got := list(ani); got != strings.Repeat("é", 300)+" " {
		t.Errorf("a long user agent: %q", got)
	}

	f.clock.Add(time.Minute)
	_, _, err := l.Find("b1")
	must(t, err)
	seen, err := l.List(ctx, budi.ID) // the newest use is in memory
	must(t, err)
	if got := seen[1]; got.UserID != budi.ID || got.Address != "10.0.0.1" || !got.CreatedAt.Equal(start) ||
		!got.SeenAt.Equal(f.clock.Now()) || !got.ExpiresAt.Equal(start.Add(24*time.Hour)) {
		t.Errorf("got %+v", got)
	}
	must(t, f.FlushUsage(ctx))
	if logins, err := f.open().Logins().List(ctx, budi.ID); err != nil || !logins[1].SeenAt.Equal(f.clock.Now()) {
		t.Errorf("when it was seen is not in the table (%v)", err)
	}

	logins, err := l.List(ctx, budi.ID)
	must(t, err)
	assertOnly(t, l.End(ctx, ani.ID, logins[0].ID), models.ErrNotFound) // not hers
	must(t, l.End(ctx, budi.ID, logins[0].ID))
	assertOnly(t, l.End(ctx, budi.ID, logins[0].ID), models.ErrNotFound)
	if got := list(budi); got != "firefox " {
		t.Errorf("after ending one: %q", got)
	}
	must(t, f.SetPassword(ctx, budi.ID, "another good one"))
	if list(budi) != "" || list(ani) == "" {
		t.Error("a new password ends the logins of that user, and no others")
	}
	must(t, l.EndUser(ctx, ani.ID))
	if list(ani) != "" {
		t.Error("still signed in")
	}
	commit("a2", ani, "safari")
	must(t, f.DeleteUser(ctx, ani.ID))
	if _, found, err := l.Find("a2"); err != nil || found {
		t.Errorf("a deleted user is signed in (%v)", err)
	}
	commit("a3", ani, "safari") // a request that was under way: dropped
	if _, found, err := l.Find("a3"); err != nil || found {
		t.Errorf("a deleted user is signed in (%v)", err)
	}
}

// Ensure that the store does what scs needs: sign in, stay, change the token, sign
// out, through real requests.
func TestLoginsThroughSCS(t *testing.T) {
	s, err := models.Open(t.Context(), models.Options{Path: t.TempDir() + "/wadah.db", Key: testKey()})
	must(t, err)
	defer s.Close()
	m := scs.New()
	m.Store = s.Logins()
	m.ErrorFunc = func(_ http.ResponseWriter, _ *http.Request, err error) { t.Error(err) }
	mux := http.NewServeMux()
	mux.HandleFunc("/in", func(_ http.ResponseWriter, r *http.Request) {
		must(t, m.RenewToken(r.Context()))
		m.Put(r.Context(), "name", "budi")
	})
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(m.GetString(r.Context(), "name"))) })
	mux.HandleFunc("/out", func(_ http.ResponseWriter, r *http.Request) { must(t, m.Destroy(r.Context())) })
	server := httptest.NewServer(m.LoadAndSave(mux))
	defer server.Close()
	jar, err := cookiejar.New(nil)
	must(t, err)
	client := &http.Client{Jar: jar}
	get := func(path string) string {
		t.Helper()
		resp, err := client.Get(server.URL + path)
		must(t, err)
		defer resp.Body.Close()
		var b strings.Builder
		_, err = io.Copy(&b, resp.Body)
		must(t, err)
		return b.String()
	}
	for _, step := range []struct{ path, want string }{
		{"/who", ""}, {"/in", ""}, {"/who", "budi"}, {"/in", ""}, {"/who", "budi"}, {"/out", ""}, {"/who", ""},
	} {
		if got := get(step.path); got != step.want {
			t.Errorf("%s gives %q, want %q", step.path, got, step.want)
		}
	}
}
