package handlers_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"wadah/handlers"
	"wadah/models"
	"wadah/session"
)

func TestRefusedKeysLookAlike(t *testing.T) {
	e := newEnv(t)
	id, revoked := e.device("one")
	soon := time.Now().Add(time.Hour)
	expired, err := e.store.CreateKey(t.Context(), id, "short", &soon, models.Rights{})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := e.store.Keys(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	get := func(key string) string {
		t.Helper()
		got := e.get("/api/getState?apiKey=" + key)
		for _, h := range []string{"Date", "X-Request-Id"} {
			got.Header.Del(h)
		}
		var head strings.Builder
		if err := got.Header.Write(&head); err != nil {
			t.Fatal(err)
		}
		return got.Status + "\n" + head.String() + got.body
	}
	for _, key := range []string{revoked, expired.Value} {
		if got := get(key); !strings.HasPrefix(got, "200") {
			t.Fatalf("a valid key is refused: %s", got)
		}
	}
	if err := e.store.RevokeKey(t.Context(), keys[0].ID); err != nil {
		t.Fatal(err)
	}
	e.later.Store(int64(2 * time.Hour))
	want := get("")
	for name, key := range map[string]string{"revoked": revoked, "expired": expired.Value, "unknown": strings.Repeat("a", 32)} {
		if got := get(key); got != want {
			t.Errorf("%s:\n%s\nmissing:\n%s", name, got, want)
		}
	}
}

func TestAPIAlwaysAnswersJSON(t *testing.T) {
	e := newEnv(t)
	_, key := e.device("one")
	for name, c := range map[string]struct {
		method, path string
		status       int
		code         string
	}{
		"unknown path":       {"GET", "/api/getNothing?apiKey=" + key, 404, "not_found"},
		"no path":            {"GET", "/api", 404, "not_found"},
		"just a slash":       {"GET", "/api/", 404, "not_found"},
		"another case":       {"GET", "/api/getstate?apiKey=" + key, 404, "not_found"},
		"unknown, by POST":   {"POST", "/api/getNothing", 404, "not_found"},
		"PUT":                {"PUT", "/api/getState?apiKey=" + key, 405, "method_not_allowed"},
		"DELETE":             {"DELETE", "/api/serviceStart?apiKey=" + key, 405, "method_not_allowed"},
		"waiting too long":   {"GET", "/api/getQR?wait=26&apiKey=" + key, 400, "bad_wait"},
		"waiting backwards":  {"GET", "/api/getQR?wait=-1&apiKey=" + key, 400, "bad_wait"},
		"another format":     {"GET", "/api/getQR?format=svg&apiKey=" + key, 400, "bad_format"},
		"a picture of none":  {"GET", "/api/getQR?format=png&apiKey=" + key, 409, "not_started"},
		"waiting for a word": {"GET", "/api/getQR?wait=long&apiKey=" + key, 400, "bad_wait"},
	} {
		t.Run(name, func(t *testing.T) {
			got := e.send(e.request(c.method, c.path, nil))
			got.fails(t, c.status, c.code)
			if allow := got.Header.Get("Allow"); c.status == 405 && (!strings.Contains(allow, "GET") || !strings.Contains(allow, "POST")) {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
	t.Run("compressed body", func(t *testing.T) {
		r := e.request("POST", "/api/getState", strings.NewReader("apiKey="+key))
		r.Header.Set("Content-Encoding", "gzip")
		e.send(r).fails(t, 415, "encoded_body")
	})
	t.Run("broken multipart", func(t *testing.T) {
		r := e.request("POST", "/api/getState", strings.NewReader("--x\r\nnot a part"))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		e.send(r).fails(t, 400, "bad_multipart")
	})
}

func TestQRRefusals(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("one")
	get := func(t *testing.T, code string, state session.State, reason session.Reason) answer {
		t.Helper()
		got := e.get("/api/getQR?wait=0&apiKey=" + key)
		body := got.fails(t, http.StatusConflict, code)
		if body.Results.State != string(state) || body.Results.Reason != string(reason) {
			t.Errorf("%s/%s, want %s/%s", body.Results.State, body.Results.Reason, state, reason)
		}
		return got
	}
	get(t, "not_started", session.StateOff, session.ReasonNeverStarted)

	release := make(chan struct{})
	e.driver.SetOnDial(func(ctx context.Context, _ session.Target) error {
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if _, err := e.manager.StartDevice(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if retry := get(t, "qr_pending", session.StatePairing, session.ReasonConnecting).Header.Get("Retry-After"); retry == "" {
		t.Error("no Retry-After while a code is on its way")
	}

	// A waiting request is answered as soon as the code is there.
	answers := make(chan answer)
	go func() { answers <- e.get("/api/getQR?apiKey=" + key) }()
	close(release)
	if got := <-answers; got.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}

	e.link(id, "6281234567890:1@s.whatsapp.net")
	get(t, "already_connected", session.StateConnected, session.ReasonReady)
	e.driver.Conn(id).Unlink()
	e.await(id, session.StateOff)
	get(t, "not_started", session.StateOff, session.ReasonLoggedOut)
}

func TestBannedSaysWhen(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("one")
	e.start(id, session.StateScan)
	e.link(id, "6281234567890:1@s.whatsapp.net")
	e.driver.Conn(id).Tell(session.SignalBanned{Code: 101, Expire: time.Hour})
	e.await(id, session.StateOff)
	for _, call := range []string{"serviceStart", "getQR"} {
		got := e.get("/api/" + call + "?apiKey=" + key)
		if body := got.fails(t, http.StatusConflict, "banned"); body.Results.Reason != "banned" || body.Results.State != "SERVICE_OFF" {
			t.Errorf("%s: %+v", call, body)
		}
		if retry := got.Header.Get("Retry-After"); retry != "3600" && retry != "3599" {
			t.Errorf("%s: Retry-After %q", call, retry)
		}
	}
}

func TestStorageFailureIsA503(t *testing.T) {
	e := newEnv(t)
	_, key := e.device("one")
	e.broken = true
	if err := e.store.SQL().Close(); err != nil {
		t.Fatal(err)
	}
	got := e.get("/api/serviceStart?apiKey=" + key)
	got.fails(t, http.StatusServiceUnavailable, "storage")
	if strings.Contains(got.body, "sql") {
		t.Errorf("internal error text: %s", got.body)
	}
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func TestDeviceAddedByAnotherProcess(t *testing.T) {
	e := newEnv(t)
	// As `wadah device add` does: into the store, past this manager.
	_, key, err := e.store.CreateDevice(t.Context(), "beside")
	if err != nil {
		t.Fatal(err)
	}
	if got := e.get("/api/getState?apiKey=" + key.Value); got.StatusCode != http.StatusOK {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}

func TestPairCode(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("one")
	call := func(query string) answer { return e.get("/api/getPairCode?apiKey=" + key + query) }
	call("").fails(t, 400, "number_missing")
	call("&phone=12").fails(t, 422, "bad_number")
	for _, phone := range []string{"6281234567890", "%2B62+812-3456-7890", "0812+3456+7890", "+81234567890"} {
		got := call("&phone=" + phone)
		if got.StatusCode != 200 || !strings.Contains(got.body, `"code":"ABCD-EFGH"`) || !strings.Contains(got.body, `"state":"SERVICE_SCAN"`) {
			t.Errorf("%s: %d %s", phone, got.StatusCode, got.body)
		}
	}
	conn := e.driver.Conn(id)
	post := func(contentType, body string) answer {
		r := e.request(http.MethodPost, "/api/getPairCode", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("X-Api-Key", key)
		return e.send(r)
	}
	for body, want := range map[string]string{
		`{"phone":6.28123456701e11}`: "628123456701", `{"phone":628123456702.0}`: "628123456702", `{"phone":628123456703}`: "628123456703",
		`{"phone":"628123456704.0"}`: "628123456704", `{"number":"\u202a628123456705:4@s.whatsapp.net\u202c"}`: "628123456705",
	} {
		if got := post("application/json", body); got.StatusCode != http.StatusOK || conn.Numbers[len(conn.Numbers)-1] != want {
			t.Errorf("%s: %d %s, WhatsApp was asked about %q", body, got.StatusCode, got.body, conn.Numbers)
		}
	}
	asked := len(conn.Numbers)
	for _, body := range []string{
		`{"phone":6.281234567895e11}`, `{"phone":"6.28123456789e11"}`, `{"phone":"0812-ABCD-EFG"}`, `{"phone":1e400}`, `{"phone":["081234567890"]}`,
		`{"phone":true}`, `{"phone":"6281234567890@g.us"}`,
	} {
		post("application/json", body).fails(t, 422, "bad_number")
	}
	post("application/x-www-form-urlencoded", "phone=628123456789.25").fails(t, 422, "bad_number")
	if len(conn.Numbers) != asked {
		t.Errorf("WhatsApp was asked about %q", conn.Numbers[asked:])
	}

	conn.PhoneErr = session.ErrRateLimited
	got := call("&phone=6281234567899")
	got.fails(t, 429, "rate_limited")
	if got.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	e.link(id, "6281234567890:1@s.whatsapp.net")
	call("&phone=6281234567890").fails(t, 409, "already_linked")
}

func TestPairCodeIsGivenOnce(t *testing.T) {
	e := newEnvWith(t, func(c *session.Config) { c.CodesPerDevice, c.CodesPerNumber = 4, 3 })
	id, key := e.device("one")
	call := func(query string) answer { return e.get("/api/getPairCode?apiKey=" + key + query) }
	first := call("&phone=6281234567890")
	conn := e.driver.Conn(id)
	for _, query := range []string{"&phone=0812-3456-7890", "&phone=6281234567890&renew=0", "&phone=6281234567890&renew=false", "&phone=6281234567890@c.us"} {
		if got := call(query); got.StatusCode != http.StatusOK || got.body != first.body || len(conn.Numbers) != 1 {
			t.Errorf("%s: %d %s, want %s; WhatsApp was asked %d times", query, got.StatusCode, got.body, first.body, len(conn.Numbers))
		}
	}
	call("&phone=6281234567890&renew=maybe").fails(t, 400, "bad_renew")
	for range 2 {
		if got := call("&phone=6281234567890&renew=1"); got.StatusCode != http.StatusOK || got.body == first.body {
			t.Errorf("renewed: %d %s", got.StatusCode, got.body)
		}
	}
	limited := func(query, code string) {
		t.Helper()
		got := call(query)
		got.fails(t, 429, code)
		if seconds, err := strconv.Atoi(got.Header.Get("Retry-After")); err != nil || seconds < 3000 || seconds > 3600 {
			t.Errorf("Retry-After: %q", got.Header.Get("Retry-After"))
		}
	}
	limited("&phone=6281234567890&renew=1", "too_many_codes_number")
	if got := call("&phone=6281234567890"); got.StatusCode != http.StatusOK {
		t.Errorf("the code that is shown: %d %s", got.StatusCode, got.body)
	}
	call("&phone=6281234567891")
	limited("&phone=6281234567892", "too_many_codes")
	if len(conn.Numbers) != 4 {
		t.Errorf("WhatsApp was asked about %q", conn.Numbers)
	}

	// People are told in words, strangers with a link, too.
	b := e.admin()
	for _, path := range []string{"/devices/" + id, e.scanLink(b, id)} {
		page := b.post(path+"/pair", url.Values{"phone": {"6281234567892"}})
		page.has(t, http.StatusUnprocessableEntity, "pair-phone-number")
		if !strings.Contains(page.body, "as it gets in an hour") {
			t.Errorf("%s does not say why there is no code", path)
		}
	}
}

func TestPasskey(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("one")
	e.get("/api/getPasskeyRequest?apiKey="+key).fails(t, 409, "no_passkey")
	e.start(id, session.StateScan)
	conn := e.driver.Conn(id)
	conn.Tell(session.SignalPasskey{Request: []byte(`{"challenge":"abc"}`)})
	e.await(id, session.StatePairing)
	if got := e.get("/api/getPasskeyRequest?apiKey=" + key); !strings.Contains(got.body, `"request":{"challenge":"abc"},"code":null,"confirm":false`) {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	e.get("/api/getQR?wait=0&apiKey="+key).fails(t, 409, "passkey_needed")
	r := e.request("POST", "/api/sendPasskeyResponse", strings.NewReader(`{"apiKey":"`+key+`","response":{"id":"x"}}`))
	if got := e.send(r); got.StatusCode != 200 || len(conn.Answers) != 1 || string(conn.Answers[0]) != `{"id":"x"}` {
		t.Errorf("%d %s, answers %q", got.StatusCode, got.body, conn.Answers)
	}
	if got := e.get("/api/confirmPasskey?apiKey=" + key); got.StatusCode != 200 || !conn.Confirmed {
		t.Errorf("%d %s, confirmed %v", got.StatusCode, got.body, conn.Confirmed)
	}
}

func TestGetDeviceAndLogout(t *testing.T) {
	e := newEnv(t, func(c *handlers.Config) { c.PhoneRegion = "MY" })
	id, key := e.device("one")
	e.start(id, session.StateScan)
	e.link(id, "6281234567890:1@s.whatsapp.net")
	got := e.get("/api/getDevice?apiKey=" + key)
	for _, want := range []string{
		`{"code":200,"results":{"id":"` + id + `","name":"one","state":"CONNECTED","reason":"ready",`,
		`"number":"6281234567890","pushName":"Budi","platform":"android"`, `"until":null`,
	} {
		if !strings.Contains(got.body, want) {
			t.Errorf("no %s in %s", want, got.body)
		}
	}
	if got := e.get("/api/serviceRestart?apiKey=" + key); got.StatusCode != 200 {
		t.Errorf("restart: %d %s", got.StatusCode, got.body)
	}
	e.await(id, session.StateConnected)
	if got := e.get("/api/serviceLogout?apiKey=" + key); !strings.Contains(got.body, `"unlinked":"confirmed"`) {
		t.Errorf("logout: %d %s", got.StatusCode, got.body)
	}
	if got := e.get("/api/serviceLogout?apiKey=" + key); !strings.Contains(got.body, `"unlinked":"not_linked"`) {
		t.Errorf("logout again: %d %s", got.StatusCode, got.body)
	}
}
