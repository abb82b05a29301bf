package handlers

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/limit"
)

// strangersIdle is how long a connection waits for its next request while nobody has been
// recognised on it.
const strangersIdle = 15 * time.Second

// Limits bound what one client can use up. A zero field means no such limit, except
// for Body.
type Limits struct {
	// KeyRate is how many API requests a second one key (or the system secret) may make
	// in the long run, KeyBurst how many at once after a pause.
	KeyRate, KeyBurst int
	// AddressRate and AddressBurst are the same for one client address, whatever it asks
	// for; IPv6 addresses count by their /64 network.
	AddressRate, AddressBurst int
	// KeyStreams and LoginStreams are how many event streams one key (or one scan link)
	// and one login may have open.
	KeyStreams, LoginStreams int
	// Connections is how many connections may be open, AddressConnections how many of them
	// by one address; IPv6 addresses count by their /64 network.
	Connections, AddressConnections int
	// Devices is how many devices may exist before the panel and the system API refuse
	// to add one.
	Devices int
	// Body is how many bytes the body of a request may have.
	Body int64
}

// DefaultLimits are generous to honest clients: a key may poll two hundred
// times a second, an address that serves a thousand devices once a second for each.
func DefaultLimits() Limits {
	return Limits{
		KeyRate: 200, KeyBurst: 1000, AddressRate: 1000, AddressBurst: 5000,
		KeyStreams: 10, LoginStreams: 30, Connections: 10_000, AddressConnections: 500, Devices: 1000, Body: 64 << 10,
	}
}

// errTooMany answers who asks too often; RetryAfter is filled in.
var errTooMany = failure{
	Status: http.StatusTooManyRequests, Code: "too_many_requests",
	Message: "Too many requests. Wait as long as Retry-After says, then ask less often; /api/events tells changes without asking.",
}

// errTooManyStreams answers who opens too many event streams.
var errTooManyStreams = &failure{
	Status: http.StatusTooManyRequests, Code: "too_many_streams", RetryAfter: 5 * time.Second,
	Message: "Too many event streams are open. Close one before opening another.",
}

// errTooManyDevices answers who adds a device too many.
var errTooManyDevices = &failure{
	Status: http.StatusConflict, Code: "too_many_devices",
	Message: "This installation has as many devices as it may have. Delete one, or raise WADAH_MAX_DEVICES.",
}

// limiters are the buckets of the rate limits.
type limiters struct {
	keys      *limiter[string]     // by key ID
	addresses *limiter[netip.Addr] // by client, IPv6 by network
	notes     *limiter[string]     // audit entries of programs and guests, by key or link ID
}

func newLimiters(l Limits) limiters {
	return limiters{
		keys:      newLimiter(l.KeyRate, l.KeyBurst, idShard),
		addresses: newLimiter(l.AddressRate, l.AddressBurst, addressShard),
		notes:     newSlowLimiter(noteEvery, noteBurst, idShard),
	}
}

func idShard(id string) uint { return uint(id[len(id)-1]) }

func addressShard(a netip.Addr) uint {
	b := a.As16()
	return uint(b[15]) ^ uint(b[7])*31 ^ uint(b[6])
}

// Listener bounds the connections of a listener of plain TCP, which the server is to be
// reached by; TLS belongs around it. The [http.Server] needs ConnContext, too.
func (s *Server) Listener(inner net.Listener) net.Listener { return s.conns.Listener(inner) }

// ConnContext lets the server know which connection a request came over.
func (s *Server) ConnContext(ctx context.Context, c net.Conn) context.Context {
	return limit.Context(ctx, c)
}

// recognised says that somebody has shown a key, a login or a link: their connection may
// wait longer for its next request than a stranger's.
func recognised(c echo.Context) { limit.ConnOf(c.Request().Context()).Recognise() }

// spend takes one request from the budget of a key.
func (s *Server) spend(keyID string) error {
	wait := s.limited.keys.take(keyID)
	if wait == 0 {
		return nil
	}
	f := errTooMany
	f.RetryAfter = wait
	return &f
}

// roomForDevice refuses when there are as many devices as there may be.
func (s *Server) roomForDevice() error {
	if most := s.limits.Devices; most > 0 && len(s.manager.Snapshots()) >= most {
		return errTooManyDevices
	}
	return nil
}

// boundBody lets a handler read as much of the body as is allowed.
func (s *Server) boundBody(c echo.Context) {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, s.limits.Body)
}
