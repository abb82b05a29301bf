package handlers

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	limiterShards = 64
	// shardSize is how many clients a shard remembers before it looks for those it can
	// forget; twice as many is the most it ever holds.
	shardSize = 1024
)

// limiter gives each client a bucket of requests that refills at a steady rate. A
// bucket is one number, the moment at which it will be full again, so that a request
// costs one look-up and one compare-and-swap and allocates nothing.
type limiter[K comparable] struct {
	every time.Duration // a request costs this much
	most  time.Duration // what a full bucket is worth
	shard func(K) uint
	began time.Time
	parts [limiterShards]limiterPart[K]
}

type limiterPart[K comparable] struct {
	mu      sync.RWMutex
	buckets map[K]*atomic.Int64 // when it is full again, nanoseconds since began
}

// newLimiter makes a limiter; a rate of zero or less means no limit. shard spreads
// the clients.
func newLimiter[K comparable](rate, burst int, shard func(K) uint) *limiter[K] {
	if rate <= 0 {
		return newSlowLimiter(0, burst, shard)
	}
	return newSlowLimiter(time.Second/time.Duration(rate), burst, shard)
}

// newSlowLimiter is newLimiter with the time in which one request is earned.
func newSlowLimiter[K comparable](every time.Duration, burst int, shard func(K) uint) *limiter[K] {
	l := &limiter[K]{shard: shard, began: time.Now(), every: every, most: every * time.Duration(max(burst, 1))}
	for i := range l.parts {
		l.parts[i].buckets = make(map[K]*atomic.Int64)
	}
	return l
}

// take spends one request of a client; 0 means it may go on, otherwise it is how long
// the client has to wait for the next one.
func (l *limiter[K]) take(client K) time.Duration {
	if l.every == 0 {
		return 0
	}
	now := int64(time.Since(l.began))
	part := &l.parts[l.shard(client)%limiterShards]
	part.mu.RLock()
	bucket := part.buckets[client]
	part.mu.RUnlock()
	if bucket == nil {
		bucket = part.add(client, now)
	}
	for {
		full := bucket.Load()
		next := max(full, now) + int64(l.every)
		if over := next - now - int64(l.most); over > 0 {
			return time.Duration(over)
		}
		if bucket.CompareAndSwap(full, next) {
			return 0
		}
	}
}

// add makes a full bucket for a new client.
func (p *limiterPart[K]) add(client K, now int64) *atomic.Int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if bucket := p.buckets[client]; bucket != nil {
		return bucket
	}
	if len(p.buckets) >= 2*shardSize {
		p.makeRoom(now)
	}
	bucket := new(atomic.Int64)
	p.buckets[client] = bucket
	return bucket
}

// makeRoom forgets the clients whose buckets are full, which are as good as new. When
// too many are left, any go: a flood from a million networks must not fill the memory.
func (p *limiterPart[K]) makeRoom(now int64) {
	for client, bucket := range p.buckets {
		if bucket.Load() <= now {
			delete(p.buckets, client)
		}
	}
	for client := range p.buckets {
		if len(p.buckets) <= shardSize {
			return
		}
		delete(p.buckets, client)
	}
}
