package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wadah/models"
	"wadah/session/message"
)

// What is still to be fetched or read. It is expected, in the store, from the moment at
// which it was announced until it was done: a crash, a lost line or a full disk only puts
// it off.
//
//   - After linking a phone sends pieces of its history, which hold what WhatsApp wants to
//     see with messages to existing chats (without the tokens in them it refuses those with
//     463).
//   - Settings of the account, such as who is in the address book and which chats are
//     muted, are fetched when they have changed.
//   - The groups of the account are asked for once after linking; news of them follow. One
//     of which only a change is known is asked for by itself.
//   - A message that could not be read without a secret is read again when that has come.

const (
	expectedLimit = 10 * time.Minute // for one thing to be fetched and read
	expectedTries = 50               // then it is given up: hours have passed
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
		err := a.expectGroups()
		var list []models.Expected
		if err == nil {
			list, err = d.m.store.ExpectedOf(a.ctx, d.id)
		}
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
				a.readOne(e)
				wait = backoffBase
			}
			pause = min(pause, wait)
		}
		if waitFor(a.ctx, nil, pause) != nil {
			return
		}
	}
}

// expectGroups has the groups of the account expected when they were never read.
func (a *attempt) expectGroups() error {
	d, account := a.d, accountOf(a.jid)
	if known := d.grouped.Load(); account == "" || known != nil && *known == account {
		return nil
	}
	at, err := d.m.store.GroupsRead(a.ctx, d.id, account)
	if err == nil && at.IsZero() {
		err = d.m.store.Expect(a.ctx, d.id, models.Expected{Kind: message.ExpectGroups, Name: account})
	}
	if err == nil {
		d.grouped.Store(&account)
	}
	return err
}

// readOne reads one thing that is expected, and stores that it was.
func (a *attempt) readOne(e models.Expected) {
	m := a.d.m
	if e.Kind == message.ExpectHistory { // only one of the whole fleet is in memory at a time
		select {
		case m.history <- struct{}{}:
			defer func() { <-m.history }()
		case <-a.ctx.Done():
			return
		}
	}
	conn := a.connection()
	if conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(a.ctx, expectedLimit)
	defer cancel()
	digest, err := a.read(ctx, conn, e)
	switch {
	case errors.Is(err, ErrGone), err != nil && e.Tries+1 >= expectedTries:
		m.log.Warn("something that is expected cannot be had", "device", a.d.id, "what", e.Kind, "tries", e.Tries+1, "err", err)
		digest = message.Digest{}
	case a.ctx.Err() != nil:
		return
	case err != nil:
		m.log.Debug("something that is expected was not read", "device", a.d.id, "what", e.Kind, "err", err)
		next := time.Now().Add(backoffDelay(int(min(e.Tries, expectedTries)) + 2))
		var paced *message.PacedError
		if errors.As(err, &paced) && paced.Until.After(next) { // WhatsApp wants fewer questions
			next = paced.Until
		}
		a.d.logStore("put off what is expected", m.store.RetryExpected(ctx, e.ID, e.Tries+1, next))
		return
	}
	err = m.store.SaveDigest(ctx, e, accountOf(a.jid), message.Stored(digest))
	if err != nil { // it is read once more
		a.d.logStore("store what was expected", err)
		return
	}
	if e.Kind == message.ExpectHistory {
		conn.HistoryRead(ctx, e.Name, e.Body)
	}
}

// read fetches what is expected. What is neither a piece of history nor settings has
// nothing to be kept of it.
func (a *attempt) read(ctx context.Context, conn Conn, e models.Expected) (message.Digest, error) {
	switch e.Kind {
	case message.ExpectHistory:
		return conn.ReadHistory(ctx, e.Body)
	case message.ExpectAppState:
		// Whoever is killed while it is read must begin anew.
		err := a.d.m.store.RetryExpected(ctx, e.ID, e.Tries+1, e.NextAt)
		if err != nil {
			return message.Digest{}, err
		}
		return conn.ReadAppState(ctx, e.Name, e.Body, e.Tries > 0)
	case message.ExpectGroups:
		return message.Digest{}, a.d.m.groups.Read(ctx, a.d.id, accountOf(a.jid), conn.Groups)
	case message.ExpectGroup:
		_, err := a.d.m.groups.Get(ctx, a.d.id, accountOf(a.jid), e.Name, true, conn.Group)
		var refused *message.RefusedError
		if errors.As(err, &refused) && refused.Why == message.RefusedNotInGroup {
			err = nil // that is what there was to know
		}
		return message.Digest{}, err
	case message.ExpectSecret:
		return message.Digest{}, a.reread(ctx, conn, e.Name)
	}
	return message.Digest{}, fmt.Errorf("%w: nothing is known of %q", ErrGone, e.Kind)
}

// reread reads a stored message that may be opened now. One that still cannot be stays as
// it is.
func (a *attempt) reread(ctx context.Context, conn Conn, id string) error {
	row, err := a.d.m.store.Message(ctx, id)
	if errors.Is(err, models.ErrNotFound) {
		return fmt.Errorf("%w: the message was forgotten", ErrGone)
	}
	if err != nil {
		return err
	}
	sealed, err := message.OfRow(row)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	opened := conn.Reread(ctx, sealed)
	if opened.Content.Sealed {
		return nil
	}
	return a.accept(opened)
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
