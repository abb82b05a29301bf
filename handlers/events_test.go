package handlers_test

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/session"
)

// feed reads an event stream.
type feed struct {
	t      testing.TB
	head   *http.Response
	frames chan string // "event: x\ndata" lines of one message; closed at the end
}

func (e *env) feed(client *http.Client, path string) *feed {
	e.t.Helper()
	return e.feedOf(client, e.request(http.MethodGet, path, nil))
}

func (e *env) feedOf(client *http.Client, r *http.Request) *feed {
	e.t.Helper()
	res, err := client.Do(r)
	if err != nil {
		e.t.Fatal(err)
	}
	f := &feed{t: e.t, head: res, frames: make(chan string, 1000)}
	done := make(chan struct{})
	e.t.Cleanup(func() { res.Body.Close(); <-done })
	go func() {
		defer close(done)
		defer close(f.frames)
		in, frame := bufio.NewReader(res.Body), ""
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if line != "\n" {
				frame += line
				continue
			}
			f.frames <- frame
			frame = ""
		}
	}()
	return f
}

// until reads frames up to one that contains every text.
func (f *feed) until(texts ...string) string {
	f.t.Helper()
	late := time.After(10 * time.Second)
	var last string
	for {
		select {
		case frame, ok := <-f.frames:
			if !ok {
				f.t.Fatalf("the stream ended without %q; last:\n%s", texts, last)
			}
			last = frame
			if containsAll(frame, texts) {
				return frame
			}
		case <-late:
			f.t.Fatalf("no %q; last:\n%s", texts, last)
		}
	}
}

func containsAll(s string, texts []string) bool {
	for _, text := range texts {
		if !strings.Contains(s, text) {
			return false
		}
	}
	return true
}

// ends reads to the end of the stream.
func (f *feed) ends() {
	f.t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case _, ok := <-f.frames:
			if !ok {
				return
			}
		case <-late:
			f.t.Fatal("the stream goes on")
		}
	}
}

// TestSectionStreams: a section's stream brings what the section shows and nothing else.
func TestSectionStreams(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	for section, want := range map[string]struct{ has, lacks string }{
		"keys":     {`hx-target="#key-head-`, `hx-target="#setting-default"`},
		"settings": {`hx-target="#setting-default"`, `hx-target="#key-head-`},
		"danger":   {`hx-target="#device-live"`, `hx-target="#setting-default"`},
	} {
		t.Run(section, func(t *testing.T) {
			f := e.feed(b.client, "/events?section="+section+"&device="+id)
			frame := f.until(`hx-target="#device-live"`)
			if section == "keys" {
				frame += f.until(want.has)
			}
			if !strings.Contains(frame, want.has) {
				t.Errorf("the stream lacks %s", want.has)
			}
			for _, other := range []string{want.lacks, "device-timeline", "scan-link-list", "device-qr"} {
				if strings.Contains(frame, other) {
					t.Errorf("the stream brings %s", other)
				}
			}
		})
	}
	f := e.feed(b.client, "/events?section=settings&device="+id)
	f.until(`data-state="SERVICE_OFF"`)
	b.post("/devices/"+id+"/delete", url.Values{"confirm": {"yes"}}).leads(t, "/devices")
	f.until(`data-testid="device-gone"`, "Kasir was deleted", `href="/audit?action=device.delete"`)
	f.until("event: wadah:done")
	f.ends()
}

func TestDevicePageStream(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	f := e.feed(b.client, "/events?device="+id)
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"} {
		if got := f.head.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if hello := <-f.frames; !strings.HasPrefix(hello, "event: wadah:hello") {
		t.Errorf("the stream begins with %q", hello)
	}
	f.until(`hx-target="#device-live"`, `data-state="SERVICE_OFF" data-reason="never_started"`)
	f.until(`hx-target="#scan-link-list"`)
	e.start(id, session.StateScan)
	f.until(`data-state="SERVICE_SCAN"`, `data-testid="device-qr"`, "data:image/png;base64,")
	e.link(id, "6281234567890:1@s.whatsapp.net")
	f.until(`data-state="CONNECTED" data-reason="ready"`)
	f.until(`hx-target="#device-timeline"`)

	e.driver.Conn(id).Tell(session.SignalSilent{})
	f.until(`data-state="PAIRING"`)

	// Signing out in another tab ends the stream, and says why.
	b.post("/signout", nil).leads(t, "/signin")
	f.until("event: wadah:ended")
	f.ends()
	if got := b.get("/events?device=" + id); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("after signing out: %d", got.StatusCode)
	}
}

func TestListStream(t *testing.T) {
	e := newEnv(t)
	first, _ := e.device("Kasir")
	b := e.admin()
	f := e.feed(b.client, "/events?page=devices")
	narrow := e.feed(b.client, "/events?page=devices&state=CONNECTED")
	f.until(`hx-target="#devices"`, `id="device-`+first+`"`, `hx-target="#devices-summary"`)
	narrow.until(`hx-target="#devices"`)

	second, _ := e.device("Gudang")
	f.until(`hx-target="#devices"`, first, second)
	e.start(first, session.StateScan)
	f.until(`hx-target="#device-`+first+`"`, `data-state="SERVICE_SCAN"`)
	e.link(first, "6281234567890:1@s.whatsapp.net")
	f.until(`hx-target="#device-`+first+`"`, `data-state="CONNECTED"`)
	if frame := narrow.until(`data-state="CONNECTED"`); strings.Contains(frame, second) {
		t.Error("the narrowed list shows a device that is off")
	}
	if _, err := e.manager.DeleteDevice(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if frame := f.until(`hx-target="#devices"`, second); strings.Contains(frame, first) {
		t.Error("the list shows a deleted device")
	}
	if _, err := e.manager.DeleteDevice(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	f.until(`hx-target="#devices"`, `data-testid="devices-empty"`)
}

func TestStreamsOfManyKinds(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	e.start(id, session.StateScan)
	e.assign(e.user("look", models.RoleViewer), id)
	b := e.signedIn("look")
	f := e.feed(b.client, "/events?device="+id)
	frame := f.until(`data-state="SERVICE_SCAN"`)
	for _, secret := range []string{"data:image/png", `data-testid="stop"`} {
		if strings.Contains(frame, secret) {
			t.Errorf("a viewer is shown %s", secret)
		}
	}
	if got := b.get("/devices/" + id + "/qr.png"); got.StatusCode != http.StatusForbidden {
		t.Errorf("a viewer gets the QR: %d", got.StatusCode)
	}
	for path, want := range map[string]int{"/events": 404, "/events?page=x": 404, "/events?page=phones": 404, "/events?device=x": 404} {
		if got := b.get(path); got.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, got.StatusCode, want)
		}
	}
	if _, err := e.manager.DeleteDevice(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	f.until(`data-testid="device-gone"`, "Kasir")
	f.until("event: wadah:done")
	f.ends()
}

func TestAPIStream(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("Kasir")
	f := e.feed(http.DefaultClient, "/api/events?apiKey="+key)
	f.until("event: state", `"state":"SERVICE_OFF"`)
	e.start(id, session.StateScan)
	f.until("event: state", `"state":"SERVICE_SCAN"`)
	f.until("event: qr", `"qrString":"data:image/png;base64,`, `"expires":"`)
	e.link(id, "6281234567890:1@s.whatsapp.net")
	f.until("event: state", `"state":"CONNECTED"`, `"number":"6281234567890"`)

	keys, err := e.store.Keys(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.store.RevokeKey(t.Context(), keys[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := e.manager.StopDevice(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	f.until("event: ended")
	f.ends()
}

func TestAPIStreamOfDeletedDevice(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("Kasir")
	f := e.feed(http.DefaultClient, "/api/events?apiKey="+key)
	f.until("event: state")
	if _, err := e.manager.DeleteDevice(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	f.ends()
}

func TestCloseEndsStreams(t *testing.T) {
	e := newEnv(t)
	_, key := e.device("Kasir")
	b := e.admin()
	feeds := []*feed{e.feed(http.DefaultClient, "/api/events?apiKey="+key), e.feed(b.client, "/events?page=devices")}
	for _, f := range feeds {
		f.until("data: ")
	}
	e.server.Close()
	for _, f := range feeds {
		f.ends()
	}
	late := e.feed(b.client, "/events?page=devices")
	late.ends()
}

func TestChangedPasswordEndsOtherLogins(t *testing.T) {
	e := newEnv(t)
	here := e.admin()
	there := e.signedIn("boss")
	f := e.feed(there.client, "/events?page=devices")
	f.until("data: ")
	const fresh = "another good password"
	got := here.post("/account/password", url.Values{"current": {password}, "password": {fresh}, "password2": {fresh}})
	got.leads(t, "/account")
	f.until("event: wadah:ended")
	f.ends()
	there.get("/devices").leads(t, "/signin?next=%2Fdevices")
	here.get("/account").has(t, http.StatusOK, "flash")
}
