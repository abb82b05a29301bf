package message

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"wadah/models"
)

// lane sends a device's messages, one after the other. It exists while there is
// something to send.
type lane struct {
	o      *Outbox
	device string
	news   chan struct{} // holds a token when something was added
}

// Times of a lane.
const (
	// prepareLimit bounds handing over one message: asking for devices and keys, and the
	// wait for WhatsApp's answer.
	prepareLimit = 60 * time.Second
	// againAfter is the pause before a message with an open outcome is sent again on a
	// connection that is still there, times the number of tries.
	againAfter = 5 * time.Second
	// slowDown is the pause after WhatsApp has asked for fewer messages, times the number
	// of tries; againLimit bounds both.
	slowDown   = 20 * time.Second
	againLimit = 5 * time.Minute
)

// open sees to it that what waits for the device is sent.
func (o *Outbox) open(deviceID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if l, ok := o.lanes[deviceID]; ok {
		select {
		case l.news <- struct{}{}:
		default:
		}
		return
	}
	if o.closed {
		return
	}
	l := &lane{o: o, device: deviceID, news: make(chan struct{}, 1)}
	o.lanes[deviceID] = l
	o.wg.Go(l.run)
}

// busy reports whether something may wait for the device.
func (o *Outbox) busy(deviceID string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, ok := o.lanes[deviceID]
	return ok
}

// over ends the lane unless something was added at the last moment.
func (l *lane) over() bool {
	l.o.mu.Lock()
	defer l.o.mu.Unlock()
	select {
	case <-l.news:
		return false
	default:
	}
	delete(l.o.lanes, l.device)
	return true
}

func (l *lane) run() {
	o := l.o
	for o.ctx.Err() == nil {
		wait, err := l.step()
		switch {
		case errors.Is(err, errEmpty):
			if l.over() {
				return
			}
			continue
		case err != nil && o.ctx.Err() == nil:
			o.log.Error("a lane waits for the storage", "device", l.device, "err", err)
			wait = pause{until: time.Now().Add(againAfter)}
		}
		l.rest(wait)
	}
}

// pause is what a lane waits for: a time, a change of the device, or news.
type pause struct {
	until   time.Time
	changed <-chan struct{}
	firm    bool // news does not end it
}

func (l *lane) rest(p pause) {
	if p == (pause{}) {
		return
	}
	var timeout <-chan time.Time
	if !p.until.IsZero() {
		timer := time.NewTimer(time.Until(p.until))
		defer timer.Stop()
		timeout = timer.C
	}
	news := l.news
	if p.firm {
		news = nil
	}
	select {
	case <-timeout:
	case <-p.changed:
	case <-news:
	case <-l.o.ctx.Done():
	}
}

// errEmpty says that nothing is in the lane, unless it was added just now.
var errEmpty = errors.New("nothing waits to be sent")

// step does the next thing there is to do.
func (l *lane) step() (pause, error) {
	o := l.o
	m, err := o.store.NextSend(o.ctx, l.device)
	if errors.Is(err, models.ErrNotFound) {
		return pause{}, errEmpty
	}
	if err != nil {
		return pause{}, err
	}
	s, err := o.sender.Standing(l.device)
	if err != nil {
		return pause{}, errEmpty // the device is gone, and its messages with it
	}
	switch {
	case m.Account != "" && s.Account != m.Account:
		return pause{}, o.fail(m.Message, RefusedUnlinked, 0)
	case !time.Now().Before(expiry(m)):
		return pause{}, o.fail(m.Message, RefusedExpired, 0)
	case !s.Connected:
		return pause{until: expiry(m), changed: s.Changed}, nil
	}
	if m.Account == "" { // it was handed over before the device was linked
		return pause{}, o.store.AdoptChats(o.ctx, l.device, s.Account)
	}
	if m.HandedAt.IsZero() { // what WhatsApp may have already costs nothing new
		if delay := o.pacer(l.device).take(time.Now()); delay > 0 {
			return pause{until: time.Now().Add(delay), changed: s.Changed}, nil
		}
	}
	wait, err := l.send(m, s)
	if err == nil && wait == (pause{}) && !m.More {
		return wait, errEmpty // its end is stored, and none was behind it
	}
	return wait, err
}

// expiry is when a message is given up. One that WhatsApp may have is not said to have
// failed when its time is over, for its sender would send it once more; but what is behind
// it does not wait for ever.
func expiry(m models.Send) time.Time {
	if late := m.At.Add(DefaultTTL); !m.HandedAt.IsZero() && late.After(m.ExpiresAt) {
		return late
	}
	return m.ExpiresAt
}

// send hands one message over and stores what becomes of it.
func (l *lane) send(m models.Send, s Standing) (pause, error) {
	o := l.o
	record, err := DecodeRecord(m.Body)
	if err != nil || record.Raw == nil {
		return pause{}, o.fail(m.Message, RefusedUnfit, 0)
	}
	ready := Ready{ID: m.WAID, To: OfChat(m.Chat), Raw: record.Raw}
	if m.Typing > 0 && m.HandedAt.IsZero() {
		l.typing(ready.To, m.Typing)
	}
	if err := o.store.HandOver(o.ctx, m.ID); err != nil {
		if errors.Is(err, models.ErrNotFound) {
			return pause{}, nil // it was withdrawn at the last moment
		}
		return pause{}, err
	}
	ctx, cancel := context.WithTimeout(o.ctx, prepareLimit)
	defer cancel()
	ack, err := o.sender.Send(ctx, l.device, ready)
	var refused *RefusedError
	switch {
	case err == nil:
		return pause{}, o.sent(m, ack)
	case errors.As(err, &refused) && refused.Why == RefusedTooMany:
		return l.slow(m, refused)
	case errors.As(err, &refused):
		return pause{}, o.fail(m.Message, o.why(m, refused), refused.Code)
	case errors.Is(err, ErrOffline):
		return pause{until: again(againAfter, m.Tries), changed: s.Changed}, nil // it was connected just now
	}
	// WhatsApp may have it. The same message goes out again: on the next connection at
	// once, on this one after a while.
	o.log.Debug("whether a message was sent is open", "device", l.device, "message", m.ID, "tries", m.Tries+1, "err", err)
	return pause{until: again(againAfter, m.Tries), changed: s.Changed}, nil
}

// slow stops the lane for a while, because WhatsApp wants fewer messages. Who waits for
// this one is told that it is not sent, unless an earlier try may have got through;
// otherwise it is sent when the pause is over.
func (l *lane) slow(m models.Send, refused *RefusedError) (pause, error) {
	o := l.o
	until := again(slowDown, m.Tries)
	o.mu.Lock()
	o.slowed[l.device] = until
	o.mu.Unlock()
	wait := pause{until: until, firm: true}
	if !m.HandedAt.IsZero() || !o.claim(handleOf(m.Message)) {
		return wait, nil
	}
	return wait, o.fail(m.Message, refused.Why, refused.Code)
}

// forbidden is WhatsApp's code for a message to a group in which the account may not write.
const forbidden = 403

// why says what a refusal means where WhatsApp's code alone does not.
func (o *Outbox) why(m models.Send, refused *RefusedError) Refusal {
	if m.Chat.Kind != string(ChatGroup) || refused.Code != forbidden || refused.Why != RefusedByWhatsApp {
		return refused.Why
	}
	g, err := o.store.GroupOf(o.ctx, m.DeviceID, m.Account, m.Chat.JID, false)
	if err == nil && g.LeftAt.IsZero() && g.Announce {
		return RefusedNotAdmin
	}
	return RefusedNotInGroup
}

// again is when something is tried once more that was tried so often.
func again(step time.Duration, tries int64) time.Time {
	return time.Now().Add(min(step*time.Duration(min(tries+1, 100)), againLimit))
}

// sent stores that WhatsApp has a message, and the address that was found out for it.
func (o *Outbox) sent(m models.Send, ack Ack) error {
	at := ack.At
	if at.IsZero() {
		at = time.Now()
	}
	a := o.ending(m.Message, models.StatusSent, "", 0, at)
	if ack.Partial > 0 {
		a.Receipt.Partial = int64(ack.Partial)
		a.Event.Body = encode(StatusNews{Status: StatusSent, Partial: ack.Partial})
	}
	if p := ack.To.Person; p.LID != "" && p.PN != "" && personOf(p) != m.Chat.Contact.Person {
		a.Account, a.Pairs = m.Chat.Account, []models.Person{personOf(p)}
	}
	return o.end(m.Message, a)
}

// typing seems to be writing for a while.
func (l *lane) typing(to Chat, d time.Duration) {
	ctx, cancel := context.WithTimeout(l.o.ctx, d+againAfter)
	defer cancel()
	if err := l.o.sender.Typing(ctx, l.device, to, true); err != nil {
		return // nothing depends on it
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	_ = l.o.sender.Typing(ctx, l.device, to, false)
}

// OfChat is a stored chat as the driver takes it.
func OfChat(c models.Chat) Chat {
	return Chat{Kind: ChatKind(c.Kind), Person: PartyOfStored(c.Contact.Person), JID: c.JID}
}

// pacer is how much a device may send just now.
type pacer struct {
	mu    sync.Mutex
	limit *rate.Limiter // nil: no limit
}

// take takes one message's worth, or says how long to wait for it.
func (p *pacer) take(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.limit == nil {
		return 0
	}
	r := p.limit.ReserveN(now, 1)
	if delay := r.DelayFrom(now); delay > 0 {
		r.CancelAt(now)
		return delay
	}
	return 0
}

// spent reports whether the next message would have to wait.
func (p *pacer) spent(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limit != nil && p.limit.TokensAt(now) < 1
}

func (o *Outbox) pacer(deviceID string) *pacer {
	o.mu.Lock()
	defer o.mu.Unlock()
	p, ok := o.paces[deviceID]
	if !ok {
		p = &pacer{limit: o.pace.limiter()}
		o.paces[deviceID] = p
	}
	return p
}

// overPace reports whether a message of the device would have to wait for its turn.
func (o *Outbox) overPace(deviceID string) bool { return o.pacer(deviceID).spent(time.Now()) }
