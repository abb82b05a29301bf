package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"wadah/models"
	"wadah/models/postgres/pgtest"
	"wadah/session/message"
	"wadah/session/webhook"
)

var loopback = webhook.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

// rig is a store with a device, and a clock that can be set forward.
type rig struct {
	*models.Store
	t      testing.TB
	path   string
	url    string // of PostgreSQL in a soak run
	ahead  atomic.Int64
	device string
	said   int
}

func newRig(t testing.TB) *rig {
	r := &rig{t: t, path: filepath.Join(t.TempDir(), models.DatabaseFile), url: pgtest.InSoak(t)}
	r.Store = r.open()
	d, _, err := r.CreateDevice(t.Context(), "Toko")
	if err != nil {
		t.Fatal(err)
	}
	r.device = d.ID
	return r
}

func (r *rig) open() *models.Store {
	r.t.Helper()
	s, err := models.Open(r.t.Context(), models.Options{
		Path: r.path, URL: r.url, Key: bytes.Repeat([]byte{7}, 32), Now: func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			r.t.Error(err)
		}
	})
	return s
}

// run runs an engine on a store; the function ends it.
func (r *rig) run(s *models.Store, guard webhook.Guard) (stop func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	e := webhook.New(s, guard, slog.New(slog.DiscardHandler))
	over := make(chan struct{})
	go func() { e.Run(ctx); close(over) }()
	stop = func() { cancel(); <-over }
	r.t.Cleanup(stop)
	return stop
}

func (r *rig) endpoint(url string, events ...string) models.Endpoint {
	r.t.Helper()
	e, err := r.AddEndpoint(r.t.Context(), r.device, models.EndpointChoices{URL: url, Events: events, Files: true})
	if err != nil {
		r.t.Fatal(err)
	}
	return e
}

// spoken is a message of somebody.
type spoken struct{ who, words string }

// say stores a message of somebody, with its event.
func (r *rig) say(who, words string) {
	r.t.Helper()
	r.sayAll([]spoken{{who, words}})
}

// sayAll stores many, in their order.
func (r *rig) sayAll(list []spoken) {
	r.t.Helper()
	for part := range slices.Chunk(list, 500) {
		arrivals := make([]models.Arrival, 0, len(part))
		for _, m := range part {
			r.said++
			person := models.Person{LID: m.who + "@lid"}
			body, err := json.Marshal(message.Record{Content: message.Content{Kind: message.KindText, Text: m.words}})
			if err != nil {
				r.t.Fatal(err)
			}
			arrivals = append(arrivals, models.Arrival{
				DeviceID: r.device, Account: "62811", Chat: &models.ChatRef{Kind: "private", Person: person}, Sender: person,
				Message: &models.NewMessage{WAID: fmt.Sprint("M", r.said), Kind: "text", Body: body},
				Event:   &models.NewEvent{Type: message.EventMessage, Body: body},
			})
		}
		if _, err := r.Accept(r.t.Context(), arrivals); err != nil {
			r.t.Fatal(err)
		}
	}
}

// state stores that the device's state has changed.
func (r *rig) state(from, to string) {
	r.t.Helper()
	if err := r.AddEvents(r.t.Context(), []models.DeviceEvent{{DeviceID: r.device, From: from, To: to, Reason: "ready"}}); err != nil {
		r.t.Fatal(err)
	}
}

// react stores a reaction of somebody, in their chat.
func (r *rig) react(who string) {
	r.t.Helper()
	person := models.Person{LID: who + "@lid"}
	body, err := json.Marshal(message.Record{Content: message.Content{Kind: message.KindReaction, Emoji: "x"}})
	if err != nil {
		r.t.Fatal(err)
	}
	_, err = r.Accept(r.t.Context(), []models.Arrival{{
		DeviceID: r.device, Account: "62811", Chat: &models.ChatRef{Kind: "private", Person: person}, Sender: person,
		Event: &models.NewEvent{Type: message.EventReaction, Body: body},
	}})
	if err != nil {
		r.t.Fatal(err)
	}
}

// delivery is a request as a receiver sees it.
type delivery struct {
	header http.Header
	body   []byte
	words  string
}

// receiver answers what answer says and tells of each request.
func receiver(t *testing.T, answer func(d delivery) int) (url string, got chan delivery) {
	got = make(chan delivery, 1000)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		var sent struct {
			Data struct {
				Text string `json:"text"`
			} `json:"data"`
		}
		if err != nil || json.Unmarshal(b, &sent) != nil {
			t.Errorf("body: %s (%v)", b, err)
		}
		d := delivery{r.Header, b, sent.Data.Text}
		w.WriteHeader(answer(d))
		got <- d
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

func fine(delivery) int { return http.StatusNoContent }

// nextDelivery is the next request; the test fails when none comes.
func nextDelivery(t *testing.T, got chan delivery) delivery {
	t.Helper()
	select {
	case d := <-got:
		return d
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was delivered")
		return delivery{}
	}
}

// TestSigned has what is sent verified by the library of Standard Webhooks, which refuses it
// when a byte has changed.
func TestSigned(t *testing.T) {
	r := newRig(t)
	url, got := receiver(t, fine)
	endpoint := r.endpoint(url)
	r.run(r.Store, loopback)
	r.say("111", "halo")
	d := nextDelivery(t, got)
	if d.words != "halo" {
		t.Errorf("body: %s", d.body)
	}
	verifier, err := standardwebhooks.NewWebhook(endpoint.Secrets[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(d.body, d.header); err != nil {
		t.Error(err)
	}
	if verifier.Verify(append(d.body, ' '), d.header) == nil {
		t.Error("a changed body was taken for ours")
	}
	events, err := r.EventsAfter(t.Context(), r.device, 0, 1)
	if err != nil || d.header.Get("Webhook-Id") != events[0].ID {
		t.Errorf("id %s (%v)", d.header.Get("Webhook-Id"), err)
	}
}

// TestOrder has an event that is refused hold up its own chat, and no other.
func TestOrder(t *testing.T) {
	r := newRig(t)
	var healed atomic.Bool
	url, got := receiver(t, func(d delivery) int {
		if d.words == "a1" && !healed.Load() {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	r.endpoint(url)
	r.run(r.Store, loopback)
	r.say("111", "a1")
	first := nextDelivery(t, got)
	r.say("111", "a2")
	for _, words := range []string{"b1", "b2", "b3"} {
		r.say("222", words)
		if d := nextDelivery(t, got); d.words != words {
			t.Errorf("%s came, not %s", d.words, words)
		}
	}
	healed.Store(true)
	r.ahead.Store(int64(time.Minute))
	again, after := nextDelivery(t, got), nextDelivery(t, got)
	if again.words != "a1" || after.words != "a2" || again.header.Get("Webhook-Id") != first.header.Get("Webhook-Id") {
		t.Errorf("then came %s and %s", again.words, after.words)
	}
}

// TestStubborn has a chat go on after five tries of one event, and the event come later.
func TestStubborn(t *testing.T) {
	r := newRig(t)
	url, got := receiver(t, func(d delivery) int {
		if d.words == "poison" {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	r.endpoint(url)
	r.run(r.Store, loopback)
	r.say("111", "poison")
	r.say("111", "good")
	var words []string
	for !slices.Contains(words, "good") {
		words = append(words, nextDelivery(t, got).words)
		r.ahead.Add(int64(time.Hour))
	}
	if len(words) < 6 || slices.ContainsFunc(words[:5], func(w string) bool { return w != "poison" }) {
		t.Errorf("came: %v", words)
	}
}

// TestRestart has what was on its way when the program ended delivered by the next one.
func TestRestart(t *testing.T) {
	r := newRig(t)
	held := make(chan struct{})
	url, got := receiver(t, func(delivery) int { <-held; return http.StatusOK })
	r.endpoint(url)
	stop := r.run(r.Store, loopback)
	for i := range 10 {
		r.say(fmt.Sprint(i), fmt.Sprint(i))
	}
	stop()
	close(held)
	r.run(r.open(), loopback)
	seen := map[string]bool{}
	for len(seen) < 10 {
		seen[nextDelivery(t, got).words] = true
	}
}

// TestRefusedAddress has a private address refused when it is dialled, with a sentence that
// says what to do, and nothing sent there.
func TestRefusedAddress(t *testing.T) {
	r := newRig(t)
	url, got := receiver(t, fine)
	endpoint := r.endpoint(strings.Replace(url, "127.0.0.1", "localhost", 1))
	r.run(r.Store, webhook.Guard{})
	r.say("111", "halo")
	for {
		list, err := r.Deliveries(t.Context(), models.DeliveryFilter{EndpointID: endpoint.ID, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if list[0].Tries == 0 {
			continue
		}
		attempts, err := r.Attempts(t.Context(), list[0])
		if err != nil || len(attempts) != 1 || !strings.Contains(attempts[0].Error, "--webhook-allow") {
			t.Errorf("attempts: %+v (%v)", attempts, err)
		}
		break
	}
	if len(got) > 0 {
		t.Error("it was sent")
	}
}

// TestGone has an endpoint that says 410 get nothing any more.
func TestGone(t *testing.T) {
	r := newRig(t)
	url, got := receiver(t, func(delivery) int { return http.StatusGone })
	endpoint := r.endpoint(url)
	stop := r.run(r.Store, loopback)
	r.say("111", "halo")
	nextDelivery(t, got)
	for {
		e, err := r.OpenEndpoint(t.Context(), endpoint.ID)
		if err != nil {
			t.Fatal(err)
		}
		if e.State == models.EndpointGone {
			break
		}
	}
	r.say("111", "again")
	stop()
	list, err := r.Deliveries(t.Context(), models.DeliveryFilter{EndpointID: endpoint.ID, Limit: 10})
	if err != nil || len(list) != 1 || list[0].State != models.DeliveryDead {
		t.Errorf("%+v (%v)", list, err)
	}
}

// TestCheck refuses addresses that can be no receiver's when they are entered.
func TestCheck(t *testing.T) {
	for address, fine := range map[string]bool{
		"https://example.com/hook": true, "http://example.com:8080": true, "https://93.184.216.34/": true, "http://127.0.0.9/": true,
		"": false, "example.com": false, "ftp://example.com": false, "http://": false, "http://10.0.0.5/": false,
		"http://[::1]/": false, "http://169.254.169.254/latest": false, "http://[::ffff:10.0.0.5]/": false,
	} {
		if err := loopback.Check(address); (err == nil) != fine {
			t.Errorf("%q: %v", address, err)
		}
	}
}
