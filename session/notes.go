package session

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"wadah/models"
)

// notes tell the next start what the database could not be told: which devices went off,
// and why. A note is an empty file whose name says all, because a disk that is full has
// room for a name, and the database need not be there.
type notes struct {
	dir string // "" keeps none
	log *slog.Logger
	mu  sync.Mutex
}

const notePrefix = "unsaved~"

// note is what became of a device.
type note struct {
	id       string
	reason   Reason
	since    time.Time
	until    time.Time // zero when unknown
	unlinked bool      // it holds no link any more
	at       time.Time // when the note was made
}

// name is the note as the name of a file, its times in Unix milliseconds.
func (n note) name() string {
	until, link := int64(0), "linked"
	if !n.until.IsZero() {
		until = n.until.UnixMilli()
	}
	if n.unlinked {
		link = "unlinked"
	}
	number := func(ms int64) string { return strconv.FormatInt(ms, 10) }
	return notePrefix + strings.Join([]string{
		n.id, string(n.reason), number(n.since.UnixMilli()), number(until), link, number(n.at.UnixMilli()),
	}, "~")
}

// parseNote reads what name wrote.
func parseNote(name string) (n note, ok bool) {
	text, ok := strings.CutPrefix(name, notePrefix)
	parts := strings.Split(text, "~")
	if !ok || len(parts) != 6 {
		return note{}, false
	}
	moment := func(ms string) time.Time {
		number, err := strconv.ParseInt(ms, 10, 64)
		if err != nil || number == 0 {
			return time.Time{}
		}
		return time.UnixMilli(number)
	}
	n = note{
		id: parts[0], reason: Reason(parts[1]), since: moment(parts[2]), until: moment(parts[3]), unlinked: parts[4] == "unlinked", at: moment(parts[5]),
	}
	return n, n.id != "" && n.event() < numEvents
}

// event is what led to the note's reason; numEvents when nothing does for good.
func (n note) event() event {
	for ev, to := range anywhere {
		if ev != eventDeleted && to.state == StateOff && to.reason == n.reason && n.reason.final() {
			return ev
		}
	}
	return numEvents
}

// all lists the notes there are.
func (n *notes) all() ([]note, error) {
	if n.dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(n.dir)
	if err != nil {
		return nil, err
	}
	var found []note
	for _, e := range entries {
		if one, ok := parseNote(e.Name()); ok {
			found = append(found, one)
		}
	}
	return found, nil
}

// put makes one the only note about its device; a zero one leaves none.
func (n *notes) put(id string, one note) {
	if n.dir == "" {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	keep := ""
	if one.id != "" {
		keep = one.name()
		file, err := os.OpenFile(filepath.Join(n.dir, keep), os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			err = file.Close()
		}
		if err != nil {
			n.log.Error("not even a note of what became of a device can be made", "device", id, "err", err)
		}
	}
	old, err := filepath.Glob(filepath.Join(n.dir, notePrefix+id+"~*"))
	for _, path := range old {
		if filepath.Base(path) != keep {
			err = errors.Join(err, os.Remove(path))
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		n.log.Error("an old note about a device remains", "device", id, "err", err)
	}
}

// makeNote keeps a note about the device for as long as its row is behind and would bring
// it back to life.
func (d *device) makeNote() {
	d.noting.Lock() // so that the last note is the newest
	defer d.noting.Unlock()
	d.mu.Lock()
	life, owed := d.life(), d.record.isOwed() && !d.removed
	d.mu.Unlock()
	one := note{
		id: d.id, reason: Reason(life.OffReason), since: life.OffSince, until: life.OffUntil, unlinked: life.JID == "", at: time.Now(),
	}
	if !owed || life.Desired || one.event() == numEvents {
		one = note{}
	}
	d.m.notes.put(d.id, one)
}

// recallNotes lets devices be what notes of an earlier run say that they became. Before
// anything is brought up.
func (m *Manager) recallNotes(rows []models.Device) error {
	found, err := m.notes.all()
	if err != nil {
		return err
	}
	for _, n := range found {
		for _, row := range rows {
			if row.ID == n.id {
				m.recall(n, row)
			}
		}
	}
	return nil
}

func (m *Manager) recall(n note, row models.Device) {
	d, err := m.device(n.id)
	if err != nil {
		return
	}
	d.mu.Lock()
	if row.UpdatedAt.Before(n.at) { // else the row has caught up
		if n.unlinked {
			d.unlinked()
		}
		d.off(n.event(), "repaired: stored late", n.until)
		d.apply(eventNews, func(s *Snapshot) { s.Since = n.since })
		m.log.Warn("a note tells what the database could not be told", "device", d.id, "reason", n.reason)
	}
	change := d.save()
	d.mu.Unlock()
	m.spawn("note", func() {
		if d.record.wait(m.ctx, change, saveLimit) == nil {
			m.notes.put(d.id, note{})
		}
	})
}
