package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"wadah/models"
)

// code is what the user's app shows, now or in the given number of steps.
func (e *env) code(secret string, steps int) string {
	e.t.Helper()
	at := time.Now().Add(time.Duration(e.later.Load())).Add(time.Duration(steps) * 30 * time.Second)
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		e.t.Fatal(err)
	}
	return code
}

// enrolled enrols an app in a browser that is signed in, and returns its secret and the
// recovery codes.
func (b *browser) enrolled(t *testing.T) (secret string, recovery []string) {
	t.Helper()
	e := b.e
	b.post("/account/totp", url.Values{"current": {"wrong password"}}).has(t, http.StatusUnprocessableEntity, "totp-current")
	b.get("/account/totp").leads(t, "/account")
	b.post("/account/totp", url.Values{"current": {password}}).leads(t, "/account/totp")
	page := b.get("/account/totp")
	page.has(t, http.StatusOK, "totp-qr", "totp-secret", "totp-code", "totp-confirm")
	secret = strings.Join(regexp.MustCompile(`[A-Z2-7]{1,4}`).FindAllString(page.match(t, `(?s)data-testid="totp-secret">(.*?)</code>`), -1), "")
	e.secrets = append(e.secrets, secret)
	if page.Header.Get("Cache-Control") != "no-store" || len(secret) < 32 {
		t.Fatalf("secret %q, %v", secret, page.Header)
	}
	b.post("/account/totp/confirm", url.Values{"code": {"000000"}}).has(t, http.StatusUnprocessableEntity, "totp-qr", "totp-code")
	done := b.post("/account/totp/confirm", url.Values{"code": {e.code(secret, 0)}})
	done.has(t, http.StatusOK, "recovery-codes", "recovery-done")
	recovery = strings.Fields(done.match(t, `(?s)data-testid="recovery-codes">(.*?)</code>`))
	if len(recovery) != 10 {
		t.Fatalf("recovery codes %q", recovery)
	}
	e.secrets = append(e.secrets, recovery...)
	b.get("/account/totp").leads(t, "/account")
	b.get("/account").has(t, http.StatusOK, "totp-remove", "recovery-new", "recovery-left")
	return secret, recovery
}

func TestSecondFactor(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	elsewhere := e.signedIn("boss")
	secret, recovery := b.enrolled(t)
	elsewhere.get("/devices").leads(t, "/signin?next=%2Fdevices")
	b.post("/account/totp", url.Values{"current": {password}}).leads(t, "/account") // there is one already

	step := func(next string) *browser {
		t.Helper()
		n := e.browser()
		n.post("/signin", url.Values{"name": {"boss"}, "password": {password}, "next": {next}}).leads(t, "/signin/code?next="+url.QueryEscape(next))
		return n
	}
	// The password alone opens nothing.
	n := step("/account")
	n.get("/devices").leads(t, "/signin?next=%2Fdevices")
	n.get("/signin/code?next=%2Faccount").has(t, http.StatusOK, "totp-code", "signin-code-submit", "signin-other-way")
	n.get("/signin/code?way=recovery").has(t, http.StatusOK, "recovery-code")
	n.post("/signin/code", url.Values{"code": {"000000"}}).has(t, http.StatusUnprocessableEntity, "totp-code", "error-message")
	n.post("/signin/code", url.Values{"code": {e.code(secret, 0)}}).has(t, http.StatusUnprocessableEntity) // used to enrol
	n.post("/signin/code", url.Values{"code": {e.code(secret, 1)}, "next": {"/account"}}).leads(t, "/account")
	n.get("/account").has(t, http.StatusOK)
	n.post("/signin/code", url.Values{"code": {e.code(secret, 1)}}).leads(t, "/signin") // the step is over
	m := step("/")
	m.post("/signin/code", url.Values{"code": {e.code(secret, 1)}}).has(t, http.StatusUnprocessableEntity) // a replay

	// Each recovery code works once.
	m.post("/signin/code", url.Values{"way": {"recovery"}, "code": {recovery[0]}}).leads(t, "/devices")
	said := m.get("/devices")
	said.has(t, http.StatusOK, "flash")
	if !strings.Contains(said.body, "Codes left: 9") {
		t.Error("nobody says how many codes are left")
	}
	again := step("/")
	again.post("/signin/code", url.Values{"way": {"recovery"}, "code": {recovery[0]}}).has(t, http.StatusUnprocessableEntity, "recovery-code")
	fresh := m.post("/account/totp/recovery", url.Values{"current": {password}})
	fresh.has(t, http.StatusOK, "recovery-codes")
	e.secrets = append(e.secrets, strings.Fields(fresh.match(t, `(?s)data-testid="recovery-codes">(.*?)</code>`))...)
	again.post("/signin/code", url.Values{"way": {"recovery"}, "code": {recovery[1]}}).has(t, http.StatusUnprocessableEntity)

	m.post("/account/totp/remove", url.Values{"current": {"wrong password"}}).has(t, http.StatusUnprocessableEntity, "totp-remove")
	m.post("/account/totp/remove", url.Values{"current": {password}}).leads(t, "/account")
	again.post("/signin/code", url.Values{"code": {"123456"}}).leads(t, "/signin")
	e.signedIn("boss")
	e.wroteDown("totp.enable", "totp.remove", "recovery.create", "signin.recovery", "signin.refused", "password.refused")
}

func TestCodesAreNotGuessed(t *testing.T) {
	e := newEnv(t)
	e.stopClock()
	secret, _ := e.admin().enrolled(t)
	for i := range 8 { // from ever new browsers: the account closes
		n := e.browser()
		n.post("/signin", url.Values{"name": {"boss"}, "password": {password}}).leads(t, "/signin/code")
		got := n.post("/signin/code", url.Values{"code": {"000000"}})
		if i > 5 && (got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "") {
			t.Fatalf("attempt %d: %d", i, got.StatusCode)
		}
	}
	n := e.browser()
	n.post("/signin", url.Values{"name": {"boss"}, "password": {password}}).leads(t, "/signin/code")
	n.post("/signin/code", url.Values{"code": {e.code(secret, 1)}}).has(t, http.StatusTooManyRequests)
}

func TestCodeStepEndsWithThePassword(t *testing.T) {
	e := newEnv(t)
	secret, _ := e.admin().enrolled(t)
	n := e.browser()
	n.post("/signin", url.Values{"name": {"boss"}, "password": {password}}).leads(t, "/signin/code")
	boss, err := e.store.UserByName(t.Context(), "boss")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.store.SetPassword(t.Context(), boss.ID, "another good password"); err != nil {
		t.Fatal(err)
	}
	n.post("/signin/code", url.Values{"code": {e.code(secret, 1)}}).leads(t, "/signin")
	n.get("/signin/code").leads(t, "/signin")
	e.browser().get("/signin/code").leads(t, "/signin")
}

func TestAdminRemovesALostFactor(t *testing.T) {
	e := newEnv(t)
	ani := e.user("ani", models.RoleViewer)
	e.signedIn("ani").enrolled(t)
	b := e.admin()
	to := "/people/" + ani.ID
	b.get(to).has(t, http.StatusOK, "person-factors-submit")
	b.post(to+"/factors", nil).leads(t, to)
	b.post(to+"/factors", url.Values{"confirm": {"yes"}}).leads(t, to)
	e.signedIn("ani")
	e.wroteDown("user.factors")
}
