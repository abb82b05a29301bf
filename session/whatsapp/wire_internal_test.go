package whatsapp

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// socketServer is a websocket server that hands each connection to serve.
func socketServer(t *testing.T, secure bool, serve func(*websocket.Conn)) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Sec-WebSocket-Extensions") != "" {
			t.Error("the request offers compression")
		}
		conn, err := websocket.Accept(rw, req, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionContextTakeover})
		if err != nil {
			t.Errorf("accept: %v", err)
			return
		}
		defer func() { _ = conn.CloseNow() }()
		serve(conn)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused certificates are the test's own
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server
}

// speak opens a websocket over w the way the library does.
func speak(t *testing.T, n *network, w *wire, proxy *url.URL) *websocket.Conn {
	t.Helper()
	conn, resp, err := websocket.Dial(t.Context(), "wss://web.whatsapp.com/ws/chat", &websocket.DialOptions{
		HTTPClient: n.client(&route{wire: w, proxy: proxy, ctx: t.Context()}), CompressionMode: websocket.CompressionContextTakeover,
	})
	if err != nil {
		t.Fatalf("websocket: %v (%v)", err, resp)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

// TestTheEndIsTheOwners: the library's reader does not see the end of an open
// connection before the owner leaves it.
func TestTheEndIsTheOwners(t *testing.T) {
	drop := make(chan struct{})
	server := socketServer(t, false, func(conn *websocket.Conn) {
		_ = conn.Write(t.Context(), websocket.MessageBinary, []byte("hello"))
		<-drop
	})
	ended := make(chan error, 2)
	w := newWire(func(err error) { ended <- err })
	conn := speak(t, newNetwork(server.Listener.Addr().String(), 5*time.Second), w, nil)
	if !w.open() {
		t.Fatal("the wire has ended")
	}
	if _, data, err := conn.Read(t.Context()); err != nil || string(data) != "hello" {
		t.Fatalf("read %q, %v", data, err)
	}
	if since := time.Since(w.lastHeard()); since > time.Minute {
		t.Errorf("last heard %v ago", since)
	}
	read := make(chan error, 1)
	go func() {
		_, _, err := conn.Read(context.Background())
		read <- err
	}()
	close(drop)
	if err := <-ended; err == nil {
		t.Error("the end came without a reason")
	}
	select {
	case err := <-read:
		t.Fatalf("the library saw the end by itself: %v", err)
	default:
	}
	if !w.leave() {
		t.Error("leave says the library hangs up by itself")
	}
	_ = conn.Close(websocket.StatusNormalClosure, "") // the other side cannot answer any more
	if err := <-read; err == nil {
		t.Error("the reader read something")
	}
	select {
	case err := <-ended:
		t.Errorf("the end was told twice: %v", err)
	default:
	}
}

// TestGoodbye: a websocket close frame from the other side is an end as well, and the
// library hangs up by itself.
func TestGoodbye(t *testing.T) {
	server := socketServer(t, false, func(conn *websocket.Conn) { _ = conn.Close(websocket.StatusGoingAway, "restart") })
	ended := make(chan error, 2)
	w := newWire(func(err error) { ended <- err })
	conn := speak(t, newNetwork(server.Listener.Addr().String(), 5*time.Second), w, nil)
	w.open()
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("read: %v, want the close frame", err)
	}
	if err := <-ended; !errors.Is(err, errHungUp) {
		t.Errorf("ended with %v, want errHungUp", err)
	}
	if w.leave() {
		t.Error("leave asks for a Disconnect that would meet the library's own")
	}
}

// TestLeaveIsPolite: the other side gets a close frame.
func TestLeaveIsPolite(t *testing.T) {
	got := make(chan error, 1)
	server := socketServer(t, false, func(conn *websocket.Conn) {
		_, _, err := conn.Read(context.Background())
		got <- err
	})
	w := newWire(func(err error) { t.Errorf("told of an end of its own making: %v", err) })
	conn := speak(t, newNetwork(server.Listener.Addr().String(), 5*time.Second), w, nil)
	w.open()
	read := make(chan error, 1)
	go func() {
		_, _, err := conn.Read(context.Background())
		read <- err
	}()
	if !w.leave() {
		t.Error("leave says the library hangs up by itself")
	}
	start := time.Now()
	_ = conn.Close(websocket.StatusNormalClosure, "")
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("the websocket took %v to close", took)
	}
	w.cut()
	if err := <-got; websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("the other side got %v, want a close frame", err)
	}
	<-read
}

// TestHangUpInHandshake: the reader wakes the library with an invalid answer.
func TestHangUpInHandshake(t *testing.T) {
	server := socketServer(t, false, func(*websocket.Conn) {})
	w := newWire(func(err error) { t.Errorf("told of the end of a dial: %v", err) })
	conn := speak(t, newNetwork(server.Listener.Addr().String(), 5*time.Second), w, nil)
	kind, data, err := conn.Read(t.Context())
	if err != nil || kind != websocket.MessageBinary || string(data) != "\x00\x00\x00" {
		t.Errorf("read %v %q, %v, want an empty frame", kind, data, err)
	}
	if err := conn.Write(t.Context(), websocket.MessageBinary, []byte("hello")); err != nil {
		t.Errorf("writing fails (%v), so that the library would not read the answer", err)
	}
	go func() { _, _, _ = conn.Read(context.Background()) }()
	<-w.parked.c
	if w.open() {
		t.Error("a wire that has ended opens")
	}
}

// TestTLS goes through a proxy that leads to a server with a certificate of our own
// making, in place of WhatsApp.
func TestTLS(t *testing.T) {
	said := make(chan string, 1)
	server := socketServer(t, true, func(conn *websocket.Conn) {
		_, data, _ := conn.Read(context.Background())
		said <- string(data)
	})
	proxy := misdirect(t, server.Listener.Addr().String())
	n := newNetwork("", 5*time.Second)

	_, _, err := websocket.Dial(t.Context(), "wss://example.com/ws/chat", &websocket.DialOptions{
		HTTPClient: n.client(&route{wire: newWire(func(error) {}), proxy: proxy, ctx: t.Context()}),
	})
	if unknown := new(x509.UnknownAuthorityError); !errors.As(err, unknown) {
		t.Errorf("an unknown certificate: %v, want x509.UnknownAuthorityError", err)
	}
	n.roots = x509.NewCertPool()
	n.roots.AddCert(server.Certificate())
	if _, _, err = websocket.Dial(t.Context(), "wss://web.whatsapp.com/ws/chat", &websocket.DialOptions{
		HTTPClient: n.client(&route{wire: newWire(func(error) {}), proxy: proxy, ctx: t.Context()}),
	}); err == nil || !strings.Contains(err.Error(), "web.whatsapp.com") {
		t.Errorf("a certificate for another name: %v, want a refusal that tells the name", err)
	}
	conn, _, err := websocket.Dial(t.Context(), "wss://example.com/ws/chat", &websocket.DialOptions{
		HTTPClient: n.client(&route{wire: newWire(func(error) {}), proxy: proxy, ctx: t.Context()}),
	})
	if err != nil {
		t.Fatalf("the right certificate: %v", err)
	}
	if err := conn.Write(t.Context(), websocket.MessageBinary, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got := <-said; got != "hello" {
		t.Errorf("the server got %q", got)
	}
	_ = conn.CloseNow()

	client := n.client(&route{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+server.Listener.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := client.Do(req); !errors.Is(err, errPlainHTTP) {
		t.Errorf("a request without TLS: %v, %v, want errPlainHTTP", resp, err)
	}
}

// misdirect is an HTTP proxy that leads everybody to addr.
func misdirect(t *testing.T, addr string) *url.URL {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = client.Close() }()
				if _, err := http.ReadRequest(bufio.NewReader(client)); err != nil {
					return
				}
				server, err := net.Dial("tcp", addr)
				if err != nil {
					return
				}
				defer func() { _ = server.Close() }()
				_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
				go func() {
					_, _ = io.Copy(client, server)
					_ = client.Close()
				}()
				_, _ = io.Copy(server, client)
			}()
		}
	}()
	return &url.URL{Scheme: "http", Host: listener.Addr().String()}
}
