package session_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"wadah/models"
	"wadah/session"
)

// fail makes the database refuse what the clause of a trigger names, such as "UPDATE ON
// devices", until mended.
func (w *fleet) fail(clause string) {
	w.t.Helper()
	_, err := w.store.SQL().ExecContext(w.t.Context(), "CREATE TRIGGER broken BEFORE "+clause+" BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *fleet) mend() {
	w.t.Helper()
	if _, err := w.store.SQL().ExecContext(w.t.Context(), "DROP TRIGGER broken"); err != nil {
		w.t.Fatal(err)
	}
}

// mendIfBroken mends what fail has broken, if it still is.
func (w *fleet) mendIfBroken() {
	w.t.Helper()
	if _, err := w.store.SQL().ExecContext(w.t.Context(), "DROP TRIGGER IF EXISTS broken"); err != nil {
		w.t.Fatal(err)
	}
}

// reopenAfter is a restart of the program, before which something happens to its data.
func (w *fleet) reopenAfter(change func()) {
	w.t.Helper()
	w.close()
	store, err := models.Open(w.t.Context(), w.options())
	if err != nil {
		w.t.Fatal(err)
	}
	w.store = store
	change()
	if err := store.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.open(session.DefaultConfig())
}

func (w *fleet) row(id string) models.Life {
	w.t.Helper()
	row, err := w.store.Device(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return row.Life()
}

// agrees insists that the snapshot, what was published last and the row say the same.
func (w *fleet) agrees(id string, news <-chan session.Snapshot) {
	w.t.Helper()
	s, row := w.snap(id), w.row(id)
	if s.Unsaved || row.Desired != s.Desired || row.JID != s.Account.JID {
		w.t.Errorf("%s: unsaved %v; snapshot desired %v, %q; row desired %v, %q", w.state(id), s.Unsaved, s.Desired, s.Account.JID, row.Desired, row.JID)
	}
	if off := s.State == session.StateOff && !s.Retrying; off != (row.OffReason != "") || off && row.OffReason != string(s.Reason) {
		w.t.Errorf("%s, and the row says %q", w.state(id), row.OffReason)
	}
	var last session.Snapshot
	for len(news) > 0 {
		if n := <-news; n.ID == id {
			last = n
		}
	}
	if last.Rev != s.Rev || last.Desired != s.Desired {
		w.t.Errorf("told last: revision %d, desired %v; the snapshot has %d, %v", last.Rev, last.Desired, s.Rev, s.Desired)
	}
}

// A log-out of a device without a link is a stop, in the snapshot, in what is told and
// in the row.
func TestLogoutWhileACodeShows(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.add("Toko")
		w.start(id)
		w.want(id, "SERVICE_SCAN/qr")
		news, cancel := w.Hub().Subscribe(64)
		defer cancel()
		if got, err := w.LogoutDevice(t.Context(), id); err != nil || got.Link != session.UnlinkNotLinked {
			t.Fatalf("got %q, %v", got.Link, err)
		}
		w.settle()
		w.want(id, "SERVICE_OFF/stopped")
		if w.snap(id).Desired {
			t.Error("it is still wanted on")
		}
		w.agrees(id, news)
	})
}

// Whatever cannot be stored while a device is unlinked, it ends in a true state.
func TestUnlinkingOnABrokenStore(t *testing.T) {
	t.Run("a delete that cannot delete leaves a device that is off and unlinked", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			news, cancel := w.Hub().Subscribe(64)
			defer cancel()
			w.fail("DELETE ON devices")
			if _, err := w.DeleteDevice(t.Context(), id); !errors.Is(err, models.ErrStorage) {
				t.Errorf("got %v, want ErrStorage", err)
			}
			w.settle()
			w.want(id, "SERVICE_OFF/logged_out")
			if len(w.driver.Conns(id)) != 0 {
				t.Error("a connection is left")
			}
			w.agrees(id, news)
			w.reopen()
			w.want(id, "SERVICE_OFF/logged_out")
			w.mend()
			if _, err := w.DeleteDevice(t.Context(), id); err != nil {
				t.Error(err)
			}
			if _, err := w.store.Device(t.Context(), id); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("the deleted row: %v", err)
			}
		})
	})

	t.Run("so does a delete of a device that shows a code", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			w.start(id)
			news, cancel := w.Hub().Subscribe(64)
			defer cancel()
			w.fail("DELETE ON devices")
			if _, err := w.DeleteDevice(t.Context(), id); !errors.Is(err, models.ErrStorage) {
				t.Errorf("got %v, want ErrStorage", err)
			}
			w.settle()
			w.want(id, "SERVICE_OFF/stopped")
			w.agrees(id, news)
		})
	})

	t.Run("a log-out that cannot be announced leaves the device as it was", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.fail("UPDATE ON devices WHEN NEW.off_reason = 'unlinking'")
			for _, unlink := range []func() (session.Unlinked, error){
				func() (session.Unlinked, error) { return w.LogoutDevice(t.Context(), id) },
				func() (session.Unlinked, error) { return w.DeleteDevice(t.Context(), id) },
			} {
				if _, err := unlink(); !errors.Is(err, session.ErrStorage) {
					t.Errorf("got %v, want ErrStorage", err)
				}
				w.settle()
				w.want(id, "CONNECTED/ready")
				if row := w.row(id); !row.Desired || row.OffReason != "" || !w.snap(id).Desired {
					t.Errorf("desired: %v; row %+v", w.snap(id).Desired, row)
				}
			}
			w.reopen()
			w.pass(time.Minute)
			w.want(id, "CONNECTED/ready")
		})
	})

	t.Run("a log-out whose end cannot be stored is stored later", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.fail("UPDATE ON devices WHEN NEW.off_reason = 'logged_out'")
			if got, err := w.LogoutDevice(t.Context(), id); err != nil || got.Link != session.UnlinkConfirmed {
				t.Fatalf("got %q, %v", got.Link, err)
			}
			w.settle()
			w.want(id, "SERVICE_OFF/logged_out")
			if s := w.snap(id); !s.Unsaved || s.Linked() || s.Desired {
				t.Errorf("unsaved %v, linked %v, desired %v", s.Unsaved, s.Linked(), s.Desired)
			}
			news, cancel := w.Hub().Subscribe(64)
			defer cancel()
			w.mend()
			w.pass(6 * time.Second)
			w.agrees(id, news)
		})
	})

	t.Run("or finished by the next start", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.fail("UPDATE ON devices WHEN NEW.off_reason = 'logged_out'")
			if _, err := w.LogoutDevice(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			w.settle()
			w.reopenAfter(w.mendIfBroken)
			w.settle()
			w.want(id, "SERVICE_OFF/logged_out")
			if row := w.row(id); row.JID != "" || row.OffReason != "logged_out" {
				t.Errorf("the row says %+v", row)
			}
		})
	})

	t.Run("a driver that panics while it asks leaves no device that is busy for ever", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.conn(id).OnLogout = func(context.Context) error { panic("boom") }
			if got, err := w.LogoutDevice(t.Context(), id); err != nil || got.Link != session.UnlinkUnconfirmed {
				t.Fatalf("got %q, %v", got.Link, err)
			}
			w.settle()
			w.want(id, "SERVICE_OFF/logged_out")
			w.start(id)
			w.want(id, "SERVICE_SCAN/qr")
		})
	})
}

// Credentials of an ended link that cannot be deleted are deleted later, and cannot be
// taken for those of a new link meanwhile.
func TestForgettingIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		w.driver.FailForget(session.ErrStorage)
		w.conn(id).Tell(session.SignalLoggedOut{Code: 401})
		w.settle()
		w.want(id, "SERVICE_OFF/logged_out")
		w.start(id)
		w.want(id, "SERVICE_SCAN/qr")
		if err := w.conn(id).Claim(alice); err == nil {
			t.Error("a link was claimed whose credentials are about to be deleted")
		}
		w.driver.FailForget(nil)
		w.pass(time.Minute)
		if links, err := w.driver.Links(t.Context()); err != nil || len(links) != 0 {
			t.Errorf("credentials left: %v, %v", links, err)
		}
		if err := w.conn(id).Claim(alice); err != nil {
			t.Errorf("after that: %v", err)
		}
	})
}

// What WhatsApp means for good is remembered also when it could not be stored at first.
func TestFinalStatesAreStoredUntilTheyAre(t *testing.T) {
	for state, signal := range map[string]session.Signal{
		"SERVICE_OFF/replaced":   session.SignalReplaced{},
		"SERVICE_OFF/banned":     session.SignalBanned{Code: 101, Expire: time.Hour},
		"SERVICE_OFF/logged_out": session.SignalLoggedOut{Code: 401},
	} {
		t.Run(state, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *fleet) {
				id := w.linked("Toko", alice)
				w.fail("UPDATE ON devices")
				w.conn(id).Tell(signal)
				w.pass(time.Minute)
				w.want(id, state)
				s := w.snap(id)
				if !s.Unsaved || s.Desired {
					t.Errorf("unsaved %v, desired %v", s.Unsaved, s.Desired)
				}
				news, cancel := w.Hub().Subscribe(64)
				defer cancel()
				w.mend()
				w.pass(6 * time.Second)
				w.agrees(id, news)
				if got := w.row(id); !got.OffUntil.Equal(s.Until.Truncate(time.Millisecond)) {
					t.Errorf("the row says until %v, want %v", got.OffUntil, s.Until)
				}
				dials := len(w.driver.Dials())
				w.reopen()
				w.pass(time.Minute)
				w.want(id, state)
				if got := len(w.driver.Dials()); got != dials {
					t.Errorf("%d dials by the next start", got-dials)
				}
			})
		})
	}
}

// The database cannot be told before the program ends: the next start knows all the same,
// once, and forgets the note when the row has caught up.
func TestNextStartKnows(t *testing.T) {
	type way func(w *fleet, id string)
	signal := func(s session.Signal) way { return func(w *fleet, id string) { w.conn(id).Tell(s) } }
	for state, c := range map[string]struct {
		end    way
		linked bool
	}{
		"SERVICE_OFF/replaced":   {signal(session.SignalReplaced{}), true},
		"SERVICE_OFF/banned":     {signal(session.SignalBanned{Code: 101, Expire: time.Hour}), true},
		"SERVICE_OFF/logged_out": {signal(session.SignalLoggedOut{Code: 401}), false},
		"SERVICE_OFF/stopped": {func(w *fleet, id string) {
			if _, err := w.StopDevice(w.t.Context(), id); !errors.Is(err, session.ErrUnsaved) {
				w.t.Errorf("stop: %v", err)
			}
		}, true},
	} {
		t.Run(state, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *fleet) {
				id := w.linked("Toko", alice)
				w.fail("UPDATE ON devices")
				c.end(w, id)
				w.pass(time.Minute)
				was := w.snap(id)
				if notes := w.notes(); len(notes) != 1 {
					t.Fatalf("notes %v, want one", notes)
				}
				dials := len(w.driver.Dials())
				for range 2 { // the second start finds the row
					w.reopenAfter(w.mendIfBroken)
					w.pass(time.Minute)
					w.want(id, state)
					s := w.snap(id)
					if s.Linked() != c.linked || s.Desired || s.Unsaved || !s.Until.Equal(was.Until.Truncate(time.Millisecond)) {
						t.Errorf("linked %v, desired %v, unsaved %v, until %v; it was %v", s.Linked(), s.Desired, s.Unsaved, s.Until, was.Until)
					}
				}
				if got := len(w.driver.Dials()); got != dials {
					t.Errorf("%d dials by the next starts", got-dials)
				}
				if notes := w.notes(); len(notes) != 0 {
					t.Errorf("notes left: %v", notes)
				}
			})
		})
	}
}

// A note that the row has overtaken says nothing any more.
func TestOldNote(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		w.fail("UPDATE ON devices")
		w.conn(id).Tell(session.SignalReplaced{})
		w.pass(time.Minute)
		name := w.notes()[0]
		w.mend()
		w.pass(10 * time.Second)
		w.start(id)
		w.want(id, "CONNECTED/ready")
		w.reopenAfter(func() { // as if it had not been removed
			if err := os.WriteFile(filepath.Join(w.dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		})
		w.pass(time.Second)
		w.want(id, "CONNECTED/ready")
		if notes := w.notes(); len(notes) != 0 {
			t.Errorf("notes left: %v", notes)
		}
	})
}

// notes lists the notes for the next start.
func (w *fleet) notes() []string {
	w.t.Helper()
	paths, err := filepath.Glob(filepath.Join(w.dir, "unsaved~*"))
	if err != nil {
		w.t.Fatal(err)
	}
	for i, path := range paths {
		paths[i] = filepath.Base(path)
	}
	return paths
}

func TestStopOnABrokenStore(t *testing.T) {
	for _, connected := range []bool{true, false} {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			if connected {
				id = w.linked("Kasir", alice)
			} else {
				w.start(id)
			}
			conn := w.conn(id)
			w.fail("UPDATE ON devices")
			began := time.Now()
			for range 2 {
				if _, err := w.StopDevice(t.Context(), id); !errors.Is(err, session.ErrUnsaved) || !errors.Is(err, session.ErrStorage) {
					t.Errorf("got %v, want ErrUnsaved and ErrStorage", err)
				}
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			w.settle()
			w.want(id, "SERVICE_OFF/stopped")
			if s := w.snap(id); !s.Unsaved || s.Desired || !conn.Closed() {
				t.Errorf("unsaved %v, desired %v, connection closed %v", s.Unsaved, s.Desired, conn.Closed())
			}
			news, cancel := w.Hub().Subscribe(64)
			defer cancel()
			w.mend()
			w.pass(6 * time.Second)
			w.agrees(id, news)
			if _, err := w.StopDevice(t.Context(), id); err != nil {
				t.Error(err)
			}
			w.reopen()
			w.pass(time.Minute)
			w.want(id, "SERVICE_OFF/stopped")
		})
	}
}

// Nothing is attempted that could not be stored first.
func TestStartOnABrokenStore(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		w.stop(id)
		dials := len(w.driver.Dials())
		w.fail("UPDATE ON devices")
		for _, start := range []func() (session.Snapshot, error){
			func() (session.Snapshot, error) { return w.StartDevice(t.Context(), id) },
			func() (session.Snapshot, error) { return w.RestartDevice(t.Context(), id) },
		} {
			if _, err := start(); !errors.Is(err, session.ErrStorage) {
				t.Errorf("got %v, want ErrStorage", err)
			}
		}
		w.settle()
		w.want(id, "SERVICE_OFF/stopped")
		if got := len(w.driver.Dials()); got != dials {
			t.Errorf("%d dials", got-dials)
		}
		w.mend()
		w.pass(6 * time.Second)
		if s := w.snap(id); s.Unsaved || w.row(id).Desired {
			t.Errorf("unsaved %v, row %+v", s.Unsaved, w.row(id))
		}
		w.start(id)
		w.want(id, "CONNECTED/ready")
	})
}

// A link that cannot be stored is refused before its credentials exist.
func TestClaimOnABrokenStore(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.add("Toko")
		w.start(id)
		w.fail("UPDATE ON devices WHEN NEW.jid IS NOT NULL")
		if err := w.conn(id).Claim(alice); !errors.Is(err, session.ErrStorage) {
			t.Errorf("got %v, want ErrStorage", err)
		}
		w.mend()
		w.pass(6 * time.Second)
		if row := w.row(id); row.JID != "" {
			t.Errorf("the row has a link: %q", row.JID)
		}
		if err := w.conn(id).Claim(alice); err != nil {
			t.Error(err)
		}
	})
}

// The timeline is written when there is room again, without anything else happening.
func TestTimelineIsWrittenLater(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		w.settle()
		w.fail("INSERT ON device_events")
		w.stop(id)
		w.pass(time.Minute)
		w.mend()
		w.pass(time.Minute)
		rows, err := w.store.Events(t.Context(), id, 1, "")
		if err != nil || !slices.ContainsFunc(rows, func(e models.DeviceEvent) bool { return e.Reason == "stopped" }) {
			t.Errorf("the newest rows are %+v, %v", rows, err)
		}
	})
}
