package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"wadah/models"
)

const (
	atOnce    = 4  // tries at the same time, of one endpoint
	allAtOnce = 64 // of all

	stubborn  = 5               // after so many tries the chat goes on without an event
	breaker   = 20              // failures in a row
	probe     = 5 * time.Minute // between tries of an endpoint that has failed so often
	mostWait  = time.Hour       // that a receiver can ask for
	lookEvery = 5 * time.Second // for what is due
)

// waits are the times between the tries of a delivery: about three days in all.
var waits = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// Engine sends what is on its way.
type Engine struct {
	store  *models.Store
	guard  Guard
	client *http.Client
	log    *slog.Logger
	wake   chan struct{}
	habits habits
	tell   func(outcome string) // of each try; nil: nobody counts them

	// The writer of messages marks what is due: nobody holds dueMu while they read.
	dueMu sync.Mutex
	due   map[string]bool // endpoints to look at

	mu      sync.Mutex
	flying  map[string]map[string]bool // deliveries that are being tried, by endpoint
	trying  int                        // how many
	workers sync.WaitGroup
}

// New makes the engine; it hears of every commit from then on.
func New(store *models.Store, guard Guard, log *slog.Logger) *Engine {
	e := &Engine{
		store: store, guard: guard, client: guard.client(), log: log, wake: make(chan struct{}, 1),
		due: make(map[string]bool), flying: make(map[string]map[string]bool),
	}
	store.OnDeliveries(func(endpoints map[string]bool) {
		for id := range endpoints {
			e.look(id)
		}
	})
	return e
}

// Guard says where endpoints may be.
func (e *Engine) Guard() Guard { return e.guard }

// Count has f called with the outcome of each try: "delivered", "failed", "dead" or
// "skipped". It is set before Run.
func (e *Engine) Count(f func(outcome string)) { e.tell = f }

// look has the engine look for what an endpoint should get. It never blocks.
func (e *Engine) look(endpoint string) {
	e.mark(endpoint)
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

func (e *Engine) mark(endpoints ...string) {
	e.dueMu.Lock()
	defer e.dueMu.Unlock()
	for _, id := range endpoints {
		e.due[id] = true
	}
}

// marked takes all marks away.
func (e *Engine) marked() map[string]bool {
	e.dueMu.Lock()
	defer e.dueMu.Unlock()
	marked := e.due
	e.due = make(map[string]bool)
	return marked
}

// Run sends until ctx ends; what is being tried then is tried again at the next start.
func (e *Engine) Run(ctx context.Context) {
	defer e.workers.Wait()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		e.sweep(ctx)
		for waiting := true; waiting; {
			e.start(ctx)
			select {
			case <-e.wake:
			case <-tick.C:
				waiting = false
			case <-ctx.Done():
				return
			}
		}
	}
}

// sweep finds what has become due while nobody said so: repeats, and what was left by the
// run before.
func (e *Engine) sweep(ctx context.Context) {
	endpoints, err := e.store.DueEndpoints(ctx)
	if err != nil {
		e.complain(ctx, "look for webhooks that are due", err)
		return
	}
	e.mark(endpoints...)
}

func (e *Engine) complain(ctx context.Context, doing string, err error) {
	if ctx.Err() == nil {
		e.log.Error("webhooks are held up", "doing", doing, "err", err)
	}
}

// start begins as many tries as there is room for. What there is no room for is looked for
// again as soon as a try has ended.
func (e *Engine) start(ctx context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for endpoint := range e.marked() { // in no order: nobody is always the last
		busy := e.flying[endpoint]
		if e.trying >= allAtOnce || len(busy) >= atOnce {
			e.mark(endpoint)
			continue
		}
		// Those that are being tried are among the answer.
		list, err := e.store.DueDeliveries(ctx, endpoint, atOnce+len(busy))
		if err != nil {
			e.complain(ctx, "read webhooks that are due", err)
			continue
		}
		for _, d := range list {
			if busy = e.flying[endpoint]; busy[d.ID] {
				continue
			}
			if e.trying >= allAtOnce || len(busy) >= atOnce {
				e.mark(endpoint)
				break
			}
			if busy == nil {
				e.flying[endpoint] = make(map[string]bool)
			}
			e.flying[endpoint][d.ID] = true
			e.trying++
			e.workers.Go(func() {
				if e.try(ctx, d) {
					e.look(d.EndpointID)
				}
			})
		}
	}
}

// try makes one try of a delivery and notes what it came to. False when it could not be
// noted: the delivery is still due then, and must not be tried again at once.
func (e *Engine) try(ctx context.Context, d models.Delivery) (noted bool) {
	defer e.landed(d)
	to, err := e.store.OpenEndpoint(ctx, d.EndpointID)
	if errors.Is(err, models.ErrNotFound) {
		return true // deleted, and its deliveries with it
	}
	if err != nil {
		e.complain(ctx, "read a webhook", err)
		return false
	}
	a, next, err := e.attempt(ctx, to, d)
	if ctx.Err() != nil {
		return false // no fault of the receiver's
	}
	if err != nil {
		e.complain(ctx, "render an event for a webhook", err)
		return false
	}
	if err := e.store.NoteAttempt(ctx, d, a, next); err != nil {
		e.complain(ctx, "note what a webhook has answered", err)
		return false
	}
	if e.tell != nil {
		e.tell(outcomeOf(next.State))
	}
	return true
}

func outcomeOf(state string) string {
	switch state {
	case models.DeliveryDone:
		return "delivered"
	case models.DeliveryDead, models.DeliverySkipped:
		return state
	}
	return "failed"
}

// landed makes room for the next try.
func (e *Engine) landed(d models.Delivery) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.trying--
	delete(e.flying[d.EndpointID], d.ID)
	if len(e.flying[d.EndpointID]) == 0 {
		delete(e.flying, d.EndpointID)
	}
}

// attempt renders an event and sends what of it has not arrived.
func (e *Engine) attempt(ctx context.Context, to models.Endpoint, d models.Delivery) (a models.Attempt, next models.Next, err error) {
	bodies, err := e.bodies(ctx, to, d)
	if err != nil {
		return a, next, err
	}
	if bodies == nil {
		return models.Attempt{At: time.Now(), Error: "the event is not kept any more"}, models.Next{State: models.DeliverySkipped}, nil
	}
	if len(bodies) == 0 {
		return models.Attempt{At: time.Now(), Error: "there is nothing in it that this webhook wants"}, models.Next{State: models.DeliverySkipped}, nil
	}
	part := min(d.Part, len(bodies)-1) // what it wants may have changed
	wait := time.Duration(0)
	for ; part < len(bodies); part++ {
		a, wait = e.post(ctx, to, bodies[part])
		e.habits.note(to.ID, bodies[part].Type, a)
		if !delivered(a) {
			break
		}
	}
	var unloved bool
	if part < len(bodies) {
		unloved = e.habits.unloved(to.ID, bodies[part].Type)
	}
	next = after(d, a, wait, unloved)
	next.Part = part
	return a, next, nil
}

// bodies are what an endpoint gets of a delivery's event; nil when that is not kept any more.
func (e *Engine) bodies(ctx context.Context, to models.Endpoint, d models.Delivery) ([]Body, error) {
	events, err := e.store.EventsAfter(ctx, d.DeviceID, d.Seq-1, 1)
	if err != nil || len(events) == 0 || events[0].Seq != d.Seq {
		return nil, err
	}
	about, err := e.about(ctx, to, d.DeviceID)
	if err != nil {
		return nil, err
	}
	bodies, err := Bodies(to.EndpointChoices, about, events[0])
	if bodies == nil {
		bodies = []Body{}
	}
	return bodies, err
}

// about is what is said of a device beside its events.
func (e *Engine) about(ctx context.Context, to models.Endpoint, deviceID string) (About, error) {
	about := About{Device: deviceID}
	if to.Format == models.FormatWHAPI {
		d, err := e.store.Device(ctx, deviceID)
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return about, err
		}
		about.Own = own(d.JID)
	}
	if to.Identify != models.IdentifyKey {
		return about, nil
	}
	keys, err := e.store.Keys(ctx, deviceID)
	if err != nil {
		return about, err
	}
	if key := models.OldestKey(keys, time.Now()); key != nil {
		about.Key, err = e.store.RevealKey(ctx, key.ID)
		if errors.Is(err, models.ErrNotFound) { // revoked just now
			err = nil
		}
	}
	return about, err
}

// TestType is the type of what Test sends.
const TestType = "test"

// Test sends an endpoint something that is no event, at once and once, and tells what came
// of it.
func (e *Engine) Test(ctx context.Context, to models.Endpoint, deviceID string) (models.Attempt, error) {
	about, err := e.about(ctx, to, deviceID)
	if err != nil {
		return models.Attempt{}, err
	}
	now := time.Now().UTC()
	id := "test_" + strconv.FormatInt(now.UnixNano(), 36)
	var text []byte
	if to.Format == models.FormatWHAPI {
		text, err = json.Marshal(whapiEnvelope{TestType, map[string]any{"apiKey": about.name(), "message": "This is a test of your webhook."}})
	} else {
		text, err = json.Marshal(map[string]any{
			"device": about.name(), "id": id, "type": TestType, "at": now, "data": map[string]any{"message": "This is a test of your webhook."},
		})
	}
	if err != nil {
		return models.Attempt{}, err
	}
	a, _ := e.post(ctx, to, Body{id, TestType, text})
	return a, nil
}

func delivered(a models.Attempt) bool { return a.Error == "" && a.Status >= 200 && a.Status < 300 }

// after is what follows from a try of a delivery.
func after(d models.Delivery, a models.Attempt, wait time.Duration, unloved bool) models.Next {
	tries := d.Tries + 1
	next := models.Next{State: d.State, Breaker: breaker, Probe: time.Now().Add(probe), Unloved: unloved}
	switch {
	case delivered(a):
		next.State = models.DeliveryDone
		return next
	case a.Status == http.StatusGone:
		next.State, next.Gone = models.DeliveryDead, true
		return next
	case tries > len(waits):
		next.State = models.DeliveryDead
		return next
	case tries >= stubborn || unloved:
		next.State = models.DeliveryLate
	}
	pause := waits[tries-1]
	pause += time.Duration((rand.Float64() - 0.5) * 0.4 * float64(pause)) //nolint:gosec // spreads repeats; no secret
	next.At = time.Now().Add(max(pause, wait))
	return next
}
