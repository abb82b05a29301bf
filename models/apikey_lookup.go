package models

import (
	"context"
	"encoding/hex"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
)

const (
	// cachedKeys bounds the cache: at some 200 bytes each, one megabyte or so.
	cachedKeys = 4096
	// trustFor is how long a cached key is believed without asking the database,
	// so that a key which another process revoked is dead after that time.
	trustFor = time.Second
	// askAgain is from when on one of the requests asks the database while the
	// others still go on; so a busy key costs one query in this time and nobody
	// waits in a crowd.
	askAgain = trustFor / 2
)

// Opened is what a key opens.
type Opened struct {
	DeviceID string
	KeyID    string
	Name     string // of the key
	Rights   Rights
}

// OpenKey returns what the key opens. ErrNotFound
// when the key is unknown, malformed, revoked or expired: nobody can tell which.
//
// It is made for every API request: a key seen within the last second costs no
// query. Any change of keys or devices through this Store counts at once; one by
// another process within a second. An unknown key always asks the database.
func (s *Store) OpenKey(ctx context.Context, value string) (Opened, error) {
	if !wellFormedKey(value) {
		return Opened{}, faultf(ErrNotFound, nil, "the key is malformed")
	}
	now := s.now()
	sum := s.vault.KeyHash(value)
	k, ok := s.keys.get(sum, now)
	if !ok {
		var err error
		if k, err = s.lookUpKey(ctx, sum, now); err != nil {
			return Opened{}, err
		}
	}
	if k.expired(now) {
		return Opened{}, faultf(ErrNotFound, nil, "the key has expired")
	}
	if k.noteUse(now) {
		s.used.key(k.opened.KeyID, keyUse{at: now})
	}
	return k.opened, nil
}

func (s *Store) lookUpKey(ctx context.Context, sum [32]byte, now time.Time) (*cachedKey, error) {
	generation := s.keys.generation.Load()
	var row apiKeyRow
	err := s.read(ctx).Select("id", "device_id", "name", "expires_at", "scopes", "networks").
		Where("lookup = ? AND revoked_at IS NULL", hex.EncodeToString(sum[:])).
		Take(&row).Error
	if err != nil {
		return nil, wrap(ctx, "look up key", err)
	}
	k := &cachedKey{opened: Opened{row.DeviceID, row.ID, row.Name, rightsOf(row.Scopes, row.Networks)}, expires: row.ExpiresAt, checked: now}
	s.keys.put(sum, k, generation)
	return k, nil
}

// wellFormedKey spares the database what cannot be a key.
func wellFormedKey(value string) bool {
	if len(value) != 32 {
		return false
	}
	for i := range len(value) {
		if c := value[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// cachedKey is a key that was valid when it was checked. Immutable but for asking.
type cachedKey struct {
	opened  Opened
	expires *int64
	checked time.Time
	asking  atomic.Bool
	noted   atomic.Int64 // when its use was last noted, Unix milliseconds
}

// noteEvery is how exactly "last used" is known: a busy key is not noted at every
// request, which would make all of them wait for one lock.
const noteEvery = 100 * time.Millisecond

// noteUse reports whether this use is to be noted.
func (k *cachedKey) noteUse(now time.Time) bool {
	at, last := now.UnixMilli(), k.noted.Load()
	if passed := at - last; passed >= 0 && passed < noteEvery.Milliseconds() {
		return false
	}
	return k.noted.CompareAndSwap(last, at)
}

func (k *cachedKey) expired(now time.Time) bool {
	return k.expires != nil && now.UnixMilli() >= *k.expires
}

// keyCache remembers valid keys by their hash.
type keyCache struct {
	// generation counts the changes; an answer of the database that is older than
	// the last change must not enter the cache.
	generation atomic.Uint64
	mu         sync.RWMutex
	keys       map[[32]byte]*cachedKey
	limit      int
}

// get returns the key unless it must be asked for again.
func (c *keyCache) get(sum [32]byte, now time.Time) (*cachedKey, bool) {
	c.mu.RLock()
	k, ok := c.keys[sum]
	c.mu.RUnlock()
	if !ok {
		return nil, false
	}
	age := now.Sub(k.checked)
	if age < 0 || age >= trustFor {
		return nil, false
	}
	if age >= askAgain && k.asking.CompareAndSwap(false, true) {
		return nil, false
	}
	return k, true
}

func (c *keyCache) put(sum [32]byte, k *cachedKey, generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation.Load() != generation {
		return
	}
	if _, known := c.keys[sum]; !known && len(c.keys) >= c.limit {
		for old := range c.keys { // any one: the order of a map is random
			delete(c.keys, old)
			break
		}
	}
	c.keys[sum] = k
}

// reset forgets everything. It is called after a change has been stored.
func (c *keyCache) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation.Add(1)
	c.keys = make(map[[32]byte]*cachedKey)
}

// usage collects how keys were used and when logins were seen. A write per request would
// cost more than the request; FlushUsage stores what has come together. What a
// crash loses is a minute of it.
type usage struct {
	mu     sync.Mutex
	keys   map[string]keyUse    // by key ID
	logins map[string]time.Time // by token hash
}

// keyUse is how a key was used since that was last stored.
type keyUse struct {
	at            time.Time // last
	address       string    // of the last call; "" when none was counted
	day           int64     // that the counts are of
	calls, errors int64
}

// dayOf is the day of a moment, since 1970 in UTC.
func dayOf(at time.Time) int64 { return at.Unix() / (24 * 60 * 60) }

// add is what both together say; later is of after u.
func (u keyUse) add(later keyUse) keyUse {
	if later.day == u.day {
		later.calls, later.errors = later.calls+u.calls, later.errors+u.errors
	} else if later.day < u.day { // it counted nothing yet
		later.day, later.calls, later.errors = u.day, u.calls, u.errors
	}
	if later.address == "" {
		later.address = u.address
	}
	return later
}

func (u *usage) reset() {
	u.keys, u.logins = make(map[string]keyUse), make(map[string]time.Time)
}

func (u *usage) key(id string, use keyUse) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.keys[id] = u.keys[id].add(use)
}

func (u *usage) login(hash string, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.logins[hash] = at
}

func (u *usage) keyUse(id string) (keyUse, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	use, ok := u.keys[id]
	use.at = fromMilli(use.at.UnixMilli())
	return use, ok
}

func (u *usage) loginUse(hash string) (time.Time, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	at, ok := u.logins[hash]
	return fromMilli(at.UnixMilli()), ok
}

// take empties the collection.
func (u *usage) take() (keys map[string]keyUse, logins map[string]time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	keys, logins = u.keys, u.logins
	u.reset()
	return keys, logins
}

// putBack returns what could not be stored; newer times win.
func (u *usage) putBack(keys map[string]keyUse, logins map[string]time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	newKeys, newLogins := u.keys, u.logins
	u.keys, u.logins = keys, logins
	for id, use := range newKeys {
		u.keys[id] = u.keys[id].add(use)
	}
	maps.Copy(u.logins, newLogins)
}

// CountCall counts a call that a program made with a key, from an address, and whether it
// failed. It is stored with the next FlushUsage.
func (s *Store) CountCall(keyID, address string, failed bool) {
	now := s.now()
	use := keyUse{at: now, address: address, day: dayOf(now), calls: 1}
	if failed {
		use.errors = 1
	}
	s.used.key(keyID, use)
}

// FlushUsage stores how API keys were used and when logins were last seen. The caller
// runs it every minute or so; Close runs it too.
func (s *Store) FlushUsage(ctx context.Context) error {
	keys, logins := s.used.take()
	if len(keys)+len(logins) == 0 {
		return nil
	}
	err := s.tx(ctx, "store last use", func(tx *gorm.DB) error {
		for id, use := range keys {
			if err := tx.Model(&apiKeyRow{}).Where("id = ?", id).Updates(use.columns()).Error; err != nil {
				return err
			}
		}
		for hash, at := range logins {
			err := tx.Model(&loginRow{}).Where("token_hash = ?", hash).Update("seen_at", at.UnixMilli()).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.used.putBack(keys, logins)
	}
	return err
}

// columns are what changes in the row of a key. Counts of another day give way.
func (u keyUse) columns() map[string]any {
	out := map[string]any{"last_used_at": u.at.UnixMilli()}
	if u.calls > 0 {
		out["last_address"], out["counted_day"] = u.address, u.day
		out["calls"] = gorm.Expr("CASE WHEN counted_day = ? THEN calls ELSE 0 END + ?", u.day, u.calls)
		out["errors"] = gorm.Expr("CASE WHEN counted_day = ? THEN errors ELSE 0 END + ?", u.day, u.errors)
	}
	return out
}
