package models

import (
	"context"
	"maps"
	"sync"
	"time"

	"gorm.io/gorm"
)

// usage collects when keys were used and logins seen. A write per request would
// cost more than the request; FlushUsage stores what has come together. What a
// crash loses is a minute of "last used".
type usage struct {
	mu     sync.Mutex
	keys   map[string]time.Time // by key ID
	logins map[string]time.Time // by token hash
}

func (u *usage) reset() {
	u.keys, u.logins = make(map[string]time.Time), make(map[string]time.Time)
}

func (u *usage) key(id string, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.keys[id] = at
}

func (u *usage) login(hash string, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.logins[hash] = at
}

func (u *usage) keyUse(id string) (time.Time, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	at, ok := u.keys[id]
	return fromMilli(at.UnixMilli()), ok
}

func (u *usage) loginUse(hash string) (time.Time, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	at, ok := u.logins[hash]
	return fromMilli(at.UnixMilli()), ok
}

// take empties the collection.
func (u *usage) take() (keys, logins map[string]time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	keys, logins = u.keys, u.logins
	u.reset()
	return keys, logins
}

// putBack returns what could not be stored; newer times win.
func (u *usage) putBack(keys, logins map[string]time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	newKeys, newLogins := u.keys, u.logins
	u.keys, u.logins = keys, logins
	maps.Copy(u.keys, newKeys)
	maps.Copy(u.logins, newLogins)
}

// FlushUsage stores when API keys were last used and logins last seen. The caller
// runs it every minute or so; Close runs it too.
func (s *Store) FlushUsage(ctx context.Context) error {
	keys, logins := s.used.take()
	if len(keys)+len(logins) == 0 {
		return nil
	}
	err := s.tx(ctx, "store last use", func(tx *gorm.DB) error {
		for id, at := range keys {
			err := tx.Model(&apiKeyRow{}).Where("id = ?", id).Update("last_used_at", at.UnixMilli()).Error
			if err != nil {
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
