package handlers_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"wadah/handlers"
	"wadah/models"
	"wadah/session"
)

// two is an installation with a device that "run" and "look" are assigned to and one
// that they are not.
func two(t *testing.T) (e *env, mine, theirs string) {
	t.Helper()
	e = newEnv(t, func(c *handlers.Config) { c.Sandbox = newPhones(t) })
	mine, _ = e.device("Kasir")
	theirs, _ = e.device("Gudang")
	e.user("boss", models.RoleAdmin)
	e.assign(e.user("run", models.RoleOperator), mine)
	e.assign(e.user("look", models.RoleViewer), mine)
	return e, mine, theirs
}

// TestHiddenDeviceByRoute walks every route that is about a device: one that a person
// is not assigned to answers exactly as one that does not exist.
func TestHiddenDeviceByRoute(t *testing.T) {
	e, _, theirs := two(t)
	const unknown = "06h0d6kr2sob0prs6bqba3304o"
	rank := map[string]int{"viewer": 1, "operator": 2, "admin": 3}
	walked := 0
	for who, b := range map[string]*browser{"viewer": e.signedIn("look"), "operator": e.signedIn("run")} {
		for _, r := range e.server.Routes() {
			if r.Path == "/devices/bulk" {
				continue // names many, of which those that are not there do not count: TestBulkByAssignment
			}
			if strings.HasPrefix(r.Path, "/devices/") && !strings.HasPrefix(r.Path, "/devices/:id") {
				t.Errorf("%s names its device otherwise than the guard knows", r.Path)
			}
			ask := func(id string) (answer, bool) {
				path, form := strings.NewReplacer(":id", id, ":number", "6281100000001", ":action", "logout").Replace(r.Path), url.Values{}
				switch {
				case strings.Contains(r.Path, "/devices/:id"):
				case r.Path == "/events", r.Path == "/reference":
					path += "?device=" + id
				case r.Path == "/phones/:number/scan", r.Path == "/phones/:number/passkey/answer":
					form.Set("device", id)
				case r.Path == "/reference/try":
					form.Set("device", id)
					form.Set("call", "getState")
				default:
					return answer{}, false
				}
				req := e.form(path, form)
				if req.Method = r.Method; r.Method != http.MethodPost {
					req = e.request(r.Method, path, nil)
				}
				return b.do(req), true
			}
			hidden, about := ask(theirs)
			if !about {
				continue
			}
			walked++
			want := http.StatusNotFound
			if rank[who] < rank[r.May] {
				want = http.StatusForbidden
			}
			none, _ := ask(unknown)
			if hidden.StatusCode != want || none.StatusCode != want ||
				hidden.body != strings.ReplaceAll(none.body, unknown, theirs) {
				t.Errorf("%s %s as %s: %d, an unknown device %d, want %d for both and the same page",
					r.Method, r.Path, who, hidden.StatusCode, none.StatusCode, want)
			}
		}
	}
	if walked < 30 {
		t.Errorf("only %d routes were walked", walked)
	}
	if snap, err := e.manager.Snapshot(theirs); err != nil || snap.Desired || snap.Name != "Gudang" {
		t.Errorf("%+v %v", snap, err)
	}
}

// TestHiddenDeviceInAMultipartBody: what the guard has not looked at, no handler reads.
func TestHiddenDeviceInAMultipartBody(t *testing.T) {
	e, _, theirs := two(t)
	b := e.signedIn("run")
	for _, r := range []struct{ method, path string }{{http.MethodGet, "/reference"}, {http.MethodPost, "/reference/try"}} {
		ask := func(id string) answer {
			var body bytes.Buffer
			form := multipart.NewWriter(&body)
			for name, value := range map[string]string{"device": id, "call": "serviceStart"} {
				if err := form.WriteField(name, value); err != nil {
					t.Fatal(err)
				}
			}
			if err := form.Close(); err != nil {
				t.Fatal(err)
			}
			req := e.request(r.method, r.path, &body)
			req.Header.Set("Content-Type", form.FormDataContentType())
			return b.do(req)
		}
		hidden, none := ask(theirs), ask("06h0d6kr2sob0prs6bqba3304o")
		if hidden.StatusCode != none.StatusCode || strings.Contains(hidden.body, theirs) {
			t.Errorf("%s %s: %d, an unknown device %d", r.method, r.path, hidden.StatusCode, none.StatusCode)
		}
	}
	if snap, err := e.manager.Snapshot(theirs); err != nil || snap.Desired {
		t.Errorf("a device of others was started: %+v %v", snap, err)
	}
}

func TestHiddenDeviceIsInNoList(t *testing.T) {
	e, mine, theirs := two(t)
	e.start(theirs, session.StateScan)
	b := e.signedIn("look")
	for _, path := range []string{"/devices", "/devices?q=Gudang", "/devices?state=SERVICE_SCAN", "/phones", "/account", "/reference"} {
		got := b.get(path)
		if got.StatusCode != http.StatusOK || strings.Contains(got.body, theirs) || strings.Contains(strings.ReplaceAll(got.body, "q=Gudang", ""), ">Gudang") {
			t.Errorf("%s (%d) shows the other's device", path, got.StatusCode)
		}
	}
	if got := b.get("/devices"); !strings.Contains(got.body, mine) {
		t.Error("the list lacks the assigned device")
	}
	run := e.signedIn("run")
	snap, err := e.manager.PairPhone(t.Context(), theirs, "6281234567890", false)
	if err != nil {
		t.Fatal(err)
	}
	run.post("/phones/6281100000001/code", url.Values{"code": {snap.Phone.Text}}).leads(t, "/phones")
	if got := run.get("/phones"); !strings.Contains(got.body, `data-testid="flash"`) || strings.Contains(got.body, theirs) {
		t.Error("another's phone code is accepted")
	}
}

func TestHiddenDeviceIsInNoStream(t *testing.T) {
	e, mine, theirs := two(t)
	b := e.signedIn("look")
	list, phones := e.feed(b.client, "/events?page=devices"), e.feed(b.client, "/events?page=phones")
	frame := list.until(`id="device-` + mine + `"`)
	if strings.Contains(frame, theirs) || strings.Contains(phones.until("phones-live"), theirs) {
		t.Error("the first frame shows the other's device")
	}
	e.start(theirs, session.StateScan)
	e.start(mine, session.StateScan)
	late := time.After(10 * time.Second)
	for done := false; !done; {
		select {
		case frame := <-list.frames:
			if strings.Contains(frame, theirs) {
				t.Fatalf("a frame shows the other's device: %s", frame)
			}
			done = strings.Contains(frame, "SERVICE_SCAN")
		case <-late:
			t.Fatal("no change of the assigned device")
		}
	}
}
