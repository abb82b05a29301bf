package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"wadah/models"
)

const (
	atOnce    = 4  // tries at the same time, of one endpoint
	allAtOnce = 64 // of all

	lanesAhead = 64   // chats of an endpoint that are read at once
	readAhead  = 2048 // deliveries of theirs
	turnLength = 32   // deliveries of a chat before others have their turn
	notedAhead = 256  // tries that one transaction notes, and that may wait for the next
	noteEvery  = 10 * time.Millisecond

	stubborn  = 5               // after so many tries the chat goes on without an event
	breaker   = 20              // failures in a row
	probe     = 5 * time.Minute // between tries of an endpoint that has failed so often
	mostWait  = time.Hour       // that a receiver can ask for
	lookEvery = 5 * time.Second // for what is due
	trustFor  = time.Second     // what was read of an endpoint
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
	lanes   map[string]*lanes // of the endpoints that have any
	trying  int               // how many tries are being made
	workers sync.WaitGroup
	noting  chan models.Noted
}

// lane are deliveries of one chat to one endpoint, in their order.
type lane []models.Delivery

// lanes are what of an endpoint's is in memory.
type lanes struct {
	waiting []lane
	trying  int             // how many are being tried
	held    map[string]bool // deliveries that are read, and neither noted nor dropped
	failed  int             // tries that have failed and are not noted yet
	lost    bool            // a try could not be noted: nothing more before the next sweep
}

// clear drops all that waits.
func (l *lanes) clear() {
	for _, w := range l.waiting {
		l.drop(w...)
	}
	l.waiting = nil
}

// drop lets deliveries go: they are read anew, if they are still due.
func (l *lanes) drop(list ...models.Delivery) {
	for _, d := range list {
		delete(l.held, d.ID)
	}
}

// New makes the engine; it hears of every commit from then on.
func New(store *models.Store, guard Guard, log *slog.Logger) *Engine {
	e := &Engine{
		store: store, guard: guard, client: guard.client(), log: log, wake: make(chan struct{}, 1),
		due: make(map[string]bool), lanes: make(map[string]*lanes), noting: make(chan models.Noted, notedAhead),
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

// Run sends until ctx ends; what is being tried then is tried again at the next start. It is
// called once.
func (e *Engine) Run(ctx context.Context) {
	noted := make(chan struct{})
	go func() {
		defer close(noted)
		e.noteAll(ctx)
	}()
	defer func() {
		e.workers.Wait()
		close(e.noting)
		<-noted
	}()
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
	e.mu.Lock()
	for _, of := range e.lanes {
		of.lost = false
	}
	e.mu.Unlock()
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
// again as soon as a turn has ended.
func (e *Engine) start(ctx context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for endpoint := range e.marked() { // in no order: nobody is always the last
		of := e.lanes[endpoint]
		if of == nil {
			of = &lanes{held: make(map[string]bool)}
			e.lanes[endpoint] = of
		}
		if of.failed > 0 { // whether it is to be tried now is for the store to say, which counts failures
			continue // noting that looks again
		}
		room := func() bool { return e.trying < allAtOnce && of.trying < atOnce && !of.lost }
		if room() && len(of.waiting) == 0 {
			e.read(ctx, endpoint, of)
		}
		for len(of.waiting) > 0 && room() {
			next := of.waiting[0]
			of.waiting = of.waiting[1:]
			of.trying++
			e.trying++
			e.workers.Go(func() { e.turn(ctx, endpoint, next) })
		}
		if of.trying == 0 { // others have all the room: what is in memory is bounded by it
			of.clear()
		}
		switch {
		case of.lost: // the next sweep looks again
		case !room() || len(of.waiting) > 0:
			e.mark(endpoint)
		case of.trying == 0 && len(of.held) == 0:
			delete(e.lanes, endpoint)
		}
	}
}

// read finds what an endpoint should get. Deliveries that are held are among the answer
// until they are noted: nothing of their chats is taken then.
func (e *Engine) read(ctx context.Context, endpoint string, of *lanes) {
	list, err := e.store.DueDeliveries(ctx, endpoint, lanesAhead+atOnce, readAhead)
	if err != nil {
		e.complain(ctx, "read webhooks that are due", err)
		return
	}
	for _, l := range list {
		if slices.ContainsFunc(l, func(d models.Delivery) bool { return of.held[d.ID] }) {
			continue
		}
		for _, d := range l {
			of.held[d.ID] = true
		}
		of.waiting = append(of.waiting, l)
	}
}

// turn tries the first of a chat's deliveries, one after the other, as long as they arrive.
// What came of them is noted beside it, in the same order.
func (e *Engine) turn(ctx context.Context, endpoint string, l lane) {
	n, well, err := e.tryAll(ctx, endpoint, l[:min(len(l), turnLength)])
	if err != nil && ctx.Err() == nil {
		e.complain(ctx, "send to a webhook", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	of := e.lanes[endpoint]
	e.trying--
	of.trying--
	if rest := l[n:]; well && len(rest) > 0 && !of.lost {
		of.waiting = append(of.waiting, rest)
	} else {
		of.drop(rest...)
	}
	// After an error they are still due, and must not be tried again at once.
	if err == nil {
		e.look(endpoint)
	}
}

// tryAll tries deliveries until one does not arrive. It tells how many were tried, and
// whether the next of the chat may be.
func (e *Engine) tryAll(ctx context.Context, endpoint string, list []models.Delivery) (n int, well bool, err error) {
	events, err := e.eventsOf(ctx, list)
	if err != nil {
		return 0, false, err
	}
	var to models.Endpoint
	var about About
	var opened time.Time
	for ; n < len(list); n++ {
		if time.Since(opened) > trustFor {
			to, err = e.store.OpenEndpoint(ctx, endpoint)
			if errors.Is(err, models.ErrNotFound) {
				return n, false, nil // deleted, and its deliveries with it
			}
			if err != nil || to.State != models.EndpointActive {
				return n, false, err
			}
			if about, err = e.about(ctx, to, list[n].DeviceID); err != nil {
				return n, false, err
			}
			opened = time.Now()
		}
		a, next, err := e.attempt(ctx, to, about, list[n], events[list[n].Seq])
		if err != nil {
			return n, false, err
		}
		if ctx.Err() != nil && next.State != models.DeliveryDone {
			return n, false, ctx.Err() // no fault of the receiver's
		}
		over := next.State == models.DeliveryDone || next.State == models.DeliverySkipped
		if !over {
			e.failed(endpoint)
		}
		e.noting <- models.Noted{Delivery: list[n], Attempt: a, Next: next}
		if !over {
			return n + 1, false, nil
		}
	}
	return n, true, nil
}

// failed drops what waits for an endpoint that has just failed.
func (e *Engine) failed(endpoint string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	of := e.lanes[endpoint]
	of.failed++
	of.clear()
}

// noteAll notes tries as they come, all that have come while the ones before were written in
// one transaction.
func (e *Engine) noteAll(ctx context.Context) {
	ctx = context.WithoutCancel(ctx) // what has arrived is not to arrive twice because of a restart
	var last time.Time
	for first := range e.noting {
		// While much is sent, one transaction for many costs a third of one for each.
		time.Sleep(noteEvery - time.Since(last))
		last = time.Now()
		list := []models.Noted{first}
		for more := true; more && len(list) < notedAhead; {
			select {
			case n, open := <-e.noting:
				if more = open; open {
					list = append(list, n)
				}
			default:
				more = false
			}
		}
		e.note(ctx, list)
	}
}

func (e *Engine) note(ctx context.Context, list []models.Noted) {
	err := e.store.NoteAttempts(ctx, list)
	if err != nil {
		e.complain(ctx, "note what webhooks have answered", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, n := range list {
		of := e.lanes[n.Delivery.EndpointID]
		of.drop(n.Delivery)
		if n.Next.State != models.DeliveryDone && n.Next.State != models.DeliverySkipped {
			of.failed--
		}
		if err != nil { // it is still due, and must not be tried again at once
			of.lost = true
			of.clear()
			continue
		}
		e.look(n.Delivery.EndpointID)
		if e.tell != nil {
			e.tell(outcomeOf(n.Next.State))
		}
	}
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

// attempt renders an event and sends what of it has not arrived.
func (e *Engine) attempt(ctx context.Context, to models.Endpoint, about About, d models.Delivery, event *models.Event) (a models.Attempt, next models.Next, err error) {
	if event == nil {
		return models.Attempt{At: time.Now(), Error: "the event is not kept any more"}, models.Next{State: models.DeliverySkipped}, nil
	}
	bodies, err := Bodies(to.EndpointChoices, about, *event)
	if err != nil {
		return a, next, err
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

// eventsOf are the events of deliveries of one device that are still kept, by their numbers.
func (e *Engine) eventsOf(ctx context.Context, list []models.Delivery) (map[int64]*models.Event, error) {
	seqs := make([]int64, 0, len(list))
	for _, d := range list {
		seqs = append(seqs, d.Seq)
	}
	events, err := e.store.EventsAt(ctx, list[0].DeviceID, seqs)
	found := make(map[int64]*models.Event, len(events))
	for i := range events {
		found[events[i].Seq] = &events[i]
	}
	return found, err
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
