package handlers_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/handlers"
	"wadah/models"
	"wadah/session"
	"wadah/session/sandbox"
	"wadah/session/whatsapp"
)

const (
	budi   = "6281100000001"
	toBudi = "/phones/" + budi + "/"
)

// newPhones is a simulated WhatsApp with one phone, Budi's.
func newPhones(t testing.TB) *sandbox.Service {
	t.Helper()
	service, err := sandbox.New(sandbox.Config{Control: func(*sandbox.Service) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Method + " " + r.URL.Path)) })
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := service.AddPhone(budi, "Budi"); err != nil {
		t.Fatal(err)
	}
	return service
}

// newGenuineEnv is a server whose devices are genuine clients of the phones' WhatsApp.
func newGenuineEnv(t testing.TB) (*env, *sandbox.Service) {
	t.Helper()
	service := newPhones(t)
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	root := service.RootKey()
	return newEnvOn(t, func(store *models.Store) session.Driver {
		driver, err := whatsapp.Open(context.Background(), whatsapp.Config{
			DB: store.SQL(), Dialect: store.Dialect(), Vault: store, Sync: store.Sync, URL: service.URL(), RootKey: &root, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := driver.Close(); err != nil {
				t.Error(err)
			}
		})
		return driver
	}, func(*session.Config) {}, func(c *handlers.Config) { c.Sandbox = service }), service
}

func TestVirtualPhones(t *testing.T) {
	service := newPhones(t)
	e := newEnv(t, func(c *handlers.Config) { c.Sandbox = service })
	b := e.admin()
	b.get("/devices").has(t, http.StatusOK, "sandbox-banner", "nav-phones")
	b.get("/phones").has(t, http.StatusOK, "sandbox-banner", "phone-card")
	phone := func(number string) (found sandbox.PhoneInfo) {
		for _, p := range service.Phones() {
			if p.Number == number {
				found = p
			}
		}
		return found
	}
	suffers := func(kind sandbox.FaultKind) func() bool {
		return func() bool { return slices.Equal(phone(budi).Faults, []sandbox.FaultKind{kind}) }
	}
	const sari = "6281100000009"
	for _, c := range []struct {
		path string
		form url.Values
		came func() bool
	}{
		{toBudi + "online", url.Values{"online": {"false"}}, func() bool { return !phone(budi).Online }},
		{toBudi + "online", url.Values{"online": {"true"}}, func() bool { return phone(budi).Online }},
		{toBudi + "passkey", url.Values{"on": {"true"}}, func() bool { return phone(budi).Passkey }},
		{toBudi + "fault", url.Values{"kind": {"connect_failure_402"}, "minutes": {"60"}}, suffers(sandbox.FaultConnectFailure)},
		{toBudi + "calm", nil, func() bool { return len(phone(budi).Faults) == 0 }},
		{toBudi + "fault", url.Values{"kind": {"code_rate_limit"}, "target": {"a@b"}}, suffers(sandbox.FaultCodeRateLimit)},
		{"/phones/fault", url.Values{"kind": {"hang_handshake"}}, suffers(sandbox.FaultCodeRateLimit)},
		{"/phones/calm", nil, func() bool { return len(phone(budi).Faults) == 0 }},
		{"/phones/outage", url.Values{"mode": {"refuse"}}, func() bool { return service.Outage() == sandbox.OutageRefuse }},
		{"/phones/outage", url.Values{"mode": {"none"}}, func() bool { return service.Outage() == sandbox.OutageNone }},
		{"/phones", url.Values{"number": {"0811-0000-0009"}, "name": {" Sari  Ayu "}, "platform": {"iphone"}}, func() bool {
			return phone(sari).Name == "Sari Ayu" && phone(sari).Platform == sandbox.IPhone
		}},
		{"/phones/" + sari + "/remove", nil, func() bool { return phone(sari).Number == "" }},
	} {
		b.post(c.path, c.form).leads(t, "/phones")
		if !c.came() {
			t.Errorf("%s %v: nothing came of it: %+v", c.path, c.form, service.Phones())
		}
	}
	for _, minutes := range []string{"0", "x", "99999999"} {
		b.post(toBudi+"fault", url.Values{"kind": {"connect_failure_402"}, "minutes": {minutes}}).has(t, http.StatusBadRequest)
	}
	b.post(toBudi+"fault", url.Values{"kind": {"magic"}}).has(t, http.StatusBadRequest)
	b.post("/phones/fault", url.Values{"kind": {"magic"}}).has(t, http.StatusBadRequest)
	b.post("/phones/outage", url.Values{"mode": {"magic"}}).has(t, http.StatusBadRequest)
	b.post("/phones", url.Values{"number": {"12"}, "name": {"x"}}).has(t, http.StatusUnprocessableEntity, "error-message")
	b.post("/phones", url.Values{"number": {budi}, "name": {"x"}, "platform": {"android"}}).has(t, http.StatusUnprocessableEntity, "error-message")

	for path, form := range map[string]url.Values{
		toBudi + "code":        {"code": {"ABCD-EFGH"}},
		toBudi + "unlink":      {"jid": {budi + ":1@s.whatsapp.net"}},
		toBudi + "fault":       {"kind": {"drop"}},
		"/phones/6281/online":  {"online": {"true"}},
		"/phones/6281/passkey": {"on": {"true"}},
		"/phones/6281/remove":  nil,
	} {
		b.post(path, form).leads(t, "/phones")
		b.get("/phones").has(t, http.StatusOK, "flash")
	}
}

// TestPhonesAnswerInPlace clicks as htmx does: what came of it stands in the phone, what
// has become of phones and devices does not.
func TestPhonesAnswerInPlace(t *testing.T) {
	e, service := newGenuineEnv(t)
	b := e.admin()
	said := func(path string, form url.Values, status int, target, text string) {
		t.Helper()
		got := b.fragment(path, form)
		if got.StatusCode != status || !strings.Contains(got.body, `hx-target="#`+target+`"`) || !strings.Contains(got.body, text) {
			t.Errorf("%s: %d %s, want %d for %s with %q", path, got.StatusCode, got.body, status, target, text)
		}
		if strings.Contains(got.body, "phone-card") {
			t.Errorf("%s: the answer carries state: %s", path, got.body)
		}
	}
	const place = "phone-" + budi + "-said"
	said(toBudi+"fault", url.Values{"kind": {"drop"}}, http.StatusUnprocessableEntity, place, "nothing happened")
	id, _ := e.device("Kasir")
	e.start(id, session.StateScan)
	said(toBudi+"scan", url.Values{"device": {id}}, http.StatusOK, place, "Kasir")
	e.await(id, session.StateConnected)
	said(toBudi+"fault", url.Values{"kind": {"drop"}}, http.StatusOK, place, "Cut the connection")
	said(toBudi+"fault", url.Values{"kind": {"no_pair_sign_reply"}}, http.StatusOK, place, "next occasion")
	said("/phones/outage", url.Values{"mode": {"silent"}}, http.StatusOK, "outage-said", "down now")
	if service.Outage() != sandbox.OutageSilent {
		t.Error("nothing is down")
	}

	entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "phone.fault"})
	if err != nil || len(entries) != 2 || entries[0].Target != "Budi" || entries[1].Detail != "drop" {
		t.Errorf("the audit has %+v (%v)", entries, err)
	}
}

// TestPasskeyOnThePhone plays both sides by mouse: the phone asks, its passkey answers,
// the codes are compared.
func TestPasskeyOnThePhone(t *testing.T) {
	e, service := newGenuineEnv(t)
	id, _ := e.device("Kasir")
	e.start(id, session.StateScan)
	b := e.admin()
	f := e.feed(b.client, "/events?page=phones")

	b.post(toBudi+"passkey/answer", url.Values{"device": {id}}).leads(t, "/phones")
	if got := b.get("/phones"); !strings.Contains(got.body, "Nothing waits") {
		t.Errorf("nobody asked, and the page does not say so: %s", got.body)
	}
	b.post(toBudi+"passkey/confirm", nil).leads(t, "/phones")
	if got := b.get("/phones"); !strings.Contains(got.body, "Nothing waits") {
		t.Error("nothing is linked, and the page does not say so")
	}
	b.post("/phones/6281100000009/passkey/confirm", nil).leads(t, "/phones")
	if got := b.get("/phones"); !strings.Contains(got.body, "no such virtual phone") {
		t.Error("an unknown phone decides")
	}

	ask := func(decision string) {
		t.Helper()
		snap, err := e.manager.PairPhone(t.Context(), id, budi, true)
		if err != nil || snap.Phone == nil {
			t.Fatalf("no code: %+v, %v", snap, err)
		}
		e.secrets = append(e.secrets, snap.Phone.Text)
		if got := b.fragment(toBudi+"code", url.Values{"code": {snap.Phone.Text}}); !strings.Contains(got.body, "asks for a passkey") {
			t.Errorf("%d %s", got.StatusCode, got.body)
		}
		f.until(`data-testid="phone-passkey-answer"`)
		b.post(toBudi+"passkey/answer", url.Values{"device": {id}}).leads(t, "/phones")
		f.until(`data-testid="phone-passkey-code"`, `data-testid="phone-passkey-confirm"`)
		b.post(toBudi+"passkey/"+decision, nil).leads(t, "/phones")
	}
	if err := service.SetPasskey(budi, true); err != nil {
		t.Fatal(err)
	}
	ask("refuse")
	f.until(`data-testid="phone-scan"`)
	if linked := service.Phones()[0].Companions; len(linked) != 0 {
		t.Errorf("refused and linked: %+v", linked)
	}
	e.start(id, session.StateScan)
	ask("confirm")
	e.await(id, session.StateConnected)
}

func TestVirtualPhonesStream(t *testing.T) {
	e, service := newGenuineEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	f := e.feed(b.client, "/events?page=phones")
	f.until(`hx-target="#phones-live"`, `data-number="`+budi+`"`)
	e.start(id, session.StateScan)
	f.until(`data-testid="phone-scan"`)

	// A code is read in whatever spelling. Beside the phone stands what becomes of the
	// device, also after it was unlinked.
	snap, err := e.manager.PairPhone(t.Context(), id, budi, false)
	if err != nil || snap.Phone == nil {
		t.Fatalf("no code: %+v, %v", snap, err)
	}
	e.secrets = append(e.secrets, snap.Phone.Text)
	typed := strings.ToLower(strings.Replace(snap.Phone.Text, "-", " \u2013", 1)) + "."
	b.post(toBudi+"code", url.Values{"code": {typed}}).leads(t, "/phones")
	f.until(`data-testid="phone-device"`, `data-device="`+id+`"`, "CONNECTED", "Connected and ready.")
	b.post(toBudi+"unlink", url.Values{"jid": {service.Phones()[0].Companions[0].JID}}).leads(t, "/phones")
	f.until(`data-testid="phone-device"`, `data-device="`+id+`"`, "SERVICE_OFF", `data-testid="phone-device-start"`)

	// A phone that comes changes the whole list, one that changes only itself.
	if err := service.SetOnline(budi, false); err != nil {
		t.Fatal(err)
	}
	if frame := f.until("Offline"); strings.Contains(frame, "phones-live") || strings.Contains(frame, "#outage") {
		t.Errorf("more was sent than has changed: %s", frame)
	}
	if _, err := service.AddPhone("6281100000002", "Sari"); err != nil {
		t.Fatal(err)
	}
	f.until(`hx-target="#phones-live"`, `data-number="6281100000002"`)
}

// TestHiddenDeviceOnThePhones has a phone with a link of each device.
func TestHiddenDeviceOnThePhones(t *testing.T) {
	e, service := newGenuineEnv(t)
	mine, _ := e.device("Kasir")
	theirs, _ := e.device("Gudang")
	e.assign(e.user("run", models.RoleOperator), mine)
	jids := map[string]string{}
	for _, id := range []string{mine, theirs} {
		snap := e.start(id, session.StateScan)
		linked, err := service.Scan(t.Context(), budi, snap.QR.Text)
		if err != nil {
			t.Fatal(err)
		}
		jids[id] = linked.JID
		e.await(id, session.StateConnected)
	}
	b := e.signedIn("run")
	page := b.get("/phones")
	if strings.Contains(page.body, jids[theirs]) || !strings.Contains(page.body, jids[mine]) {
		t.Error("the page shows the wrong links")
	}
	if strings.Contains(page.body, "/phones/outage") || !strings.Contains(e.admin().get("/phones").body, "/phones/outage") {
		t.Error("the switch that hits every device is for admins, and for them alone")
	}
	as := func() string { // what of the phone the operator could have changed
		p := service.Phones()[0]
		words := []string{p.Number, time.Duration(len(p.Faults)).String()}
		for _, c := range p.Companions {
			words = append(words, c.JID)
		}
		return strings.Join(words, " ") + map[bool]string{true: " online"}[p.Online] + map[bool]string{true: " passkey"}[p.Passkey]
	}
	before := as()
	for _, c := range []struct {
		path string
		form url.Values
		want int
	}{
		{"unlink", url.Values{"jid": {jids[theirs]}}, http.StatusNotFound},
		{"fault", url.Values{"kind": {"drop"}, "target": {jids[theirs]}}, http.StatusNotFound},
		{"unlink", nil, http.StatusForbidden},
		{"fault", url.Values{"kind": {"drop"}}, http.StatusForbidden},
		{"fault", url.Values{"kind": {"drop"}, "target": {budi}}, http.StatusForbidden},
		{"online", url.Values{"online": {"false"}}, http.StatusForbidden},
		{"passkey", url.Values{"on": {"true"}}, http.StatusForbidden},
		{"calm", nil, http.StatusForbidden},
		{"remove", nil, http.StatusForbidden},
	} {
		if got := b.post(toBudi+c.path, c.form); got.StatusCode != c.want || as() != before {
			t.Errorf("%s %v: %d, want %d; the phone was %q and is %q", c.path, c.form, got.StatusCode, c.want, before, as())
		}
	}
	b.post(toBudi+"unlink", url.Values{"jid": {jids[mine]}}).leads(t, "/phones")
	e.await(mine, session.StateOff)
}

// TestSandboxIsSaidEverywhere looks at a server that uses a simulated WhatsApp of another
// process: it says so as loudly, and has no phones to show.
func TestSandboxIsSaidEverywhere(t *testing.T) {
	e := newEnv(t, func(c *handlers.Config) { c.Simulated = true })
	b := e.admin()
	e.browser().get("/signin").has(t, http.StatusOK, "sandbox-banner")
	b.get("/settings").has(t, http.StatusOK, "sandbox-banner")
	if got := b.get("/devices"); !strings.Contains(got.body, "sandbox-banner") || strings.Contains(got.body, "nav-phones") {
		t.Error("the list does not say it, or leads to phones that are elsewhere")
	}
	for _, path := range []string{"/phones", "/components", "/events?page=phones"} {
		b.get(path).has(t, http.StatusNotFound)
	}
	genuine := newEnv(t)
	if got := genuine.admin().get("/devices"); strings.Contains(got.body, "sandbox-banner") {
		t.Error("a server on WhatsApp itself denies it")
	}
}

func TestComponentsPage(t *testing.T) {
	e := newEnv(t, func(c *handlers.Config) { c.Sandbox = newPhones(t) })
	e.user("look", models.RoleViewer)
	b := e.signedIn("look")
	b.get("/phones").has(t, http.StatusOK, "components-link")
	b.get("/components").has(t, http.StatusOK, "component-live", "specimen-live-banned", "sandbox-banner")
}

func TestSandboxControl(t *testing.T) {
	e := newEnv(t, func(c *handlers.Config) { c.Sandbox = newPhones(t) })
	if got := e.get("/sandbox/phones"); got.StatusCode != http.StatusOK || got.body != "GET /phones" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if got := e.send(e.request(http.MethodDelete, "/sandbox/phones/62811", nil)); got.body != "DELETE /phones/62811" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	for _, change := range []func(*http.Request){
		header("X-Forwarded-For", "127.0.0.1"), header("Origin", "https://evil.example"), func(r *http.Request) { r.Host = "evil.example" },
	} {
		r := e.request(http.MethodGet, "/sandbox/phones", nil)
		change(r)
		e.send(r).fails(t, http.StatusForbidden, "not_local")
	}
}
