package webhook_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wadah/models"
	"wadah/session/webhook"
)

// hostile are receivers as they are out there while something is wrong with them. Each is
// well again when healed is true.
var hostile = map[string]func(t *testing.T, healed *atomic.Bool, well http.Handler, guard *webhook.Guard) string{
	"resets": func(t *testing.T, healed *atomic.Bool, well http.Handler, _ *webhook.Guard) string {
		return answers(t, healed, well, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = conn.(*net.TCPConn).SetLinger(0)
				_ = conn.Close()
			}
		})
	},
	"redirects": func(t *testing.T, healed *atomic.Bool, well http.Handler, _ *webhook.Guard) string {
		trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
		t.Cleanup(trap.Close)
		return answers(t, healed, well, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, trap.URL, http.StatusPermanentRedirect)
		})
	},
	"not modified": status(http.StatusNotModified),
	"401":          status(http.StatusUnauthorized),
	"404":          status(http.StatusNotFound),
	"500":          status(http.StatusInternalServerError),
	"503":          status(http.StatusServiceUnavailable),
	"busy": func(t *testing.T, healed *atomic.Bool, well http.Handler, _ *webhook.Guard) string {
		return answers(t, healed, well, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
		})
	},
	"cut off": func(t *testing.T, healed *atomic.Bool, well http.Handler, _ *webhook.Guard) string { // 200, and then the line dies within the body
		return answers(t, healed, well, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "{")
		})
	},
	"no HTTP": func(t *testing.T, healed *atomic.Bool, well http.Handler, _ *webhook.Guard) string {
		return answers(t, healed, well, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.9\r\n")
				_ = conn.Close()
			}
		})
	},
	"hangs": func(t *testing.T, healed *atomic.Bool, well http.Handler, guard *webhook.Guard) string {
		guard.Patience = time.Second // how long it is otherwise is for TestSlowReceivers
		return answers(t, healed, well, hang)
	},
	"drips": func(t *testing.T, healed *atomic.Bool, well http.Handler, guard *webhook.Guard) string {
		guard.Patience = time.Second // how long it is otherwise is for TestSlowReceivers
		return answers(t, healed, well, drip)
	},
	"certificate has expired": func(t *testing.T, healed *atomic.Bool, well http.Handler, guard *webhook.Guard) string {
		fresh, expired := certificate(t, time.Now().Add(time.Hour), guard), certificate(t, time.Now().Add(-time.Hour), guard)
		s := httptest.NewUnstartedServer(well)
		s.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			if healed.Load() {
				return &tls.Config{Certificates: []tls.Certificate{fresh}}, nil
			}
			return &tls.Config{Certificates: []tls.Certificate{expired}}, nil
		}}
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	},
	// Its name leads to a public address when it is saved, and into a private network when it is dialled.
	"name turns private": func(t *testing.T, healed *atomic.Bool, well http.Handler, guard *webhook.Guard) string {
		s := httptest.NewServer(well)
		t.Cleanup(s.Close)
		guard.Resolver = resolver(t, func() netip.Addr {
			if healed.Load() {
				return netip.MustParseAddr("127.0.0.1") // which is allowed here
			}
			return netip.MustParseAddr("169.254.169.254")
		})
		return strings.Replace(s.URL, "127.0.0.1", "toko.example", 1)
	},
}

// resolver knows of every name what address says at that moment.
func resolver(t *testing.T, address func() netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-over })
	go func() {
		defer close(over)
		for question := make([]byte, 512); ; {
			n, from, err := conn.ReadFrom(question)
			if err != nil {
				return // closed
			}
			end := 12 // of the header; after it the name, its type and its class
			for end < n && question[end] != 0 {
				end += int(question[end]) + 1
			}
			if end+5 > n {
				t.Errorf("no question: %x", question[:n])
				return
			}
			isA := question[end+2] == 1
			answer := slices.Concat(question[:2], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[12:end+5])
			if isA {
				answer[7] = 1
				answer = slices.Concat(answer, []byte{0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4}, address().AsSlice())
			}
			if _, err := conn.WriteTo(answer, from); err != nil {
				return
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// hang takes a body and never answers.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// drip answers 200 and a byte five times a second, without end.
func drip(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	drops := time.NewTicker(200 * time.Millisecond)
	defer drops.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-drops.C:
			_, _ = io.WriteString(w, ".")
			_ = http.NewResponseController(w).Flush()
		}
	}
}

// certificate is one of 127.0.0.1 until then, by an authority that the guard trusts from now on.
func certificate(t *testing.T, until time.Time, guard *webhook.Guard) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "toko"}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if guard.Roots == nil {
		guard.Roots = x509.NewCertPool()
	}
	guard.Roots.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func status(code int) func(t *testing.T, healed *atomic.Bool, well http.Handler, guard *webhook.Guard) string {
	return func(t *testing.T, healed *atomic.Bool, well http.Handler, _ *webhook.Guard) string {
		return answers(t, healed, well, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
}

// answers is a receiver that is ill until it is healed.
func answers(t *testing.T, healed *atomic.Bool, well http.Handler, ill http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if healed.Load() {
			well.ServeHTTP(w, r)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		ill(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// diary is what a receiver got that was well, in the order in which it came.
type diary struct {
	mu    sync.Mutex
	words []string
	ids   map[string]string
}

func (d *diary) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	_, rest, _ := strings.Cut(string(b), `"text":"`)
	words, _, _ := strings.Cut(rest, `"`)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ids == nil {
		d.ids = make(map[string]string)
	}
	id := r.Header.Get("Webhook-Id")
	if _, again := d.ids[id]; !again {
		d.words = append(d.words, words)
	}
	d.ids[id] = words
	w.WriteHeader(http.StatusNoContent)
}

func (d *diary) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.words)
}

// TestHostileReceivers sends to each of them one message, many at once, and many with a
// restart of the program in between, beside a receiver that is well: that one gets everything at once,
// and when the other is well again, it gets everything, too, each chat in its order.
func TestHostileReceivers(t *testing.T) {
	for name, start := range hostile {
		for how, messages := range map[string]int{"single": 1, "burst": 12, "restart": 13} {
			t.Run(name+"/"+how, func(t *testing.T) {
				t.Parallel()
				r := newRig(t)
				var healed atomic.Bool
				var ill, well diary
				good := httptest.NewServer(&well)
				t.Cleanup(good.Close)
				guard := loopback
				bad := r.endpoint(start(t, &healed, &ill, &guard))
				r.endpoint(good.URL)
				stop := r.run(r.Store, guard)
				for i := range messages {
					r.say(fmt.Sprint(100+i%3), fmt.Sprintf("%d %d", i%3, i))
				}
				r.until(func() bool { return len(well.all()) == messages })
				if a := r.attempt(bad); a.Status >= 200 && a.Status < 300 && a.Error == "" || a.Status == 0 && a.Error == "" {
					t.Errorf("it counted as delivered: %+v", a)
				}
				if how == "restart" {
					stop()
				}
				healed.Store(true)
				if how == "restart" {
					r.run(r.Store, guard)
				}
				r.until(func() bool { r.ahead.Add(int64(time.Hour)); return len(ill.all()) == messages })
				ordered(t, ill.all())
				ordered(t, well.all())
			})
		}
	}
}

func ordered(t *testing.T, words []string) {
	t.Helper()
	last := map[int]int{}
	for _, w := range words {
		var chat, i int
		if _, err := fmt.Sscanf(w, "%d %d", &chat, &i); err != nil {
			t.Fatal(err)
		}
		if before, seen := last[chat]; seen && before > i {
			t.Errorf("chat %d: %d after %d", chat, i, before)
		}
		last[chat] = i
	}
}

// until waits for a condition.
func (r *rig) until(met func() bool) {
	r.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(60 * time.Second); !met(); {
		select {
		case <-tick.C:
		case <-late:
			r.t.Fatal("it never came to that")
		}
	}
}

// TestSlowReceivers has receivers hang and drip: each try of them ends in time, and nobody
// else waits for it.
func TestSlowReceivers(t *testing.T) {
	for name, slow := range map[string]http.HandlerFunc{"hangs": hang, "drips": drip} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			var well diary
			good, bad := httptest.NewServer(&well), httptest.NewServer(slow)
			t.Cleanup(good.Close)
			t.Cleanup(bad.Close)
			endpoint := r.endpoint(bad.URL)
			r.endpoint(good.URL)
			r.run(r.Store, loopback)
			for i := range 20 {
				r.say(fmt.Sprint(i), fmt.Sprintf("%d %d", i, i))
			}
			r.until(func() bool { return len(well.all()) == 20 })
			r.until(func() bool {
				list, err := r.Deliveries(t.Context(), models.DeliveryFilter{EndpointID: endpoint.ID, Limit: 20})
				return err == nil && slices.ContainsFunc(list, func(d models.Delivery) bool { return d.Tries > 0 })
			})
			list, err := r.Deliveries(t.Context(), models.DeliveryFilter{EndpointID: endpoint.ID, Limit: 20})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range list {
				attempts, err := r.Attempts(t.Context(), d)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range attempts {
					if d.State == models.DeliveryDone || a.Took > webhook.Patience+5*time.Second {
						t.Errorf("%+v took %v", d, a.Took)
					}
				}
			}
		})
	}
}

// TestMuchAnswered has a receiver answer 200 with a hundred megabytes of garbage: it has got
// the event, and what is kept of the answer is small.
func TestMuchAnswered(t *testing.T) {
	r := newRig(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		garbage := []byte(strings.Repeat("\x00\xff<script>", 10_000))
		for range 1000 {
			if _, err := w.Write(garbage); err != nil {
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	endpoint := r.endpoint(s.URL)
	r.run(r.Store, loopback)
	r.say("111", "halo")
	var list []models.Delivery
	r.until(func() bool {
		var err error
		list, err = r.Deliveries(t.Context(), models.DeliveryFilter{EndpointID: endpoint.ID, State: models.DeliveryDone, Limit: 1})
		return err == nil && len(list) == 1
	})
	attempts, err := r.Attempts(t.Context(), list[0])
	if err != nil || len(attempts) != 1 || len(attempts[0].Answer) != 2<<10 || len(attempts[0].Sent) == 0 {
		t.Errorf("%d tries (%v)", len(attempts), err)
	}
}

// TestExpiredCertificate refuses a receiver whose certificate has expired, and one of an
// authority that nobody knows, also where its name and address are right.
func TestExpiredCertificate(t *testing.T) {
	for name, until := range map[string]time.Time{"expired": time.Now().Add(-time.Hour), "fine": time.Now().Add(time.Hour)} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			guard := loopback
			var got diary
			s := httptest.NewUnstartedServer(&got)
			s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t, until, &guard)}}
			s.StartTLS()
			t.Cleanup(s.Close)
			endpoint := r.endpoint(s.URL)
			r.run(r.Store, guard)
			r.say("111", "1 1")
			if name == "fine" {
				r.until(func() bool { return len(got.all()) == 1 })
				return
			}
			if a := r.attempt(endpoint); !strings.Contains(a.Error, "expired") || len(got.all()) > 0 {
				t.Errorf("%+v", a)
			}
		})
	}
}

// TestUnlovedTypes sends to a receiver that answers 500 to what it does not know: it loses
// nothing else, nothing else waits, and it does not count as broken.
func TestUnlovedTypes(t *testing.T) {
	r := newRig(t)
	var got diary
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		b, _ := io.ReadAll(q.Body)
		if !strings.Contains(string(b), `"type":"message"`) {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		q.Body = io.NopCloser(strings.NewReader(string(b)))
		got.ServeHTTP(w, q)
	}))
	t.Cleanup(s.Close)
	endpoint := r.endpoint(s.URL)
	r.run(r.Store, loopback)
	r.say("111", "0 0")
	r.until(func() bool { return len(got.all()) == 1 })
	for i := range 30 { // more than the breaker bears
		r.state("PAIRING", "CONNECTED")
		r.react("111")
		r.say("111", fmt.Sprintf("0 %d", i+1))
		if i == 0 { // until it is known what it does not want
			r.until(func() bool { r.ahead.Add(int64(10 * time.Second)); return len(got.all()) == 2 })
		}
	}
	r.until(func() bool { return len(got.all()) == 31 })
	ordered(t, got.all())
	e, err := r.OpenEndpoint(t.Context(), endpoint.ID)
	if err != nil || e.State != models.EndpointActive || e.Failures >= 20 {
		t.Errorf("%+v (%v)", e, err)
	}
}

// TestPause has what a paused endpoint should get wait, and replay what was given up.
func TestPause(t *testing.T) {
	r := newRig(t)
	var ill atomic.Bool
	var got diary
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if ill.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		got.ServeHTTP(w, q)
	}))
	t.Cleanup(s.Close)
	endpoint := r.endpoint(s.URL)
	r.run(r.Store, loopback)
	pause := func(paused bool) {
		t.Helper()
		if _, err := r.EditEndpoint(t.Context(), r.device, endpoint.ID, func(_ *models.EndpointChoices, p *bool) error { *p = paused; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	pause(true)
	r.say("111", "0 0")
	if b, err := r.Backlogs(t.Context()); err != nil || b[endpoint.ID].Waiting != 1 || len(got.all()) != 0 {
		t.Errorf("while paused: %+v (%v), got %v", b, err, got.all())
	}
	pause(false)
	r.until(func() bool { return len(got.all()) == 1 })

	ill.Store(true)
	r.say("111", "0 1")
	r.until(func() bool {
		r.ahead.Add(int64(25 * time.Hour))
		b, err := r.Backlogs(t.Context())
		return err == nil && b[endpoint.ID].Dead == 1
	})
	ill.Store(false)
	if n, err := r.Replay(t.Context(), endpoint.ID, models.ReplayFilter{Dead: true}); err != nil || n != 1 {
		t.Errorf("replayed %d (%v)", n, err)
	}
	r.until(func() bool { return len(got.all()) == 2 })
	if n, err := r.Replay(t.Context(), endpoint.ID, models.ReplayFilter{From: time.Now().Add(-time.Hour), To: time.Now().Add(100 * 24 * time.Hour)}); err != nil || n != 2 {
		t.Errorf("replayed %d of a time (%v)", n, err)
	}
	r.until(func() bool {
		b, err := r.Backlogs(t.Context())
		return err == nil && b[endpoint.ID] == models.Backlog{}
	})
}
