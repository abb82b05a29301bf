package session_test

import (
	"fmt"
	"sync"
	"testing"

	"wadah/session"
	"wadah/session/sessiontest"
)

// TestSyncBesideCommands adds and deletes devices while Sync reads the table again and
// again: none that was just added may be taken for a removed one, and none that was
// deleted may come back.
func TestSyncBesideCommands(t *testing.T) {
	w := &fleet{t: t, dir: t.TempDir(), driver: sessiontest.New()}
	w.open(session.DefaultConfig())
	defer w.close()
	for i := range 150 { // the more there is to read, the more can happen meanwhile
		w.add(fmt.Sprintf("Old device %d", i))
	}
	over := make(chan struct{})
	var syncing sync.WaitGroup
	for range 2 {
		syncing.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				if err := w.Sync(t.Context()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	var kept, dropped []string
	for i := range 100 {
		id := w.add(fmt.Sprintf("Device %d", i))
		if i%2 == 0 {
			kept = append(kept, id)
			continue
		}
		if _, err := w.DeleteDevice(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		dropped = append(dropped, id)
	}
	close(over)
	syncing.Wait()
	for _, id := range kept {
		if _, err := w.Snapshot(id); err != nil {
			t.Errorf("a device that was added is gone: %v", err)
		}
	}
	for _, id := range dropped {
		if s, err := w.Snapshot(id); err == nil {
			t.Errorf("a deleted device came back: %+v", s)
		}
	}
}
