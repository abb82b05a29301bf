package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"wadah/models"
)

// TestKeySaysWhoWasShownIt reveals a key on every way there is.
func TestKeySaysWhoWasShownIt(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("Kasir")
	e.secrets = append(e.secrets, key)
	b := e.admin()
	says := func(want string) {
		t.Helper()
		page := b.get("/devices/" + id + "/keys")
		switch n := strings.Count(page.body, `data-testid="last-shown"`); {
		case want == "" && n != 0:
			t.Error("the page says who was shown a key that nobody was shown")
		case want != "" && !strings.Contains(page.body, want):
			t.Errorf("the page does not say %q", want)
		}
	}
	says("")
	keys, err := e.store.Keys(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := e.store.RotateSystemSecret(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	e.secrets = append(e.secrets, secret.Value)
	e.get("/api/listDevice?secret=" + secret.Value)
	says("Last read through the system API")
	b.post("/devices/"+id+"/keys/"+keys[0].ID+"/reveal", nil).has(t, http.StatusOK, "key-row-value")
	says("Last shown to boss")
	e.user("siti", models.RoleAdmin)
	e.later.Add(int64(1e9))
	e.signedIn("siti").post("/devices/"+id+"/reveal", nil).has(t, http.StatusOK)
	says("Last shown to siti")
	b.post("/settings/secret/"+secret.ID+"/reveal", nil).has(t, http.StatusOK, "secret-value", "last-shown")

	e.user("penonton", models.RoleViewer)
	if page := e.signedIn("penonton").get("/devices/" + id); strings.Contains(page.body, "last-shown") {
		t.Error("who may not see keys is told who saw them")
	}
}

// leavers are two operators of two devices who have seen the keys of both.
func leavers(t *testing.T) (e *env, b *browser, people []models.User, devices []string) {
	e = newEnv(t)
	one, _ := e.device("Kasir")
	two, _ := e.device("Gudang")
	devices = []string{one, two}
	b = e.admin()
	for _, name := range []string{"budi", "siti"} {
		u := e.user(name, models.RoleOperator)
		e.assign(u, devices...)
		people = append(people, u)
		seer := e.signedIn(name)
		for _, id := range devices {
			seer.post("/devices/"+id+"/reveal", nil).has(t, http.StatusOK)
		}
	}
	return e, b, people, devices
}

// valid are the names of the keys of a device that open it, and their IDs.
func (e *env) validKeys(id string) (ids []string) {
	e.t.Helper()
	keys, err := e.store.Keys(e.t.Context(), id)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, k := range keys {
		if k.RevokedAt == nil {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

// TestWhatAnOperatorKnowsIsReplaced takes devices, the role and the account from people:
// each time the page offers to replace what they have seen, and nothing else.
func TestWhatAnOperatorKnowsIsReplaced(t *testing.T) {
	e, b, people, devices := leavers(t)
	budi, siti := people[0], people[1]
	offered := func(path string, want ...string) {
		t.Helper()
		page := b.get(path)
		got := page.all(`data-testid="known-key" data-key="([^"]+)"`)
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s offers %q, want %q", path, got, want)
		}
	}
	kasir, gudang := e.validKeys(devices[0])[0], e.validKeys(devices[1])[0]
	offered("/people")
	offered("/people/" + budi.ID)

	// One device is taken away.
	b.post("/people/"+budi.ID+"/devices", url.Values{"device": {devices[1]}}).leads(t, "/people/"+budi.ID)
	page := b.get("/people/" + budi.ID)
	page.has(t, http.StatusOK, "known-keys", "known-keys-overlap", "known-keys-replace", "known-keys-leave")
	if !strings.Contains(page.body, "Kasir · main") || !strings.Contains(page.body, "Last shown to budi") {
		t.Error("the page does not say which key, or who knows it")
	}
	offered("/people/"+budi.ID, kasir)
	offered("/people/" + siti.ID)
	offered("/people", kasir)

	// Nothing chosen, nothing done.
	b.post("/people/known-keys", url.Values{"do": {"replace"}, "overlap": {"0s"}, "back": {"/people/" + budi.ID}}).leads(t, "/people/"+budi.ID)
	if page := b.get("/people/" + budi.ID); !strings.Contains(page.body, "Choose at least one key") {
		t.Error("nobody says that nothing was chosen")
	}
	// A key that nobody has leaked is not to be replaced here.
	b.post("/people/known-keys", url.Values{"do": {"replace"}, "overlap": {"0s"}, "key": {gudang}, "back": {"//evil.example"}}).leads(t, "/people")
	if got := e.validKeys(devices[1]); len(got) != 1 || got[0] != gudang {
		t.Errorf("a key of another device was replaced: %q", got)
	}

	b.post("/people/known-keys", url.Values{"do": {"replace"}, "overlap": {"0s"}, "key": {kasir}, "back": {"/people/" + budi.ID}}).leads(t, "/people/"+budi.ID)
	if got := e.validKeys(devices[0]); len(got) != 1 || got[0] == kasir {
		t.Errorf("the key was not replaced: %q", got)
	}
	offered("/people/" + budi.ID)
	offered("/people")

	// The role is taken away: what remains known is the other device's.
	b.post("/people/"+budi.ID+"/role", url.Values{"role": {"viewer"}}).leads(t, "/people/"+budi.ID)
	offered("/people/"+budi.ID, gudang)
	b.post("/people/known-keys", url.Values{"do": {"leave"}, "key": {gudang}, "back": {"/people/" + budi.ID}}).leads(t, "/people/"+budi.ID)
	offered("/people/" + budi.ID)
	if got := e.validKeys(devices[1]); len(got) != 1 || got[0] != gudang {
		t.Errorf("what should stay was replaced: %q", got)
	}

	// The account is gone: its keys are offered on the list of people.
	b.post("/people/"+siti.ID+"/delete", url.Values{"confirm": {"yes"}}).leads(t, "/people")
	offered("/people", gudang)
	b.post("/people/known-keys", url.Values{"do": {"replace"}, "overlap": {"24h"}, "key": {gudang}}).leads(t, "/people")
	if got := e.validKeys(devices[1]); len(got) != 2 {
		t.Errorf("during the overlap: %q", got)
	}
	offered("/people")
	e.audited("key.rotate", 2)
	e.audited("key.keep", 1)
}

// TestReplacedKeyIsNotReplacedTwice: who leaves while a replaced key still opens the device
// knows that one alone; replacing it at once ends it and makes no third.
func TestReplacedKeyIsNotReplacedTwice(t *testing.T) {
	e, b, people, devices := leavers(t)
	old := e.validKeys(devices[0])[0]
	b.post("/devices/"+devices[0]+"/keys/"+old+"/rotate", url.Values{"overlap": {"24h"}}).has(t, http.StatusOK, "key-row-value")
	b.post("/people/"+people[0].ID+"/delete", url.Values{"confirm": {"yes"}}).leads(t, "/people")
	b.post("/people/known-keys", url.Values{"do": {"replace"}, "overlap": {"0s"}, "key": {old}}).leads(t, "/people")
	if got := e.validKeys(devices[0]); len(got) != 1 || got[0] == old {
		t.Errorf("valid: %q", got)
	}
}

// TestWhatAnAdminKnowsIsReplaced: the system secret, too.
func TestWhatAnAdminKnowsIsReplaced(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	other := e.user("siti", models.RoleAdmin)
	e.signedIn("siti").post("/settings/secret", url.Values{"overlap": {"0s"}}).has(t, http.StatusOK, "secret-value")
	secrets, err := e.store.SystemSecrets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if page := b.get("/people"); strings.Contains(page.body, "known-keys") {
		t.Error("what an admin knows is offered for replacing")
	}
	b.post("/people/"+other.ID+"/role", url.Values{"role": {"operator"}}).leads(t, "/people/"+other.ID)
	page := b.get("/people/" + other.ID)
	page.has(t, http.StatusOK, "known-keys")
	if got := page.match(t, `data-testid="known-key" data-key="([^"]+)"`); got != secrets[0].ID {
		t.Errorf("offered: %q", got)
	}
	b.post("/people/known-keys", url.Values{"do": {"replace"}, "overlap": {"0s"}, "key": {secrets[0].ID}, "back": {"/people/" + other.ID}}).leads(t, "/people/"+other.ID)
	now, err := e.store.SystemSecrets(t.Context())
	if err != nil || len(now) != 1 || now[0].ID == secrets[0].ID {
		t.Errorf("%+v, %v", now, err)
	}
	if page := b.get("/people/" + other.ID); strings.Contains(page.body, "known-keys") {
		t.Error("what was replaced is offered again")
	}
	e.audited("secret.rotate", 1)
}
