package message

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"wadah/models"
)

// Outbox sends what programs and people hand over: first it is stored, with the ID under
// which the recipient will know it; then it is sent, in one ordered lane for each
// device, under the same ID until its outcome is known.
type Outbox struct {
	store  *models.Store
	inbox  *Inbox
	sender Sender
	log    *slog.Logger

	ctx    context.Context // the life of lanes
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	pace    Pace
	lanes   map[string]*lane         // by device: those with something to do
	paces   map[string]*pacer        // by device: how much it may send just now
	waiting map[handle]*waiter       // who waits for the outcome
	calls   map[string]chan struct{} // by device and key of idempotency: closed when its call is over
	locks   map[string]Limit         // by device and account: what WhatsApp forbids just now
	slowed  map[string]time.Time     // by device: until when WhatsApp wants nothing to be sent
	closed  bool
}

// Limits of sending.
const (
	// MaxWaiting is how many messages may wait in one lane.
	MaxWaiting = 10_000
	// DefaultTTL is how long a message may wait before it fails.
	DefaultTTL = 24 * time.Hour
	// DefaultWait is how long a call waits for the outcome.
	DefaultWait = 20 * time.Second
	// onceFor is how long a key of idempotency is remembered.
	onceFor = 24 * time.Hour
)

// NewOutbox makes an outbox. Nothing is sent before Start.
func NewOutbox(store *models.Store, inbox *Inbox, sender Sender, pace Pace, log *slog.Logger) *Outbox {
	ctx, cancel := context.WithCancel(context.Background())
	return &Outbox{
		store: store, inbox: inbox, sender: sender, log: log, ctx: ctx, cancel: cancel, pace: pace,
		lanes: make(map[string]*lane), paces: make(map[string]*pacer), waiting: make(map[handle]*waiter),
		calls: make(map[string]chan struct{}), locks: make(map[string]Limit), slowed: make(map[string]time.Time),
	}
}

// Start opens the lanes in which messages wait since an earlier run, and recalls what
// WhatsApp forbids accounts.
func (o *Outbox) Start(ctx context.Context) error {
	locks, err := o.store.Locks(ctx)
	if err != nil {
		return fmt.Errorf("recall what WhatsApp forbids: %w", err)
	}
	for _, l := range locks {
		o.Limited(l.DeviceID, l.Account, Limit{Active: l.Active, Kind: l.Kind, Until: l.Until, At: l.At})
	}
	devices, err := o.store.Lanes(ctx)
	if err != nil {
		return fmt.Errorf("look for messages to send: %w", err)
	}
	for _, id := range devices {
		o.open(id)
	}
	return nil
}

// Close ends all lanes. What is just being handed over has an open outcome, and is sent
// again after the next Start.
func (o *Outbox) Close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.cancel()
	o.wg.Wait()
}

// Request is a message that somebody hands over.
type Request struct {
	DeviceID string
	Out      Outgoing // without ID and At
	Source   string   // SourceAPI, SourcePanel
	Author   string   // a key's or user's ID

	Queue  bool          // store it and answer at once
	Bulk   bool          // all others go first
	Wait   time.Duration // for the outcome
	Typing time.Duration // seem to be typing before
	TTL    time.Duration // until it fails; 0 is DefaultTTL
	// Key and Params make a repeated request do nothing: hashes, or both empty.
	Key, Params string
	// Render makes the answer that a repeated request gets, too; nil answers none for good.
	Render func(Result) []byte
}

// Result is what is known of a request when its answer is due.
type Result struct {
	Message models.Message
	// Unknown: it was handed over and WhatsApp has not answered in time. It will be sent.
	Unknown bool
	// Answered is what Render made of the first request with the same key; nil for none.
	Answered []byte
}

// Errors of Submit, beside *Invalid, *RefusedError, *OfflineError and those of models.
var (
	// ErrTooMany: MaxWaiting messages wait already.
	ErrTooMany = errors.New("too many messages wait to be sent")
	// ErrOtherParams: the key of idempotency was used for something else.
	ErrOtherParams = errors.New("the idempotency key was used with other parameters")
)

// OfflineError says that the device is not connected, and nothing will be sent.
type OfflineError struct{ Standing Standing }

func (e *OfflineError) Error() string { return ErrOffline.Error() + ": " + e.Standing.Reason }

// Is makes it ErrOffline.
func (e *OfflineError) Is(target error) bool { return target == ErrOffline }

// LockedError says that WhatsApp lets the account open no new chats for now.
type LockedError struct{ Limit Limit }

func (e *LockedError) Error() string { return "WhatsApp lets this account open no new chats for now" }

// Submit takes a message. Without an error it is stored and has an ID.
func (o *Outbox) Submit(ctx context.Context, r Request) (Result, error) {
	if r.Key != "" {
		// A second call during the first waits for it.
		release, err := o.takeTurn(ctx, r.DeviceID+" "+r.Key)
		if err != nil {
			return Result{}, err
		}
		defer release()
	}
	deadline := time.Now().Add(r.Wait)
	if r.Key == "" {
		return o.submit(ctx, r, deadline)
	}
	result, known, err := o.repeated(ctx, r, deadline)
	if !known && err == nil {
		result, err = o.submit(ctx, r, deadline)
	}
	if err != nil || result.Unknown || result.Answered != nil || r.Render == nil {
		return result, err
	}
	// Stored before the turn ends: a call that waits for this one reads it. The caller may be
	// gone by now; whoever repeats the call wants it all the same.
	answer := r.Render(result)
	if err := o.store.SaveAnswer(context.WithoutCancel(ctx), r.DeviceID, r.Key, answer); err != nil {
		return Result{}, err
	}
	result.Answered = answer
	return result, nil
}

// submit takes a message that was not taken before.
func (o *Outbox) submit(ctx context.Context, r Request, deadline time.Time) (Result, error) {
	standing, err := o.stand(ctx, r, deadline)
	if err != nil {
		return Result{}, err
	}
	if err := o.mayWait(ctx, r, standing.Account); err != nil {
		return Result{}, err
	}
	now := time.Now()
	r.Out.ID, r.Out.At = NewID(standing.Account, now), now
	wait := r.Wait
	if r.Queue || o.overPace(r.DeviceID) {
		wait = 0
	}
	h := handle{r.DeviceID, r.Out.ID}
	w := o.await(h, wait > 0) // before the lane may decide
	defer o.forget(h)
	id, err := o.keep(ctx, r, standing.Account)
	if err != nil {
		return Result{}, err
	}
	o.open(r.DeviceID)
	if wait > 0 {
		o.untilEnd(ctx, h, w, deadline)
	}
	return o.result(ctx, r.DeviceID, id, w, wait > 0)
}

// stand waits until the device can send, or refuses.
func (o *Outbox) stand(ctx context.Context, r Request, deadline time.Time) (Standing, error) {
	for {
		s, err := o.sender.Standing(r.DeviceID)
		if err != nil || r.Queue || s.Connected {
			return s, err
		}
		if !s.Coming || !waitUntil(ctx, s.Changed, deadline) {
			return s, errors.Join(ctx.Err(), &OfflineError{s})
		}
	}
}

// waitUntil waits for c; false when the deadline or the end of ctx comes first.
func waitUntil(ctx context.Context, c <-chan struct{}, deadline time.Time) bool {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-c:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// mayWait refuses what would wait in vain.
func (o *Outbox) mayWait(ctx context.Context, r Request, account string) error {
	if o.busy(r.DeviceID) {
		n, err := o.store.Waiting(ctx, r.DeviceID)
		switch {
		case err != nil:
			return err
		case n >= MaxWaiting:
			return ErrTooMany
		}
	}
	if r.Out.To.Kind == ChatGroup {
		return o.mayWrite(ctx, r, account)
	}
	if lock, on := o.locked(r.DeviceID, account); on && r.Out.To.Kind == ChatPerson {
		_, err := o.store.ChatOf(ctx, r.DeviceID, account, *refOf(r.Out.To))
		if errors.Is(err, models.ErrNotFound) {
			return &LockedError{lock}
		}
		return err
	}
	return nil
}

// keep stores the message and returns our ID of it.
func (o *Outbox) keep(ctx context.Context, r Request, account string) (string, error) {
	now := r.Out.At
	raw, err := o.sender.Encode(ctx, r.DeviceID, r.Out)
	if err != nil {
		return "", err
	}
	a := models.Arrival{DeviceID: r.DeviceID, Account: account, At: now, FromMe: true, Chat: refOf(r.Out.To)}
	record := Record{Content: r.Out.Content, Raw: raw, Source: r.Source, Author: r.Author}
	body := encode(record)
	a.Message = &models.NewMessage{
		WAID: r.Out.ID, Kind: string(r.Out.Content.Kind), Status: models.StatusQueued, Source: r.Source, Author: r.Author, Body: body,
	}
	if t := r.Out.Content.Target; t != nil {
		a.Message.Target = t.ID
	}
	a.Event = &models.NewEvent{Type: eventOf(r.Out.Content.Kind), Body: body}
	ttl := r.TTL
	if ttl <= 0 {
		ttl = DefaultTTL
	}
	a.Send = &models.NewSend{Bulk: r.Bulk, Typing: r.Typing, ExpiresAt: now.Add(ttl)}
	if r.Key != "" {
		a.Once = &models.Once{Key: r.Key, Params: r.Params, ExpiresAt: now.Add(onceFor)}
	}
	out, err := o.inbox.put(a)
	if err != nil {
		return "", err
	}
	return out.MessageID, nil
}

// takeTurn makes calls with the same key of idempotency follow each other.
func (o *Outbox) takeTurn(ctx context.Context, key string) (release func(), err error) {
	for {
		o.mu.Lock()
		other, busy := o.calls[key]
		if !busy {
			mine := make(chan struct{})
			o.calls[key] = mine
			o.mu.Unlock()
			return func() {
				o.mu.Lock()
				delete(o.calls, key)
				o.mu.Unlock()
				close(mine)
			}, nil
		}
		o.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// repeated answers a request whose key was used before.
func (o *Outbox) repeated(ctx context.Context, r Request, deadline time.Time) (result Result, known bool, err error) {
	before, err := o.store.Answered(ctx, r.DeviceID, r.Key)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return Result{}, false, nil
	case err != nil:
		return Result{}, false, err
	case before.Params != r.Params:
		return Result{}, true, ErrOtherParams
	case before.Answer != nil:
		return Result{Answered: before.Answer}, true, nil
	}
	// The first call was not answered: the program, or we, ended before.
	m, _, err := o.store.Sending(ctx, before.MessageID)
	if err != nil {
		return Result{}, true, err
	}
	h := handleOf(m)
	w := o.await(h, !r.Queue)
	defer o.forget(h)
	m, _, err = o.store.Sending(ctx, m.ID) // its end may be older than w
	if err == nil && m.Status == models.StatusQueued && !r.Queue {
		o.untilEnd(ctx, h, w, deadline)
	}
	result, err = o.result(ctx, r.DeviceID, before.MessageID, w, !r.Queue)
	return result, true, err
}

// untilEnd waits for the end of a message, but not for ever.
func (o *Outbox) untilEnd(ctx context.Context, h handle, w *waiter, deadline time.Time) {
	if !waitUntil(ctx, w.done, deadline) && o.absent(h) {
		waitUntil(ctx, w.done, time.Now().Add(claimLimit)) // it is being stored
	}
}

// result says what is known of a stored message, to one who has waited for its end.
func (o *Outbox) result(ctx context.Context, deviceID, id string, w *waiter, waited bool) (Result, error) {
	if m, ok := w.sent(); ok && waited {
		return Result{Message: m}, nil
	}
	m, handed, err := o.store.Sending(ctx, id)
	if !waited {
		m.Status = models.StatusQueued // that is the answer, however quick the lane was
		return Result{Message: m}, err
	}
	if err != nil || m.Status != models.StatusQueued {
		return verdict(Result{Message: m}, err)
	}
	if handed {
		return Result{Message: m, Unknown: true}, nil
	}
	s, err := o.sender.Standing(deviceID)
	if err != nil || s.Connected {
		return Result{Message: m}, err // it waits for its turn
	}
	// The connection was lost before its turn came: it is taken back, if that is still so.
	a := o.ending(m, models.StatusFailed, RefusedOffline, 0, time.Now())
	a.Receipt.Unsent = true
	if err := o.end(m, a); err != nil {
		return Result{}, err
	}
	switch m, _, err = o.store.Sending(ctx, id); {
	case err != nil:
		return Result{}, err
	case m.Error == string(RefusedOffline):
		return Result{}, &OfflineError{s}
	case m.Status == models.StatusQueued:
		return Result{Message: m, Unknown: true}, nil
	}
	return verdict(Result{Message: m}, nil)
}

// verdict turns a failed message into the error that says why. One that WhatsApp has is
// answered as sent, even if its recipient was quicker than we.
func verdict(r Result, err error) (Result, error) {
	if err != nil || r.Message.Status == models.StatusQueued {
		return r, err
	}
	if r.Message.Status != models.StatusFailed {
		r.Message.Status = models.StatusSent
		return r, nil
	}
	return r, &RefusedError{Why: Refusal(r.Message.Error), Code: r.Message.Code}
}

// fail stores that a message will not be sent.
func (o *Outbox) fail(m models.Message, why Refusal, code int) error {
	return o.end(m, o.ending(m, models.StatusFailed, why, code, time.Now()))
}

// ending is the outcome of a message, to be stored.
func (o *Outbox) ending(m models.Message, status string, why Refusal, code int, at time.Time) models.Arrival {
	return models.Arrival{
		DeviceID: m.DeviceID, At: at, FromMe: true,
		Receipt: &models.NewReceipt{WAIDs: []string{m.WAID}, Status: status, Error: string(why), Code: code},
		Event:   &models.NewEvent{Type: EventStatus, Body: encode(StatusNews{Status: Status(status), Error: string(why), Code: code})},
	}
}

// end stores the outcome of a message and wakes who waits for it.
func (o *Outbox) end(m models.Message, a models.Arrival) error {
	if _, err := o.inbox.put(a); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if w, ok := o.waiting[handleOf(m)]; ok {
		if a.Receipt.Status == models.StatusSent && a.Pairs == nil { // else the row says more
			m.Status, m.Partial = models.StatusSent, a.Receipt.Partial
			w.as = &m
		}
		close(w.done)
		delete(o.waiting, handleOf(m))
	}
	return nil
}

// await makes, or finds, who waits for the outcome of a message; present when somebody
// will be told.
func (o *Outbox) await(h handle, present bool) *waiter {
	o.mu.Lock()
	defer o.mu.Unlock()
	w, ok := o.waiting[h]
	if !ok {
		w = &waiter{done: make(chan struct{})}
		o.waiting[h] = w
	}
	w.present = present
	return w
}

// handle is what a message is known by before it is stored.
type handle struct{ device, waID string }

func handleOf(m models.Message) handle { return handle{m.DeviceID, m.WAID} }

// waiter is who waits for the outcome of a message.
type waiter struct {
	done    chan struct{}   // closed when it is stored
	as      *models.Message // the message as it was sent, set before; nil when only its row says what became of it
	present bool            // somebody will be told
	claimed bool            // the lane is storing a failure that is told to them
}

// sent is the message, when WhatsApp has it.
func (w *waiter) sent() (models.Message, bool) {
	select {
	case <-w.done:
	default:
		return models.Message{}, false
	}
	if w.as == nil {
		return models.Message{}, false
	}
	return *w.as, true
}

// claimLimit is how long storing a failure may take that somebody waits for.
const claimLimit = 5 * time.Second

// absent says that nobody waits any more who will be told the outcome. It reports whether
// the lane has decided already that they are.
func (o *Outbox) absent(h handle) (claimed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w, ok := o.waiting[h]
	if !ok {
		return false
	}
	w.present = false
	return w.claimed
}

// claim reports whether somebody waits for the message's outcome, who will now be told.
func (o *Outbox) claim(h handle) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	w, ok := o.waiting[h]
	if !ok || !w.present {
		return false
	}
	w.claimed = true
	return true
}

// mayWrite refuses what is said in a group in which the account cannot write. Whether it
// may react or change what it wrote is for WhatsApp to say.
func (o *Outbox) mayWrite(ctx context.Context, r Request, account string) error {
	g, err := o.store.GroupOf(ctx, r.DeviceID, account, r.Out.To.JID, false)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil // it is not known: WhatsApp knows
	case err != nil:
		return err
	case !g.LeftAt.IsZero():
		return &RefusedError{Why: RefusedNotInGroup}
	case g.Announce && g.OwnRole == "" && r.Out.Content.Target == nil:
		return &RefusedError{Why: RefusedNotAdmin}
	}
	return nil
}

func (o *Outbox) forget(h handle) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.waiting, h)
}

// Limited takes up what WhatsApp allows an account just now.
func (o *Outbox) Limited(deviceID, account string, l Limit) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if l.Active {
		o.locks[deviceID+" "+account] = l
	} else {
		delete(o.locks, deviceID+" "+account)
	}
}

// locked reports whether WhatsApp lets the account open no new chats.
func (o *Outbox) locked(deviceID, account string) (Limit, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	l, on := o.locks[deviceID+" "+account]
	if on && !l.Until.IsZero() && !time.Now().Before(l.Until) {
		delete(o.locks, deviceID+" "+account)
		on = false
	}
	return l, on
}

// NewChats says whether WhatsApp lets the account of a device open no new chats, and until
// when; zero when it gave no end.
func (o *Outbox) NewChats(deviceID string) (until time.Time, locked bool) {
	standing, err := o.sender.Standing(deviceID)
	if err != nil {
		return time.Time{}, false // it is gone
	}
	limit, locked := o.locked(deviceID, standing.Account)
	return limit.Until, locked
}

// Limits is what a device may send just now.
type Limits struct {
	Pace    Pace
	Paced   bool // the next message waits for its turn
	Waiting int64
	Locked  bool      // WhatsApp lets the account open no new chats
	Until   time.Time // when that ends; zero when WhatsApp gave no end
	// Slowed is until when nothing is sent because WhatsApp wants fewer messages; zero: it
	// does not.
	Slowed time.Time
}

// Pace is how fast each device may send.
func (o *Outbox) Pace() Pace { return o.pace }

// Limits says what a device may send just now.
func (o *Outbox) Limits(ctx context.Context, deviceID string) (Limits, error) {
	waiting, err := o.store.Waiting(ctx, deviceID)
	if err != nil {
		return Limits{}, err
	}
	standing, err := o.sender.Standing(deviceID)
	if err != nil {
		return Limits{}, err
	}
	lock, locked := o.locked(deviceID, standing.Account)
	l := Limits{Pace: o.pace, Paced: o.overPace(deviceID), Waiting: waiting, Locked: locked}
	if locked {
		l.Until = lock.Until
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if until := o.slowed[deviceID]; time.Now().Before(until) {
		l.Slowed = until
	}
	return l, nil
}
