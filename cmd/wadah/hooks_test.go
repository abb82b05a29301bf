package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hookPrograms are README's receivers of webhooks, and how each is run on a port.
func hookPrograms(port string) map[string][]string {
	return map[string][]string{
		"hook.php":  {"php", "-S", "127.0.0.1:" + port, "hook.php"},
		"hook.mjs":  {"node", "hook.mjs"},
		"hook.py":   {"python3", "hook.py"},
		"hook.go":   {"./answer"},
		"Hook.java": {"java", "Hook.java"},
	}
}

// addHook makes a webhook and returns its secret.
func (i *installation) addHook(key, address string) string {
	i.t.Helper()
	form := url.Values{"url": {address}, "events": {"message"}, "apiKey": {key}}
	status, body, err := request(i.t.Context(), http.MethodGet, i.url+"/api/addWebhook?"+form.Encode(), "", "")
	if err != nil || status != http.StatusOK {
		i.t.Fatalf("addWebhook: %d %s (%v)", status, body, err)
	}
	return decode[struct{ Results struct{ Secret string } }](i.t, body).Results.Secret
}

// TestReadmeHooks runs README's receiver in every language with a real interpreter: each
// refuses what is forged, and those that answer answer every message, in order.
func TestReadmeHooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := w.serve("--webhook-allow", "127.0.0.0/8")
	friend := w.newPhone()
	const messages = 3
	for name := range hookPrograms("") {
		t.Run(name, func(t *testing.T) {
			dir := readmeProgram(t, name)
			key, phone := w.addDevice(name), w.newPhone()
			if err := w.link(server, key, phone); err != nil {
				t.Fatal(err)
			}
			server.is(key, "CONNECTED", "ready")
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			address := l.Addr().String()
			_ = l.Close()
			_, port, _ := strings.Cut(address, ":")
			secret := server.addHook(key, "http://"+address+"/")
			command := hookPrograms(port)[name]
			run := exec.CommandContext(t.Context(), command[0], command[1:]...)
			var out bytes.Buffer
			run.Dir, run.Stdout = dir, &out
			run.Env = append(os.Environ(), "WADAH_URL="+server.url, "WADAH_API_KEY="+key, "WEBHOOK_SECRET="+secret, "PORT="+port)
			if err := run.Start(); err != nil {
				t.Fatal(err)
			}
			stop := func() { _ = run.Process.Kill(); _ = run.Wait() }
			defer stop()
			within(t, time.Minute, func() error {
				res, err := http.Post("http://"+address+"/", "application/json", strings.NewReader(`{"type":"message"}`))
				if err != nil {
					return err
				}
				defer res.Body.Close()
				if res.StatusCode != http.StatusUnauthorized {
					t.Fatalf("a forged post was answered %d", res.StatusCode)
				}
				return nil
			})
			for i := range messages {
				w.control("send", map[string]any{"phone": friend, "to": phone, "text": fmt.Sprintf("pesan %d", i+1)})
			}
			if name == "Hook.java" {
				within(t, time.Minute, func() error {
					status, body, err := request(t.Context(), http.MethodGet, server.url+"/api/listWebhook?apiKey="+key, "", "")
					if err == nil && (status != http.StatusOK || !strings.Contains(string(body), `"last_success":"2`)) {
						err = fmt.Errorf("%d %s", status, body)
					}
					return err
				})
				return
			}
			within(t, time.Minute, func() error { return w.answered(friend, phone, messages) })
		})
	}
	w.noViolations()
	server.stop()
}

// TestReadmeVerifies has README's lines of shell tell what is genuine from what is forged.
func TestReadmeVerifies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := w.serve("--webhook-allow", "127.0.0.0/8")
	type post struct {
		header http.Header
		body   []byte
	}
	got := make(chan post, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- post{r.Header, body}
	}))
	defer receiver.Close()
	key := w.addDevice("Toko")
	secret := server.addHook(key, receiver.URL)
	list := decode[struct{ Results []struct{ ID string } }](t, server.body("listWebhook", key))
	server.body("testWebhook?id="+list.Results[0].ID, key)
	p := <-got
	dir := readmeProgram(t, "verify.sh")
	verify := func(body []byte) string {
		if err := os.WriteFile(filepath.Join(dir, "body.json"), body, 0o600); err != nil {
			t.Fatal(err)
		}
		run := exec.CommandContext(t.Context(), "sh", "verify.sh")
		run.Dir = dir
		run.Env = append(os.Environ(), "WEBHOOK_SECRET="+secret, "WEBHOOK_ID="+p.header.Get("Webhook-Id"),
			"WEBHOOK_TIMESTAMP="+p.header.Get("Webhook-Timestamp"), "WEBHOOK_SIGNATURE="+p.header.Get("Webhook-Signature"))
		out, _ := run.CombinedOutput()
		return strings.TrimSpace(string(out))
	}
	if said := verify(p.body); said != "genuine" {
		t.Errorf("ours is %q (%x)", said, sha256.Sum256(p.body))
	}
	if said := verify(append(p.body, ' ')); said != "forged" {
		t.Errorf("a changed one is %q", said)
	}
	if !json.Valid(p.body) {
		t.Errorf("posted %s", p.body)
	}
	server.stop()
}

// body is what a call with a key answered.
func (i *installation) body(call, key string) []byte {
	i.t.Helper()
	r, err := http.NewRequestWithContext(i.t.Context(), http.MethodGet, i.url+"/api/"+call, nil)
	if err != nil {
		i.t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", key)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		i.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		i.t.Fatalf("%s: %d %s (%v)", call, res.StatusCode, body, err)
	}
	return body
}
