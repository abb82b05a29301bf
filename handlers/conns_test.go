package handlers_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"wadah/handlers/limit"
	"wadah/models"
)

// Where connections are at their limit, those of strangers give way first: a key, the
// system secret, a login or a scan link make somebody known, a wrong one does not.
func TestKnownConnectionsStay(t *testing.T) {
	e := limited(t, func(l *limit.Limits) { l.Connections = 3 })
	web := httptest.NewUnstartedServer(e.server.Handler())
	web.Listener = e.server.Listener(web.Listener)
	web.Config.ConnContext = e.server.ConnContext
	web.Start()
	t.Cleanup(web.Close)

	id, key := e.device("Kasir")
	secret := e.secret()
	e.user("boss", models.RoleAdmin)
	b := e.signedIn("boss")
	link := e.scanLink(b, id)
	if _, err := e.manager.SetDefaultDevice(t.Context(), id, true); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		path, header string
		stays        bool
	}{
		"a key":              {"/api/getState", "X-Api-Key: " + key, true},
		"a wrong key":        {"/api/getState", "X-Api-Key: x", false},
		"the default device": {"/api/getState", "X-Other: x", true},
		"the system secret":  {"/api/listDevice?secret=" + secret, "X-Other: x", true},
		"a wrong secret":     {"/api/listDevice?secret=x", "X-Other: x", false},
		"a login":            {"/devices", "Cookie: wadah_login=" + e.loginOf(b), true},
		"a wrong login":      {"/devices", "Cookie: wadah_login=x", false},
		"a scan link":        {link, "X-Other: x", true},
		"a wrong scan link":  {link + "x", "X-Other: x", false},
		"nothing":            {"/healthz", "X-Other: x", false},
	} {
		t.Run(name, func(t *testing.T) {
			address := web.Listener.Addr().String()
			one := dial(t, address)
			if err := askOn(one, test.path, test.header); err != nil {
				t.Fatal(err)
			}
			for range 5 { // one after another, each in the place of an older one
				if err := askOn(dial(t, address), "/healthz", "X-Other: x"); err != nil {
					t.Fatal(err)
				}
			}
			if err := askOn(one, "/healthz", "X-Other: x"); (err == nil) != test.stays {
				t.Errorf("the connection: %v, and it should stay: %v", err, test.stays)
			}
		})
	}
}

// loginOf is the token of a browser's login.
func (e *env) loginOf(b *browser) string {
	e.t.Helper()
	for _, c := range b.client.Jar.Cookies(e.request(http.MethodGet, "/", nil).URL) {
		if c.Name == "wadah_login" {
			return c.Value
		}
	}
	e.t.Fatal("nobody is signed in")
	return ""
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// askOn sends one request over a connection and reads the answer, whatever it is.
func askOn(c net.Conn, path, header string) error {
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n\r\n", path, header); err != nil {
		return err
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err
}
