package whatsapp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// network opens sockets to WhatsApp: directly or through a device's proxy, and to
// the simulated service instead when endpoint is set. All connections share one
// http.Transport; what is special about one travels in the request's context.
type network struct {
	endpoint string // host:port of a simulated WhatsApp; "" is the real one
	limit    time.Duration
	roots    *x509.CertPool // nil trusts what the system trusts
	dialer   *net.Dialer
	http     *http.Transport
}

// route says how one request gets out.
type route struct {
	proxy *url.URL        // nil connects directly
	wire  *wire           // takes the socket over; nil for ordinary requests
	ctx   context.Context //nolint:containedctx // bounds the dial: the library's own context must never end (see connect)
}

type routeKey struct{}

var errPlainHTTP = errors.New("requests without TLS are not made")

func newNetwork(endpoint string, dialTimeout time.Duration) *network {
	n := &network{
		endpoint: endpoint,
		limit:    dialTimeout,
		dialer: &net.Dialer{
			Timeout: dialTimeout / 2,
			// The library's pings keep a login alive; these find a dead peer where it sends none.
			KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3},
		},
	}
	n.http = &http.Transport{
		DialTLSContext: n.dial,
		DialContext:    func(context.Context, string, string) (net.Conn, error) { return nil, errPlainHTTP },
		// A socket belongs to the request it was dialled for, and to its proxy: none is
		// ever handed to another request.
		DisableKeepAlives: true,
		// Each step of a dial waits for one answer, or for a few: half of the whole is enough
		// on the slowest line, and a service that is silent is given up the sooner.
		ResponseHeaderTimeout:  dialTimeout / 2,
		MaxResponseHeaderBytes: 64 << 10,
	}
	return n
}

// dial opens the socket for a request to addr, with TLS unless it goes to the
// simulated service.
//
//nolint:contextcheck // the route's context is the dial's; the one given here outlives it
func (n *network) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	r, _ := ctx.Value(routeKey{}).(*route)
	if r == nil {
		r = &route{}
	}
	if r.ctx != nil {
		ctx = r.ctx
	}
	ctx, cancel := context.WithTimeout(ctx, n.limit)
	defer cancel()

	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address of WhatsApp: %w", err)
	}
	if n.endpoint != "" {
		addr = n.endpoint
	}
	conn, err := n.reach(ctx, addr, r.proxy)
	if err != nil {
		return nil, err
	}
	raw := conn
	if n.endpoint == "" {
		secure := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: n.roots, MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close() // the handshake's error says more
			return nil, fmt.Errorf("TLS: %w", err)
		}
		conn = secure
	}
	if r.wire == nil {
		return conn, nil
	}
	return r.wire.attach(conn, raw)
}

// reach opens the TCP connection to addr.
func (n *network) reach(ctx context.Context, addr string, proxy *url.URL) (net.Conn, error) {
	if proxy != nil {
		return tunnel(ctx, n.dialer, addr, proxy)
	}
	dialer := *n.dialer
	if n.endpoint != "" {
		dialer.ControlContext = loopbackOnly
	}
	return dialer.DialContext(ctx, "tcp", addr)
}

// loopbackOnly keeps a name like localhost from leading to another machine.
func loopbackOnly(_ context.Context, _, addr string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return ErrEndpointRemote
	}
	return nil
}

// router sends requests along a route.
type router struct {
	net   *network
	route *route
}

// client makes the http.Client that the library gets for r.
func (n *network) client(r *route) *http.Client {
	return &http.Client{
		Transport:     router{net: n, route: r},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (r router) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(context.WithValue(req.Context(), routeKey{}, r.route))
	// Compression would cost 1.3 MB of memory on every connection.
	req.Header.Del("Sec-Websocket-Extensions")
	resp, err := r.net.http.RoundTrip(req)
	if err == nil && r.route.wire != nil && resp.StatusCode == http.StatusSwitchingProtocols {
		r.route.wire.upgraded(r.net.limit / 2)
	}
	return resp, err
}
