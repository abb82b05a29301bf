package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"time"
)

// SQLite has one writer at a time. Whoever finds the lock taken sleeps and tries
// again, up to 100 ms later, and whoever comes at the right instant is first: with
// eight devices linking, single writes were seen to wait half a second. So the
// connections of the shared pool queue for their turn in order of arrival before
// they ask SQLite. This is for speed and fairness alone: the lock stays SQLite's,
// other processes compete for it as ever, and what the queue does not see (a
// prepared statement) merely waits in the old way.

// turnLimit bounds the wait for a turn. After it the connection asks SQLite, which
// waits for its busy timeout and then has the right error.
const turnLimit = 10 * time.Second

// turnConnector opens connections that queue in the same line.
type turnConnector struct {
	placeConnector
	line chan struct{} // holds a value while somebody's turn lasts
}

// Connect opens a connection of the line.
func (c *turnConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.open()
	if err != nil {
		return nil, err
	}
	return &turnConn{keepingConn: conn, line: c.line, place: c.place}, nil
}

// fullConn is what a connection of modernc.org/sqlite can do for database/sql.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// turnConn is a connection that takes a turn for each transaction, and for each
// statement outside of one. database/sql uses it from one goroutine at a time.
type turnConn struct {
	*keepingConn
	line  chan struct{}
	place *place
	inTx  bool
}

// take waits for the turn. end gives it back; it may be called once.
func (c *turnConn) take(ctx context.Context) (end func(), err error) {
	end = func() { <-c.line }
	select {
	case c.line <- struct{}{}:
		return end, nil
	default:
	}
	limit := time.NewTimer(turnLimit)
	defer limit.Stop()
	select {
	case c.line <- struct{}{}: // senders on a channel are served in order
		return end, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-limit.C:
		return func() {}, nil
	}
}

// BeginTx begins a transaction in turn. One that only reads needs none.
func (c *turnConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	end := func() {}
	if !opts.ReadOnly {
		var err error
		if end, err = c.take(ctx); err != nil {
			return nil, err
		}
		if err := c.place.check(); err != nil {
			end()
			return nil, err
		}
	}
	tx, err := c.keepingConn.BeginTx(ctx, opts)
	if err != nil {
		end()
		return nil, err
	}
	c.inTx = true
	return &turnTx{Tx: tx, conn: c, end: end}, nil
}

// ExecContext runs a statement in turn.
func (c *turnConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if c.inTx {
		return c.keepingConn.ExecContext(ctx, query, args)
	}
	end, err := c.take(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	if err := c.place.check(); err != nil {
		return nil, err
	}
	return c.keepingConn.ExecContext(ctx, query, args)
}

// turnTx is a transaction whose end is the end of the turn. database/sql calls
// either method, once.
type turnTx struct {
	driver.Tx
	conn *turnConn
	end  func()
}

// Commit commits and ends the turn.
func (t *turnTx) Commit() error {
	defer t.done()
	if err := t.conn.place.check(); err != nil {
		return errors.Join(err, t.Tx.Rollback())
	}
	return t.Tx.Commit()
}

// Rollback rolls back and ends the turn.
func (t *turnTx) Rollback() error {
	defer t.done()
	return t.Tx.Rollback()
}

func (t *turnTx) done() {
	t.conn.inTx = false
	t.end()
}
