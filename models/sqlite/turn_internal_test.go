package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// bare are the tables of no store in particular.
type bare struct{}

func (bare) Open(d gorm.Dialector) (*gorm.DB, error) {
	return gorm.Open(d, &gorm.Config{Logger: logger.Discard, SkipDefaultTransaction: true, DisableAutomaticPing: true})
}
func (bare) Stamp(context.Context, *gorm.DB) error         { return nil }
func (bare) Check(context.Context, *gorm.DB, string) error { return nil }

func openForTurns(t *testing.T) *Engine {
	t.Helper()
	e, err := Open(t.Context(), filepath.Join(t.TempDir(), "turns.db"), bare{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

const insert = "INSERT INTO settings (name, value, updated_at) VALUES (?, '', 0)"

// Ensure that a transaction that holds the lock holds up neither readers nor, once
// it has ended, anybody; whatever its end is.
func TestTurnsEnd(t *testing.T) {
	s := openForTurns(t)
	ended, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, end := range []string{"commit", "rollback", "context", "failed statement", "failed begin"} {
		t.Run(end, func(t *testing.T) {
			ctx := t.Context()
			if end == "context" {
				ctx = ended
			}
			tx, err := s.pool.BeginTx(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.ExecContext(ctx, insert, end); err != nil {
				t.Fatal(err)
			}
			var n int
			if err := s.reads.QueryRowContext(t.Context(), "SELECT count(*) FROM settings").Scan(&n); err != nil {
				t.Errorf("a reader while somebody writes: %v", err)
			}
			switch end {
			case "commit":
				err = tx.Commit()
			case "rollback":
				err = tx.Rollback()
			case "context":
				cancel()
			case "failed statement":
				if _, err := tx.ExecContext(ctx, "nonsense"); err == nil {
					t.Error("nonsense succeeded")
				}
				err = tx.Rollback()
			case "failed begin":
				err = tx.Rollback()
				if _, err := s.pool.BeginTx(ended, nil); !errors.Is(err, context.Canceled) {
					t.Errorf("began with an ended context: %v", err)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			soon, stop := context.WithTimeout(t.Context(), turnLimit/2)
			defer stop()
			if _, err := s.pool.ExecContext(soon, insert, "after "+end); err != nil {
				t.Errorf("the next writer: %v", err)
			}
		})
	}
}

// Ensure that writers are served in the order in which they came.
func TestTurnsAreInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := make(chan struct{}, 1)
		end, err := (&turnConn{line: line}).take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got, want []int
		for i := range 20 {
			want = append(want, i)
			go func() {
				end, err := (&turnConn{line: line}).take(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				got = append(got, i) // its turn: nobody else is here
				end()
			}()
			synctest.Wait() // until it stands in line
		}
		end()
		synctest.Wait()
		if !slices.Equal(got, want) {
			t.Errorf("got %v", got)
		}
	})
}

// Ensure that a turn that never ends holds nobody up for ever: SQLite decides then.
func TestTurnWaitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := make(chan struct{}, 1)
		if _, err := (&turnConn{line: line}).take(t.Context()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		end, err := (&turnConn{line: line}).take(t.Context())
		if err != nil || time.Since(start) != turnLimit {
			t.Errorf("waited %v (%v)", time.Since(start), err)
		}
		end()
		if len(line) != 1 {
			t.Error("who had no turn ended somebody else's")
		}
	})
}

// Ensure that waiting for a turn ends with the context.
func TestTurnWaitEndsWithContext(t *testing.T) {
	s := openForTurns(t)
	tx, err := s.pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for i := range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := s.pool.ExecContext(ctx, insert, fmt.Sprint(i))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	}
}
