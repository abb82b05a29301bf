package handlers_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/models"
)

// asked is the form of an answer that asks for the password again: where it goes and what
// it carries.
func (a answer) asked(t testing.TB, status int) (action string, form url.Values) {
	t.Helper()
	a.has(t, status, "proof-form", "proof-current", "proof-submit")
	action = html.UnescapeString(a.match(t, `<form method="post" action="([^"]*)" id="proof-form"`))
	form = url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(a.match(t, `(?s)id="proof-form"(.*?)</form>`), -1) {
		form.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return action, form
}

// TestProofIsAskedAfterTenMinutes walks the routes that could hand over the installation.
func TestProofIsAskedAfterTenMinutes(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("Kasir")
	b := e.admin()
	ani := e.user("ani", models.RoleViewer)
	fill := strings.NewReplacer(":id", id, ":user", ani.ID)
	walk := func(when string, want bool) {
		t.Helper()
		walked := 0
		for _, r := range e.server.Routes() {
			if !r.Proven {
				continue
			}
			walked++
			req := e.form(fill.Replace(r.Path), url.Values{})
			if req.Method = r.Method; r.Method != http.MethodPost {
				req = e.request(r.Method, r.Path, nil)
			}
			got := b.do(req)
			if asks := strings.Contains(got.body, `data-testid="proof-form"`); asks != want || want && got.StatusCode != http.StatusForbidden {
				t.Errorf("%s %s %s: %d, asks %v, want %v", r.Method, r.Path, when, got.StatusCode, asks, want)
			}
			if want && strings.Contains(got.body, key) {
				t.Errorf("%s shows the key", r.Path)
			}
		}
		if walked < 15 {
			t.Errorf("only %d routes were walked", walked)
		}
	}
	walk("at once", false)
	e.later.Add(int64(10*time.Minute - 30*time.Second))
	walk("after nearly ten minutes", false)
	e.later.Add(int64(time.Minute))
	walk("after ten minutes", true)
	b.get("/people").has(t, http.StatusOK, "person-add-submit") // looking is no harm
	b.post("/devices/"+id+"/start", nil).leads(t, "/devices/"+id)
	b.get("/confirm?next=/people").has(t, http.StatusOK, "proof-form")
	b.post("/confirm", url.Values{"current": {password}, "next": {"/people"}}).leads(t, "/people")
	walk("after the password", false)
	b.get("/confirm?next=%2Fpeople").leads(t, "/people")
	b.get("/confirm?next=%2F%2Fevil.example").leads(t, "/devices")
	e.later.Add(int64(11 * time.Minute))
	walk("ten minutes after the password", true)
	e.later.Add(-int64(24 * time.Hour))
	walk("with a clock that was set back", true)
}

// TestProofKeepsWhatWasTyped fills a form for longer than ten minutes.
func TestProofKeepsWhatWasTyped(t *testing.T) {
	e := newEnv(t)
	one, _ := e.device("Kasir")
	two, _ := e.device("Gudang")
	b := e.admin()
	e.later.Add(int64(11 * time.Minute))
	typed := url.Values{"name": {"ani <&\"'> é"}, "role": {"viewer"}, "password": {"a \"good\" password <1>"}}
	action, form := b.post("/people", typed).asked(t, http.StatusForbidden)
	if action != "/people" || form.Encode() != typed.Encode() {
		t.Fatalf("%s %v, want what was typed", action, form)
	}
	form.Set("current", "a wrong password")
	wrong := b.post(action, form)
	wrong.has(t, http.StatusUnprocessableEntity, "error-message")
	if action, form = wrong.asked(t, http.StatusUnprocessableEntity); form.Encode() != typed.Encode() {
		t.Fatalf("%v after a wrong password", form)
	}
	if users, err := e.store.CountUsers(t.Context()); err != nil || users != 1 {
		t.Fatalf("%d users (%v)", users, err)
	}
	form.Set("current", password)
	b.post(action, form).has(t, http.StatusUnprocessableEntity, "person-add-name") // the name is unfit, as it was typed
	form.Set("name", "ani")
	to := b.post(action, form).Header.Get("Location")
	if !strings.HasPrefix(to, "/people/") {
		t.Fatalf("leads to %q", to)
	}
	e.browser().post("/signin", url.Values{"name": {"ani"}, "password": typed["password"]}).leads(t, "/devices")

	// Fields of many values, in their order.
	e.later.Add(int64(11 * time.Minute))
	action, form = b.post(to+"/devices", url.Values{"device": {two, one}}).asked(t, http.StatusForbidden)
	if action != to+"/devices" || !slices.Equal(form["device"], []string{two, one}) {
		t.Fatalf("%s %v", action, form)
	}
	form.Set("current", password)
	b.post(action, form).leads(t, to)

	// A program says it at once.
	e.later.Add(int64(11 * time.Minute))
	b.post(to+"/role", url.Values{"role": {"operator"}, "current": {password}}).leads(t, to)
	e.wroteDown("login.confirm", "password.refused", "user.create", "user.devices", "user.role")
}

// TestProofOfExports asks for a file: the same address gives it then.
func TestProofOfExports(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	e.later.Add(int64(11 * time.Minute))
	action, form := b.get("/audit.csv?action=signin&q=a%26b").asked(t, http.StatusForbidden)
	if action != "/confirm" {
		t.Fatalf("the form goes to %s", action)
	}
	form.Set("current", password)
	to := b.post(action, form).Header.Get("Location")
	if to != "/audit.csv?action=signin&q=a%26b" {
		t.Fatalf("leads to %s", to)
	}
	if got := b.get(to); got.StatusCode != http.StatusOK || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/csv") {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
	b.get("/audit.csv?current=x").has(t, http.StatusOK)
	e.later.Add(int64(11 * time.Minute))
	b.get("/audit.csv?current="+url.QueryEscape(password)).asked(t, http.StatusForbidden) // no password in an address
}

// TestProofWithinAPage asks as htmx does: the page stays, and shows what was asked for.
func TestProofWithinAPage(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("Kasir")
	b := e.admin()
	e.later.Add(int64(11 * time.Minute))
	path := "/devices/" + id + "/reveal"
	got := b.fragment(path, url.Values{"key": {""}})
	action, form := got.asked(t, http.StatusForbidden)
	if action != path || !strings.HasPrefix(got.body, `<hx-partial hx-target="#notices"`) || !strings.Contains(got.body, `hx-post="`+path+`"`) {
		t.Fatalf("%s %s", action, got.body)
	}
	form.Set("current", "a wrong password")
	b.fragment(path, form).has(t, http.StatusUnprocessableEntity, "proof-form", "error-message")
	form.Set("current", password)
	got = b.fragment(path, form)
	if !strings.Contains(got.body, key) || !strings.Contains(got.body, `hx-target="#notices"`) || strings.Contains(got.body, "proof-form") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	page := b.fragment("/devices/"+id+"/keys", url.Values{"name": {"Toko"}})
	page.has(t, http.StatusOK, "key-row-value")
	e.secrets = append(e.secrets, page.match(t, keyInPage))
}

// TestCopiedCookie: who has copied the cookie of a login may look for as long as it lasts,
// but gains nothing when its owner proves to be the owner, or does anything else.
func TestCopiedCookie(t *testing.T) {
	e := newEnv(t)
	e.stopClock()
	id, _ := e.device("Kasir")
	b := e.admin()
	thief := e.browser()
	site, err := url.Parse(e.url)
	if err != nil {
		t.Fatal(err)
	}
	copied := func() {
		thief.client.Jar.SetCookies(site, []*http.Cookie{{Name: "wadah_login", Value: cookieOf(t, b, "/", "wadah_login")}})
	}
	e.later.Add(int64(11 * time.Minute))
	copied()
	thief.get("/devices/"+id).has(t, http.StatusOK)
	thief.post("/devices/"+id+"/reveal", nil).asked(t, http.StatusForbidden)
	b.post("/devices/"+id+"/reveal", url.Values{"current": {password}}).has(t, http.StatusOK, "key-value")
	thief.post("/devices/"+id+"/reveal", nil).asked(t, http.StatusForbidden)

	// A proof is of one login.
	other := e.signedIn("boss")
	e.later.Add(int64(11 * time.Minute))
	b.post("/confirm", url.Values{"current": {password}}).leads(t, "/devices")
	other.client.Jar.SetCookies(site, []*http.Cookie{{Name: "wadah_proof", Value: cookieOf(t, b, "/", "wadah_proof")}})
	other.post("/devices/"+id+"/reveal", nil).asked(t, http.StatusForbidden)

	// A login that is opened anew is not proven by that.
	copied()
	thief.post("/account/logins", nil).leads(t, "/account")
	thief.get("/account").has(t, http.StatusOK, "account-submit")
	thief.post("/people", url.Values{"name": {"eve"}, "role": {"admin"}, "password": {"another good password"}}).asked(t, http.StatusForbidden)
	thief.post("/account/prefs", url.Values{"lang": {"en"}}).leads(t, "/account")
	thief.post("/people", nil).asked(t, http.StatusForbidden)
	if users, err := e.store.CountUsers(t.Context()); err != nil || users != 1 {
		t.Errorf("%d users (%v)", users, err)
	}
	// Guessing closes that login's door, and no other.
	for range 5 {
		thief.post("/confirm", url.Values{"current": {"a wrong password"}}).has(t, http.StatusUnprocessableEntity)
	}
	slow := thief.post("/confirm", url.Values{"current": {password}})
	if slow.has(t, http.StatusTooManyRequests, "proof-form", "error-message"); slow.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	e.signedIn("boss").post("/devices/"+id+"/reveal", nil).has(t, http.StatusOK, "key-value")
}

// TestProofByPasskey confirms with a passkey of the own, and with nobody else's.
func TestProofByPasskey(t *testing.T) {
	e := atLocalhost(newEnv(t))
	id, _ := e.device("Kasir")
	b := e.admin()
	e.user("ani", models.RoleAdmin)
	ani := e.signedIn("ani")
	ani.post("/confirm/passkey/begin", nil).answers(t, http.StatusUnprocessableEntity, "passkey_failed") // has none
	key, theirs := registered(t, b), registered(t, ani)
	e.later.Add(int64(11 * time.Minute))
	if page := b.post("/devices/"+id+"/reveal", nil); !strings.Contains(page.body, `data-passkey-then="proof-form"`) {
		t.Error("no passkey is offered")
	}
	b.get("/devices/"+id).has(t, http.StatusOK)
	prove := func(path string, by *authenticator) answer {
		options := b.options(t, path, url.Values{"next": {"/people"}})
		return b.post("/confirm/passkey/finish", url.Values{"credential": {by.get(options)}})
	}
	prove("/confirm/passkey/begin", theirs).answers(t, http.StatusUnprocessableEntity, "passkey_failed")
	prove("/signin/passkey/begin", key).answers(t, http.StatusUnprocessableEntity, "timeout") // asked for something else
	forged := *key
	forged.key = newAuthenticator(t, "").key
	prove("/confirm/passkey/begin", &forged).answers(t, http.StatusUnprocessableEntity, "passkey_failed")
	unverified := *key
	unverified.unverified = true
	prove("/confirm/passkey/begin", &unverified).answers(t, http.StatusUnprocessableEntity, "passkey_failed")
	b.post("/devices/"+id+"/reveal", nil).asked(t, http.StatusForbidden)
	prove("/confirm/passkey/begin", key).answers(t, http.StatusOK, `{"next":"/people"}`)
	b.post("/devices/"+id+"/reveal", url.Values{"current": {""}}).has(t, http.StatusOK, "key-value")
	e.wroteDown("login.confirm", "password.refused")
}

// TestResetPasswordIsReplaced: what an admin has set is good for one sign-in, which ends
// with a password that the admin does not know.
func TestResetPasswordIsReplaced(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	ani := e.user("ani", models.RoleViewer)
	reset := func(to string) {
		t.Helper()
		b.post("/people/"+ani.ID+"/password", url.Values{"password": {to}, "password2": {to}}).leads(t, "/people/"+ani.ID)
	}
	const first, own = "set by the admin", "my own choice then"
	e.secrets = append(e.secrets, first, own)
	reset(first)
	a := e.browser()
	a.get("/signin/password").leads(t, "/signin")
	a.post("/signin", url.Values{"name": {"ani"}, "password": {first}, "next": {"/account"}}).leads(t, "/signin/password?next=%2Faccount")
	a.get("/devices").leads(t, "/signin?next=%2Fdevices") // not signed in yet
	a.get("/signin/password?next=%2Faccount").has(t, http.StatusOK, "new-password", "new-password2", "new-password-submit")
	choose := func(one, two string) answer {
		return a.post("/signin/password", url.Values{"password": {one}, "password2": {two}, "next": {"/account"}})
	}
	choose(own, "x").has(t, http.StatusUnprocessableEntity, "error-message")
	choose("short", "short").has(t, http.StatusUnprocessableEntity, "error-message")
	choose(first, first).has(t, http.StatusUnprocessableEntity, "error-message")
	choose(own, own).leads(t, "/account")
	a.get("/account").has(t, http.StatusOK, "flash")
	choose("and another one", "and another one").leads(t, "/signin") // it was good for once
	n := e.browser()
	n.post("/signin", url.Values{"name": {"ani"}, "password": {first}}).has(t, http.StatusUnprocessableEntity)
	n.post("/signin", url.Values{"name": {"ani"}, "password": {own}}).leads(t, "/devices")

	// Reset once more while it is being chosen: begin again.
	reset(first)
	a.post("/signin", url.Values{"name": {"ani"}, "password": {first}}).leads(t, "/signin/password")
	reset("set once more by the admin")
	choose(own, own).leads(t, "/signin")
	e.wroteDown("user.password", "password.change", "signin")
}

// TestResetPasswordWithFactors: codes and passkeys lead to the new password, too.
func TestResetPasswordWithFactors(t *testing.T) {
	e := atLocalhost(newEnv(t))
	b := e.admin()
	ani := e.user("ani", models.RoleViewer)
	a := e.signedIn("ani")
	_, recovery := a.enrolled(t)
	key := registered(t, a)
	const first = "set by the admin"
	b.post("/people/"+ani.ID+"/password", url.Values{"password": {first}, "password2": {first}}).leads(t, "/people/"+ani.ID)
	n := e.browser()
	n.post("/signin", url.Values{"name": {"ani"}, "password": {first}}).leads(t, "/signin/code")
	n.post("/signin/code", url.Values{"code": {recovery[0]}, "way": {"recovery"}, "next": {"/account"}}).leads(t, "/signin/password?next=%2Faccount")
	n.get("/devices").leads(t, "/signin?next=%2Fdevices")
	options := n.options(t, "/signin/passkey/begin", nil)
	n.post("/signin/passkey/finish", url.Values{"credential": {key.get(options)}}).answers(t, http.StatusOK, `{"next":"/signin/password"}`)
	n.get("/devices").leads(t, "/signin?next=%2Fdevices")
	n.post("/signin/password", url.Values{"password": {"my own choice then"}, "password2": {"my own choice then"}}).leads(t, "/devices")
	n.get("/devices").has(t, http.StatusOK)
}
