package session_test

import (
	"errors"
	"testing"
	"time"

	"wadah/models"
	"wadah/session"
)

func (w *fleet) scanLink(id string) models.ScanLink {
	w.t.Helper()
	link, err := w.ScanLinks().Create(w.t.Context(), id, "boss", time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	return link
}

// opens fails unless the link opens its device, or nothing.
func (w *fleet) opens(link models.ScanLink, want bool) {
	w.t.Helper()
	_, snap, err := w.ScanLinks().Open(w.t.Context(), link.Token)
	if want && (err != nil || snap.ID != link.DeviceID) || !want && !errors.Is(err, models.ErrNotFound) {
		w.t.Errorf("the link opens %q, %v; want %v", snap.ID, err, want)
	}
}

// Ensure that the links of a device end for good when it is linked, those a former process
// made as well.
func TestScanLinksEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id, other := w.add("Kasir"), w.add("Gudang")
		before := w.scanLink(id)
		w.reopen()
		links, untouched := []models.ScanLink{before, w.scanLink(id)}, w.scanLink(other)
		for _, link := range links {
			w.opens(link, true)
		}
		w.start(id)
		watched := links[1].Token
		if err := w.conn(id).Scan(session.Account{JID: alice}); err != nil {
			t.Fatal(err)
		}
		w.settle()
		if !w.ScanLinks().GoesOn(t.Context(), id, watched) {
			t.Error("who watches does not see that it has worked")
		}
		if _, err := w.ScanLinks().Create(t.Context(), id, "boss", 0); !errors.Is(err, session.ErrAlreadyLinked) {
			t.Errorf("a link for a linked device: %v", err)
		}
		if _, err := w.LogoutDevice(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.settle()
		for _, link := range links {
			w.opens(link, false)
		}
		if w.ScanLinks().GoesOn(t.Context(), id, watched) {
			t.Error("a link that is over still shows what happens to the device")
		}
		w.opens(untouched, true)
	})
}

// Ensure that it is remembered for a while which link has done its work.
func TestScanLinksFinish(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.add("Kasir")
		w.start(id)
		link := w.scanLink(id)
		if err := w.conn(id).Scan(session.Account{JID: alice}); err != nil {
			t.Fatal(err)
		}
		w.settle()
		if w.ScanLinks().IsFinished(link.Token) {
			t.Error("finished before anybody has seen it")
		}
		w.ScanLinks().Finish(link.Token)
		if !w.ScanLinks().IsFinished(link.Token) || w.ScanLinks().IsFinished("another") {
			t.Error("it is not known which link has done its work")
		}
		w.pass(2 * time.Hour)
		if w.ScanLinks().IsFinished(link.Token) {
			t.Error("it is remembered for ever")
		}
	})
}
