package handlers_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"wadah/handlers"
	"wadah/models"
)

// proxied is an installation behind a proxy on this machine, so that a test can come from
// any address.
func proxied(t *testing.T) *env {
	t.Helper()
	e := newEnv(t, func(c *handlers.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	e.stopClock()
	e.user("boss", models.RoleAdmin)
	return e
}

// signInFrom tries to sign in from an address.
func (b *browser) signInFrom(address, name, password string) answer {
	b.e.t.Helper()
	r := b.e.form("/signin", url.Values{"name": {name}, "password": {password}})
	r.Header.Set("X-Forwarded-For", address)
	return b.do(r)
}

// guess fails from an address until it is refused; it gives up after a hundred times.
func (e *env) guess(address, name string) (times int) {
	e.t.Helper()
	for times < 100 {
		got := e.browser().signInFrom(address, name, "a wrong password")
		if got.StatusCode == http.StatusTooManyRequests {
			if got.Header.Get("Retry-After") == "" {
				e.t.Fatal("no Retry-After")
			}
			return times
		}
		times++
	}
	return times
}

// leftAgain is a browser in which somebody was signed in and is no longer.
func (e *env) leftAgain(address, name string) *browser {
	e.t.Helper()
	b := e.browser()
	b.signInFrom(address, name, password).leads(e.t, "/devices")
	b.post("/signout", nil).leads(e.t, "/signin")
	return b
}

// TestAccountUnderAttack guesses at an account from many networks: its owner gets in from
// a clean one at the first try, and those who guess have fewer attempts than usual.
func TestAccountUnderAttack(t *testing.T) {
	e := proxied(t)
	for i := range 6 {
		if times := e.guess(fmt.Sprintf("198.51.100.%d", i), "boss"); times < 2 || times > 5 {
			t.Fatalf("network %d had %d attempts", i, times)
		}
	}
	if times := e.guess("198.51.100.77", "BOSS"); times > 2 {
		t.Errorf("another network has %d attempts at an account that is guessed at", times)
	}
	if times := e.guess("198.51.100.78", "ｂｏｓｓ"); times > 2 {
		t.Errorf("spelled otherwise there are %d attempts", times)
	}
	for i := range 3 {
		e.browser().signInFrom(fmt.Sprintf("203.0.113.%d", i), "boss", password).leads(t, "/devices")
	}
}

// TestSharedAddressUnderAttack has an attacker who comes from the same address as others:
// browsers that were signed in before do not notice.
func TestSharedAddressUnderAttack(t *testing.T) {
	e := proxied(t)
	e.user("ani", models.RoleViewer)
	const shared = "192.0.2.1"
	known, signedIn := e.leftAgain(shared, "boss"), e.signedIn("boss")
	e.guess(shared, "boss")
	for i := range 100 {
		if e.guess(shared, fmt.Sprint("nobody", i)) == 0 {
			break
		}
	}
	stranger := e.browser().signInFrom(shared, "ani", password)
	stranger.has(t, http.StatusTooManyRequests, "error-message")
	if wait := stranger.Header.Get("Retry-After"); len(wait) > 2 {
		t.Errorf("others at the address wait %s seconds for what the attacker does", wait)
	}
	known.signInFrom(shared, "boss", "a wrong password").has(t, http.StatusUnprocessableEntity) // of its own
	known.signInFrom(shared, "boss", password).leads(t, "/devices")
	// It is known to the one it was used by.
	known.post("/signout", nil).leads(t, "/signin")
	known.signInFrom(shared, "ani", password).has(t, http.StatusTooManyRequests)

	// Who is signed in has a door of the own, too.
	change := url.Values{"current": {"wrong"}, "password": {"another good password"}, "password2": {"another good password"}}
	post := func(path string) answer {
		r := e.form(path, change)
		r.Header.Set("X-Forwarded-For", shared)
		return signedIn.do(r)
	}
	post("/account/password").has(t, http.StatusUnprocessableEntity, "account-submit")
	change.Set("current", password)
	post("/account/password").leads(t, "/account")
	change.Set("current", "another good password")
	post("/account/totp").leads(t, "/account/totp")

	e.later.Add(int64(time.Minute))
	e.browser().signInFrom(shared, "ani", password).leads(t, "/devices")
}

// TestKnownBrowser: its door closes, too, and nobody can make one for himself.
func TestKnownBrowser(t *testing.T) {
	e := proxied(t)
	e.user("ani", models.RoleViewer)
	b := e.leftAgain("192.0.2.7", "boss")
	token := cookieOf(t, b, "/signin", "wadah_known")
	if _, ok := maybeCookie(t, b, "/devices", "wadah_known"); ok {
		t.Error("pages get to see the token")
	}
	for range 5 {
		b.signInFrom("192.0.2.7", "boss", "a wrong password").has(t, http.StatusUnprocessableEntity)
	}
	// Then it is a stranger.
	for range 5 {
		b.signInFrom("192.0.2.7", "boss", "a wrong password").has(t, http.StatusUnprocessableEntity)
	}
	b.signInFrom("192.0.2.7", "boss", password).has(t, http.StatusTooManyRequests)
	b.signInFrom("192.0.2.8", "boss", password).leads(t, "/devices")
	if fresh := cookieOf(t, b, "/signin", "wadah_known"); fresh == token {
		t.Error("the token is the same after a success")
	}
	// Another's token, a broken one and very many.
	ani := cookieOf(t, e.leftAgain("192.0.2.9", "ani"), "/signin", "wadah_known")
	e.guess("192.0.2.10", "boss")
	for _, forged := range []string{ani, token[:len(token)-2] + "00", "x", strings.Repeat(ani+".", 40) + token} {
		r := e.form("/signin", url.Values{"name": {"boss"}, "password": {password}})
		r.Header.Set("X-Forwarded-For", "192.0.2.10")
		r.AddCookie(&http.Cookie{Name: "wadah_known", Value: forged})
		e.send(r).has(t, http.StatusTooManyRequests)
	}
	// People who share a browser are known in it side by side.
	b.post("/signout", nil).leads(t, "/signin")
	b.signInFrom("192.0.2.9", "ani", password).leads(t, "/devices")
	b.post("/signout", nil).leads(t, "/signin")
	e.guess("192.0.2.9", "boss")
	b.signInFrom("192.0.2.9", "boss", password).leads(t, "/devices")
}

// TestNetworksOfOneCustomer: who has a whole /48 of addresses is not many.
func TestNetworksOfOneCustomer(t *testing.T) {
	e := proxied(t)
	attempts := 0
	for i := range 30 {
		attempts += e.guess(fmt.Sprintf("2001:db8:7:%x::1", i), "boss")
	}
	if attempts > 40 {
		t.Errorf("%d attempts from one customer's networks", attempts)
	}
	e.browser().signInFrom("2001:db8:8::1", "boss", password).leads(t, "/devices")
}

// TestCodesFromElsewhere: somebody who knows the password cannot close the second step for
// a browser that was signed in before.
func TestCodesFromElsewhere(t *testing.T) {
	e := proxied(t)
	b := e.signedIn("boss")
	_, recovery := b.enrolled(t)
	b.post("/signout", nil).leads(t, "/signin")
	thief := e.browser()
	thief.post("/signin", url.Values{"name": {"boss"}, "password": {password}}).leads(t, "/signin/code")
	for range 5 {
		thief.post("/signin/code", url.Values{"code": {"000000"}}).has(t, http.StatusUnprocessableEntity)
	}
	thief.post("/signin/code", url.Values{"code": {recovery[0]}, "way": {"recovery"}}).has(t, http.StatusTooManyRequests)
	b.post("/signin", url.Values{"name": {"boss"}, "password": {password}}).leads(t, "/signin/code")
	b.post("/signin/code", url.Values{"code": {recovery[0]}, "way": {"recovery"}}).leads(t, "/devices")
}

// TestForgedPasskeysKeepNobodyOut fails with many passkeys from the address of somebody
// who has the right one.
func TestForgedPasskeysKeepNobodyOut(t *testing.T) {
	e := atLocalhost(newEnv(t))
	e.stopClock()
	key := registered(t, e.admin())
	forged := *key
	forged.key = newAuthenticator(t, "").key
	refused := 0
	for range 25 {
		n := e.browser()
		answer := url.Values{"credential": {forged.get(n.options(t, "/signin/passkey/begin", nil))}}
		if n.post("/signin/passkey/finish", answer).StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Error("failures are never too many")
	}
	if entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "signin.refused"}); err != nil || len(entries) > 20 {
		t.Errorf("%d entries in the audit (%v)", len(entries), err)
	}
	n := e.browser()
	answer := url.Values{"credential": {key.get(n.options(t, "/signin/passkey/begin", nil))}}
	n.post("/signin/passkey/finish", answer).answers(t, http.StatusOK, `{"next":"/devices"}`)
}

// TestSignInOutlivesTheServer: what was begun before anybody is signed in is kept by the
// browser, so no flood can push it out, and a restart does not lose it.
func TestSignInOutlivesTheServer(t *testing.T) {
	e := atLocalhost(newEnv(t))
	b := e.admin()
	_, recovery := b.enrolled(t)
	key := newAuthenticator(t, e.url)
	key.synced = true // no counter tells of a repetition
	key.registered(t, b)
	again := handlers.New(handlers.Config{Version: "test"}, e.store, e.manager, slog.New(slog.DiscardHandler))
	t.Cleanup(again.Close)
	site, err := url.Parse(e.url + "/signin")
	if err != nil {
		t.Fatal(err)
	}
	post := func(n *browser, path string, form url.Values) *http.Response {
		r := e.form(path, form)
		r.RemoteAddr = "127.0.0.1:1"
		for _, c := range n.client.Jar.Cookies(site) {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		again.Handler().ServeHTTP(w, r)
		return w.Result()
	}
	n := e.browser()
	answer := url.Values{"credential": {key.get(n.options(t, "/signin/passkey/begin", nil))}}
	if got := post(n, "/signin/passkey/finish", answer); got.StatusCode != http.StatusOK {
		t.Errorf("passkey after a restart: %d", got.StatusCode)
	}
	for _, where := range []string{"there", "here"} { // the cookie is still in the jar
		got := post(n, "/signin/passkey/finish", answer)
		if where == "here" {
			got = n.post("/signin/passkey/finish", answer).Response
		}
		if got.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("the same answer again, %s: %d", where, got.StatusCode)
		}
	}
	n.post("/signin", url.Values{"name": {"boss"}, "password": {password}}).leads(t, "/signin/code")
	if got := post(n, "/signin/code", url.Values{"code": {recovery[0]}, "way": {"recovery"}}); got.Header.Get("Location") != "/devices" {
		t.Errorf("code after a restart: %d to %q", got.StatusCode, got.Header.Get("Location"))
	}
	n.post("/signin", url.Values{"name": {"boss"}, "password": {password}}).leads(t, "/signin/code")
	e.later.Add(int64(11 * time.Minute))
	n.post("/signin/code", url.Values{"code": {recovery[1]}, "way": {"recovery"}}).leads(t, "/signin")
}

// TestManySignInsAtOnce: the line of passwords is bounded, and a browser that is known
// passes it.
func TestManySignInsAtOnce(t *testing.T) {
	e := proxied(t)
	known := e.leftAgain("192.0.2.1", "boss")
	var flood sync.WaitGroup
	answers := make(chan answer, 200)
	for i := range cap(answers) {
		b := e.browser()
		flood.Go(func() { answers <- b.signInFrom(fmt.Sprintf("198.51.100.%d", i), "boss", "a wrong password") })
	}
	known.signInFrom("192.0.2.1", "boss", password).leads(t, "/devices")
	flood.Wait()
	busy := 0
	for range cap(answers) {
		switch got := <-answers; got.StatusCode {
		case http.StatusServiceUnavailable:
			busy++
			if got.Header.Get("Retry-After") == "" || !strings.Contains(got.body, `data-testid="signin-submit"`) {
				t.Fatalf("busy: %v %s", got.Header, got.body)
			}
		case http.StatusUnprocessableEntity, http.StatusTooManyRequests:
		default:
			t.Errorf("a wrong password: %d", got.StatusCode)
		}
	}
	if busy == 0 {
		t.Error("200 sign-ins at once all got their turn")
	}
	// Who was told to come back has lost no attempt.
	e.browser().signInFrom("192.0.2.2", "boss", password).leads(t, "/devices")
}
