//go:build !race

package trial_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"wadah/handlers"
	"wadah/models"
	"wadah/session"
	"wadah/session/sandbox"
)

// Two browsers and two programs want different things of one device at the same
// moment, whatever state it is in: everybody gets an answer in time, the device ends
// in one piece, and deleting it leaves nothing.
func TestCrowd(t *testing.T) {
	t.Parallel()
	for state, reach := range crowdStates {
		t.Run(state, func(t *testing.T) {
			c := newCrowd(t)
			reach(c)
			c.await(c.id, state)
			c.rush("stop")
			c.stop(c.id)
			if s := c.snap(c.id); s.State != session.StateOff || s.Desired || s.Retrying {
				t.Errorf("after the last stop it is %s, desired %v, retrying %v", name(s), s.Desired, s.Retrying)
			}
			c.noSockets()

			reach(c) // deleted from the same state, as far as it can be reached again
			c.rush("delete")
			if _, err := c.Snapshot(c.id); err == nil { // everybody was told to try again
				_, err := c.DeleteDevice(context.Background(), c.id)
				must(t, err)
			}
			must(t, c.svc.SetOutage(sandbox.OutageNone))
			c.noSockets()
			eventually(t, 5*time.Second, func() error {
				if rows := c.rows(); len(rows) > 0 {
					return fmt.Errorf("rows of the library: %v", rows)
				}
				return nil
			})
		})
	}
}

// crowdStates bring a device that is not linked into a state.
var crowdStates = map[string]func(*crowd){
	"SERVICE_OFF/never_started": func(*crowd) {},
	"PAIRING/connecting": func(c *crowd) {
		must(c.t, c.svc.SetOutage(sandbox.OutageSilent))
		c.start(c.id)
	},
	"SERVICE_SCAN/qr": func(c *crowd) { c.start(c.id); c.await(c.id, "SERVICE_SCAN/qr") },
	"PAIRING/authenticating": func(c *crowd) {
		must(c.t, c.svc.Inject("", sandbox.Fault{Kind: sandbox.FaultNoPairSignReply}))
		c.connect("PAIRING/authenticating")
	},
	"CONNECTED/ready": func(c *crowd) { c.connect("CONNECTED/ready") },
	"PAIRING/restoring": func(c *crowd) {
		c.connect("CONNECTED/ready")
		c.stop(c.id)
		must(c.t, c.svc.SetOutage(sandbox.OutageSilent))
		c.start(c.id)
	},
	"PAIRING/reconnecting": func(c *crowd) {
		c.connect("CONNECTED/ready")
		must(c.t, c.svc.SetOutage(sandbox.OutageHandshake))
		must(c.t, c.svc.Inject("", sandbox.Fault{Kind: sandbox.FaultReset}))
		c.await(c.id, "PAIRING/reconnecting")
	},
	"SERVICE_OFF/stopped": func(c *crowd) { c.connect("CONNECTED/ready"); c.stop(c.id) },
	"SERVICE_OFF/logged_out": func(c *crowd) {
		c.connect("CONNECTED/ready")
		must(c.t, c.svc.Unlink(phone, ""))
		c.await(c.id, "SERVICE_OFF/logged_out")
	},
}

// crowd is a device with its page, its API, and people at both.
type crowd struct {
	*world
	id, key, url string
	browsers     []*http.Client
}

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	w := newWorld(t)
	log := slog.New(slog.DiscardHandler)
	web := handlers.New(handlers.Config{Version: "test"}, w.store, w.Manager, log)
	server := httptest.NewServer(web.Handler())
	t.Cleanup(func() { web.Close(); server.Close() })
	s, key, err := w.AddDevice(context.Background(), "Toko")
	must(t, err)
	c := &crowd{world: w, id: s.ID, key: key.Value, url: server.URL}
	for _, name := range []string{"ani", "budi"} {
		const password = "correct horse battery"
		_, err := w.store.CreateUser(context.Background(), name, password, models.RoleAdmin)
		must(t, err)
		jar, err := cookiejar.New(nil)
		must(t, err)
		browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		if status, _, err := c.post(browser, "/signin", url.Values{"name": {name}, "password": {password}}); err != nil || status != http.StatusSeeOther {
			t.Fatalf("sign in: %d %v", status, err)
		}
		c.browsers = append(c.browsers, browser)
	}
	return c
}

// connect links the device, or connects it again, until it is in the state.
func (c *crowd) connect(state string) {
	must(c.t, c.svc.SetOutage(sandbox.OutageNone))
	c.start(c.id)
	if s := c.await(c.id, "SERVICE_SCAN/qr", "CONNECTED/ready", "SERVICE_OFF/logged_out"); s.State == session.StateScan {
		c.scan(c.id, phone)
		c.await(c.id, state, "CONNECTED/ready")
	}
}

// rush lets everybody act at once.
func (c *crowd) rush(action string) {
	c.t.Helper()
	api := []string{"serviceDestroy", "serviceStart", "getQR", "getState"}
	if action == "delete" {
		api = []string{"serviceLogout", "serviceStart", "getQR", "serviceRestart"}
	}
	var all sync.WaitGroup
	for _, browser := range c.browsers {
		for range 2 {
			all.Go(func() {
				c.ask(browser, "/devices/"+c.id+"/"+action, url.Values{"confirm": {"yes"}}, 25*time.Second)
			})
		}
	}
	for _, call := range api {
		all.Go(func() {
			c.ask(http.DefaultClient, "/api/"+call, url.Values{"apiKey": {c.key}, "wait": {"1"}}, 25*time.Second)
		})
	}
	all.Wait()
}

// ask insists on an answer in time that blames nobody's program.
func (c *crowd) ask(client *http.Client, path string, form url.Values, limit time.Duration) {
	began := time.Now()
	status, body, err := c.post(client, path, form)
	path = strings.ReplaceAll(path, c.id, "ID")
	if err != nil || status >= http.StatusInternalServerError {
		c.t.Errorf("%s: %d %v %.200s", path, status, err, body)
	}
	if took := time.Since(began); took > limit || took > 7*time.Second && (strings.HasSuffix(path, "/stop") || strings.HasSuffix(path, "Destroy")) {
		c.t.Errorf("%s took %v", path, took)
	}
}

func (c *crowd) post(client *http.Client, path string, form url.Values) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, c.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

func (c *crowd) noSockets() {
	c.t.Helper()
	eventually(c.t, 5*time.Second, func() error {
		if open := c.svc.Connections(); len(open) > 0 {
			return fmt.Errorf("%d sockets are open", len(open))
		}
		return nil
	})
}
