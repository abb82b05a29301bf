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
	"wadah/session"
)

// phones is a simulated WhatsApp that only writes down what it is asked.
type phones struct {
	mu     sync.Mutex
	list   []handlers.Phone
	calls  []string
	outage string
	refuse error
}

func newPhones(t testing.TB) *phones {
	t.Helper()
	return &phones{list: []handlers.Phone{{Number: "6281100000001", Name: "Budi", Online: true}}}
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

func (p *phones) sandbox() *handlers.Sandbox {
	return &handlers.Sandbox{
		Phones: func() []handlers.Phone {
			p.mu.Lock()
			defer p.mu.Unlock()
			return slices.Clone(p.list)
		},
		AddPhone:  func(number, name string) error { return p.note("add", number, name) },
		Scan:      func(_ context.Context, number, qr string) error { return p.note("scan", number, qr) },
		EnterCode: func(_ context.Context, number, code string) error { return p.note("code", number, code) },
		Unlink:    func(number, jid string) error { return p.note("unlink", number, jid) },
		SetOnline: func(number string, online bool) error {
			return p.note("online", number, map[bool]string{true: "yes", false: "no"}[online])
		},
		Fault:     func(target, kind string) error { return p.note("fault", target, kind) },
		SetOutage: func(mode string) error { p.outage = mode; return p.note("outage", mode) },
		Outage:    func() string { return p.outage },
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
		{to + "unlink", url.Values{"jid": {"a@b"}}, "unlink 6281100000001 a@b"},
		{to + "online", url.Values{"online": {"false"}}, "online 6281100000001 no"},
		{to + "fault", url.Values{"kind": {"drop"}}, "fault 6281100000001 drop"},
		{"/phones/outage", url.Values{"mode": {"refuse"}}, "outage refuse"},
		{"/phones", url.Values{"number": {"0811-0000-0009"}, "name": {" Sari "}}, "add 6281100000009 Sari"},
	} {
		b.post(c.path, c.form).leads(t, "/phones")
		if got := p.last(); got != c.want {
			t.Errorf("%s: asked %q, want %q", c.path, got, c.want)
		}
	}
	b.post(to+"fault", url.Values{"kind": {"magic"}}).has(t, http.StatusBadRequest)
	b.post("/phones/outage", url.Values{"mode": {"magic"}}).has(t, http.StatusBadRequest)
	b.post("/phones", url.Values{"number": {"12"}, "name": {"x"}}).has(t, http.StatusUnprocessableEntity, "error-message")

	p.refuse = &handlers.SandboxRefusal{Code: "phone_full", Err: errors.New("four already")}
	b.post(to+"scan", url.Values{"device": {id}}).leads(t, "/phones")
	b.get("/phones").has(t, http.StatusOK, "flash")
	p.refuse = errors.New("broken")
	b.post(to+"scan", url.Values{"device": {id}}).has(t, http.StatusInternalServerError, "error-message")
}

func TestVirtualPhonesStream(t *testing.T) {
	p := newPhones(t)
	e := newEnv(t, func(c *handlers.Config) { c.Sandbox = p.sandbox() })
	id, _ := e.device("Kasir")
	f := e.feed(e.admin().client, "/events?page=phones")
	f.until(`hx-target="#phones-live"`, `data-number="6281100000001"`)
	e.start(id, session.StateScan)
	f.until(`data-testid="phone-scan"`)
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
