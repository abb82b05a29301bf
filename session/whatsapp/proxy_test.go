package whatsapp_test

import (
	"bufio"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wadah/session"
	"wadah/session/sandbox"
	"wadah/session/whatsapp"
)

// relay is a proxy: serve reads a client's request and returns where it wants to go,
// or "" after it has refused.
type relay struct {
	addr    string
	tunnels atomic.Int32
}

func newRelay(t *testing.T, serve func(net.Conn) string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{addr: listener.Addr().String()}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	track := func(c net.Conn) {
		mu.Lock()
		defer mu.Unlock()
		open = append(open, c)
	}
	all.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			track(client)
			all.Go(func() {
				defer func() { _ = client.Close() }()
				target := serve(client)
				if target == "" {
					return
				}
				server, err := net.Dial("tcp", target)
				if err != nil {
					return
				}
				track(server)
				r.tunnels.Add(1)
				all.Go(func() {
					_, _ = io.Copy(client, server)
					_ = client.Close()
				})
				_, _ = io.Copy(server, client)
				_ = server.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return r
}

// httpProxy tunnels for whoever sends credentials ("" for nobody in particular).
func httpProxy(credentials string) func(net.Conn) string {
	return func(c net.Conn) string {
		req, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return ""
		}
		want := ""
		if credentials != "" {
			want = "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
		}
		if req.Method != http.MethodConnect || req.Header.Get("Proxy-Authorization") != want {
			_, _ = io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
			return ""
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
		return req.Host
	}
}

// socksProxy is SOCKS5 without authentication (RFC 1928).
func socksProxy(c net.Conn) string {
	hello := make([]byte, 2)
	if _, err := io.ReadFull(c, hello); err != nil {
		return ""
	}
	if _, err := io.ReadFull(c, make([]byte, hello[1])); err != nil {
		return ""
	}
	_, _ = c.Write([]byte{5, 0})
	head := make([]byte, 10) // version, command, reserved, IPv4 type, address, port
	if _, err := io.ReadFull(c, head); err != nil || head[3] != 1 {
		return ""
	}
	_, _ = c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	addr := &net.TCPAddr{IP: head[4:8], Port: int(head[8])<<8 | int(head[9])}
	return addr.String()
}

func TestProxies(t *testing.T) {
	r := newRig(t)
	jid := r.link()
	for name, c := range map[string]struct {
		serve func(net.Conn) string
		url   string
	}{
		"http":               {httpProxy(""), "http://"},
		"http with password": {httpProxy("budi:rahasia 1"), "http://budi:rahasia%201@"},
		"socks5":             {socksProxy, "socks5://"},
	} {
		t.Run(name, func(t *testing.T) {
			proxy := newRelay(t, c.serve)
			w := newWitness(t)
			conn, err := r.drv.Dial(t.Context(), session.Target{JID: jid, Proxy: c.url + proxy.addr}, w.handler())
			if err != nil {
				t.Fatalf("Dial: %v", err)
			}
			defer conn.Close()
			await[session.SignalOnline](w)
			if n := proxy.tunnels.Load(); n != 1 {
				t.Errorf("%d tunnels, want 1", n)
			}
			within(t, 2*time.Second, "Close", conn.Close)
		})
	}
}

// TestProxyFails: whatever is wrong with the proxy, WhatsApp is never dialled directly.
func TestProxyFails(t *testing.T) {
	r := newRig(t, func(_ *sandbox.Config, c *whatsapp.Config) { c.DialTimeout = 2 * time.Second })
	jid := r.link()
	before := r.svc.Stats().Dials

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().String()
	_ = listener.Close()
	refusing := newRelay(t, httpProxy("other:secret"))
	hangingUp := newRelay(t, func(net.Conn) string { return "" })
	release := make(chan struct{})
	silent := newRelay(t, func(net.Conn) string {
		<-release
		return ""
	})
	for name, proxy := range map[string]string{
		"nobody listens":       "http://" + nobody,
		"nobody listens socks": "socks5://" + nobody,
		"wrong password":       "http://budi:hunter2@" + refusing.addr,
		"http hangs up":        "http://" + hangingUp.addr,
		"socks hangs up":       "socks5://" + hangingUp.addr,
		"http is silent":       "http://" + silent.addr,
		"socks is silent":      "socks5://" + silent.addr,
		"no TLS":               "https://" + refusing.addr,
		"scheme":               "ftp://budi:hunter2@127.0.0.1:1",
		"no URL":               "http://budi:hunter2@127.0.0.1:x",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWitness(t)
			within(t, 3*time.Second, "Dial", func() {
				_, err := r.drv.Dial(t.Context(), session.Target{JID: jid, Proxy: proxy}, w.handler())
				var failed *session.ProxyError
				if !errors.As(err, &failed) {
					t.Fatalf("Dial: %v, want a *session.ProxyError", err)
				}
				if strings.Contains(err.Error(), "hunter2") {
					t.Errorf("the error %q tells the password", err)
				}
			})
			w.nothingMore()
		})
	}
	close(release)
	if after := r.svc.Stats().Dials; after != before {
		t.Errorf("WhatsApp was dialled %d times", after-before)
	}
}

// TestEnvironmentProxyIsIgnored: only a device's own proxy counts.
func TestEnvironmentProxyIsIgnored(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	r := newRig(t)
	_, w := r.dial("")
	await[session.SignalCodes](w)
}
