package passwords

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"wadah/models/engine"
)

// waits begins to wait in the line and says what comes of it.
func (l *line) waits(ctx context.Context, by Asker) <-chan error {
	came := make(chan error, 1)
	go func() { came <- l.take(ctx, by) }()
	synctest.Wait()
	return came
}

func pending(came <-chan error) bool {
	synctest.Wait()
	return len(came) == 0
}

func TestLineServesThoseItKnowsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{free: 1}
		if err := l.take(t.Context(), Stranger("a")); err != nil {
			t.Fatal(err)
		}
		first, second := l.waits(t.Context(), Stranger("a")), l.waits(t.Context(), Stranger("b"))
		known := l.waits(t.Context(), Asker{})
		for i, next := range []<-chan error{known, first, second} {
			if !pending(next) {
				t.Fatalf("number %d did not wait", i)
			}
			l.done()
			if pending(next) {
				t.Fatalf("number %d has no turn", i)
			}
		}
		if l.done(); l.free != 1 {
			t.Errorf("%d turns are free", l.free)
		}
	})
}

func TestLineIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{}
		var waiting []<-chan error
		for range lineShare {
			waiting = append(waiting, l.waits(t.Context(), Stranger("a")))
		}
		full := func(by Asker) {
			t.Helper()
			if err := l.take(t.Context(), by); !errors.Is(err, engine.ErrBusy) {
				t.Errorf("%+v: %v, want engine.ErrBusy", by, err)
			}
		}
		full(Stranger("a"))
		for i := len(waiting); i < lineLength; i++ {
			waiting = append(waiting, l.waits(t.Context(), Stranger(string(rune('b'+i)))))
		}
		full(Stranger("z"))
		for range lineLength { // strangers leave them their places
			waiting = append(waiting, l.waits(t.Context(), Asker{}))
		}
		full(Asker{})
		for _, came := range waiting {
			if !pending(came) {
				t.Fatal("one did not wait")
			}
		}
		time.Sleep(lineTime)
		for _, came := range waiting {
			if pending(came) || !errors.Is(<-came, engine.ErrBusy) {
				t.Fatal("one waits for ever")
			}
		}
		if len(l.known)+len(l.strangers) != 0 {
			t.Error("the line is not empty")
		}
	})
}

// Ensure that a turn that comes as somebody gives up is not lost.
func TestLineLosesNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{}
		ctx, cancel := context.WithCancel(t.Context())
		came := l.waits(ctx, Asker{})
		cancel()
		l.done()
		synctest.Wait()
		if err := <-came; err == nil {
			l.done()
		} else if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if l.free != 1 {
			t.Errorf("%d turns are free, want 1", l.free)
		}
	})
}
