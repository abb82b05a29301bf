package control_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/skip2/go-qrcode"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox"
	"wadah/session/sandbox/control"
	"wadah/session/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

func withControl(cfg *sandbox.Config) {
	cfg.Control = func(s *sandbox.Service) http.Handler {
		return control.Handler(s, notForged, slog.New(slog.DiscardHandler))
	}
}

// controlCall sends a request to the control API on the service's own listener.
func controlCall(t *testing.T, s *sandbox.Service, method, path, contentType string, body io.Reader) (int, map[string]any) {
	t.Helper()
	base := strings.Replace(strings.TrimSuffix(s.URL(), "/ws/chat"), "ws://", "http://", 1)
	request, err := http.NewRequestWithContext(t.Context(), method, base+"/control"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(raw, &object); err != nil {
		var list []any
		if json.Unmarshal(raw, &list) != nil {
			t.Fatalf("%s %s: not JSON: %.200s", method, path, raw)
		}
		object = map[string]any{"list": list}
	}
	return response.StatusCode, object
}

func post(t *testing.T, s *sandbox.Service, path, body string) (int, map[string]any) {
	t.Helper()
	return controlCall(t, s, http.MethodPost, path, "application/json", strings.NewReader(body))
}

func jsonText(t *testing.T, text string) string {
	t.Helper()
	raw, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestControlStory(t *testing.T) {
	s := sandboxtest.Start(t, withControl)
	if status, got := post(t, s, "/phones", `{"number":"`+sandboxtest.PhoneB+`","name":"Budi","platform":"iphone"}`); status != 200 || got["number"] != sandboxtest.PhoneB || got["platform"] != "iphone" {
		t.Fatalf("add phone: %d %v", status, got)
	}
	if status, got := controlCall(t, s, "GET", "/phones", "", nil); status != 200 || len(got["list"].([]any)) != 2 {
		t.Errorf("phones: %d %v", status, got)
	}
	status, info := controlCall(t, s, "GET", "/info", "", nil)
	if status != 200 || info["url"] != s.URL() || len(info["rootKey"].(string)) != 64 {
		t.Errorf("info: %d %v", status, info)
	}

	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	c.MustConnect()
	code := sandboxtest.WaitFor[*events.QR](c, 1).Codes[0]
	if _, got := controlCall(t, s, "GET", "/connections", "", nil); !strings.Contains(jsonOf(t, got), `"registering"`) {
		t.Errorf("connections: %v", got)
	}
	status, linked := post(t, s, "/scan", `{"phone":"`+sandboxtest.PhoneB+`","qr":`+jsonText(t, code)+`}`)
	if status != 200 || !strings.HasPrefix(linked["jid"].(string), sandboxtest.PhoneB) {
		t.Fatalf("scan: %d %v", status, linked)
	}
	sandboxtest.WaitFor[*events.Connected](c, 1)

	for _, step := range []struct{ path, body string }{
		{"/online", `{"phone":"` + sandboxtest.PhoneB + `","online":false}`},
		{"/passkey", `{"phone":"` + sandboxtest.PhoneB + `","passkey":true}`},
		{"/fault", `{"target":"` + linked["jid"].(string) + `","kind":"slow","latency":"1ms","duration":"1s"}`},
		{"/fault", `{"kind":"connect_failure","reason":402,"code":101,"expire":"1h","count":2}`},
		{"/version", `{"version":"2.3000.9","minVersion":"2.3000.9"}`},
		{"/outage", `{"mode":"http503"}`},
		{"/outage", `{"mode":"none"}`},
	} {
		if status, got := post(t, s, step.path, step.body); status != 200 || got["ok"] != true {
			t.Errorf("%s %s: %d %v", step.path, step.body, status, got)
		}
	}
	for _, path := range []string{"/faults?target=" + sandboxtest.PhoneB, "/faults"} {
		if status, got := controlCall(t, s, "DELETE", path, "", nil); status != 200 || got["ok"] != true {
			t.Errorf("DELETE %s: %d %v", path, status, got)
		}
	}
	if current, minimum := s.Version(); current != [3]uint32{2, 3000, 9} || minimum != current {
		t.Errorf("versions %v %v", current, minimum)
	}
	if _, got := controlCall(t, s, "GET", "/stats", "", nil); got["links"] != 1.0 || got["scans"] != 1.0 {
		t.Errorf("stats: %v", got)
	}
}

func jsonOf(t *testing.T, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestControlScansPictures(t *testing.T) {
	s := sandboxtest.Start(t, withControl)
	container := sandboxtest.OpenStore(t)
	scan := func(send func(picture []byte) (int, map[string]any)) {
		t.Helper()
		c := sandboxtest.NewClient(t, s, container.NewDevice())
		c.MustConnect()
		picture, err := qrcode.Encode(sandboxtest.WaitFor[*events.QR](c, 1).Codes[0], qrcode.Low, 300)
		if err != nil {
			t.Fatal(err)
		}
		if status, got := send(picture); status != 200 {
			t.Fatalf("scan: %d %v", status, got)
		}
		sandboxtest.WaitFor[*events.Connected](c, 1)
	}
	scan(func(picture []byte) (int, map[string]any) {
		return controlCall(t, s, "POST", "/scan?phone="+sandboxtest.PhoneA, "image/png", bytes.NewReader(picture))
	})
	scan(func(picture []byte) (int, map[string]any) {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile("picture", "qr.png")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(picture); err != nil {
			t.Fatal(err)
		}
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
		return controlCall(t, s, "POST", "/scan?phone="+sandboxtest.PhoneA, form.FormDataContentType(), &body)
	})
	status, got := controlCall(t, s, "POST", "/scan?phone="+sandboxtest.PhoneA, "image/png", strings.NewReader("no picture"))
	if status != 400 || got["error"] != "qr_picture" {
		t.Errorf("no picture: %d %v", status, got)
	}
}

func TestControlErrors(t *testing.T) {
	s := sandboxtest.Start(t, withControl)
	for _, test := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"POST", "/phones", `{"number":"12"}`, 400, "phone_number"},
		{"POST", "/phones", `{"number":"` + sandboxtest.PhoneA + `"}`, 409, "phone_exists"},
		{"POST", "/phones", `{"nummer":"12"}`, 400, "bad_request"},
		{"POST", "/phones", `{`, 400, "bad_request"},
		{"POST", "/phones", strings.Repeat(" ", 100_000) + `{}`, 400, "bad_request"},
		{"DELETE", "/phones/" + sandboxtest.PhoneB, ``, 404, "phone_unknown"},
		{"POST", "/scan", `{"phone":"` + sandboxtest.PhoneA + `","qr":"hello"}`, 400, "qr_text"},
		{"POST", "/code", `{"phone":"` + sandboxtest.PhoneA + `","code":"hello"}`, 400, "code_format"},
		{"POST", "/code", `{"phone":"` + sandboxtest.PhoneA + `","code":"ABCD-EFGH"}`, 404, "code_unknown"},
		{"POST", "/passkey/refuse", `{"phone":"` + sandboxtest.PhoneA + `"}`, 404, "passkey_unknown"},
		{"POST", "/unlink", `{"phone":"` + sandboxtest.PhoneB + `"}`, 404, "phone_unknown"},
		{"POST", "/fault", `{"kind":"fire"}`, 400, "fault"},
		{"POST", "/fault", `{"kind":"slow","latency":"soon"}`, 400, "bad_request"},
		{"POST", "/outage", `{"mode":"flood"}`, 400, "outage_mode"},
		{"POST", "/version", `{"version":"two"}`, 400, "bad_request"},
		{"GET", "/scan", ``, 405, "method_not_allowed"},
		{"GET", "/nowhere", ``, 404, "not_found"},
	} {
		status, got := controlCall(t, s, test.method, test.path, "application/json", strings.NewReader(test.body))
		if message, _ := got["message"].(string); status != test.status || got["error"] != test.code || message == "" {
			t.Errorf("%s %s %.40s: %d %v", test.method, test.path, test.body, status, got)
		}
	}
}

// What is not from this machine is refused, whatever it asks for. What that is, the
// program decides (cmd/wadah TestKeylessDoors).
func TestControlIsForThisMachineOnly(t *testing.T) {
	s := sandboxtest.Start(t, withControl)
	for _, method := range []string{"GET", "POST", "DELETE"} {
		for _, path := range []string{"/stats", "/phones", "/nowhere"} {
			request := httptest.NewRequest(method, path, nil)
			request.Header.Set("Forged", "yes")
			answer := httptest.NewRecorder()
			s.ControlHandler().ServeHTTP(answer, request)
			if answer.Code != http.StatusForbidden || !strings.Contains(answer.Body.String(), `"not_local"`) {
				t.Errorf("%s %s: %d %s", method, path, answer.Code, answer.Body)
			}
		}
	}
}

// notForged takes requests for local unless they say otherwise.
func notForged(r *http.Request) bool { return r.Header.Get("Forged") == "" }
