package models

// SetCachedKeys bounds the cache of a store's keys for a test.
func SetCachedKeys(s *Store, n int) {
	s.keys.limit = n
	s.keys.reset()
}

// CachedKeys is how many keys the cache holds.
func CachedKeys(s *Store) int {
	s.keys.mu.RLock()
	defer s.keys.mu.RUnlock()
	return len(s.keys.keys)
}
