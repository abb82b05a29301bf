package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/session"
)

// TestAddAndStart adds a device and starts it in one step: its page leads to the QR, and both
// are written down.
func TestAddAndStart(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	b.get("/devices").has(t, http.StatusOK, "add-device-start", "add-device-submit")
	to := b.post("/devices", url.Values{"name": {"Kasir"}, "then": {"start"}}).Header.Get("Location")
	id := strings.TrimPrefix(to, "/devices/")
	e.await(id, session.StateScan)
	b.get(to).has(t, http.StatusOK, "flash", "device-qr", "stop")
	e.audited("device.create", 1)
	e.audited("device.start", 1)
	b.post("/devices", url.Values{"name": {"kasir"}, "then": {"start"}}).has(t, http.StatusUnprocessableEntity, "error-message")
}

func TestPagesWithoutScripts(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	b.get("/").leads(t, "/devices")
	b.get("/devices").has(t, http.StatusOK, "devices-empty", "add-device-name")
	b.post("/devices", url.Values{"name": {" "}}).has(t, http.StatusUnprocessableEntity, "error-message")
	to := b.post("/devices", url.Values{"name": {"Kasir"}}).Header.Get("Location")
	id := strings.TrimPrefix(to, "/devices/")
	b.get(to).has(t, http.StatusOK, "flash", "device-state", "start", "timeline")
	b.get(to+"/settings").has(t, http.StatusOK, "rename-name")
	b.get(to+"/keys").has(t, http.StatusOK, "key-reveal", "curl-line")
	b.get(to+"/danger").has(t, http.StatusOK, "logout", "delete")
	b.post("/devices", url.Values{"name": {"kasir"}}).has(t, http.StatusUnprocessableEntity, "error-message")

	b.post(to+"/start", nil).leads(t, to)
	e.await(id, session.StateScan)
	b.get(to).has(t, http.StatusOK, "device-qr", "device-qr-countdown", "stop", "restart")
	qr := b.get(to + "/qr.png")
	if qr.StatusCode != http.StatusOK || qr.Header.Get("Content-Type") != "image/png" || qr.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("qr.png: %d %v", qr.StatusCode, qr.Header)
	}
	b.post(to+"/pair", url.Values{"phone": {"12"}}).has(t, http.StatusUnprocessableEntity, "pair-phone-number")
	b.post(to+"/pair", url.Values{"phone": {"0812-3456-7890"}}).leads(t, to)
	coded := b.get(to)
	coded.has(t, http.StatusOK, "pair-phone-code", "pair-phone-copy", "pair-phone-qr", "device-qr") // and back to the picture
	if !strings.Contains(coded.body, "+62 812-3456-7890") {
		t.Error("the page does not say whose phone the code is for")
	}
	b.post(to+"/restart", nil).leads(t, to)
	e.await(id, session.StateScan)
	e.link(id, "6281234567890:1@s.whatsapp.net")
	if got := b.get(to); !strings.Contains(got.body, `data-state="CONNECTED" data-reason="ready"`) {
		t.Error("the page does not say that the device is connected")
	}
	b.post(to+"/pair", url.Values{"phone": {"081234567890"}}).has(t, http.StatusUnprocessableEntity)
	b.post(to+"/rename", url.Values{"name": {strings.Repeat("x", 61)}}).has(t, http.StatusUnprocessableEntity, "error-message")
	b.post(to+"/rename", url.Values{"name": {" Gudang "}}).leads(t, to+"/settings")
	b.get(to+"/settings").has(t, http.StatusOK, "flash")
	b.post(to+"/default", url.Values{"on": {"true"}}).leads(t, to+"/settings")
	if snap, err := e.manager.Snapshot(id); err != nil || !snap.Default || snap.Name != "Gudang" {
		t.Errorf("%+v %v", snap, err)
	}
	b.post(to+"/default", url.Values{"on": {"false"}}).leads(t, to+"/settings")

	// The row's buttons come back to the list.
	b.post(to+"/stop", url.Values{"next": {"/devices"}}).leads(t, "/devices")
	e.await(id, session.StateOff)
	b.get("/devices").has(t, http.StatusOK, "device-row", "device-link", "device-state", "flash")
	b.get("/devices?q=nothing").has(t, http.StatusOK, "filter-clear")
	b.get("/devices?q=0812-345").has(t, http.StatusOK, "device-row")
	b.get("/devices?state=SERVICE_OFF&q=GUD").has(t, http.StatusOK, "device-row")

	b.post(to+"/passkey", url.Values{"response": {"{}"}}).leads(t, to)
	b.get(to).has(t, http.StatusOK, "flash")

	b.post(to+"/logout", nil).leads(t, to+"/confirm/logout")
	b.get(to+"/confirm/logout").has(t, http.StatusOK, "logout-confirm")
	b.post(to+"/logout", url.Values{"confirm": {"yes"}}).leads(t, to)
	b.post(to+"/delete", nil).leads(t, to+"/confirm/delete")
	b.get(to+"/confirm/delete").has(t, http.StatusOK, "delete-confirm")
	b.get(to+"/confirm/nothing").has(t, http.StatusNotFound)
	b.post(to+"/delete", url.Values{"confirm": {"yes"}}).leads(t, "/devices")
	b.get("/devices").has(t, http.StatusOK, "flash", "devices-empty")
	b.get(to).has(t, http.StatusNotFound, "error-message")
	b.post(to+"/start", nil).has(t, http.StatusNotFound, "error-message")
}

func TestRevealIsAudited(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("Kasir")
	b := e.admin()
	if got := b.get("/devices/" + id); strings.Contains(got.body, key) {
		t.Error("the key stands on the page")
	}
	if got := b.post("/devices/"+id+"/reveal", nil); !strings.Contains(got.body, key) || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
	got := b.fragment("/devices/"+id+"/reveal", nil)
	if !strings.Contains(got.body, key) || !strings.HasPrefix(got.body, "<hx-partial") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "key.reveal"})
	if err != nil || len(entries) != 2 || entries[0].Actor != "boss" || entries[0].DeviceID != id || entries[0].Address != "127.0.0.1" {
		t.Errorf("%+v %v", entries, err)
	}
	_, other := e.device("Gudang")
	keys, err := e.store.Keys(t.Context(), e.manager.Snapshots()[1].ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.post("/devices/"+id+"/reveal", url.Values{"key": {keys[0].ID}}); got.StatusCode != 404 || strings.Contains(got.body, other) {
		t.Errorf("another device's key is revealed: %d", got.StatusCode)
	}
}

func TestFragments(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	got := b.fragment("/devices/"+id+"/start", nil)
	// The state comes through the stream alone: an answer could overtake it.
	if got.StatusCode != http.StatusOK || strings.Contains(got.body, "<html") || strings.Contains(got.body, "device-state") ||
		!strings.Contains(got.body, `hx-target="#notices"`) {
		t.Errorf("not just a fragment: %d %s", got.StatusCode, got.body)
	}
	e.await(id, session.StateScan)
	e.link(id, "6281234567890:1@s.whatsapp.net")
	e.driver.Conn(id).Tell(session.SignalBanned{Code: 101, Expire: time.Hour})
	e.await(id, session.StateOff)
	got = b.fragment("/devices/"+id+"/start", nil)
	got.has(t, http.StatusConflict, "flash")
	if strings.Contains(got.body, "<html") {
		t.Error("a whole page instead of a notice")
	}
	if b.post("/devices/"+id+"/start", nil).leads(t, "/devices/"+id); !strings.Contains(b.get("/devices/"+id).body, `data-testid="flash"`) {
		t.Error("the page does not say why the device cannot be started")
	}
	b.fragment("/devices/x/start", nil).has(t, http.StatusNotFound, "flash")
	out := e.browser().fragment("/devices/"+id+"/start", nil)
	if out.StatusCode != http.StatusUnauthorized || out.Header.Get("HX-Redirect") != "/signin" {
		t.Errorf("signed out: %d %v", out.StatusCode, out.Header)
	}
}

func TestRoles(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	admin := e.admin()
	e.assign(e.user("run", models.RoleOperator), id)
	e.assign(e.user("look", models.RoleViewer), id)
	operator, viewer := e.signedIn("run"), e.signedIn("look")
	to := "/devices/" + id
	for _, c := range []struct {
		path           string
		viewer, runner int
	}{
		{to + "/start", 403, 303},
		{to + "/stop", 403, 303},
		{to + "/restart", 403, 303},
		{to + "/logout", 403, 303},
		{to + "/reveal", 403, 200},
		{to + "/pair", 403, 422},
		{to + "/passkey", 403, 303},
		{to + "/passkey-confirm", 403, 303},
		{to + "/rename", 403, 403},
		{to + "/default", 403, 403},
		{to + "/note", 403, 403},
		{to + "/proxy", 403, 403},
		{to + "/delete", 403, 403},
		{"/devices", 403, 403},
		{"/prefs", 303, 303},
		{"/account/password", 422, 422},
	} {
		if got := viewer.post(c.path, nil).StatusCode; got != c.viewer {
			t.Errorf("viewer %s: %d, want %d", c.path, got, c.viewer)
		}
		if got := operator.post(c.path, nil).StatusCode; got != c.runner {
			t.Errorf("operator %s: %d, want %d", c.path, got, c.runner)
		}
		if got := admin.post(c.path, nil).StatusCode; got == 403 {
			t.Errorf("admin %s: %d", c.path, got)
		}
		if got := e.browser().post(c.path, nil); c.path != "/prefs" && got.Header.Get("Location") != "/signin" {
			t.Errorf("nobody %s: %d", c.path, got.StatusCode)
		}
	}
	for _, page := range []string{"/devices", to, "/account"} {
		viewer.get(page).has(t, http.StatusOK)
	}
	if got := operator.get(to + "/confirm/delete"); got.StatusCode != http.StatusForbidden {
		t.Errorf("operator may confirm a deletion: %d", got.StatusCode)
	}
}

// TestJustLinked: the page that was open keeps the place of the code for who has just
// scanned it; who opens it later has nothing large in the way.
func TestJustLinked(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	e.start(id, session.StateScan)
	e.link(id, "6281234567890:1@s.whatsapp.net")
	b := e.admin()
	page := b.get("/devices/" + id)
	if strings.Contains(page.body, "qr-done") || strings.Contains(page.body, "linking=1") {
		t.Error("the place of the code stays in the way")
	}
	e.feed(b.client, "/events?device="+id+"&linking=1").until("qr-done", `data-testid="linked-done"`)
	later := e.feed(b.client, "/events?device="+id)
	if frame := later.until(`hx-target="#device-live"`); strings.Contains(frame, "qr-done") {
		t.Error("the stream brings the place of the code back")
	}
	other, _ := e.device("Gudang")
	if page := b.get("/devices/" + other); !strings.Contains(page.body, "linking=1") {
		t.Error("the page jumps when the code was scanned")
	}
}
