package postgres

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"wadah/models/engine"
)

// lockQuery calls a function of advisory locks for a purpose: the locks of one schema in
// one database (https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS).
func lockQuery(function string) string {
	return "SELECT " + function + "(hashtextextended('wadah ' || current_schema()::text || ' ' || ?::text, 0))"
}

const (
	// watchEvery is how often the connection that holds the lock is asked whether it
	// lives. One that ends is noticed at once.
	watchEvery = 3 * time.Second
	// watchLimit is how long its answer may take.
	watchLimit = 5 * time.Second
	// retakeEvery is the pause before each attempt to have the lock again: longer than
	// the 2 s in which whoever uses the database asks InPlace, so that no loss passes
	// unnoticed.
	retakeEvery = 3 * time.Second
)

// lock keeps the database for one server. The server gives it up when the connection that
// took it ends, so that connection is watched, and taken again.
type lock struct {
	engine *Engine
	lost   atomic.Bool
	end    context.CancelFunc // nil: not taken
	done   sync.WaitGroup
}

func newLock(e *Engine) *lock { return &lock{engine: e} }

// errTaken is that another process has the lock.
var errTaken = errors.New("the lock is held")

// take takes the lock and watches it.
func (l *lock) take(ctx context.Context) error {
	conn, err := l.try(ctx)
	if errors.Is(err, errTaken) {
		return engine.Faultf(engine.ErrStorage, nil, "%s is in use by another Wadah server; stop that one first, or name another database", l.engine.place)
	}
	if err != nil {
		return err
	}
	watching, end := context.WithCancel(context.WithoutCancel(ctx))
	l.end = end
	l.done.Go(func() { l.watch(watching, conn) })
	return nil
}

// try opens a connection that has the lock.
func (l *lock) try(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, l.engine.config.Copy())
	if err != nil {
		return nil, err
	}
	var got bool
	err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended('wadah ' || current_schema()::text || ' server', 0))`).Scan(&got)
	if err == nil && !got {
		err = errTaken
	}
	if err != nil {
		closeConn(ctx, conn)
		return nil, err
	}
	return conn, nil
}

// watch sees to the lock until ctx ends.
func (l *lock) watch(ctx context.Context, conn *pgx.Conn) {
	for conn != nil {
		l.hold(ctx, conn)
		closeConn(ctx, conn)
		if ctx.Err() != nil {
			return
		}
		l.lost.Store(true)
		if conn = l.again(ctx); conn != nil {
			l.lost.Store(false)
		}
	}
}

// hold returns when the connection does not answer any more, or ctx ends.
func (l *lock) hold(ctx context.Context, conn *pgx.Conn) {
	for ctx.Err() == nil {
		// Nobody notifies: this reads, and so learns of the connection's end.
		quiet, cancel := context.WithTimeout(ctx, watchEvery)
		err := conn.PgConn().WaitForNotification(quiet)
		cancel()
		if err == nil {
			continue
		}
		if conn.IsClosed() {
			return
		}
		asked, cancel := context.WithTimeout(ctx, watchLimit)
		err = conn.Ping(asked)
		cancel()
		if err != nil {
			return
		}
	}
}

// again takes the lock anew; nil when ctx ends.
func (l *lock) again(ctx context.Context) *pgx.Conn {
	for {
		// First a pause: who used the database has to stop before it is ours again.
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(retakeEvery):
		}
		if conn, err := l.try(ctx); err == nil {
			return conn
		}
	}
}

// check says whether the lock is lost.
func (l *lock) check() error {
	if l.lost.Load() {
		return engine.ErrReplaced
	}
	return nil
}

// release gives the lock back.
func (l *lock) release() {
	if l.end != nil {
		l.end()
		l.done.Wait()
	}
}
