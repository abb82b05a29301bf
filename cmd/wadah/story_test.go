package main

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"wadah/models/postgres/pgtest"
)

// The whole life of a device over the API, with program and WhatsApp in two
// processes and genuine whatsmeow between them.
func TestStory(t *testing.T) { story(newWorld(t)) }

// The same on PostgreSQL.
func TestStoryOnPostgres(t *testing.T) {
	w := newWorld(t)
	w.pg = pgtest.URL(t)
	story(w)
}

func story(w *world) {
	t := w.t
	server := w.serve()
	key := w.addDevice("Kasir") // beside the running server, which takes the key at once
	phone := w.newPhone()

	if err := server.isNow(key, "SERVICE_OFF", "never_started"); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	first := server.must("serviceStart", key)
	if want := "API for device Kasir Already activated, please scan the qr code to connect the device"; first.Results.Message != want {
		t.Errorf("serviceStart says %q, want %q", first.Results.Message, want)
	}
	if took := time.Since(started); took > time.Second {
		t.Errorf("serviceStart took %v", took)
	}
	if err := w.link(server, key, phone); err != nil {
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")
	if again := server.must("serviceStart", key); !strings.HasSuffix(again.Results.Message, "Already activated and connected") {
		t.Errorf("serviceStart of a connected device says %q", again.Results.Message)
	}
	server.stop()

	server = w.serve()
	server.is(key, "CONNECTED", "ready")
	if qr, err := server.api("getQR", key); err != nil || qr.Code != http.StatusConflict || qr.Results.QRString != "" {
		t.Errorf("getQR of a connected device: %+v, %v", qr, err)
	}
	server.must("serviceDestroy", key)
	server.is(key, "SERVICE_OFF", "stopped")
	server.stop()

	server = w.serve() // stopped by hand: stays off
	server.is(key, "SERVICE_OFF", "stopped")
	server.must("serviceStart", key) // still linked: no QR
	server.is(key, "CONNECTED", "ready")

	w.control("unlink", map[string]any{"phone": phone})
	server.is(key, "SERVICE_OFF", "logged_out")
	if err := w.link(server, key, phone); err != nil {
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")

	server.kill() // as a power cut would
	server = w.serve()
	server.is(key, "CONNECTED", "ready")
	w.control("outage", map[string]any{"mode": "refuse"})
	w.control("fault", map[string]any{"kind": "drop"})
	server.is(key, "PAIRING", "reconnecting")
	w.control("outage", map[string]any{"mode": "none"})
	server.is(key, "CONNECTED", "ready")
	server.must("serviceLogout", key)
	server.is(key, "SERVICE_OFF", "logged_out")
	server.stop()
}

// Several devices link at the same moment, as a busy morning brings.
func TestLinkManyAtOnce(t *testing.T) {
	w := newWorld(t)
	server := w.serve()
	const devices = 8
	var keys, phones []string
	for n := range devices {
		keys = append(keys, w.addDevice(fmt.Sprintf("Kasir %d", n)))
		phones = append(phones, w.newPhone())
	}
	failed := make([]error, devices)
	var all sync.WaitGroup
	for n := range devices {
		all.Go(func() { failed[n] = w.link(server, keys[n], phones[n]) })
	}
	all.Wait()
	for n, err := range failed {
		if err != nil {
			t.Errorf("device %d: %v", n, err)
		}
	}
	if t.Failed() {
		return
	}
	for _, key := range keys {
		server.is(key, "CONNECTED", "ready")
	}
	server.stop()
}

// A device is linked and unlinked many times: not one attempt may fail, and each
// needs one call for its QR.
func TestLinkManyInARow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := w.serve()
	key := w.addDevice("Kasir")
	phone := w.newPhone()
	const times = 150
	for n := range times {
		if err := w.link(server, key, phone); err != nil {
			t.Fatalf("link %d: %v", n+1, err)
		}
		server.is(key, "CONNECTED", "ready")
		server.must("serviceLogout", key)
		server.is(key, "SERVICE_OFF", "logged_out")
	}
	server.stop()
}

// A person with a browser that runs no scripts: set-up, sign-in, add and start.
func TestSetupLink(t *testing.T) {
	w := newWorld(t)
	server := w.serve()
	link := server.printed(`http://\S+/setup\?token=\S+`)[0]
	if log := server.stderr.String(); strings.Contains(log, "token=") || strings.Contains(log, link[strings.LastIndex(link, "=")+1:]) {
		t.Error("the log holds the set-up token")
	}
	browser := newVisitor(t)
	if status, page := browser.get(server.url + "/devices"); status == http.StatusOK && strings.Contains(page, `data-testid="add-device-name"`) {
		t.Errorf("the panel is open before the set-up:\n%s", page)
	}
	token, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{
		"token": {token.Query().Get("token")}, "name": {"ani"},
		"password": {goodPassword}, "password2": {goodPassword},
	}
	if status, page := browser.post(server.url+"/setup", form); status != http.StatusOK || !strings.Contains(page, `data-testid="add-device-name"`) {
		t.Fatalf("set-up: %d\n%s", status, page)
	}
	if status, page := newVisitor(t).post(server.url+"/setup", form); status == http.StatusOK && strings.Contains(page, `data-testid="add-device-name"`) {
		t.Error("the set-up link worked twice")
	}
	other := newVisitor(t)
	signIn := url.Values{"name": {"ani"}, "password": {goodPassword}}
	if status, page := other.post(server.url+"/signin", signIn); status != http.StatusOK || !strings.Contains(page, `data-testid="add-device-name"`) {
		t.Fatalf("sign-in: %d\n%s", status, page)
	}
	if status, page := other.post(server.url+"/devices", url.Values{"name": {"Kasir <1>"}}); status != http.StatusOK || !strings.Contains(page, "Kasir &lt;1&gt;") {
		t.Fatalf("add a device: %d\n%s", status, page)
	}
	key := strings.TrimSpace(wadah(t, "device", "key", "Kasir <1>", "--data", w.data))
	if err := w.link(server, key, w.newPhone()); err != nil {
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")
	server.stop()

	server = w.serve()
	if strings.Contains(server.stdout.String(), "token=") {
		t.Error("a set-up link although there is an admin")
	}
	if status, page := other.get(server.url + "/devices"); status != http.StatusOK || !strings.Contains(page, `data-state="CONNECTED"`) && !strings.Contains(page, `data-state="PAIRING"`) {
		t.Errorf("after a restart the sign-in is gone: %d\n%s", status, page)
	}
	server.stop()
}

// visitor is a browser without scripts.
type visitor struct {
	t      *testing.T
	client *http.Client
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, &http.Client{Jar: jar}}
}

func (v *visitor) get(address string) (int, string) {
	v.t.Helper()
	return v.do(http.MethodGet, address, nil)
}

func (v *visitor) post(address string, form url.Values) (int, string) {
	v.t.Helper()
	return v.do(http.MethodPost, address, form)
}

func (v *visitor) do(method, address string, form url.Values) (int, string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	status, body, err := do(v.client, req)
	if err != nil {
		v.t.Fatal(err)
	}
	return status, string(body)
}

// Everything in one process, as a newcomer meets it.
func TestSandboxCommand(t *testing.T) {
	p := start(t, "sandbox", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0")
	address := p.printed(`Wadah: (http://\S+)`)[1]
	control := p.printed(`Control API: (http://\S+)`)[1]
	p.printed(`/setup\?token=`)
	if status, body, err := request(t.Context(), http.MethodGet, control+"phones", "", ""); err != nil || status != http.StatusOK || !strings.Contains(string(body), "Budi") {
		t.Errorf("the control API lists phones: %d %s %v", status, body, err)
	}
	if status, _, err := request(t.Context(), http.MethodGet, address+"/healthz", "", ""); err != nil || status != http.StatusOK {
		t.Errorf("healthz: %d %v", status, err)
	}
	p.stop()
}

// The virtual phones and the links survive when the sandbox has a folder.
func TestSandboxKeepsItsFolder(t *testing.T) {
	dir := t.TempDir()
	args := []string{"sandbox", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0", "--data", dir}
	p := start(t, args...)
	server := &installation{process: p, t: t, url: p.printed(`Wadah: (http://\S+)`)[1]}
	w := &world{t: t, data: dir, serviceOut: serviceOut{Control: p.printed(`Control API: (http://\S+)`)[1]}}
	key := w.addDevice("Kasir")
	if err := w.link(server, key, firstPhones()[0].number); err != nil {
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")
	p.stop()

	p = start(t, args...)
	server = &installation{process: p, t: t, url: p.printed(`Wadah: (http://\S+)`)[1]}
	server.is(key, "CONNECTED", "ready")
	p.stop()

	genuine := start(t, "serve", "--listen", "127.0.0.1:0", "--data", dir)
	if code := genuine.wait(); code != exitFailure || !strings.Contains(genuine.stderr.String(), "lose those links") {
		t.Errorf("the sandbox's folder on the real WhatsApp: code %d, %s", code, genuine.stderr)
	}
}
