package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"wadah/handlers/limit"
	"wadah/models"
	"wadah/session"
)

// tryForm is the form of a call on a device.
func tryForm(call, device string, more ...string) url.Values {
	form := url.Values{"call": {call}}
	if device != "" {
		form.Set("device", device)
	}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

func (e *env) showsNoSecret(got answer) {
	e.t.Helper()
	for _, secret := range e.secrets {
		if strings.Contains(got.body, secret) {
			e.t.Errorf("%s shows a secret", got.Request.URL.Path)
		}
	}
}

func TestReferencePage(t *testing.T) {
	e, mine, theirs := two(t)
	for who, can := range map[string][3]bool{"look": {false, false, false}, "run": {true, false, false}, "boss": {true, false, true}} {
		b := e.signedIn(who)
		page := b.get("/reference")
		page.has(t, http.StatusOK, "nav-reference", "reference-call", "reference-error", "reference-download")
		for i, part := range []string{`data-testid="try-getQR"`, `data-testid="try-listDevice"`, `data-testid="reference-system-off"`} {
			if strings.Contains(page.body, part) != can[i] {
				t.Errorf("%s sees %s: %v, want %v", who, part, !can[i], can[i])
			}
		}
		if strings.Contains(page.body, theirs) != (who == "boss") {
			t.Errorf("%s sees the other's device, or not every device", who)
		}
		if !strings.Contains(page.body, "curl "+e.url+"/api/getState -d apiKey=YOUR_API_KEY") {
			t.Error("the curl lines do not carry this installation's address")
		}
		e.showsNoSecret(page)
	}
	// The only device is chosen; a chosen one stays chosen; and both languages are there.
	if got := e.signedIn("run").get("/reference"); !strings.Contains(got.body, `value="`+mine+`" selected`) {
		t.Error("the only device is not chosen")
	}
	boss := e.signedIn("boss")
	if got := boss.get("/reference?device=" + theirs); !strings.Contains(got.body, `value="`+theirs+`" selected`) || !strings.Contains(got.body, `name="device" value="`+theirs+`"`) {
		t.Error("the device of the address is not chosen")
	}
	boss.lang = "id"
	if got := boss.get("/reference"); !strings.Contains(got.body, "Ambil kode QR") || strings.Contains(got.body, "Get the QR code") {
		t.Error("the Indonesian page is not in Indonesian")
	}
	boss.get("/reference?device=06h0d6kr2sob0prs6bqba3304o").has(t, http.StatusNotFound)
	plain, small := e.request(http.MethodGet, "/reference", nil), e.request(http.MethodGet, "/reference", nil)
	plain.Header.Set("Accept-Encoding", "identity")
	small.Header.Set("Accept-Encoding", "br, gzip")
	long, short := boss.do(plain), boss.do(small)
	if short.Header.Get("Content-Encoding") != "gzip" || long.Header.Get("Content-Encoding") != "" || len(short.body)*5 > len(long.body) ||
		short.Header.Get("Cache-Control") != "no-store" || len(short.body) > 100<<10 {
		t.Errorf("%d bytes as %q, %d otherwise", len(short.body), short.Header.Get("Content-Encoding"), len(long.body))
	}
	e.browser().get("/reference").leads(t, "/signin?next=%2Freference")
}

func TestTryCall(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()

	got := b.fragment("/reference/try", tryForm("getState", id))
	got.has(t, http.StatusOK, "try-status", "try-answer-getState", "try-body", "try-request")
	for _, want := range []string{
		`hx-target="#try-said-getState"`, `hx-target="#try-out-getState"`, `data-status="200"`, "SERVICE_OFF", "POST " + e.url + "/api/getState", "X-Api-Key: ••••••••", "Kasir",
	} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the answer lacks %s:\n%s", want, got.body)
		}
	}
	if strings.Contains(got.body, "<html") || got.Header.Get("Cache-Control") != "no-store" {
		t.Error("htmx gets a whole page, or a cache may keep the answer")
	}

	// Errors of the API are shown as they are, and the values go where they belong.
	got = b.fragment("/reference/try", tryForm("getQR", id, "value-wait", "30"))
	if got.StatusCode != http.StatusOK || !strings.Contains(got.body, `data-status="400"`) || !strings.Contains(got.body, "bad_wait") || !strings.Contains(got.body, "wait=30") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	got = b.fragment("/reference/try", tryForm("getQR", id, "value-wait", "0"))
	if !strings.Contains(got.body, `data-status="409"`) || !strings.Contains(got.body, "not_started") || !strings.Contains(got.body, "never_started") {
		t.Errorf("%s", got.body)
	}

	// A QR code is a picture, also on the whole page that browsers without scripts get.
	e.start(id, session.StateScan)
	page := b.post("/reference/try", tryForm("getQR", id))
	page.has(t, http.StatusOK, "try-qr", "try-body", "reference-call")
	if !regexp.MustCompile(`<img[^>]* src="data:image/png;base64,[A-Za-z0-9+/=]{200,}"`).MatchString(page.body) ||
		strings.Count(page.body, `data-testid="try-status"`) != 1 || !strings.Contains(page.body, `value="`+id+`" selected`) {
		t.Error("the page has no picture of the code, or not just one answer, or forgets the device")
	}
	if got := b.fragment("/reference/try", tryForm("getQR", id, "value-format", "png")); !strings.Contains(got.body, `data-status="200"`) ||
		!strings.Contains(got.body, "try-qr") || !strings.Contains(got.body, "image/png") {
		t.Errorf("the picture alone is not shown: %s", got.body)
	}
	e.showsNoSecret(got)
	e.showsNoSecret(page)
	e.audited("reference.try", 5)
	entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "reference.try"})
	if err != nil || entries[0].Target != "getQR" || entries[0].DeviceID != id || entries[0].Actor != "boss" {
		t.Errorf("%+v %v", entries, err)
	}
}

// What cannot be sent is refused before a key is touched.
func TestTryRefusals(t *testing.T) {
	e, mine, theirs := two(t)
	run, look, boss := e.signedIn("run"), e.signedIn("look"), e.signedIn("boss")
	for name, test := range map[string]struct {
		b    *browser
		form url.Values
		want int
	}{
		"no such call":         {boss, tryForm("getEverything", mine), http.StatusNotFound},
		"no call":              {boss, tryForm("", mine), http.StatusNotFound},
		"an address":           {boss, tryForm("/api/getState", mine), http.StatusNotFound},
		"the stream":           {boss, tryForm("events", mine), http.StatusNotFound},
		"no device":            {boss, tryForm("getState", ""), http.StatusUnprocessableEntity},
		"an unknown device":    {boss, tryForm("getState", "06h0d6kr2sob0prs6bqba3304o"), http.StatusNotFound},
		"another's device":     {run, tryForm("getState", theirs), http.StatusNotFound},
		"two devices":          {run, url.Values{"call": {"getState"}, "device": {mine, theirs}}, http.StatusNotFound},
		"a viewer":             {look, tryForm("getState", mine), http.StatusForbidden},
		"an operator, all":     {run, tryForm("listDevice", ""), http.StatusForbidden},
		"nobody":               {e.browser(), tryForm("getState", mine), http.StatusUnauthorized},
		"without consent":      {run, tryForm("serviceLogout", mine), http.StatusUnprocessableEntity},
		"a system that is off": {boss, tryForm("listDevice", ""), http.StatusUnprocessableEntity},
	} {
		if got := test.b.fragment("/reference/try", test.form); got.StatusCode != test.want {
			t.Errorf("%s: %d, want %d: %s", name, got.StatusCode, test.want, got.body)
		}
	}
	e.audited("reference.try", 1) // the one that found no secret
	other := e.form("/reference/try", tryForm("getState", mine))
	other.Header.Set("Sec-Fetch-Site", "cross-site")
	if got := boss.do(other); got.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %d", got.StatusCode)
	}
	got := boss.fragment("/reference/try", tryForm("getState", mine, "value-wait", strings.Repeat("x", 70<<10)))
	if got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a form too large: %d", got.StatusCode)
	}
	run.post("/reference/try", tryForm("getState", "")).has(t, http.StatusUnprocessableEntity, "error-message", "reference-device")
}

// A try can do no more than its key: without one it does nothing, even where the
// default device would answer programs on this machine.
func TestTryNeedsAKey(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	bawaan, _ := e.device("Bawaan")
	if _, err := e.manager.SetDefaultDevice(t.Context(), bawaan, true); err != nil {
		t.Fatal(err)
	}
	keys, err := e.store.Keys(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.store.RevokeKey(t.Context(), keys[0].ID); err != nil {
		t.Fatal(err)
	}
	b := e.admin()
	got := b.fragment("/reference/try", tryForm("serviceStart", id))
	if got.StatusCode != http.StatusUnprocessableEntity || strings.Contains(got.body, "try-status") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	// Values of the form's own names, or of none of the call's, are not passed on.
	got = b.fragment("/reference/try", tryForm("serviceStart", bawaan, "value-apiKey", "0123456789abcdef0123456789abcdef", "apiKey", "x"))
	if !strings.Contains(got.body, `data-status="200"`) || strings.Contains(got.body, "0123456789abcdef") {
		t.Errorf("%s", got.body)
	}
	if snap, err := e.manager.Snapshot(id); err != nil || snap.Desired {
		t.Errorf("a device without a key was started: %+v %v", snap, err)
	}
}

func TestTryAsksBeforeALogout(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	e.start(id, session.StateScan)
	e.link(id, "6281100000001:1@s.whatsapp.net")
	b.fragment("/reference/try", tryForm("serviceLogout", id))
	if snap, _ := e.manager.Snapshot(id); !snap.Linked() {
		t.Fatal("logged out without being asked")
	}
	got := b.fragment("/reference/try", tryForm("serviceLogout", id, "confirm", "yes"))
	if snap, _ := e.manager.Snapshot(id); snap.Linked() || !strings.Contains(got.body, "confirmed") {
		t.Errorf("not logged out: %s", got.body)
	}
}

func TestTrySystemCalls(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	e.secret()
	b := e.admin()
	b.get("/reference").has(t, http.StatusOK, "try-listDevice", "try-deleteDevice")
	got := b.fragment("/reference/try", tryForm("listDevice", ""))
	if !strings.Contains(got.body, `data-status="200"`) || !strings.Contains(got.body, "Kasir") || !strings.Contains(got.body, "••••••••&#34;") {
		t.Errorf("%s", got.body)
	}
	e.showsNoSecret(got)
	got = b.fragment("/reference/try", tryForm("editDevice", id, "value-name", "Gudang <b>"))
	if snap, _ := e.manager.Snapshot(id); snap.Name != "Gudang <b>" || strings.Contains(got.body, "<b>Gudang") {
		t.Errorf("%q: %s", snap.Name, got.body)
	}
	// The key of the answer is new and nobody's yet: it must not be shown either.
	got = b.fragment("/reference/try", tryForm("changeApiKey", id, "confirm", "yes"))
	if !strings.Contains(got.body, `data-status="200"`) || regexp.MustCompile(`[0-9a-f]{32}`).MatchString(got.body) {
		t.Errorf("%s", got.body)
	}
	page := b.post("/reference/try", tryForm("deleteDevice", id, "confirm", "yes"))
	page.has(t, http.StatusOK, "try-answer-deleteDevice")
	if _, err := e.manager.Snapshot(id); err == nil {
		t.Error("the device is still there")
	}
	e.audited("reference.try", 4)
}

// The limits of the API hold for tries, too, and are shown.
func TestTryIsLimited(t *testing.T) {
	e := limited(t, func(l *limit.Limits) { l.KeyRate, l.KeyBurst = 1, 1 })
	id, _ := e.device("Kasir")
	b := e.admin()
	b.fragment("/reference/try", tryForm("getState", id))
	got := b.fragment("/reference/try", tryForm("getState", id))
	if !strings.Contains(got.body, `data-status="429"`) || !strings.Contains(got.body, "Retry-After") || !strings.Contains(got.body, "too_many_requests") {
		t.Errorf("%s", got.body)
	}
}
