package handlers_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"wadah/models"
	"wadah/session"
)

// connectProxy is a proxy that opens tunnels for budi:rahasia and nobody else. It
// counts the tunnels it opened.
type connectProxy struct {
	addr string
	mu   sync.Mutex
	n    int
}

func newConnectProxy(t *testing.T) *connectProxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &connectProxy{addr: listener.Addr().String()}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			p.serve(c)
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		all.Wait()
	})
	return p
}

func (p *connectProxy) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	if req.Header.Get("Proxy-Authorization") != "Basic YnVkaTpyYWhhc2lh" {
		_, _ = io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
		return
	}
	p.mu.Lock()
	p.n++
	p.mu.Unlock()
	_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
}

func (p *connectProxy) tunnels() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

// dialThrough makes the in-memory driver knock at a device's proxy first, as the real
// one does, and counts the dials that went around it.
func (e *env) dialThrough() (direct func() int) {
	var mu sync.Mutex
	n := 0
	e.driver.SetOnDial(func(ctx context.Context, to session.Target) error {
		if to.Proxy == "" {
			mu.Lock()
			n++
			mu.Unlock()
			return nil
		}
		u, err := url.Parse(to.Proxy)
		if err != nil {
			return &session.ProxyError{Err: err}
		}
		tunnel := &http.Transport{Proxy: http.ProxyURL(u), DisableKeepAlives: true}
		defer tunnel.CloseIdleConnections()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://whatsapp.invalid/", nil)
		if err != nil {
			return err
		}
		res, err := tunnel.RoundTrip(req)
		if err == nil {
			return res.Body.Close()
		}
		// The tunnel of the test leads nowhere: past the proxy there is no TLS.
		if strings.Contains(err.Error(), "EOF") || strings.Contains(err.Error(), "reset") {
			return nil
		}
		return &session.ProxyError{Err: errors.New("the proxy refuses")}
	})
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

func TestProxySetting(t *testing.T) {
	e := newEnv(t)
	e.secrets = append(e.secrets, "rahasia", "hunter2")
	id, _ := e.device("Kasir")
	b := e.admin()
	e.start(id, session.StateScan)
	e.link(id, "6281234567890:1@s.whatsapp.net")
	direct := e.dialThrough()
	good, to := newConnectProxy(t), "/devices/"+id
	address := "http://budi:rahasia@" + good.addr
	masked := "http://budi:••••••@" + good.addr

	// A proxy that lets us through.
	b.post(to+"/proxy", url.Values{"proxy": {address}}).leads(t, to+"/settings")
	e.await(id, session.StateConnected)
	if good.tunnels() != 1 || direct() != 0 {
		t.Errorf("%d tunnels, %d dials around the proxy", good.tunnels(), direct())
	}
	page := b.get(to + "/settings")
	if strings.Contains(page.body, "rahasia") || !strings.Contains(page.body, `value="`+masked+`"`) {
		t.Error("the page tells the password, or not the address")
	}
	page.has(t, http.StatusOK, "flash", "proxy-address", "settings-submit", "proxy-remove")

	// The dots keep the password, and nothing connects anew.
	got := b.fragment(to+"/proxy", url.Values{"proxy": {masked}})
	got.has(t, http.StatusOK, "setting-saved", "proxy-address")
	if strings.Contains(got.body, "rahasia") || good.tunnels() != 1 {
		t.Errorf("%d tunnels: %s", good.tunnels(), got.body)
	}
	// They do not lead the password to another address.
	got = b.fragment(to+"/proxy", url.Values{"proxy": {strings.Replace(masked, "http:", "socks5:", 1)}})
	got.has(t, http.StatusUnprocessableEntity, "error-message")
	if stored, err := e.manager.DeviceProxy(id); err != nil || stored != address {
		t.Errorf("stored is %q, %v", stored, err)
	}

	// One that refuses: the device goes off, and never around it.
	b.post(to+"/proxy", url.Values{"proxy": {"http://budi:hunter2@" + good.addr}}).leads(t, to+"/settings")
	if snap := e.await(id, session.StateOff); snap.Reason != session.ReasonProxyFailed || !snap.Desired {
		t.Errorf("off because of %s", snap.Reason)
	}
	if direct() != 0 {
		t.Error("it was dialled around the proxy")
	}
	for _, path := range []string{to, "/devices"} {
		if !strings.Contains(b.get(path).body, `href="`+to+`/settings#setting-proxy"`) {
			t.Errorf("%s does not lead to the field of what is wrong", path)
		}
	}
	e.assign(e.user("siti", models.RoleOperator), id)
	if siti := e.signedIn("siti"); strings.Contains(siti.get(to).body+siti.get("/devices").body, "#setting-proxy") {
		t.Error("who may not change the proxy is led to its field")
	}
	// Mended, the device comes back by itself.
	b.post(to+"/proxy", url.Values{"proxy": {address}}).leads(t, to+"/settings")
	e.await(id, session.StateConnected)

	b.fragment(to+"/proxy", url.Values{"remove": {"yes"}}).has(t, http.StatusOK, "setting-saved")
	e.await(id, session.StateConnected)
	if got := b.get(to + "/settings"); strings.Contains(got.body, good.addr) || strings.Contains(got.body, "proxy-remove") {
		t.Error("the removed proxy is still on the page")
	}
	entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "device.proxy"})
	if err != nil || len(entries) != 5 || entries[0].Detail != "" || entries[1].Detail != "http://"+good.addr {
		t.Errorf("%+v %v", entries, err)
	}
}

func TestProxySettingRefusals(t *testing.T) {
	e := newEnv(t)
	e.secrets = append(e.secrets, "hunter2")
	id, _ := e.device("Kasir")
	b, to := e.admin(), "/devices/"+id
	for typed, says := range map[string]string{
		"":                                    "Type the address of the proxy.",
		"squid.example.com:8080":              "Begin with http://",
		"http://squid.example.com":            "The port is missing",
		"http://u:hunter2@squid.example:1/x":  "Nothing may follow the port.",
		"http://u:hunter2%zz@squid.example:1": "This address cannot be read.",
		"socks5://:1080":                      "The host is missing.",
		"http://" + strings.Repeat("a", 1000): "This address is too long.",
		"http://u:••••••@squid.example:1":     "type its password again",
	} {
		for _, got := range []answer{b.post(to+"/proxy", url.Values{"proxy": {typed}}), b.fragment(to+"/proxy", url.Values{"proxy": {typed}})} {
			got.has(t, http.StatusUnprocessableEntity, "error-message", "proxy-address")
			if !strings.Contains(got.body, says) || !strings.Contains(got.body, `value="`+typed+`"`) {
				t.Errorf("%q: does not say %q beside what was typed", typed, says)
			}
		}
	}
	if entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "device.proxy"}); err != nil || len(entries) != 0 {
		t.Errorf("refusals are in the audit as changes: %+v %v", entries, err)
	}
}

func TestNoteAndNameSettings(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b, to := e.admin(), "/devices/"+id
	b.post(to+"/note", url.Values{"note": {"Laci kiri\r\n<b>PIN</b>"}}).leads(t, to+"/settings")
	b.get(to+"/settings").has(t, http.StatusOK, "flash", "note-text")
	page := b.get(to)
	page.has(t, http.StatusOK, "device-note")
	if !strings.Contains(page.body, "Laci kiri\n&lt;b&gt;PIN&lt;/b&gt;") {
		t.Error("the note is not shown as it was typed")
	}
	b.fragment(to+"/note", url.Values{"note": {strings.Repeat("x", 2001)}}).has(t, http.StatusUnprocessableEntity, "error-message", "note-text")
	b.post(to+"/note", url.Values{"note": {strings.Repeat("x", 2001)}}).has(t, http.StatusUnprocessableEntity, "error-message")
	got := b.fragment(to+"/note", url.Values{"note": {" "}})
	got.has(t, http.StatusOK, "setting-saved", "note-text")
	if strings.Contains(got.body, "device-live") {
		t.Error("the answer carries the state, which comes through the stream alone")
	}
	if strings.Contains(b.get(to).body, `data-testid="device-note"`) {
		t.Error("an empty note is shown")
	}
	got = b.fragment(to+"/rename", url.Values{"name": {" Gudang "}})
	got.has(t, http.StatusOK, "setting-saved", "rename-name")
	if !strings.Contains(got.body, `value="Gudang"`) {
		t.Error("the answer does not hold the tidied name")
	}
	b.fragment(to+"/rename", url.Values{"name": {" "}}).has(t, http.StatusUnprocessableEntity, "error-message", "rename-name")
	b.fragment(to+"/default", url.Values{"on": {"true"}}).has(t, http.StatusOK, "setting-saved", "default-submit")

	// Who may look sees the note, and neither the proxy nor the card.
	if _, err := e.manager.SetDeviceNote(t.Context(), id, "Laci kiri"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.manager.SetDeviceProxy(t.Context(), id, "http://10.0.0.7:8080"); err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{models.RoleViewer, models.RoleOperator} {
		e.assign(e.user(role, role), id)
		their := e.signedIn(role)
		got := their.get(to)
		got.has(t, http.StatusOK, "device-note")
		if status := their.get(to + "/settings").StatusCode; status != http.StatusForbidden {
			t.Errorf("a %s gets the settings: %d", role, status)
		}
		if strings.Contains(got.body, "10.0.0.7") || strings.Contains(got.body, "proxy-address") {
			t.Errorf("a %s sees the proxy", role)
		}
	}
	if entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "device.note"}); err != nil || len(entries) != 2 || strings.Contains(entries[1].Detail, "PIN") {
		t.Errorf("%+v %v", entries, err)
	}
}

// TestSettingsFormIsOne: one form stores what has changed, leaves alone what is absent, and
// a field that is refused keeps none of the others back.
func TestSettingsFormIsOne(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b, to := e.admin(), "/devices/"+id+"/settings"
	audited := func(action string) int {
		entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: action})
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	b.post(to, url.Values{"name": {"Gudang"}, "note": {"Laci\r\nkiri"}, "proxy": {""}}).leads(t, to)
	if snap, err := e.manager.Snapshot(id); err != nil || snap.Name != "Gudang" || snap.Note != "Laci\nkiri" {
		t.Errorf("%+v %v", snap, err)
	}
	b.fragment(to, url.Values{"name": {"Gudang"}, "note": {"Laci\r\nkiri"}, "proxy": {"http://10.0.0.7:8080"}}).has(t, http.StatusOK, "setting-saved", "proxy-remove")
	for action, want := range map[string]int{"device.rename": 1, "device.note": 1, "device.proxy": 1} {
		if got := audited(action); got != want {
			t.Errorf("%s is %d times in the audit, want %d", action, got, want)
		}
	}
	for _, send := range []func(string, url.Values) answer{b.post, b.fragment} {
		got := send(to, url.Values{"name": {"Depan"}, "note": {strings.Repeat("x", 2001)}, "proxy": {"ftp://10.0.0.7"}})
		got.has(t, http.StatusUnprocessableEntity, "error-message", "settings-submit")
		if n := strings.Count(got.body, `data-testid="error-message"`); n != 2 {
			t.Errorf("%d problems, want those of note and proxy", n)
		}
		if !strings.Contains(got.body, `value="ftp://10.0.0.7"`) || !strings.Contains(got.body, `value="Depan"`) {
			t.Error("what was typed is lost")
		}
	}
	if snap, err := e.manager.Snapshot(id); err != nil || snap.Name != "Depan" || snap.Note != "Laci\nkiri" {
		t.Errorf("%+v %v", snap, err)
	}
	b.post(to, url.Values{"name": {"Depan"}, "note": {"Laci\r\nkiri"}, "proxy": {""}}).has(t, http.StatusUnprocessableEntity, "error-message") // not by chance
	b.post(to, url.Values{"proxy": {"http://10.0.0.7:8080"}, "remove": {"yes"}}).leads(t, to)
	if proxy, err := e.manager.DeviceProxy(id); err != nil || proxy != "" {
		t.Errorf("the proxy is %q, %v", proxy, err)
	}
}

// TestDeviceSections: each section has its address, shows its own, and leads to those the
// visitor may open.
func TestDeviceSections(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	e.admin()
	links := []string{"to-overview", "to-messages", "to-webhooks", "to-keys", "to-settings", "to-danger"}
	own := map[string]string{"": "timeline", "/keys": "api-reference", "/settings": "settings-submit", "/danger": "logout"}
	for role, may := range map[string]struct{ open, lead []string }{
		models.RoleAdmin:    {[]string{"", "/keys", "/settings", "/danger"}, links},
		models.RoleOperator: {[]string{"", "/keys", "/danger"}, []string{"to-overview", "to-messages", "to-webhooks", "to-keys", "to-danger"}},
		models.RoleViewer:   {[]string{"", "/keys"}, []string{"to-overview", "to-messages", "to-keys"}},
	} {
		t.Run(role, func(t *testing.T) {
			e.assign(e.user("the-"+role, role), id)
			b := e.signedIn("the-" + role)
			for section, shows := range own {
				got := b.get("/devices/" + id + section)
				if !slices.Contains(may.open, section) {
					if got.StatusCode != http.StatusForbidden {
						t.Errorf("%s: %d", section, got.StatusCode)
					}
					continue
				}
				got.has(t, http.StatusOK, append([]string{shows, "device-live"}, may.lead...)...)
				for _, link := range links {
					if strings.Contains(got.body, `data-testid="`+link+`"`) != slices.Contains(may.lead, link) {
						t.Errorf("%s: %s", section, link)
					}
				}
				for other, id := range own {
					if other != section && strings.Contains(got.body, `data-testid="`+id+`"`) {
						t.Errorf("%s shows %s of %s", section, id, other)
					}
				}
				if n := strings.Count(got.body, `aria-current="page" `) + strings.Count(got.body, `aria-current="page">`); n < 1 {
					t.Errorf("%s does not say where one is", section)
				}
			}
		})
	}
}
