package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"wadah/models"
)

// repairLinks makes our devices and the driver's credentials agree after a crash:
// a claim without credentials is cleared, credentials nobody claims are deleted. It
// changes rows in place and returns what was done, by device.
func (m *Manager) repairLinks(ctx context.Context, rows []models.Device) (map[string]string, error) {
	jids, err := m.driver.Links(ctx)
	if err != nil {
		return nil, err
	}
	unclaimed := make(map[string]bool, len(jids))
	for _, jid := range jids {
		unclaimed[jid] = true
	}
	repaired := map[string]string{}
	for i := range rows {
		row := &rows[i]
		held := unclaimed[row.JID]
		delete(unclaimed, row.JID)
		what, err := m.repairLink(ctx, row, held)
		if err != nil {
			return nil, err
		}
		if what != "" {
			repaired[row.ID] = "repaired: " + what
			m.log.Warn("repaired a device at start", "device", row.ID, "what", repaired[row.ID])
		}
	}
	for jid := range unclaimed {
		if err := m.driver.Forget(ctx, jid); err != nil {
			return nil, err
		}
		m.log.Warn("deleted credentials that no device claims")
	}
	return repaired, nil
}

// repairLink makes one device agree with what the driver holds for it, and says what
// was done; "" when nothing had to be.
func (m *Manager) repairLink(ctx context.Context, row *models.Device, held bool) (what string, err error) {
	unlinking, wasLinked := row.OffReason == unlinkingMark, row.LinkedAt != nil
	switch {
	case held && unlinking:
		return "log-out resumed", nil // by Start
	case held || row.JID == "" && !unlinking:
		return "", nil
	}
	if err := m.store.ClearLink(ctx, row.ID); err != nil {
		return "", err
	}
	row.JID, row.LinkedAt, row.PushName, row.Platform = "", nil, "", ""
	if !unlinking && !wasLinked {
		return "unfinished link removed", nil
	}
	// The link was complete and its credentials are gone: a log-out that was cut short.
	if err := m.store.SetOff(ctx, row.ID, string(ReasonLoggedOut), nil, false); err != nil {
		return "", err
	}
	now := time.Now()
	row.Desired, row.OffReason, row.OffSince, row.OffUntil = false, string(ReasonLoggedOut), &now, nil
	return "log-out completed", nil
}

// sweepAlive stores when each connected device was last heard, once a minute: often
// enough for people, seldom enough for the disk.
func (m *Manager) sweepAlive() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-m.ctx.Done():
			return
		}
		heard := map[string]time.Time{}
		for _, d := range m.all() {
			if t := d.noteAlive(); !t.IsZero() {
				heard[d.id] = t
			}
		}
		m.storeAlive(m.ctx, heard)
	}
}

// noteAlive puts the time WhatsApp was last heard into the snapshot, quietly: it is
// no change anybody waits for.
func (d *device) noteAlive() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.att == nil || d.cur.State != StateConnected {
		return time.Time{}
	}
	heard := d.att.lastHeard()
	if heard.After(d.cur.LastAlive) {
		d.cur.LastAlive = heard
		s := d.cur
		d.snap.Store(&s)
	}
	return d.cur.LastAlive
}

func (m *Manager) storeAlive(ctx context.Context, heard map[string]time.Time) {
	if len(heard) == 0 {
		return
	}
	byTime := map[time.Time][]string{}
	for id, t := range heard {
		t = t.Truncate(time.Second)
		byTime[t] = append(byTime[t], id)
	}
	for t, ids := range byTime {
		if err := m.store.SetAlive(ctx, ids, t); err != nil && !errors.Is(err, context.Canceled) {
			m.log.Error("storage: last alive", "err", err)
			return
		}
	}
}

// versionKeeper lets one refresh of the version serve everybody who asks for one.
type versionKeeper struct {
	mu   sync.Mutex
	last time.Time // when it last succeeded
}

// versionSetting is the name of the setting that remembers the newest version seen,
// as "2.3000.1027934701".
const versionSetting = "whatsapp_version"

// versionFresh is how long a refreshed version satisfies the next one who asks: a
// fleet that is called outdated in one moment asks WhatsApp once.
const versionFresh = time.Minute

// StoredVersion is the newest WhatsApp Web version that a server on this store has
// learnt from WhatsApp; zero when it has learnt none.
func StoredVersion(ctx context.Context, store *models.Store) (Version, error) {
	stored, err := store.Setting(ctx, versionSetting)
	if errors.Is(err, models.ErrNotFound) {
		return Version{}, nil
	}
	if err != nil {
		return Version{}, fmt.Errorf("read the stored WhatsApp version: %w", err)
	}
	return ParseVersion(stored)
}

// restoreVersion takes up the version that an earlier run had learnt.
func (m *Manager) restoreVersion(ctx context.Context) error {
	v, err := StoredVersion(ctx, m.store)
	switch {
	case errors.Is(err, ErrBadVersion):
		m.log.Warn("the stored WhatsApp version is unusable and is ignored", "err", err)
	case err != nil:
		return err
	case v != Version{}:
		m.driver.UseVersion(v)
	}
	return nil
}

// keepVersion refreshes the version at start and then every VersionEvery.
func (m *Manager) keepVersion() {
	if m.cfg.VersionEvery <= 0 {
		return
	}
	for {
		pause := m.cfg.VersionEvery
		if err := m.refreshVersion(m.ctx); err != nil && m.ctx.Err() == nil {
			m.log.Warn("WhatsApp's current version cannot be read; the known one stays in use", "version", m.Version().String(), "err", err)
			pause = min(pause, 10*time.Minute)
		}
		if waitFor(m.ctx, nil, pause) != nil {
			return
		}
	}
}

func (m *Manager) refreshVersion(ctx context.Context) error {
	m.version.mu.Lock()
	defer m.version.mu.Unlock()
	if !m.version.last.IsZero() && time.Since(m.version.last) < versionFresh {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	v, err := m.driver.RefreshVersion(ctx)
	if err != nil {
		return err
	}
	m.version.last = time.Now()
	return m.store.SetSetting(ctx, versionSetting, v.String())
}

// RefreshVersion asks WhatsApp for its current version now.
func (m *Manager) RefreshVersion(ctx context.Context) (Version, error) {
	err := m.refreshVersion(ctx)
	return m.Version(), err
}

// String is the usual spelling, e.g. "2.3000.1027934701".
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }

// ErrBadVersion says that a text is no version.
var ErrBadVersion = errors.New("not a version like 2.3000.1027934701")

// ParseVersion reads what String writes. Errors: ErrBadVersion.
func ParseVersion(s string) (Version, error) {
	var v Version
	if n, err := fmt.Sscanf(s, "%d.%d.%d", &v[0], &v[1], &v[2]); err != nil || n != 3 || v.String() != s {
		return Version{}, fmt.Errorf("%q: %w", s, ErrBadVersion)
	}
	return v, nil
}
