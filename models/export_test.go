package models

import "github.com/alexedwards/argon2id"

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

// WeakHash hashes a password with parameters below today's.
func WeakHash(password string) string {
	hash, err := argon2id.CreateHash(password, &argon2id.Params{
		Memory: 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32,
	})
	if err != nil {
		panic(err)
	}
	return hash
}
