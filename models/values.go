package models

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"sync"
	"time"
)

// idEncoding is base32 with an alphabet in ASCII order, so that IDs sort like the
// numbers they stand for.
var idEncoding = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// ids makes identifiers: 26 lowercase characters, 48 bits of Unix milliseconds
// followed by 80 random bits. Within one process they strictly increase, also when
// the clock stands still or is set back, so "newest first" is an order by ID.
type ids struct {
	mu   sync.Mutex
	ms   uint64
	high uint16 // the first 16 of the random bits
	low  uint64 // the other 64
}

func (g *ids) next(now time.Time) string {
	g.mu.Lock()
	defer g.mu.Unlock()

	if ms := uint64(now.UnixMilli()); ms > g.ms {
		var b [10]byte
		rand.Read(b[:]) // never fails: crypto/rand ends the process instead
		g.ms = ms
		// The top bit stays free, so that counting up within one millisecond
		// cannot run over.
		g.high = binary.BigEndian.Uint16(b[:2]) & 0x7fff
		g.low = binary.BigEndian.Uint64(b[2:])
	} else {
		var b [4]byte
		rand.Read(b[:])
		// A random step keeps the next ID unguessable from the last one.
		step := uint64(binary.BigEndian.Uint32(b[:])) + 1
		if g.low+step < g.low {
			g.high++
		}
		g.low += step
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], g.ms<<16|uint64(g.high))
	binary.BigEndian.PutUint64(b[8:], g.low)
	return idEncoding.EncodeToString(b[:])
}

// firstID is not above any ID made at that moment or later, and above all made before.
func firstID(at time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(at.UnixMilli())<<16)
	return idEncoding.EncodeToString(b[:])
}

// Times are stored as Unix milliseconds: one representation for every database,
// exact comparisons in SQL, and no driver's opinion about text formats or zones.

func (s *Store) nowMilli() int64 { return s.now().UnixMilli() }

func fromMilli(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func fromMilliPtr(ms *int64) *time.Time {
	if ms == nil {
		return nil
	}
	t := fromMilli(*ms)
	return &t
}

func milliPtr(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}
