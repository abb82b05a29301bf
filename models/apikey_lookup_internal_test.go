package models

import (
	"testing"
	"time"
)

// Ensure that an answer of the database from before a change never enters the
// cache after it.
func TestCacheRefusesOldAnswers(t *testing.T) {
	c := keyCache{limit: 10}
	c.reset()
	now := time.Now()
	sum := [32]byte{1}

	asked := c.generation.Load()
	c.reset() // the key is revoked meanwhile
	c.put(sum, &cachedKey{opened: Opened{KeyID: "old"}, checked: now}, asked)
	if _, ok := c.get(sum, now); ok {
		t.Error("an old answer is believed")
	}
	c.put(sum, &cachedKey{opened: Opened{KeyID: "new"}, checked: now}, c.generation.Load())
	if k, ok := c.get(sum, now); !ok || k.opened.KeyID != "new" {
		t.Error("a new answer is not believed")
	}
}

// Ensure that of all requests with a busy key one asks the database again before
// the answer is too old, and all do when it is.
func TestCacheAsksAgain(t *testing.T) {
	c := keyCache{limit: 10}
	c.reset()
	start := time.Now()
	sum := [32]byte{1}
	c.put(sum, &cachedKey{checked: start}, c.generation.Load())
	for _, step := range []struct {
		age      time.Duration
		believed bool
	}{
		{0, true},
		{askAgain - 1, true},
		{askAgain, false}, // this one asks
		{askAgain, true},  // the others go on
		{trustFor - 1, true},
		{trustFor, false},
		{trustFor, false},
		{-1, false}, // the clock was set back
	} {
		if _, ok := c.get(sum, start.Add(step.age)); ok != step.believed {
			t.Errorf("after %v: believed = %v, want %v", step.age, ok, step.believed)
		}
	}
}
