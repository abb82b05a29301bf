package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
)

// guard watches what the library stores for one connection. The library acknowledges
// to WhatsApp what it could not store, too (its message.go sends a receipt or an ack
// after each failure), so what its stores return cannot keep a message from being
// lost. At the first failure of the database the guard calls fail, which ends the
// connection before the failure reaches the library; after that nothing is stored for
// this connection any more: WhatsApp repeats on the next one what was not acknowledged.
type guard struct {
	fail  func(error)
	fetch func(collection string) // see appstate.go; nil lets the library do it

	once    sync.Once
	first   atomic.Pointer[error] // the failure; nil before
	ended   atomic.Bool           // end was called
	unlinks atomic.Bool           // WhatsApp is asked to end the link
}

// failure is the first failure of the database on this connection; nil before.
func (g *guard) failure() error {
	if g == nil {
		return nil
	}
	if first := g.first.Load(); first != nil {
		return *first
	}
	return nil
}

// What the library is answered when its connection may store nothing any more.
var (
	errBroken = errors.New("the database failed before on this connection")
	errEnded  = errors.New("the connection has ended")
)

// end lets nothing more through. The socket must be closed: the library would
// acknowledge what it then cannot store. What an ended connection still has in hand would
// be stored over what the next one has stored since.
func (g *guard) end() {
	if g != nil {
		g.ended.Store(true)
	}
}

// unlink says that WhatsApp is asked to end the link, or that it did not.
func (g *guard) unlink(asked bool) {
	if g != nil {
		g.unlinks.Store(asked)
	}
}

// do runs f, one call of a store. A nil guard lets everything pass.
func (g *guard) do(ctx context.Context, f func() error) error {
	if g == nil {
		return f()
	}
	switch {
	case g.failure() != nil:
		return errBroken
	case g.ended.Load():
		return errEnded
	}
	err := f()
	if isStorageFailure(ctx, err) {
		g.trip(err)
	}
	return err
}

// trip ends the connection, once. Whoever comes second waits until that is done.
func (g *guard) trip(err error) {
	g.once.Do(func() {
		g.first.Store(&err)
		g.fail(err)
	})
}

// isStorageFailure reports whether err says that the database could not do its work. A
// database that refuses what it is given does its work: a name or a key that fits no
// column comes again whenever WhatsApp repeats it, and must not end each connection.
func isStorageFailure(ctx context.Context, err error) bool {
	switch {
	case err == nil, ctx.Err() != nil, errors.Is(err, sql.ErrNoRows),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	}
	var lite interface{ Code() int } // modernc.org/sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() {
		case 275, 1299, 3091, 18, 20: // SQLITE_CONSTRAINT_CHECK, _NOTNULL, _DATATYPE; SQLITE_TOOBIG, _MISMATCH
			return false
		}
		return true
	}
	var postgres interface{ SQLState() string } // pgconn.PgError
	if errors.As(err, &postgres) {
		state := postgres.SQLState()
		// Class 22 is data that a column cannot hold; 23502 and 23514 are NOT NULL and CHECK.
		return !strings.HasPrefix(state, "22") && state != "23502" && state != "23514"
	}
	return true
}

// durable sees to it that no frame leaves before what it needs survives a power cut: the
// step of a ratchet (otherwise a counter would be used twice, and recipients drop the
// second message), a pre-key that WhatsApp is given, and the row of the message itself,
// which was stored before. SQLite's log is synced as a whole; PostgreSQL's commits are
// durable by themselves.
type durable struct {
	sync  func() error // nil: what is stored is durable
	steps atomic.Int64 // how many were stored
	safe  atomic.Int64 // how many of them survive
}

// stepped notes that something was stored that no frame may overtake.
func (d *durable) stepped() {
	if d != nil {
		d.steps.Add(1)
	}
}

// mark returns what to give to settled once something later survives.
func (d *durable) mark() int64 {
	if d == nil {
		return 0
	}
	return d.steps.Load()
}

// settled notes that everything stored before mark survives.
func (d *durable) settled(mark int64) {
	if d == nil {
		return
	}
	for {
		safe := d.safe.Load()
		if safe >= mark || d.safe.CompareAndSwap(safe, mark) {
			return
		}
	}
}

// settle makes everything stored so far survive.
func (d *durable) settle() error {
	if d == nil || d.sync == nil {
		return nil
	}
	mark := d.steps.Load()
	if d.safe.Load() >= mark {
		return nil
	}
	if err := d.sync(); err != nil {
		return err
	}
	d.settled(mark)
	return nil
}
