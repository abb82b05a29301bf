package sandbox

import (
	"maps"
	"slices"
	"strings"
	"time"

	"wadah/session/sandbox/router"
)

// dialWindow is how many seconds of dials are remembered.
const dialWindow = 600

// Stats are counts since the start of the service.
type Stats struct {
	Dials          int64            `json:"dials"`          // connections tried, also during an outage
	DialsPerSecond []DialCount      `json:"dialsPerSecond"` // the last ten minutes, seconds without a dial left out
	Connections    int              `json:"connections"`    // sockets open now
	Online         int              `json:"online"`         // companions logged in now
	Registrations  int64            `json:"registrations"`  // devices that were given codes
	Links          int64            `json:"links"`          // devices linked
	LinksFailed    int64            `json:"linksFailed"`    // links that a phone began and that came to nothing
	Unlinks        int64            `json:"unlinks"`        // by the phone, the device, or a fault
	LoginsOK       int64            `json:"loginsOk"`
	LoginsFailed   map[int]int64    `json:"loginsFailed"` // refused logins and registrations by reason
	Scans          int64            `json:"scans"`
	ScansFailed    int64            `json:"scansFailed"`
	Codes          int64            `json:"codes"` // phone codes asked for
	CodesFailed    int64            `json:"codesFailed"`
	PreKeys        int64            `json:"preKeys"` // one-time pre-keys received
	PreKeyUploads  int64            `json:"preKeyUploads"`
	PreKeysRefused int64            `json:"preKeysRefused"`
	Pings          int64            `json:"pings"`     // keepalives answered
	Malformed      int64            `json:"malformed"` // connections that broke the protocol
	Unknown        map[string]int64 `json:"unknown"`   // requests the service does not know, by kind
	Faults         map[string]int64 `json:"faults"`    // injected, by kind
	Routing        router.Stats     `json:"routing"`
}

// DialCount is how many connections were tried in one second.
type DialCount struct {
	Second int64 `json:"second"` // Unix time
	Count  int   `json:"count"`
}

// ConnectionInfo describes a live socket.
type ConnectionInfo struct {
	ID          string    `json:"id"`
	JID         string    `json:"jid"` // of the companion, or "registering", or "handshake"
	Since       time.Time `json:"since"`
	PendingRefs int       `json:"pendingRefs"` // codes of the round that are valid now or later
	Silent      bool      `json:"silent"`
}

// counters is what Stats is made of; guarded by Service.mu.
type counters struct {
	dials, registrations, links, linksFailed, unlinks int64
	loginsOK                                          int64
	loginsFailed                                      map[int]int64
	scans, scansFailed, codes, codesFailed            int64
	pings, malformed                                  int64
	faults                                            map[string]int64
	ring                                              [dialWindow]DialCount
}

func newCounters() counters {
	return counters{
		loginsFailed: make(map[int]int64), faults: make(map[string]int64),
	}
}

func (s *Service) count(change func(*counters)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.stats)
}

func (s *Service) countDial() {
	now := time.Now().Unix()
	s.count(func(n *counters) {
		n.dials++
		slot := &n.ring[now%dialWindow]
		if slot.Second != now {
			*slot = DialCount{Second: now}
		}
		slot.Count++
	})
}

// Stats returns the counts so far.
func (s *Service) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := &s.stats
	routed := s.router.Stats()
	return Stats{
		Dials: n.dials, DialsPerSecond: n.recentDials(time.Now().Unix()),
		Connections: len(s.conns), Online: len(s.online),
		Registrations: n.registrations, Links: n.links, LinksFailed: n.linksFailed, Unlinks: n.unlinks,
		LoginsOK: n.loginsOK, LoginsFailed: maps.Clone(n.loginsFailed),
		Scans: n.scans, ScansFailed: n.scansFailed, Codes: n.codes, CodesFailed: n.codesFailed,
		PreKeys: routed.PreKeys, PreKeyUploads: routed.PreKeyUploads, PreKeysRefused: routed.PreKeysRefused,
		Pings: n.pings, Malformed: n.malformed, Unknown: s.unknowns.all(), Faults: maps.Clone(n.faults), Routing: routed,
	}
}

func (n *counters) recentDials(now int64) []DialCount {
	recent := make([]DialCount, 0, dialWindow)
	for second := now - dialWindow + 1; second <= now; second++ {
		if slot := n.ring[second%dialWindow]; slot.Second == second {
			recent = append(recent, slot)
		}
	}
	return recent
}

// Connections lists the live sockets, oldest first.
func (s *Service) Connections() []ConnectionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]ConnectionInfo, 0, len(s.conns))
	for _, c := range s.conns {
		info := ConnectionInfo{ID: c.id, JID: string(c.stage), Since: c.since.UTC(), Silent: c.Silent()}
		if c.stage == stageOnline {
			info.JID = c.jid.String()
		}
		if r := c.registration; r != nil && !r.over {
			info.PendingRefs = len(r.refs) - r.current(s, time.Now())
		}
		list = append(list, info)
	}
	slices.SortFunc(list, func(a, b ConnectionInfo) int {
		if order := a.Since.Compare(b.Since); order != 0 {
			return order
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}
