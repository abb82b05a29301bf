package session_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"wadah/models"
	"wadah/models/modelstest"
	"wadah/session"
)

// A device whose storage fails is off, says so, and comes back by itself.
func TestStorageFails(t *testing.T) {
	failure := fmt.Errorf("insert: %w", session.ErrStorage)
	t.Run("while it is connected", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			first := w.conn(id)
			first.Tell(session.SignalStorage{Err: failure})
			w.wantStorage(id)
			if !first.Closed() {
				t.Error("the connection is still open")
			}
			w.pass(4 * time.Second)
			w.want(id, "CONNECTED/ready")
		})
	})
	for name, err := range map[string]error{
		"while a phone links it, in the driver": failure,
		"while a phone links it, in our tables": fmt.Errorf("the link was refused: %w", models.ErrStorage),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *fleet) {
				id := w.add("Toko")
				w.start(id)
				w.conn(id).Tell(session.SignalLinkFailed{Err: err})
				w.wantStorage(id)
				if s := w.snap(id); s.QR != nil || s.Linked() {
					t.Errorf("QR %v, linked %v; want neither", s.QR, s.Linked())
				}
				w.pass(4 * time.Second)
				w.want(id, "SERVICE_SCAN/qr")
			})
		})
	}
	t.Run("again and again, ever more seldom", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			before := len(w.driver.Dials())
			for until := time.Now().Add(10 * time.Minute); time.Now().Before(until); w.pass(time.Second) {
				if c := w.driver.Conn(id); c != nil {
					c.Tell(session.SignalStorage{Err: failure})
				}
			}
			if n := len(w.driver.Dials()) - before; n < 10 || n > 60 {
				t.Errorf("%d dials in ten minutes of failing storage, want a try a minute at the least and no storm", n)
			}
		})
	})
}

// wantStorage waits a moment for what is due, not for the next try.
func (w *fleet) wantStorage(id string) {
	w.t.Helper()
	w.pass(time.Millisecond)
	w.want(id, "SERVICE_OFF/storage")
	if s := w.snap(id); !s.Retrying || !s.Desired {
		w.t.Errorf("retrying %v, desired %v; want both", s.Retrying, s.Desired)
	}
}

// breakStorage makes every probe of the storage fail until mend is called.
func (w *fleet) breakStorage() (mend func()) {
	w.t.Helper()
	return modelstest.Refuse(w.t, w.store, "INSERT ON settings WHEN (NEW.name = 'storage_probe')")
}

// While nothing can be stored nobody connects, however long that lasts; when it can be
// again, all are back within seconds. A device that needs to store nothing stays.
func TestStorageOutage(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		hit, calm, fresh := w.linked("Hit", alice), w.linked("Calm", bob), w.add("Fresh")
		mend := w.breakStorage()
		w.conn(hit).Tell(session.SignalStorage{Err: session.ErrStorage})
		defer w.Watch(fresh)() // the scan window stays open
		w.start(fresh)
		before := len(w.driver.Dials())
		for range 60 {
			w.pass(time.Minute)
			w.want(hit, "SERVICE_OFF/storage")
			w.want(fresh, "SERVICE_OFF/storage")
			w.want(calm, "CONNECTED/ready")
		}
		if n := len(w.driver.Dials()) - before; n != 0 {
			t.Errorf("%d dials while nothing could be stored", n)
		}
		if s := w.snap(fresh); !s.Retrying || !s.Desired || s.QR != nil {
			t.Errorf("a device started meanwhile: %+v", s)
		}
		mend()
		w.pass(2 * time.Second)
		w.want(hit, "CONNECTED/ready")
		w.want(fresh, "SERVICE_SCAN/qr")
	})
}

// A stop ends the wait for the storage, too.
func TestStopDuringStorageOutage(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		mend := w.breakStorage()
		w.conn(id).Tell(session.SignalStorage{Err: session.ErrStorage})
		w.pass(5 * time.Second)
		w.want(id, "SERVICE_OFF/storage")
		if _, err := w.StopDevice(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		mend()
		w.pass(time.Hour)
		w.want(id, "SERVICE_OFF/stopped")
		if len(w.driver.Conns(id)) > 0 {
			t.Error("a stopped device is connected")
		}
	})
}

// One failure that the storage as a whole does not show holds nobody else up.
func TestOneWriteFails(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		hit, fresh := w.linked("Hit", alice), w.add("Fresh")
		w.conn(hit).Tell(session.SignalStorage{Err: session.ErrStorage})
		w.start(fresh)
		w.want(fresh, "SERVICE_SCAN/qr")
		if told := w.story(fresh); slices.Contains(told, "SERVICE_OFF/storage") {
			t.Errorf("the other device: %v", told)
		}
	})
}

// A database that is deleted under the program ends all connections within 5 s, and they
// are back when it is.
func TestDatabaseDeleted(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		linked, scanning := w.linked("Toko", alice), w.add("Warung")
		defer w.Watch(scanning)() // the scan window stays open
		w.start(scanning)
		path := filepath.Join(w.dir, "wadah.db")
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Second)
		w.want(linked, "SERVICE_OFF/storage")
		w.want(scanning, "SERVICE_OFF/storage")
		if n := len(w.driver.Conns(linked)) + len(w.driver.Conns(scanning)); n > 0 {
			t.Errorf("%d connections are open", n)
		}
		w.pass(time.Hour)
		w.want(linked, "SERVICE_OFF/storage")
		if err := os.Rename(path+".away", path); err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Second)
		w.want(linked, "CONNECTED/ready")
		w.want(scanning, "SERVICE_SCAN/qr")
	})
}
