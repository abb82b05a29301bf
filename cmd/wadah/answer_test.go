package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"wadah/session/sandbox/chat"
)

// answers are README's programs that answer everybody, by the first line that names their
// file, and how each is run.
var answers = map[string][]string{
	"answer.sh":  {"sh", "answer.sh"},
	"answer.php": {"php", "answer.php"},
	"answer.mjs": {"node", "answer.mjs"},
	"answer.py":  {"python3", "answer.py"},
	"answer.go":  {"./answer"},
}

// readmeProgram writes one of README's programs into a folder of its own, ready to run.
func readmeProgram(t *testing.T, name string) (dir string) {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```[a-z]+\n((?:<\\?php )?(?:#|//) " + regexp.QuoteMeta(name) + "\n.*?)```").FindSubmatch(readme)
	if block == nil {
		t.Fatalf("README has no %s", name)
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), block[1], 0o600); err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".go") {
		build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", "answer", name)
		build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
	}
	return dir
}

// TestReadmeAnswers runs README's example in every language with a real interpreter, each
// for a device of its own. Programs are killed again and again, and the server, too. The
// phone that wrote has one answer to each message, in order, and WhatsApp has nothing to
// complain about.
func TestReadmeAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := w.serve()
	address := []string{"--listen", strings.TrimPrefix(server.url, "http://")}
	friend := w.newPhone()
	const messages = 10 // fewer than go out at once
	var phones []string
	var programs sync.WaitGroup
	over := make(chan struct{})
	end := sync.OnceFunc(func() { close(over); programs.Wait() })
	t.Cleanup(end)
	for name := range answers {
		dir := readmeProgram(t, name)
		key, phone := w.addDevice(name), w.newPhone()
		if err := w.link(server, key, phone); err != nil {
			t.Fatal(err)
		}
		server.is(key, "CONNECTED", "ready")
		phones = append(phones, phone)
		programs.Go(func() { keepRunning(t, dir, answers[name], server.url, key, over) })
	}
	for i := range messages {
		for _, phone := range phones {
			w.control("send", map[string]any{"phone": friend, "to": phone, "text": fmt.Sprintf("pesan %d", i+1)})
		}
		if i == messages/3 || i == 2*messages/3 {
			server.kill()
			server = w.serve(address...)
		}
	}
	for _, phone := range phones {
		within(t, 3*time.Minute, func() error { return w.answered(friend, phone, messages) }) // five interpreters on a busy machine
	}
	end()
	for _, phone := range phones {
		if err := w.answered(friend, phone, messages); err != nil {
			t.Error(err)
		}
	}
	w.noViolations()
	server.stop()
}

// keepRunning runs a program, kills it after a while, and runs it again, until over. Each
// time it has a little longer: a busy machine may need seconds to begin one.
func keepRunning(t *testing.T, dir string, command []string, server, key string, over <-chan struct{}) {
	for longer := time.Duration(0); ; longer += 250 * time.Millisecond {
		run := exec.Command(command[0], command[1:]...)
		run.Dir, run.Env = dir, append(os.Environ(), "WADAH_URL="+server, "WADAH_API_KEY="+key)
		if err := run.Start(); err != nil {
			t.Errorf("%v: %v", command, err)
			return
		}
		ended := make(chan struct{})
		go func() { defer close(ended); _ = run.Wait() }()
		select {
		case <-ended: // the server was away
			select { // as whoever runs programs waits before the next start
			case <-time.After(200 * time.Millisecond):
			case <-over:
				return
			}
		case <-time.After(500*time.Millisecond + longer + rand.N(1500*time.Millisecond)):
			_ = run.Process.Kill()
			<-ended
		case <-over:
			_ = run.Process.Kill()
			<-ended
			return
		}
	}
}

// answered says what is wrong with the answers that friend has from a phone: one to each
// message, in order.
func (w *world) answered(friend, phone string, messages int) error {
	var all []chat.Message
	query := url.Values{"phone": {friend}, "chat": {phone}, "limit": {"1000"}}
	_, body, err := request(w.t.Context(), http.MethodGet, w.Control+"messages?"+query.Encode(), "", "")
	if err == nil {
		err = json.Unmarshal(body, &all)
	}
	if err != nil {
		return err
	}
	var got, want []string
	for _, m := range all {
		if !m.FromMe {
			got = append(got, m.Text)
		}
	}
	for i := range messages {
		want = append(want, fmt.Sprintf("Anda menulis: pesan %d", i+1))
	}
	if len(got) > 1 && got[0] == want[len(want)-1] { // newest first
		for i, j := 0, len(got)-1; i < j; i, j = i+1, j-1 {
			got[i], got[j] = got[j], got[i]
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		return fmt.Errorf("%s has answered %q", phone, got)
	}
	return nil
}

// noViolations holds that no client did what WhatsApp does not allow.
func (w *world) noViolations() {
	w.t.Helper()
	_, body, err := request(w.t.Context(), http.MethodGet, w.Control+"violations", "", "")
	if err != nil {
		w.t.Fatal(err)
	}
	if text := strings.TrimSpace(string(body)); !strings.Contains(text, `"list":[]`) {
		w.t.Errorf("violations: %s", text)
	}
}
