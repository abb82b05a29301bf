package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// attackRounds is how often each attack is made; together that is some thousand
// requests.
const attackRounds = 15

// Strangers do their worst while an honest client polls getState: every one of its
// answers is correct, and afterwards the server is as it was.
func TestHostileClients(t *testing.T) {
	w := newWorld(t)
	// The attackers share the honest client's address, so its limit is lifted: what is
	// shown here has to hold without it.
	server := w.serve("--address-rate", "0")
	key := w.addDevice("Kasir")
	victim := w.addDevice("Korban")
	phone := w.newPhone()
	if err := w.link(server, key, phone); err != nil {
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")
	host := strings.TrimPrefix(server.url, "http://")

	polls, stop := pollHonestly(t, server, key)
	attack := &attacker{t: t, host: host, key: victim}
	var all sync.WaitGroup
	for name, do := range attack.attacks() {
		all.Go(func() {
			for n := range attackRounds {
				if err := do(n); err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
			}
		})
	}
	all.Wait()
	seen := polls()
	eventually(t, func() error { // while the slow ones still hang on
		if polls() < seen+20 {
			return errors.New("getState is not answered any more")
		}
		return nil
	})
	stop()
	attack.leave()
	if sent := attack.sent.Load(); sent < 2000 {
		t.Errorf("only %d hostile requests were made", sent)
	}
	server.is(key, "CONNECTED", "ready")
	server.is(victim, "SERVICE_OFF", "never_started") // nothing was changed
	server.stop()
}

// pollHonestly asks getState until stop is called; polls is how many correct answers
// there were.
func pollHonestly(t *testing.T, server *installation, key string) (polls func() int64, stop func()) {
	t.Helper()
	var answered atomic.Int64
	quit := make(chan struct{})
	var polling sync.WaitGroup
	client := &http.Client{Timeout: 30 * time.Second} // far beyond what an answer takes
	polling.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			res, err := client.Get(server.url + "/api/getState?apiKey=" + key)
			if err != nil {
				t.Errorf("an honest getState: %v", err)
				return
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || res.StatusCode != http.StatusOK || string(body) != `{"code":200,"results":{"state":"CONNECTED"}}` {
				t.Errorf("an honest getState is answered %d %s, %v", res.StatusCode, body, err)
				return
			}
			answered.Add(1)
		}
	})
	return answered.Load, func() { close(quit); polling.Wait() }
}

// attacker keeps the connections of attacks that go on.
type attacker struct {
	t    *testing.T
	host string
	key  string // a valid key, for attacks behind the first door
	sent atomic.Int64

	mu   sync.Mutex
	open []net.Conn
}

// attacks are the ways to be a nuisance. Each returns an error only when the server
// behaves badly: it may answer with a refusal or hang up.
func (a *attacker) attacks() map[string]func(n int) error {
	return map[string]func(n int) error{
		"malformed requests": a.malformed, "pipelined requests": a.pipelined, "oversized heads": a.bigHead,
		"oversized bodies": a.bigBody, "bodies that never end": a.endlessBody, "slow heads": a.slowHead,
		"streams nobody reads": a.deafStream, "requests given up": a.givenUp, "wrong keys": a.wrongKeys,
	}
}

func (a *attacker) dial() (net.Conn, error) {
	conn, err := net.Dial("tcp", a.host)
	if err != nil {
		return nil, fmt.Errorf("the server takes no connections: %w", err)
	}
	return conn, conn.SetDeadline(time.Now().Add(patience))
}

// keep leaves a connection open until the end.
func (a *attacker) keep(conn net.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open = append(a.open, conn)
}

func (a *attacker) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, conn := range a.open {
		conn.Close()
	}
}

// breakOff sends bytes, says that no more will come, and returns what comes back.
func (a *attacker) breakOff(request []byte) ([]byte, error) {
	return a.talk(request, 1, func(conn net.Conn) { _ = conn.(*net.TCPConn).CloseWrite() })
}

// say sends bytes and returns what comes back before the server hangs up.
func (a *attacker) say(request []byte, requests int) ([]byte, error) {
	return a.talk(request, requests, func(net.Conn) {})
}

// talk sends bytes; a server that hangs up while it is still being written to is fine.
func (a *attacker) talk(request []byte, requests int, then func(net.Conn)) ([]byte, error) {
	conn, err := a.dial()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	a.sent.Add(int64(requests))
	_, _ = conn.Write(request)
	then(conn)
	answer, err := io.ReadAll(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return answer, errors.New("the server neither answers nor hangs up")
	}
	return answer, nil
}

func (a *attacker) malformed(n int) error {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	noise := make([]byte, 300)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	for _, request := range []string{
		string(noise), "GET\r\n\r\n", "GET /api/getState HTTP/9.9\r\n\r\n", "GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /api/getState HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"POST /api/getState HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST /api/getState HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
		"POST /api/getState HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n{\"a\"",
		"POST /signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\n%zz",
	} {
		answer, err := a.breakOff([]byte(request))
		if err != nil {
			return err
		}
		if bytes.Contains(answer, []byte("HTTP/1.1 5")) && !bytes.Contains(answer, []byte("505 ")) && !bytes.Contains(answer, []byte("501 ")) {
			return fmt.Errorf("%.60q is answered %.120q", request, answer)
		}
	}
	return nil
}

func (a *attacker) pipelined(int) error {
	const requests = 100
	one := "GET /api/getState?apiKey=" + strings.Repeat("0", 32) + " HTTP/1.1\r\nHost: " + a.host + "\r\n"
	last := one + "Connection: close\r\n\r\n"
	answer, err := a.say([]byte(strings.Repeat(one+"\r\n", requests-1)+last), requests)
	if got := bytes.Count(answer, []byte("HTTP/1.1 401 ")); err == nil && got != requests {
		err = fmt.Errorf("%d of %d pipelined requests were answered", got, requests)
	}
	return err
}

func (a *attacker) bigHead(int) error {
	answer, err := a.say([]byte("GET /api/getState HTTP/1.1\r\nHost: x\r\nX-Big: "+strings.Repeat("x", 200<<10)+"\r\n\r\n"), 1)
	if err == nil && len(answer) > 0 && !bytes.HasPrefix(answer, []byte("HTTP/1.1 431 ")) {
		err = fmt.Errorf("answered %.80q", answer)
	}
	return err
}

func (a *attacker) bigBody(int) error {
	body := strings.Repeat("x", 3<<20)
	head := fmt.Sprintf("POST /api/getState HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", len(body))
	answer, err := a.say([]byte(head+body), 1)
	if err == nil && len(answer) > 0 && !bytes.HasPrefix(answer, []byte("HTTP/1.1 413 ")) {
		err = fmt.Errorf("answered %.80q", answer)
	}
	return err
}

// endlessBody sends a chunked body without an end as fast as it is taken.
func (a *attacker) endlessBody(int) error {
	conn, err := a.dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	a.sent.Add(1)
	out := bufio.NewWriter(conn)
	_, _ = out.WriteString("POST /api/getState HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
	chunk := "1000\r\n" + strings.Repeat("x", 0x1000) + "\r\n"
	for range 64 << 10 { // 256 MB, which no server should take
		if _, err := out.WriteString(chunk); err != nil {
			return nil // it has hung up
		}
	}
	return errors.New("the server took a quarter of a gigabyte")
}

// slowHead begins a request and never goes on.
func (a *attacker) slowHead(n int) error {
	conn, err := a.dial()
	if err != nil {
		return err
	}
	a.keep(conn)
	a.sent.Add(1)
	text := "GET /api/getState HTTP/1.1\r\nHost: x\r\nX-Slow: "
	if n%2 == 0 {
		text = "POST /api/getState HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\napiKey="
	}
	_, err = io.WriteString(conn, text)
	return err
}

// deafStream opens an event stream and never reads from it.
func (a *attacker) deafStream(int) error {
	conn, err := a.dial()
	if err != nil {
		return err
	}
	a.keep(conn)
	a.sent.Add(1)
	_, err = io.WriteString(conn, "GET /api/events?apiKey="+a.key+" HTTP/1.1\r\nHost: "+a.host+"\r\n\r\n")
	return err
}

// givenUp asks and hangs up without waiting for the answer.
func (a *attacker) givenUp(int) error {
	for range 20 {
		conn, err := a.dial()
		if err != nil {
			return err
		}
		a.sent.Add(1)
		_, err = io.WriteString(conn, "GET /signin HTTP/1.1\r\nHost: x\r\n\r\n")
		if err := errors.Join(err, conn.Close()); err != nil {
			return err
		}
	}
	return nil
}

// wrongKeys guesses keys; each guess is answered alike.
func (a *attacker) wrongKeys(n int) error {
	for guess := range 10 {
		key := fmt.Sprintf("%032x", n*10+guess)
		answer, err := a.say([]byte("GET /api/getState?apiKey="+key+" HTTP/1.1\r\nHost: "+a.host+"\r\nConnection: close\r\n\r\n"), 1)
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(answer, []byte("HTTP/1.1 401 ")) {
			return fmt.Errorf("a guessed key is answered %.80q", answer)
		}
	}
	return nil
}
