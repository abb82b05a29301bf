package handlers_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wadah/models"
)

// scopesOf is what each call needs, one of them. A new call is named here.
var scopesOf = map[string]string{
	"serviceStart": "link", "serviceDestroy": "link", "getQR": "link", "getState": "state", "getWWebVersion": "state",
	"serviceRestart": "link", "serviceLogout": "link", "getDevice": "state", "getPairCode": "link", "getPasskeyRequest": "link",
	"sendPasskeyResponse": "link", "confirmPasskey": "link", "events": "state read",
	"getEvents": "state read", "getMessages": "read", "getMessageStatus": "send read", "getLid": "send read",
	"sendMessage": "send", "sendMessageGroup": "send", "sendLocation": "send", "sendContact": "send", "sendPoll": "send",
	"sendReaction": "send", "editMessage": "send", "deleteMessage": "send", "forwardMessage": "send", "sendTemplateMessage": "send",
	"readMessage": "send", "readChat": "send", "sendTyping": "send", "setPresence": "send", "rejectCall": "send",
	"checkNumber": "send", "getLimits": "send", "getListGroup": "read", "getInfoGroup": "read",
	"listWebhook": "manage", "addWebhook": "manage", "editWebhook": "manage", "deleteWebhook": "manage", "testWebhook": "manage",
	"rotateWebhookSecret": "manage", "listWebhookDelivery": "manage", "replayWebhook": "manage",
}

func (e *env) keyWith(id string, rights models.Rights) string {
	e.t.Helper()
	key, err := e.store.CreateKey(e.t.Context(), id, "less", nil, rights)
	if err != nil {
		e.t.Fatal(err)
	}
	return key.Value
}

// TestScopes makes every call with a key of every scope: what is refused says which scope it
// lacks, and has done nothing.
func TestScopes(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	for _, scope := range models.Scopes() {
		key := e.keyWith(id, models.Rights{Scopes: []models.Scope{scope}})
		for _, route := range e.server.Routes() {
			call, isCall := strings.CutPrefix(route.Path, "/api/")
			if !isCall || route.May != "key" {
				continue
			}
			needs, known := scopesOf[call]
			if !known {
				t.Errorf("nobody says which scope %s needs", call)
			}
			r := e.request(route.Method, route.Path, nil)
			r.Header.Set("X-Api-Key", key)
			if call == "events" {
				r.Method = http.MethodHead // a stream has no end
			}
			got := e.send(r)
			may := slices.Contains(strings.Fields(needs), string(scope))
			switch refused := got.StatusCode == http.StatusForbidden; {
			case refused == may:
				t.Errorf("%s with scope %s: %d %s", call, scope, got.StatusCode, got.body)
			case refused && r.Method != http.MethodHead && (!strings.Contains(got.body, `"error":"scope"`) || !strings.Contains(got.body, strings.ReplaceAll(needs, " ", " or "))):
				t.Errorf("%s with scope %s: %s", call, scope, got.body)
			}
		}
		if snap, err := e.manager.Snapshot(id); err != nil || snap.Desired && scope != models.ScopeLink {
			t.Errorf("scope %s has started the device: %v", scope, err)
		}
		if scope == models.ScopeLink {
			if _, err := e.manager.StopDevice(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestEventsByScope tells each key what it may hear: states to one, messages to another.
func TestEventsByScope(t *testing.T) {
	e := newEnv(t)
	id, _ := e.linked()
	e.arrive(id, other+"@s.whatsapp.net", "rahasia")
	state := e.keyWith(id, models.Rights{Scopes: []models.Scope{models.ScopeState}})
	read := e.keyWith(id, models.Rights{Scopes: []models.Scope{models.ScopeRead}})
	for key, want := range map[string][2]bool{state: {true, false}, read: {false, true}} {
		body := e.get("/api/getEvents?limit=1&wait=20&apiKey=" + key).body // on, over what is not for this key
		if strings.Contains(body, `"type":"state"`) != want[0] || strings.Contains(body, "rahasia") != want[1] {
			t.Errorf("want states %v, messages %v: %s", want[0], want[1], body)
		}
	}
	feed := e.feed(e.browser().client, "/api/events?apiKey="+read)
	e.arrive(id, other+"@s.whatsapp.net", "lagi")
	if first := feed.until("event: "); !strings.Contains(first, "lagi") {
		t.Errorf("a key that may read hears %s", first)
	}
}

// TestKeyOfOtherAddresses is refused with the address that was seen.
func TestKeyOfOtherAddresses(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	near := e.keyWith(id, models.Rights{From: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	far := e.keyWith(id, models.Rights{From: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}})
	if got := e.state(near); got.StatusCode != http.StatusOK {
		t.Errorf("from an allowed address: %d %s", got.StatusCode, got.body)
	}
	if got := e.state(far); got.StatusCode != http.StatusForbidden || !strings.Contains(got.body, `"error":"address"`) || !strings.Contains(got.body, "127.0.0.1") {
		t.Errorf("from another address: %d %s", got.StatusCode, got.body)
	}
}

// TestMakeKeyWithRights makes a key in the panel that may do less, and sees that on it.
func TestMakeKeyWithRights(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	form := url.Values{"name": {"laporan"}, "scope": {"state", "read"}, "addresses": {"10.0.0.0/33"}}
	if got := b.post("/devices/"+id+"/keys", form); got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, "10.0.0.0/33") {
		t.Errorf("a network that is none: %d %s", got.StatusCode, got.body)
	}
	form.Set("addresses", "10.0.0.0/8, 203.0.113.5")
	if got := b.post("/devices/"+id+"/keys", form); got.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	keys, err := e.store.Keys(t.Context(), id)
	if err != nil || len(keys) != 2 {
		t.Fatalf("%v, %v", keys, err)
	}
	if r := keys[1].Rights; !r.May(models.ScopeRead) || r.May(models.ScopeSend) || len(r.From) != 2 {
		t.Errorf("made with %+v", r)
	}
	if page := b.get("/devices/" + id + "/keys").body; !strings.Contains(page, "10.0.0.0/8, 203.0.113.5/32") || !strings.Contains(page, `data-testid="key-scopes"`) {
		t.Error("the page does not say what the key may do")
	}
}

// TestCallsOfAKeyStandInThePanel: calls with a key are counted, and those that fail, from
// where the last one came; a call without a key counts for none.
func TestCallsOfAKeyStandInThePanel(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("Kasir")
	b := e.admin()
	page := b.get("/devices/" + id + "/keys")
	if !strings.Contains(page.body, "Calls today: 0") || strings.Contains(page.body, `data-testid="key-address"`) {
		t.Error("a key that nobody used was used")
	}
	e.get("/api/getState?apiKey=" + key)
	e.get("/api/getQR?apiKey=" + key)               // 4xx: there is none
	e.get("/api/getState?apiKey=" + key + "0")      // somebody else's
	e.get("/api/getMessages?limit=x&apiKey=" + key) // misunderstood
	keys, err := e.store.Keys(t.Context(), id)
	if err != nil || keys[0].Calls != 3 || keys[0].Errors != 2 || keys[0].LastAddress == "" {
		t.Fatalf("%d calls, %d errors, from %q, %v", keys[0].Calls, keys[0].Errors, keys[0].LastAddress, err)
	}
	page = b.get("/devices/" + id + "/keys")
	for _, want := range []string{"Calls today: 3", "failed: 2", "from " + keys[0].LastAddress, "Today begins at midnight UTC."} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
