package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"wadah/handlers"
	"wadah/models"
	"wadah/session"
)

// phones is a simulated WhatsApp that only writes down what it is asked.
type phones struct {
	mu      sync.Mutex
	list    []handlers.Phone
	calls   []string
	outage  string
	refuse  error
	passkey bool // whether the phone asks for its passkey
	changes chan struct{}
}

func newPhones(t testing.TB) *phones {
	t.Helper()
	return &phones{
		list:    []handlers.Phone{{Number: "6281100000001", Name: "Budi", Platform: "android", Online: true}},
		changes: make(chan struct{}, 1),
	}
}

func (p *phones) note(call ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, strings.Join(call, " "))
	return p.refuse
}

func (p *phones) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.calls) == 0 {
		return ""
	}
	return p.calls[len(p.calls)-1]
}

// change is something that a person does to a phone elsewhere.
func (p *phones) change(do func(*handlers.Phone)) {
	p.mu.Lock()
	do(&p.list[0])
	p.mu.Unlock()
	p.changes <- struct{}{}
}

func word(on bool) string { return map[bool]string{true: "yes", false: "no"}[on] }

// wanted is the passkey request that the phones' passkeys answer.
const wanted = `{"challenge":"abc"}`

func (p *phones) sandbox() *handlers.Sandbox {
	return &handlers.Sandbox{
		Phones: func() []handlers.Phone {
			p.mu.Lock()
			defer p.mu.Unlock()
			return slices.Clone(p.list)
		},
		AddPhone:    func(platform, number, name string) error { return p.note("add", platform, number, name) },
		RemovePhone: func(number string) error { return p.note("remove", number) },
		Scan: func(_ context.Context, number, qr string) (bool, error) {
			return p.passkey, p.note("scan", number, qr)
		},
		EnterCode: func(_ context.Context, number, code string) (bool, error) {
			return p.passkey, p.note("code", number, code)
		},
		Unlink:         func(number, jid string) error { return p.note("unlink", number, jid) },
		SetOnline:      func(number string, online bool) error { return p.note("online", number, word(online)) },
		SetPasskey:     func(number string, on bool) error { return p.note("passkey", number, word(on)) },
		AsksForPasskey: func(_ string, request []byte) bool { return string(request) == wanted },
		AnswerPasskey: func(number string, _ []byte) ([]byte, error) {
			return []byte(`{"id":"answer"}`), p.note("answer", number)
		},
		ConfirmPasskey: func(number string) error { return p.note("confirm", number) },
		RefusePasskey:  func(number string) error { return p.note("refuse", number) },
		Fault: func(target string, f handlers.Fault) error {
			return p.note("fault", target, f.Kind, f.Lasts.String())
		},
		ClearFaults: func(target string) { _ = p.note("calm", target) },
		SetOutage:   func(mode string) error { p.outage = mode; return p.note("outage", mode) },
		Outage:      func() string { return p.outage },
		Watch:       func() (<-chan struct{}, func()) { return p.changes, func() {} },
		Control: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(r.Method + " " + r.URL.Path))
		}),
	}
}

func TestVirtualPhones(t *testing.T) {
	p := newPhones(t)
	e := newEnv(t, func(c *handlers.Config) { c.Sandbox = p.sandbox() })
	id, _ := e.device("Kasir")
	b := e.admin()
	b.get("/devices").has(t, http.StatusOK, "sandbox-banner", "nav-phones")
	b.get("/phones").has(t, http.StatusOK, "sandbox-banner", "phone-card")
	snap := e.start(id, session.StateScan)
	b.get("/phones").has(t, http.StatusOK, "phone-scan")

	to := "/phones/6281100000001/"
	for _, c := range []struct {
		path string
		form url.Values
		want string
	}{
		{to + "scan", url.Values{"device": {id}}, "scan 6281100000001 " + snap.QR.Text},
		{to + "code", url.Values{"code": {" abcd-efgh"}}, "code 6281100000001 ABCD-EFGH"},
		{to + "code", url.Values{"code": {"AB CD\u2013ef.GH "}}, "code 6281100000001 ABCD-EFGH"},
		{to + "unlink", url.Values{"jid": {"a@b"}}, "unlink 6281100000001 a@b"},
		{to + "unlink", nil, "unlink 6281100000001 "},
		{to + "online", url.Values{"online": {"false"}}, "online 6281100000001 no"},
		{to + "passkey", url.Values{"on": {"true"}}, "passkey 6281100000001 yes"},
		{to + "fault", url.Values{"kind": {"drop"}}, "fault 6281100000001 drop 0s"},
		{to + "fault", url.Values{"kind": {"drop"}, "target": {"a@b"}}, "fault a@b drop 0s"},
		{to + "fault", url.Values{"kind": {"connect_failure_402"}, "minutes": {"60"}}, "fault 6281100000001 connect_failure_402 1h0m0s"},
		{to + "fault", url.Values{"kind": {"code_rate_limit"}, "target": {"a@b"}}, "fault 6281100000001 code_rate_limit 0s"},
		{to + "calm", nil, "calm 6281100000001"},
		{to + "remove", nil, "remove 6281100000001"},
		{"/phones/outage", url.Values{"mode": {"refuse"}}, "outage refuse"},
		{"/phones/fault", url.Values{"kind": {"hang_handshake"}}, "fault  hang_handshake 0s"},
		{"/phones/calm", nil, "calm "},
		{"/phones", url.Values{"number": {"0811-0000-0009"}, "name": {" Sari  Ayu "}, "platform": {"iphone"}}, "add iphone 6281100000009 Sari Ayu"},
	} {
		b.post(c.path, c.form).leads(t, "/phones")
		if got := p.last(); got != c.want {
			t.Errorf("%s: asked %q, want %q", c.path, got, c.want)
		}
	}
	for _, minutes := range []string{"0", "x", "99999999"} {
		b.post(to+"fault", url.Values{"kind": {"connect_failure_402"}, "minutes": {minutes}}).has(t, http.StatusBadRequest)
	}
	b.post(to+"fault", url.Values{"kind": {"magic"}}).has(t, http.StatusBadRequest)
	b.post("/phones/fault", url.Values{"kind": {"magic"}}).has(t, http.StatusBadRequest)
	b.post("/phones/outage", url.Values{"mode": {"magic"}}).has(t, http.StatusBadRequest)
	b.post("/phones", url.Values{"number": {"12"}, "name": {"x"}}).has(t, http.StatusUnprocessableEntity, "error-message")

	p.refuse = &handlers.SandboxRefusal{Code: "phone_full", Err: errors.New("four already")}
	b.post(to+"scan", url.Values{"device": {id}}).leads(t, "/phones")
	b.get("/phones").has(t, http.StatusOK, "flash")
	p.refuse = errors.New("broken")
	b.post(to+"scan", url.Values{"device": {id}}).has(t, http.StatusInternalServerError, "error-message")
}

// TestPhonesAnswerInPlace clicks as htmx does: what came of it stands in the phone, what
// has become of phones and devices does not.
func TestPhonesAnswerInPlace(t *testing.T) {
	p := newPhones(t)
	e := newEnv(t, func(c *handlers.Config) { c.Sandbox = p.sandbox() })
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
	const to, place = "/phones/6281100000001/", "phone-6281100000001-said"
	said(to+"fault", url.Values{"kind": {"drop"}}, http.StatusOK, place, "Cut the connection")
	said(to+"fault", url.Values{"kind": {"no_pair_sign_reply"}}, http.StatusOK, place, "next occasion")
	said("/phones/outage", url.Values{"mode": {"silent"}}, http.StatusOK, "outage-said", "down now")
	p.refuse = &handlers.SandboxRefusal{Code: "fault_offline"}
	said(to+"fault", url.Values{"kind": {"drop"}}, http.StatusUnprocessableEntity, place, "nothing happened")
	p.refuse = nil

	entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "phone.fault"})
	if err != nil || len(entries) != 2 || entries[0].Target != "Budi" || entries[1].Detail != "drop" {
		t.Errorf("the audit has %+v (%v)", entries, err)
	}
}

// TestPasskeyOnThePhone plays both sides by mouse: the phone asks, its passkey answers,
// the codes are compared.
func TestPasskeyOnThePhone(t *testing.T) {
	p := newPhones(t)
	e := newEnv(t, func(c *handlers.Config) { c.Sandbox = p.sandbox() })
	id, _ := e.device("Kasir")
	e.start(id, session.StateScan)
	b := e.admin()
	f := e.feed(b.client, "/events?page=phones")
	const to = "/phones/6281100000001/"

	b.post(to+"passkey/answer", url.Values{"device": {id}}).leads(t, "/phones")
	if got := b.get("/phones"); p.last() != "" || !strings.Contains(got.body, "Nothing waits") {
		t.Errorf("nobody asked, but the phone did %q", p.last())
	}
	b.post(to+"passkey/confirm", nil).leads(t, "/phones")
	if p.last() != "" {
		t.Errorf("nothing is linked, but the phone did %q", p.last())
	}

	p.passkey = true
	if got := b.fragment(to+"scan", url.Values{"device": {id}}); !strings.Contains(got.body, "asks for a passkey") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	conn := e.driver.Conn(id)
	conn.Tell(session.SignalPasskey{Request: []byte(wanted)})
	p.change(func(phone *handlers.Phone) { phone.Linking = []handlers.PhoneLink{{OS: "Wadah", Step: "passkey"}} })
	f.until(`data-testid="phone-passkey-answer"`)
	b.post(to+"passkey/answer", url.Values{"device": {id}}).leads(t, "/phones")
	if len(conn.Answers) != 1 || string(conn.Answers[0]) != `{"id":"answer"}` {
		t.Errorf("the device was answered %q", conn.Answers)
	}

	conn.Tell(session.SignalPasskeyCode{Code: "K7WQ-M2XA", Confirm: true})
	p.change(func(phone *handlers.Phone) {
		phone.Linking = []handlers.PhoneLink{{OS: "Wadah", Step: "confirm", Code: "K7WQ-M2XA"}}
	})
	f.until(`data-testid="phone-passkey-code"`, "K7WQ-M2XA", `data-testid="phone-passkey-confirm"`)
	for _, decision := range []string{"confirm", "refuse"} {
		b.post(to+"passkey/"+decision, nil).leads(t, "/phones")
		if want := decision + " 6281100000001"; p.last() != want {
			t.Errorf("asked %q, want %q", p.last(), want)
		}
	}
	b.post("/phones/6281100000009/passkey/confirm", nil).leads(t, "/phones")
	if got := b.get("/phones"); !strings.Contains(got.body, "no such virtual phone") {
		t.Error("an unknown phone decides")
	}
}

func TestVirtualPhonesStream(t *testing.T) {
	p := newPhones(t)
	e := newEnv(t, func(c *handlers.Config) { c.Sandbox = p.sandbox() })
	id, _ := e.device("Kasir")
	f := e.feed(e.admin().client, "/events?page=phones")
	f.until(`hx-target="#phones-live"`, `data-number="6281100000001"`)
	e.start(id, session.StateScan)
	f.until(`data-testid="phone-scan"`)

	// Beside the phone stands what becomes of the device, also after it was unlinked.
	const jid = "6281100000001:1@s.whatsapp.net"
	p.change(func(phone *handlers.Phone) { phone.Companions = []handlers.Companion{{JID: jid, Connected: true}} })
	f.until(`hx-target="#phone-6281100000001"`)
	e.link(id, jid)
	f.until(`data-testid="phone-device"`, `data-device="`+id+`"`, "CONNECTED", "Connected and ready.")
	e.driver.Conn(id).Tell(session.SignalLoggedOut{Code: 401})
	p.change(func(phone *handlers.Phone) { phone.Companions = nil })
	f.until(`data-testid="phone-device"`, `data-device="`+id+`"`, "SERVICE_OFF", `data-testid="phone-device-start"`)

	// A phone that comes changes the whole list, one that changes only itself.
	p.change(func(phone *handlers.Phone) { phone.Online = false })
	if frame := f.until("Offline"); strings.Contains(frame, "phones-live") || strings.Contains(frame, "#outage") {
		t.Errorf("more was sent than has changed: %s", frame)
	}
	p.change(func(*handlers.Phone) { p.list = append(p.list, handlers.Phone{Number: "6281100000002", Name: "Sari"}) })
	f.until(`hx-target="#phones-live"`, `data-number="6281100000002"`)
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
	for _, path := range []string{"/phones", "/components"} {
		b.get(path).has(t, http.StatusNotFound)
	}
	genuine := newEnv(t)
	if got := genuine.admin().get("/devices"); strings.Contains(got.body, "sandbox-banner") {
		t.Error("a server on WhatsApp itself denies it")
	}
}

func TestComponentsPage(t *testing.T) {
	e := newEnv(t, func(c *handlers.Config) { c.Sandbox = newPhones(t).sandbox() })
	e.user("look", models.RoleViewer)
	b := e.signedIn("look")
	b.get("/phones").has(t, http.StatusOK, "components-link")
	b.get("/components").has(t, http.StatusOK, "component-live", "specimen-live-banned", "sandbox-banner")
}

func TestSandboxControl(t *testing.T) {
	e := newEnv(t, func(c *handlers.Config) { c.Sandbox = newPhones(t).sandbox() })
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
