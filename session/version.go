package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"wadah/models"
)

// versionKeeper lets one refresh of the version serve everybody who asks for one.
type versionKeeper struct {
	builtin Version // what the driver presented before anything was learnt

	asking chan struct{} // holds a token while WhatsApp is asked

	seen    sync.Mutex // guards what follows
	checked time.Time  // when WhatsApp last told its version
	failed  time.Time  // when it last could not be asked; zero when checked is later
}

// VersionInfo says which version new connections present, and how it is known.
type VersionInfo struct {
	Version   Version
	Learnt    bool          // WhatsApp told it; otherwise the library brought it
	CheckedAt time.Time     // when WhatsApp last told its version to this run; zero: never
	FailedAt  time.Time     // when it last could not be asked; zero when CheckedAt is later
	Every     time.Duration // between two checks; 0 checks only when asked
}

// VersionInfo is what is known now; it never waits for the network.
func (m *Manager) VersionInfo() VersionInfo {
	v := &m.version
	v.seen.Lock()
	defer v.seen.Unlock()
	now := m.Version()
	return VersionInfo{
		Version: now, Learnt: slices.Compare(now[:], v.builtin[:]) > 0,
		CheckedAt: v.checked, FailedAt: v.failed, Every: m.cfg.VersionEvery,
	}
}

// note remembers how a check ended.
func (v *versionKeeper) note(err error) {
	v.seen.Lock()
	defer v.seen.Unlock()
	if err != nil {
		v.failed = time.Now()
		return
	}
	v.checked, v.failed = time.Now(), time.Time{}
}

// fresh reports whether a check has just succeeded.
func (v *versionKeeper) fresh() bool {
	v.seen.Lock()
	defer v.seen.Unlock()
	return !v.checked.IsZero() && time.Since(v.checked) < versionFresh
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

// refreshVersion asks WhatsApp for its current version, unless that has just been
// done. Devices that are off because the version before was refused try the new one.
func (m *Manager) refreshVersion(ctx context.Context) error {
	select {
	case m.version.asking <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-m.version.asking }()
	if m.version.fresh() {
		return nil
	}
	before := m.Version()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	v, err := m.driver.RefreshVersion(ctx)
	if m.ctx.Err() == nil {
		m.version.note(err)
	}
	if err != nil {
		return err
	}
	if v != before {
		m.spawn("retry outdated", m.retryOutdated)
	}
	return m.store.SetSetting(ctx, versionSetting, v.String())
}

// retryOutdated brings back the devices whose version WhatsApp refused.
func (m *Manager) retryOutdated() {
	for _, d := range m.all() {
		d.mu.Lock()
		if s := d.shown(); d.att == nil && s.Desired && s.Reason == ReasonOutdated && d.mayStart() == nil {
			d.bringUp()
		}
		d.mu.Unlock()
	}
}

// RefreshVersion asks WhatsApp for its current version, unless it has told it within
// the last minute, and returns the one that is in use then. It takes 20 seconds at most.
// An error is that WhatsApp could not be asked, or the store.
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
