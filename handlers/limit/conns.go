package limit

import (
	"container/list"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// warnEvery is how often the log says, at most, that connections are at their limit.
	warnEvery = time.Minute
	// sweepEvery is how often connections are looked for that have waited too long.
	sweepEvery = time.Second
)

// ConnLimits bound the connections of a server.
type ConnLimits struct {
	// Total is how many may be open; 0 for any number. It has to leave enough of the
	// process's file descriptors for everything else.
	Total int
	// Address is how many of them one address may have open, IPv6 by its /64; 0 for any
	// number. This machine and proxies may have as many as there may be in all.
	Address int
	// Idle is how long a connection may wait for a request while nobody has been recognised
	// on it; 0 for as long as the server lets it. Those of proxies are left to the server.
	Idle time.Duration
	// Proxy reports whether an address is a proxy's, which many people share; nil: none is.
	Proxy func(netip.Addr) bool
}

// Conns keeps count of a server's connections. Where there are too many, the one that has
// waited longest for a request gives way to the next, those on which nobody has been
// recognised first: whoever only holds connections keeps nobody out. Only when a request
// is being served on each of them, the next is refused.
type Conns struct {
	limits ConnLimits
	log    *slog.Logger

	mu        sync.Mutex
	total     int
	peers     map[netip.Addr]*peer
	strangers *list.List // of *Conn that wait, the one that has waited longest first
	known     *list.List // the same, of those on which somebody has been recognised
	warned    time.Time
}

// peer is one address that has connections.
type peer struct {
	addr    netip.Addr
	count   int
	waiting *list.List // of *Conn, the one that has waited longest first
}

// NewConns makes the books of a server that has no connection yet.
func NewConns(limits ConnLimits, log *slog.Logger) *Conns {
	return &Conns{limits: limits, log: log, peers: make(map[netip.Addr]*peer), strangers: list.New(), known: list.New()}
}

// Listener bounds the connections of inner, which are plain TCP: TLS belongs around the
// listener that is returned.
func (k *Conns) Listener(inner net.Listener) net.Listener { return listener{inner, k} }

type listener struct {
	net.Listener
	conns *Conns
}

// Accept waits for a connection that there is room for.
func (l listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if kept := l.conns.admit(c); kept != nil {
			return kept, nil
		}
		_ = c.Close() // there is nobody to tell
	}
}

// admit takes a new connection into the books, in the place of another when there are too
// many; nil refuses it.
func (k *Conns) admit(inner net.Conn) *Conn {
	addr := addrOf(inner)
	proxy := k.limits.Proxy != nil && k.limits.Proxy(addr)
	k.mu.Lock()
	defer k.mu.Unlock()
	from := k.peers[Network(addr)]
	if from == nil {
		from = &peer{addr: Network(addr), waiting: list.New()}
	}
	if !k.makeRoomLocked(from, proxy || addr.IsLoopback()) {
		return nil
	}
	c := &Conn{Conn: inner, conns: k, peer: from, known: proxy}
	k.peers[from.addr] = from
	from.count++
	k.total++
	c.waitLocked()
	return c
}

// makeRoomLocked reports whether there is room for one more connection of an address, and
// makes it if need be.
func (k *Conns) makeRoomLocked(from *peer, shared bool) bool {
	var gives *Conn
	switch {
	case k.limits.Address > 0 && from.count >= k.limits.Address && !shared:
		gives = from.longest()
	case k.limits.Total > 0 && k.total >= k.limits.Total:
		if gives = longest(k.strangers); gives == nil {
			gives = longest(k.known)
		}
	default:
		return true
	}
	if now := time.Now(); now.Sub(k.warned) > warnEvery {
		k.warned = now
		k.log.Warn("connections are at their limit: those that wait give way to new ones",
			"open", k.total, "most", k.limits.Total, "from", from.addr, "open_from_there", from.count, "refused", gives == nil)
	}
	if gives == nil {
		return false
	}
	gives.leaveLocked()
	_ = gives.Conn.Close() // at once: nothing more is served on it
	return true
}

// longest is the connection of a list that has waited longest; nil when it is empty.
func longest(waiting *list.List) *Conn {
	if first := waiting.Front(); first != nil {
		return first.Value.(*Conn)
	}
	return nil
}

// longest is the one of the address's connections that is to give way first.
func (p *peer) longest() *Conn {
	for at := p.waiting.Front(); at != nil; at = at.Next() {
		if c := at.Value.(*Conn); !c.known {
			return c
		}
	}
	return longest(p.waiting)
}

// Run closes what has waited too long, until quit is closed.
func (k *Conns) Run(quit <-chan struct{}) {
	if k.limits.Idle <= 0 {
		<-quit
		return
	}
	tick := time.NewTicker(min(sweepEvery, k.limits.Idle))
	defer tick.Stop()
	for {
		select {
		case <-quit:
			return
		case now := <-tick.C:
			for _, c := range k.overdue(now) {
				_ = c.Conn.Close() // there is nobody to tell
			}
		}
	}
}

// overdue takes the strangers out of the books that have waited too long.
func (k *Conns) overdue(now time.Time) []*Conn {
	k.mu.Lock()
	defer k.mu.Unlock()
	var over []*Conn
	for c := longest(k.strangers); c != nil && now.Sub(c.since) > k.limits.Idle; c = longest(k.strangers) {
		c.leaveLocked()
		over = append(over, c)
	}
	return over
}

func addrOf(c net.Conn) netip.Addr {
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
