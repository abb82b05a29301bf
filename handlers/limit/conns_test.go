package limit_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wadah/handlers/limit"
)

// served is a server whose connections are bounded. It answers /hold when the test lets it,
// and recognises whoever asks for /known.
type served struct {
	t       *testing.T
	arrived chan net.Conn // the server's end of each new connection
	held    chan struct{} // one for each request that is being held
	free    chan struct{} // closed to let them go
}

func newServed(t *testing.T, limits limit.ConnLimits, as func() netip.Addr) *served {
	t.Helper()
	s := &served{t: t, arrived: make(chan net.Conn), held: make(chan struct{}, 100), free: make(chan struct{})}
	conns := limit.NewConns(limits, slog.New(slog.DiscardHandler))
	server := &http.Server{
		ConnContext:       limit.Context,
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn := limit.ConnOf(r.Context())
			conn.Begin()
			defer conn.End()
			switch r.URL.Path {
			case "/hold":
				s.held <- struct{}{}
				<-s.free
			case "/known":
				conn.Recognise()
			}
			fmt.Fprint(w, "ok")
		}),
	}
	quit, done := make(chan struct{}), make(chan struct{}, 2)
	go func() {
		_ = server.Serve(conns.Listener(disguised{s.arrived, quit, as})) // ends with the test
		done <- struct{}{}
	}()
	go func() { conns.Run(quit); done <- struct{}{} }()
	t.Cleanup(func() { close(quit); server.Close(); <-done; <-done })
	return s
}

// disguised is a listener whose connections seem to come from elsewhere. They are pipes,
// so that a test may have a clock of its own.
type disguised struct {
	arrived chan net.Conn
	quit    chan struct{}
	as      func() netip.Addr
}

func (d disguised) Accept() (net.Conn, error) {
	select {
	case c := <-d.arrived:
		return elsewhere{c, net.TCPAddrFromAddrPort(netip.AddrPortFrom(d.as(), 4000))}, nil
	case <-d.quit:
		return nil, net.ErrClosed
	}
}

func (disguised) Close() error   { return nil }
func (disguised) Addr() net.Addr { return &net.TCPAddr{} }

type elsewhere struct {
	net.Conn
	addr net.Addr
}

func (e elsewhere) RemoteAddr() net.Addr { return e.addr }

// at is where all connections come from.
func at(address string) func() netip.Addr {
	return func() netip.Addr { return netip.MustParseAddr(address) }
}

// dial opens a connection.
func (s *served) dial() net.Conn {
	s.t.Helper()
	c, server := net.Pipe()
	s.t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	s.arrived <- server
	return c
}

// asked is a connection on which something has been asked for and answered.
func (s *served) asked(path string) net.Conn {
	s.t.Helper()
	c := s.dial()
	if err := ask(c, path); err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
	return c
}

// ask sends one request and reads the answer.
func ask(c net.Conn, path string) error {
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return err
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && string(body) != "ok" {
		err = fmt.Errorf("answered %s", body)
	}
	return err
}

// ended waits until the server has closed a connection.
func ended(t *testing.T, c net.Conn) {
	t.Helper()
	var timeout net.Error
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("the connection goes on: %v", err)
	}
}

// Whoever only holds connections keeps nobody out: the oldest give way, those of people
// who are known last.
func TestIdleConnectionsGiveWay(t *testing.T) {
	for name, limits := range map[string]limit.ConnLimits{
		"in all":      {Total: 10},
		"one address": {Address: 10},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServed(t, limits, at("192.0.2.1"))
			known := s.asked("/known")
			silent := s.dial() // connections are taken up in their order
			var idle []net.Conn
			for range 8 {
				idle = append(idle, s.asked("/"))
			}
			for range 9 { // twice as many as there is room for
				s.asked("/")
			}
			for _, c := range append(idle, silent) {
				ended(t, c)
			}
			if err := ask(known, "/"); err != nil {
				t.Errorf("who is known had to give way: %v", err)
			}
		})
	}
}

// A connection on which a request is being served gives way to nobody.
func TestServedConnectionsStay(t *testing.T) {
	s := newServed(t, limit.ConnLimits{Total: 3}, at("192.0.2.1"))
	answers := make(chan error, 3)
	for range 3 {
		c := s.dial()
		go func() { answers <- ask(c, "/hold") }()
		<-s.held
	}
	ended(t, s.dial()) // there is no room
	close(s.free)
	for range 3 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	s.asked("/") // now there is
}

// One address cannot have more than its share; IPv6 counts by network, a proxy and this
// machine are many.
func TestConnectionsOfOneAddress(t *testing.T) {
	for name, test := range map[string]struct {
		from   []string
		limits limit.ConnLimits
		room   bool
	}{
		"one address":     {[]string{"192.0.2.1"}, limit.ConnLimits{Address: 2}, false},
		"one network":     {[]string{"2001:db8::1", "2001:db8::2", "2001:db8::3"}, limit.ConnLimits{Address: 2}, false},
		"three networks":  {[]string{"2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:2::1"}, limit.ConnLimits{Address: 2}, true},
		"three addresses": {[]string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}, limit.ConnLimits{Address: 2}, true},
		"a proxy":         {[]string{"192.0.2.1"}, limit.ConnLimits{Address: 2, Proxy: at192}, true},
		"this machine":    {[]string{"127.0.0.1"}, limit.ConnLimits{Address: 2}, true},
		"no limit":        {[]string{"192.0.2.1"}, limit.ConnLimits{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			turn := 0
			s := newServed(t, test.limits, func() netip.Addr {
				turn++
				return netip.MustParseAddr(test.from[(turn-1)%len(test.from)])
			})
			answers := make(chan error, 3)
			for range 2 {
				c := s.dial()
				go func() { answers <- ask(c, "/hold") }()
				<-s.held
			}
			third := s.dial()
			go func() { answers <- ask(third, "/hold") }()
			if test.room {
				<-s.held
			} else if err := <-answers; err == nil {
				t.Error("a third connection is served")
			}
			close(s.free)
			for range 2 {
				if err := <-answers; err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func at192(addr netip.Addr) bool { return addr == netip.MustParseAddr("192.0.2.1") }

// A stranger's connection waits a short time for the next request, that of somebody who is
// known or of a proxy as long as the server lets it.
func TestStrangersWaitShorter(t *testing.T) {
	for name, test := range map[string]struct {
		limits limit.ConnLimits
		path   string
		stays  bool
	}{
		"a stranger":               {limit.ConnLimits{Idle: time.Second}, "/", false},
		"somebody known":           {limit.ConnLimits{Idle: time.Second}, "/known", true},
		"a stranger's, by a proxy": {limit.ConnLimits{Idle: time.Second, Proxy: at192}, "/", true},
		"without a limit":          {limit.ConnLimits{}, "/", true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newServed(t, test.limits, at("192.0.2.1")).asked(test.path)
				time.Sleep(3 * time.Second)
				if !test.stays {
					ended(t, c)
				} else if err := ask(c, "/"); err != nil {
					t.Errorf("it was closed: %v", err)
				}
			})
		})
	}
}

// What is not counted is left alone: requests without a connection of ours.
func TestUncountedRequests(t *testing.T) {
	conn := limit.ConnOf(context.Background())
	conn.Begin()
	conn.Recognise()
	conn.End()
	if conn != nil || limit.Context(t.Context(), nil).Value("x") != nil {
		t.Error("there is a connection")
	}
}

// Over TLS the requests know their connection, too.
func TestConnectionUnderTLS(t *testing.T) {
	conns := limit.NewConns(limit.ConnLimits{}, slog.New(slog.DiscardHandler))
	known := make(chan bool, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		known <- limit.ConnOf(r.Context()) != nil
	}))
	server.Listener = conns.Listener(server.Listener)
	server.Config.ConnContext = limit.Context
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	res, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if !<-known || !strings.HasPrefix(res.Proto, "HTTP/2") {
		t.Errorf("over %s the connection is unknown", res.Proto)
	}
}
