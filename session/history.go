package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wadah/models"
	"wadah/session/message"
)

// Reading the phone's history. After linking a phone sends pieces of it, which hold what
// WhatsApp wants to see with messages to existing chats (without the tokens in them it
// refuses those with 463). Each piece is expected, in the store, from its notice until
// it was read: a crash, a lost line or a full disk only puts that off.

const (
	historyLimit = 10 * time.Minute // for one piece to be fetched and read
	historyTries = 50               // then it is given up: hours have passed
)

// recallExpected finds out which devices were expecting something when the program ended.
func (m *Manager) recallExpected(ctx context.Context) error {
	ids, err := m.store.Expecting(ctx)
	if err != nil {
		return fmt.Errorf("look for history to read: %w", err)
	}
	for _, id := range ids {
		if d, err := m.device(id); err == nil {
			d.expects.Store(true)
		}
	}
	return nil
}

// expect notes that there is something to read, and reads it.
func (a *attempt) expect() {
	a.d.expects.Store(true)
	a.startReading()
}

// startReading reads what is expected of the device in the background. Nothing runs for
// a device that expects nothing.
func (a *attempt) startReading() {
	d := a.d
	if !d.expects.Load() || !d.reading.CompareAndSwap(false, true) {
		return
	}
	d.m.spawn("history", func() {
		a.readExpected()
		d.reading.Store(false)
		if a.ctx.Err() == nil {
			a.startReading() // a notice may have come at the last moment
		}
	})
}

// readExpected reads until nothing is expected any more or the attempt is over.
func (a *attempt) readExpected() {
	d := a.d
	for a.ctx.Err() == nil {
		d.expects.Store(false)
		list, err := d.m.store.ExpectedOf(a.ctx, d.id)
		if err == nil && len(list) == 0 {
			return
		}
		d.expects.Store(true)
		pause := backoffCap
		if err != nil {
			d.logStore("read what is expected", err)
		}
		for _, e := range list {
			wait := time.Until(e.NextAt)
			if wait <= 0 {
				a.readPiece(e)
				wait = backoffBase
			}
			pause = min(pause, wait)
		}
		if waitFor(a.ctx, nil, pause) != nil {
			return
		}
	}
}

// readPiece reads one piece. Only one of the whole fleet is in memory at a time.
func (a *attempt) readPiece(e models.Expected) {
	m := a.d.m
	select {
	case m.history <- struct{}{}:
		defer func() { <-m.history }()
	case <-a.ctx.Done():
		return
	}
	conn := a.connection()
	if conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(a.ctx, historyLimit)
	defer cancel()
	digest, err := conn.ReadHistory(ctx, e.Body)
	switch {
	case errors.Is(err, ErrGone), err != nil && e.Tries+1 >= historyTries:
		m.log.Warn("a piece of the phone's history cannot be had; WhatsApp may refuse messages to old chats", "device", a.d.id, "tries", e.Tries+1, "err", err)
		digest = message.Digest{}
	case a.ctx.Err() != nil:
		return
	case err != nil:
		m.log.Debug("history was not read", "device", a.d.id, "err", err)
		next := time.Now().Add(backoffDelay(int(min(e.Tries, historyTries)) + 2))
		a.d.logStore("put off what is expected", m.store.RetryExpected(ctx, e.ID, e.Tries+1, next))
		return
	}
	err = m.store.SaveDigest(ctx, e, accountOf(a.jid), message.Stored(digest))
	if err != nil { // it is read once more
		a.d.logStore("store what was read of the history", err)
		return
	}
	conn.HistoryRead(ctx, e.Name, e.Body)
}

// connection is the attempt's open connection; nil when it has none (any more).
func (a *attempt) connection() Conn {
	a.d.mu.Lock()
	defer a.d.mu.Unlock()
	if a.d.att != a {
		return nil
	}
	return a.conn
}
