package handlers_test

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"wadah/models"
)

const keyInPage = `data-testid="key-row-value">([0-9a-f]{32})<`

// state asks getState with a key.
func (e *env) state(key string) answer {
	e.t.Helper()
	return e.get("/api/getState?apiKey=" + key)
}

// audited fails unless the action was written down.
func (e *env) audited(action string, want int) {
	e.t.Helper()
	entries, err := e.store.Audit(e.t.Context(), models.AuditFilter{Action: action})
	if err != nil {
		e.t.Fatal(err)
	}
	if len(entries) != want {
		e.t.Errorf("%s was written down %d times, want %d", action, len(entries), want)
	}
	for _, entry := range entries {
		if entry.Actor == "" || entry.Address == "" {
			e.t.Errorf("an entry without actor or address: %+v", entry)
		}
		for _, secret := range e.secrets {
			if strings.Contains(entry.Target+entry.Detail+entry.Actor, secret) {
				e.t.Errorf("%s: the audit holds a secret", action)
			}
		}
	}
}

func TestKeysOfADevice(t *testing.T) {
	e := newEnv(t)
	id, first := e.device("Kasir")
	b := e.admin()
	page := b.post("/devices/"+id+"/keys", url.Values{"name": {"Toko"}, "expires": {"24h"}})
	page.has(t, http.StatusOK, "device-keys", "key-row-value")
	second := page.match(t, keyInPage)
	e.secrets = append(e.secrets, second)
	for _, key := range []string{first, second} {
		if got := e.state(key); got.StatusCode != http.StatusOK {
			t.Errorf("getState: %d", got.StatusCode)
		}
	}
	if got := b.get("/devices/" + id); strings.Contains(got.body, second) || strings.Contains(got.body, first) {
		t.Error("the page shows a key that nobody asked for")
	}
	e.audited("key.create", 1)
	for field, form := range map[string]url.Values{
		"name": {"name": {""}}, "expires": {"name": {"x"}, "expires": {"-1h"}}, "expiry that is none": {"name": {"x"}, "expires": {"soon"}},
	} {
		if got := b.post("/devices/"+id+"/keys", form); got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, "device-keys") {
			t.Errorf("bad %s: %d", field, got.StatusCode)
		}
	}
	if got := b.post("/devices/nothing/keys", url.Values{"name": {"x"}}); got.StatusCode != http.StatusNotFound {
		t.Errorf("a key for no device: %d", got.StatusCode)
	}
	e.later.Add(int64(25 * time.Hour))
	if got := e.state(second); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("an expired key: %d", got.StatusCode)
	}
}

// TestQuotasSaySo holds that who has as much as there may be is told so in a sentence.
func TestQuotasSaySo(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	for range models.MaxKeys - 1 {
		if _, err := e.store.CreateKey(t.Context(), id, "kasir", nil, models.Rights{}); err != nil {
			t.Fatal(err)
		}
	}
	for range models.MaxScanLinks {
		if _, err := e.store.CreateScanLink(t.Context(), id, "boss", 0); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := e.store.Keys(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	says := func(got answer, sentence string) {
		t.Helper()
		if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, sentence) {
			t.Errorf("%s: %d, without %q", got.Request.URL.Path, got.StatusCode, sentence)
		}
	}
	const tooMany = "This device has 50 keys that are valid"
	for _, post := range []func(string, url.Values) answer{b.post, b.fragment} {
		says(post("/devices/"+id+"/keys", url.Values{"name": {"one more"}}), tooMany)
		says(post("/devices/"+id+"/keys/"+keys[0].ID+"/rotate", url.Values{"overlap": {"1h"}}), tooMany)
		says(post("/devices/"+id+"/scan-links", nil), "This device has 20 scan links that are valid")
	}

	boss, err := e.store.UserByName(t.Context(), "boss")
	if err != nil {
		t.Fatal(err)
	}
	for range models.MaxLogins {
		if _, err := e.store.OpenLogin(t.Context(), models.Login{UserID: boss.ID, ExpiresAt: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.signedIn("boss").get("/devices"); !strings.Contains(got.body, "You were signed in in more than 100 places") {
		t.Errorf("%d: nobody says that a login has ended", got.StatusCode)
	}
	if logins, err := e.store.Logins(t.Context(), boss.ID); err != nil || len(logins) != models.MaxLogins {
		t.Errorf("%d logins, %v", len(logins), err)
	}
	e.audited("login.full", 1)
	if got := b.get("/account"); got.StatusCode != http.StatusSeeOther {
		t.Errorf("the login that was not used for longest still works: %d", got.StatusCode)
	}
}

func TestRevealRotateRevoke(t *testing.T) {
	e := newEnv(t)
	id, old := e.device("Kasir")
	other, _ := e.device("Gudang")
	b := e.admin()
	keys := func(device string) []models.APIKey {
		list, err := e.store.Keys(t.Context(), device)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	path := "/devices/" + id + "/keys/" + keys(id)[0].ID
	if got := b.fragment(path+"/reveal", nil).match(t, keyInPage); got != old {
		t.Errorf("revealed %q", got)
	}
	e.audited("key.reveal", 1)

	// A key can be reached through its own device only.
	wrong := "/devices/" + other + "/keys/" + keys(id)[0].ID
	for _, action := range []string{"/reveal", "/rotate", "/revoke"} {
		if got := b.post(wrong+action, url.Values{"confirm": {"yes"}}); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s through another device: %d", action, got.StatusCode)
		}
	}

	fresh := b.post(path+"/rotate", url.Values{"overlap": {"1h"}}).match(t, keyInPage)
	e.secrets = append(e.secrets, fresh)
	for _, key := range []string{old, fresh} {
		if got := e.state(key); got.StatusCode != http.StatusOK {
			t.Errorf("while both are valid: %d", got.StatusCode)
		}
	}
	if got := b.get("/devices/" + id + "/keys"); !strings.Contains(got.body, `data-state="ending"`) {
		t.Error("the page does not say that the old key ends")
	}
	e.later.Add(int64(2 * time.Hour))
	if got := e.state(old); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("the old key after the overlap: %d", got.StatusCode)
	}
	if got := b.post(path+"/rotate", url.Values{"overlap": {"9999h"}}); got.StatusCode == http.StatusOK {
		t.Error("an ended key was rotated")
	}

	now := "/devices/" + id + "/keys/" + keys(id)[1].ID
	stream, err := http.Get(e.url + "/api/events?apiKey=" + fresh)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	if !lines.Scan() {
		t.Fatal("the stream does not begin")
	}
	b.post(now+"/revoke", nil).leads(t, "/devices/"+id+"/keys") // not confirmed
	if got := e.state(fresh); got.StatusCode != http.StatusOK {
		t.Errorf("revoked without being confirmed: %d", got.StatusCode)
	}
	b.post(now+"/revoke", url.Values{"confirm": {"yes"}}).leads(t, "/devices/"+id+"/keys")
	if got := e.state(fresh); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("the very next request with a revoked key: %d", got.StatusCode)
	}
	ended := false
	for lines.Scan() { // until the server ends it, which nothing but the revocation makes it do
		ended = ended || lines.Text() == "event: ended"
	}
	if !ended {
		t.Error("the stream of a revoked key did not end with its event")
	}
	e.audited("key.rotate", 1)
	e.audited("key.revoke", 1)
}
