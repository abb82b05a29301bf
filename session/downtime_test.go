package session_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"wadah/models"
	"wadah/session"
)

// stillness is long enough for anything that would be tried again to have been.
const stillness = 10 * time.Minute

// newest is the newest row of the timeline.
func (w *fleet) newest(id string) models.DeviceEvent {
	w.t.Helper()
	rows, err := w.Events(w.t.Context(), id, 1)
	if err != nil || len(rows) != 1 {
		w.t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows[0]
}

// killed is the program's end without its goodbyes: what comes next finds the database
// as it was before the shutdown.
func (w *fleet) killed() {
	w.t.Helper()
	w.pass(time.Second) // what happened so far is on disk
	dir := w.t.TempDir()
	if err := w.store.Backup(w.t.Context(), filepath.Join(dir, "wadah.db")); err != nil {
		w.t.Fatal(err)
	}
	w.close()
	w.dir = dir
}

func TestTimelineTellsOfTheTimeWithoutAServer(t *testing.T) {
	t.Run("an orderly end is told at its moment", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			on, stopped, scanning := w.linked("on", alice), w.linked("stopped", bob), w.add("scanning")
			w.start(scanning)
			if _, err := w.StopDevice(t.Context(), stopped); err != nil {
				t.Fatal(err)
			}
			w.pass(time.Hour + 17*time.Second)
			end := time.Now()
			w.close()
			w.pass(3 * time.Hour)
			w.open(session.DefaultConfig())
			w.settle()
			story := w.story(on)
			if want := []string{"CONNECTED/ready", "SERVICE_OFF/server_down", "PAIRING/restoring", "CONNECTED/ready"}; !slices.Equal(tail(story, 4), want) {
				t.Errorf("story of the one that was on: %v", story)
			}
			rows, err := w.Events(t.Context(), on, 3)
			if err != nil || !rows[2].At.Equal(end.Truncate(time.Millisecond)) || rows[2].From != "CONNECTED" || rows[1].From != "SERVICE_OFF" {
				t.Errorf("%v, want the first at %v: %+v", err, end, rows)
			}
			if got := w.newest(stopped); got.Reason != "stopped" {
				t.Errorf("the stopped one: %+v", got)
			}
			if got := w.story(scanning); slices.Contains(got, "SERVICE_OFF/server_down") {
				t.Errorf("its scan window was over long before: %v", got)
			}
		})
	})

	t.Run("a kill is told by the next start, at the last sign of life, and once", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			on, restless := w.linked("on", alice), w.linked("restless", bob)
			w.pass(time.Hour)
			if _, err := w.StopDevice(t.Context(), restless); err != nil {
				t.Fatal(err)
			}
			w.pass(10 * time.Minute)
			w.driver.SetOnDial(func(ctx context.Context, _ session.Target) error { <-ctx.Done(); return errors.New("given up") })
			end := time.Now()
			w.killed()
			w.pass(2 * time.Hour)
			w.open(session.DefaultConfig())
			w.settle()
			rows, err := w.Events(t.Context(), on, 2)
			if err != nil || rows[1].Reason != "server_down" || rows[1].From != "CONNECTED" || rows[0].Reason != "restoring" {
				t.Fatalf("%v: %+v", err, rows)
			}
			if off := end.Sub(rows[1].At); off < -time.Second || off > time.Minute+time.Second {
				t.Errorf("the end was %v, told is %v", end, rows[1].At)
			}
			if got := w.newest(restless); got.Reason != "stopped" {
				t.Errorf("the stopped one: %+v", got)
			}
			if _, err := w.StopDevice(t.Context(), on); err != nil {
				t.Fatal(err)
			}
			before := len(w.story(on))
			w.reopen()
			w.reopen()
			if got := w.story(on); len(got) != before {
				t.Errorf("starting twice added to the timeline: %v", tail(got, len(got)-before))
			}
		})
	})

	t.Run("killed while scanning, the last sign of life is another device's", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			w.linked("on", alice)
			scanning := w.add("scanning")
			w.start(scanning)
			defer w.Watch(scanning)()
			w.pass(59 * time.Second)
			began := w.newest(scanning).At
			w.killed()
			w.pass(time.Minute)
			w.open(session.DefaultConfig())
			rows, err := w.Events(t.Context(), scanning, 2)
			if err != nil || rows[1].Reason != "server_down" || rows[1].From != "SERVICE_SCAN" {
				t.Fatalf("%v: %+v", err, rows)
			}
			if got := rows[1].At.Sub(began); got < 30*time.Second {
				t.Errorf("it ended %v after the scan began, although the program ran on", got)
			}
		})
	})
}

func tail(s []string, n int) []string { return s[max(len(s)-n, 0):] }
