package webhook_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/models"
)

// program runs a receiver of testdata/verify until the test ends.
func program(t *testing.T, out bool, env []string, command ...string) *bufio.Scanner {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir, cmd.Env = "testdata/verify", append(os.Environ(), env...)
	var lines *bufio.Scanner
	if out {
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		lines = bufio.NewScanner(pipe)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return lines
}

// TestNodeReceiver has a program in Node verify what is sent with the npm package
// standardwebhooks, before a secret is changed, while both count, and not after.
func TestNodeReceiver(t *testing.T) {
	r := newRig(t)
	endpoint := r.endpoint("http://127.0.0.1:9/")
	lines := program(t, true, []string{"WEBHOOK_SECRET=" + endpoint.Secrets[0]}, "node", "receiver.mjs")
	if !lines.Scan() {
		t.Fatal("it does not listen")
	}
	r.edit(endpoint, func(c *models.EndpointChoices) { c.URL = "http://127.0.0.1:" + lines.Text() + "/" })
	r.run(r.Store, loopback)
	hears := func(words string) {
		t.Helper()
		if !lines.Scan() || !strings.Contains(lines.Text(), `"text":"`+words+`"`) {
			t.Errorf("it heard %s, not %s", lines.Text(), words)
		}
	}
	r.say("111", "satu")
	hears("satu")
	if _, err := r.RotateEndpointSecret(t.Context(), r.device, endpoint.ID, time.Hour); err != nil {
		t.Fatal(err)
	}
	r.say("111", "dua") // it still knows the old one
	hears("dua")
	r.ahead.Store(int64(2 * time.Hour))
	r.say("111", "tiga")
	if a := r.attempt(endpoint); a.Status != http.StatusUnauthorized {
		t.Errorf("after the overlap: %+v", a)
	}
}

// attempt waits for the first failed try of an endpoint, and is the last of that delivery.
func (r *rig) attempt(e models.Endpoint) (last models.Attempt) {
	r.t.Helper()
	r.until(func() bool {
		list, err := r.Deliveries(r.t.Context(), models.DeliveryFilter{EndpointID: e.ID, Limit: 50})
		if err != nil {
			r.t.Fatal(err)
		}
		i := slices.IndexFunc(list, func(d models.Delivery) bool { return d.Tries > 0 && d.State != models.DeliveryDone })
		if i < 0 {
			return false
		}
		attempts, err := r.Attempts(r.t.Context(), list[i])
		if err != nil {
			r.t.Fatal(err)
		}
		last = attempts[len(attempts)-1]
		return true
	})
	return last
}

func (r *rig) edit(e models.Endpoint, change func(c *models.EndpointChoices)) {
	r.t.Helper()
	_, err := r.EditEndpoint(r.t.Context(), r.device, e.ID, func(c *models.EndpointChoices, _ *bool) error { change(c); return nil })
	if err != nil {
		r.t.Fatal(err)
	}
}

// TestPHPReceiver has a program in PHP, as shops have them, verify what is sent.
func TestPHPReceiver(t *testing.T) {
	r := newRig(t)
	endpoint := r.endpoint("http://127.0.0.1:9/")
	port := freePort(t)
	out := filepath.Join(t.TempDir(), "heard")
	program(t, false, []string{"WEBHOOK_SECRET=" + endpoint.Secrets[0], "WEBHOOK_OUT=" + out}, "php", "-S", fmt.Sprint("127.0.0.1:", port), "receiver.php")
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for { // until it listens
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			break
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
	r.edit(endpoint, func(c *models.EndpointChoices) { c.URL = "http://" + address + "/" })
	r.run(r.Store, loopback)
	for i := range 10 {
		r.say("111", fmt.Sprint("pesan ", i))
	}
	var lines []string
	r.until(func() bool {
		heard, _ := os.ReadFile(out)
		lines = strings.Split(strings.TrimSpace(string(heard)), "\n")
		return len(lines) == 10
	})
	for i, line := range lines {
		if !strings.Contains(line, fmt.Sprintf(`"text":"pesan %d"`, i)) {
			t.Errorf("%d: %s", i, line)
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
