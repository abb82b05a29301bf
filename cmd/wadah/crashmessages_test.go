package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wadah/models/postgres/pgtest"
	"wadah/session/sandbox/chat"
)

// The program dies at random instants while messages come and go on all devices at once:
// each that was sent to a device is one event, in order, for a program that remembers
// where it was; each that a program sent with a key has its recipient once, in order; and
// WhatsApp has nothing to complain about. WADAH_SEED repeats a run's choices.
func TestKilledWithMessages(t *testing.T) {
	t.Parallel()
	f := newFlow(t)
	f.begin(soak(3, 50))
	f.play(soak(6, 300), (*installation).kill)
}

// The same on PostgreSQL.
func TestKilledWithMessagesOnPostgres(t *testing.T) {
	t.Parallel()
	f := newFlow(t)
	f.pg = pgtest.URL(t)
	f.begin(soak(3, 50))
	f.play(soak(4, 100), (*installation).kill)
}

// The same on PostgreSQL, which dies in the place of the program.
func TestMessagesWhilePostgresIsKilled(t *testing.T) {
	t.Parallel()
	pg := pgtest.Start(t)
	f := newFlow(t)
	f.pg = pg.Database(t)
	f.begin(soak(3, 50))
	f.again = func() *installation {
		pg.Restart(t)
		return f.server
	}
	f.play(soak(3, 60), func(*installation) { pg.Kill(t) })
}

// Eight programs hand over texts to one device at once, each repeating what got no answer,
// while the program dies five times: the recipient has each once, and those of each
// program in order.
func TestKilledWhileEightSend(t *testing.T) {
	t.Parallel()
	f := newFlow(t)
	f.begin(1)
	p, each := f.pairs[0], soak(12, 125)
	var clients sync.WaitGroup
	var accepted atomic.Int64
	for c := range 8 {
		clients.Go(func() {
			again := time.NewTicker(20 * time.Millisecond)
			defer again.Stop()
			for n := range each {
				name := fmt.Sprintf("%d.%d", c, n)
				for f.hand(p, name, name) != nil {
					select {
					case <-again.C:
					case <-t.Context().Done():
						return
					}
				}
				accepted.Add(1)
			}
		})
	}
	for death := range 5 {
		within(t, time.Minute, func() error {
			if n, enough := accepted.Load(), int64(8*each*(death+1)/6); n < enough {
				return fmt.Errorf("%d of %d were taken", n, enough)
			}
			return nil
		})
		f.server.kill()
		f.server = f.again()
	}
	clients.Wait()
	within(t, time.Minute, func() error {
		if err := f.look(p); err != nil || len(p.has) < 8*each {
			return fmt.Errorf("the friend has %d messages, %w", len(p.has), err)
		}
		return nil
	})
	next := make(map[string]int)
	for _, name := range p.has {
		c, n, _ := strings.Cut(name, ".")
		if n != strconv.Itoa(next[c]) {
			t.Fatalf("%s came where %s.%d was due", name, c, next[c])
		}
		next[c]++
	}
	f.noViolations()
	f.server.stop()
}

// flow is an installation with devices that a friend each writes to, and that write back.
type flow struct {
	*world
	t       *testing.T
	random  *rand.Rand
	address []string
	server  *installation
	again   func() *installation // starts what has died
	pairs   []*pair
}

// pair is one device and the phone of its only friend.
type pair struct {
	key, phone, friend string
	written, sent      atomic.Int64 // texts that the friend wrote, and that a program sent
	lock               sync.Mutex
	after              int64
	heard              []string // what the friend wrote, as events tell it
	odd                []string // what else came in
	seen               map[string]bool
	has                []string // what the friend has from the device, oldest first
}

func newFlow(t *testing.T) *flow {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv("WADAH_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("WADAH_SEED=%d", seed)
	f := &flow{world: newWorld(t), t: t, random: rand.New(rand.NewPCG(seed, seed))}
	f.again = func() *installation { return f.serve(f.address...) }
	return f
}

// begin starts the program and links devices.
func (f *flow) begin(devices int) {
	f.t.Helper()
	f.address = []string{"--send-rate", "0", "--key-rate", "0"}
	f.server = f.serve(f.address...)
	f.address = append(f.address, "--listen", strings.TrimPrefix(f.server.url, "http://"))
	for n := range devices {
		p := &pair{key: f.addDevice(fmt.Sprintf("Toko %d", n)), phone: f.newPhone(), friend: f.newPhone()}
		if err := f.link(f.server, p.key, p.phone); err != nil {
			f.t.Fatal(err)
		}
		f.server.is(p.key, "CONNECTED", "ready")
		f.pairs = append(f.pairs, p)
	}
}

// play lets messages flow while the program dies again and again.
func (f *flow) play(rounds int, die func(*installation)) {
	f.t.Helper()
	over := make(chan struct{})
	var all sync.WaitGroup
	end := sync.OnceFunc(func() { close(over); all.Wait() })
	f.t.Cleanup(end)
	for _, p := range f.pairs {
		all.Go(func() { f.until(over, func(n int64) error { return f.write(p, n) }, &p.written) })
		all.Go(func() { f.until(over, func(n int64) error { return f.send(p, n) }, &p.sent) })
		all.Go(func() { f.until(over, func(int64) error { return f.read(p) }, new(atomic.Int64)) })
		all.Go(func() { f.until(over, func(int64) error { return f.look(p) }, new(atomic.Int64)) })
	}
	for round := range rounds {
		<-time.After(time.Duration(f.random.Float64() * float64(900*time.Millisecond)))
		die(f.server)
		f.server = f.again()
		if f.t.Failed() {
			f.t.Fatalf("round %d", round)
		}
	}
	end()
	f.arrived()
	if f.server.stop(); f.t.Failed() {
		return
	}
	var written, sent int64
	for _, p := range f.pairs {
		written, sent = written+p.written.Load(), sent+p.sent.Load()
	}
	f.t.Logf("%d deaths, %d messages in, %d out", rounds, written, sent)
}

// until does something again and again, and counts how often it was done. What could not
// be done is tried again.
func (f *flow) until(over <-chan struct{}, do func(n int64) error, done *atomic.Int64) {
	tick := time.NewTicker(time.Duration(len(f.pairs)) * 5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		if do(done.Load()+1) == nil {
			done.Add(1)
		}
	}
}

// ahead is how many texts the friend writes that have not been read yet: a program that is
// dead most of the time cannot keep up with more.
const ahead = 200

var errAhead = errors.New("the friend waits for the reader")

// write lets the friend write the next text.
func (f *flow) write(p *pair, n int64) error {
	p.lock.Lock()
	waits := n > int64(len(p.heard)+ahead)
	p.lock.Unlock()
	if waits {
		return errAhead
	}
	return f.tryControl("send", map[string]any{"phone": p.friend, "to": p.phone, "text": fmt.Sprintf("masuk %d", n)})
}

// send sends the next text.
func (f *flow) send(p *pair, n int64) error {
	return f.hand(p, fmt.Sprintf("keluar %d", n), strconv.FormatInt(n, 10))
}

// hand hands over a text to the friend, as a program does that repeats what got no answer.
func (f *flow) hand(p *pair, text, key string) error {
	form := url.Values{"apiKey": {p.key}, "phone": {p.friend}, "message": {text}, "queue": {"1"}, "idempotency_key": {key}}
	status, body, err := request(f.t.Context(), http.MethodPost, "http://"+f.address[len(f.address)-1]+"/api/sendMessage",
		"application/x-www-form-urlencoded", form.Encode())
	switch {
	case err != nil:
		return err
	case status == http.StatusOK, status == http.StatusGatewayTimeout: // that one is still sent
		return nil
	case status < http.StatusInternalServerError:
		f.t.Errorf("sendMessage: %d %s", status, body)
	}
	return fmt.Errorf("%d", status)
}

// read reads on as a program that remembers where it was.
func (f *flow) read(p *pair) error {
	p.lock.Lock()
	defer p.lock.Unlock()
	status, body, err := request(f.t.Context(), http.MethodGet,
		fmt.Sprintf("http://%s/api/getEvents?wait=0&limit=100&after=%d&apiKey=%s", f.address[len(f.address)-1], p.after, p.key), "", "")
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("getEvents: %d, %w", status, err)
	}
	var answer struct {
		Results []struct {
			Seq  int64
			Type string
			Data struct {
				Text   string
				Kind   string
				FromMe bool `json:"from_me"`
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	for _, e := range answer.Results {
		p.after = e.Seq
		switch {
		case !strings.HasPrefix(e.Type, "message") || e.Type == "message_status" || e.Data.FromMe:
		case e.Type == "message" && strings.HasPrefix(e.Data.Text, "masuk "):
			p.heard = append(p.heard, e.Data.Text)
		default:
			p.odd = append(p.odd, fmt.Sprintf("%d: %s %s %q", e.Seq, e.Type, e.Data.Kind, e.Data.Text))
		}
	}
	return nil
}

// arrived waits until everything has arrived, and insists on that it has once, in order.
func (f *flow) arrived() {
	f.t.Helper()
	defer func() {
		if f.t.Failed() {
			f.tell()
		}
	}()
	for _, p := range f.pairs {
		in, out := numbered("masuk", p.written.Load()), numbered("keluar", p.sent.Load())
		within(f.t, time.Minute, func() error {
			if err := f.read(p); err != nil {
				return err
			}
			if len(p.heard) < len(in) {
				return fmt.Errorf("%d of %d messages are events", len(p.heard), len(in))
			}
			if err := f.look(p); err != nil || len(p.has) < len(out) {
				return fmt.Errorf("the friend has %d of %d messages, %w", len(p.has), len(out), err)
			}
			return nil
		})
		// One may have been written, or sent, in the moment in which the flow was ended.
		if got := p.heard; !slices.Equal(got[:min(len(in), len(got))], in) || len(got) > len(in)+1 {
			f.t.Errorf("events tell %q", got)
		}
		if got := p.has; !slices.Equal(got[:min(len(out), len(got))], out) || len(got) > len(out)+1 {
			f.t.Errorf("the friend has %q", got)
		}
	}
	f.noViolations()
}

// tell logs where the messages are.
func (f *flow) tell() {
	for _, p := range f.pairs {
		f.t.Logf("%s: the friend wrote %d and %d are events; %d were sent and it has %d, the last %q",
			p.phone, p.written.Load(), len(p.heard), p.sent.Load(), len(p.has), p.has[max(0, len(p.has)-3):])
		for n, text := range numbered("masuk", int64(len(p.heard))) {
			if p.heard[n] != text {
				f.t.Logf("%s: %q is told where %q was due", p.phone, p.heard[n], text)
				break
			}
		}
		f.t.Logf("%s: also %q", p.phone, p.odd[max(0, len(p.odd)-20):])
	}
	_, body, err := request(context.Background(), http.MethodGet, f.Control+"violations", "", "")
	f.t.Logf("violations: %.2000s (%v)", body, err)
}

func numbered(word string, n int64) (texts []string) {
	for i := range n {
		texts = append(texts, fmt.Sprintf("%s %d", word, i+1))
	}
	return texts
}

// look takes up what the friend has got since. A phone keeps the newest 1,000 messages of a
// chat, as they came.
func (f *flow) look(p *pair) error {
	var all []chat.Message
	query := url.Values{"phone": {p.friend}, "chat": {p.phone}, "limit": {"1000"}}
	_, body, err := request(f.t.Context(), http.MethodGet, f.Control+"messages?"+query.Encode(), "", "")
	if err == nil {
		err = json.Unmarshal(body, &all)
	}
	if err != nil {
		return err
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.seen == nil {
		p.seen = make(map[string]bool)
	}
	for _, m := range all {
		if !m.FromMe && !p.seen[m.ID] {
			p.seen[m.ID] = true
			p.has = append(p.has, m.Text)
		}
	}
	return nil
}
