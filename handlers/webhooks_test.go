package handlers_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"wadah/handlers"
	"wadah/models"
)

// runHooks has webhooks sent until the test ends.
func (e *env) runHooks(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { e.hooks.Run(ctx); close(over) }()
	t.Cleanup(func() { cancel(); <-over })
}

// posted is what a receiver got.
type posted struct {
	header http.Header
	body   string
}

func hookReceiver(t *testing.T) (address string, got chan posted) {
	t.Helper()
	got = make(chan posted, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- posted{r.Header, string(b)}
		_, _ = io.WriteString(w, "terima kasih")
	}))
	t.Cleanup(s.Close)
	return s.URL + "/hook", got
}

func next(t *testing.T, got chan posted) posted {
	t.Helper()
	select {
	case p := <-got:
		return p
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was posted")
		return posted{}
	}
}

// results reads the results of an answer.
func results[T any](t *testing.T, got answer) (out T) {
	t.Helper()
	if got.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	body := struct{ Results *T }{&out}
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatal(err)
	}
	return out
}

type apiHook struct {
	ID, URL, Format, State, Secret string
	Events, Headers                []string
	Media                          bool
	Waiting, Dead                  int
	IdentifyBy                     string `json:"identify_by"`
}

// TestWebhookCalls makes a webhook with a key, has something posted, changes it, pauses it,
// looks at what became of the posts, sends one again, and deletes it.
func TestWebhookCalls(t *testing.T) {
	e := newEnv(t)
	id, key := e.linked()
	e.runHooks(t)
	address, got := hookReceiver(t)
	call := func(name string, form url.Values) answer {
		t.Helper()
		got, _ := e.call(key, name, form)
		return got
	}
	made := results[apiHook](t, call("addWebhook", url.Values{
		"url": {address}, "events": {"message"}, "headers": {"X-Toko: satu"}, "hub_signature": {"1"},
	}))
	e.arrive(id, "6281234567891@s.whatsapp.net", "halo")
	p := next(t, got)
	verifier, err := standardwebhooks.NewWebhook(made.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify([]byte(p.body), p.header); err != nil {
		t.Error(err)
	}
	if p.header.Get("X-Toko") != "satu" || !strings.HasPrefix(p.header.Get("X-Hub-Signature-256"), "sha256=") || !strings.Contains(p.body, `"text":"halo"`) {
		t.Errorf("posted %v %s", p.header, p.body)
	}

	hook := url.Values{"id": {made.ID}}
	tried := results[struct {
		Status       int
		Sent, Answer string
	}](t, call("testWebhook", hook))
	if next(t, got); tried.Status != http.StatusOK || tried.Answer != "terima kasih" || !strings.Contains(tried.Sent, `"test"`) {
		t.Errorf("tested: %+v", tried)
	}

	fresh := results[apiHook](t, call("rotateWebhookSecret", hook))
	paused := results[apiHook](t, call("editWebhook", url.Values{"id": {made.ID}, "active": {"0"}, "events": {"message", "message_status"}}))
	if paused.State != models.EndpointPaused || !slices.Equal(paused.Events, []string{"message", "message_status"}) || !slices.Equal(paused.Headers, []string{"X-Toko"}) {
		t.Errorf("paused: %+v", paused)
	}
	e.arrive(id, "6281234567891@s.whatsapp.net", "nanti")
	if list := results[[]apiHook](t, call("listWebhook", url.Values{})); len(list) != 1 || list[0].Waiting != 1 {
		t.Errorf("listed %+v", list)
	}
	results[apiHook](t, call("editWebhook", url.Values{"id": {made.ID}, "active": {"1"}}))
	p = next(t, got)
	for _, secret := range []string{made.Secret, fresh.Secret} { // both count for a while
		v, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Verify([]byte(p.body), p.header); err != nil || !strings.Contains(p.body, "nanti") {
			t.Errorf("%v: %s", err, p.body)
		}
	}

	type delivery struct {
		ID       string `json:"id_delivery"`
		State    string
		Attempts []struct{ Sent, Answer string }
	}
	var list []delivery
	for len(list) < 2 {
		list = results[[]delivery](t, call("listWebhookDelivery", url.Values{"id": {made.ID}, "state": {"done"}}))
	}
	if a := list[1].Attempts; len(a) != 1 || !strings.Contains(a[0].Sent, "halo") || a[0].Answer != "terima kasih" {
		t.Errorf("deliveries: %+v", list)
	}
	results[struct{}](t, call("replayWebhook", url.Values{"id": {made.ID}, "id_delivery": {list[1].ID}}))
	if p = next(t, got); !strings.Contains(p.body, "halo") {
		t.Errorf("sent again: %s", p.body)
	}
	if list := results[[]delivery](t, call("listWebhookDelivery", url.Values{"id": {made.ID}, "state": {"dead"}})); len(list) != 0 {
		t.Errorf("dead: %+v", list)
	}
	if all := results[apiHook](t, call("editWebhook", url.Values{"id": {made.ID}, "events": {"all"}})); len(all.Events) != 0 {
		t.Errorf("every event: %+v", all)
	}
	results[struct{}](t, call("deleteWebhook", hook))
	if list := results[[]apiHook](t, call("listWebhook", url.Values{})); len(list) != 0 {
		t.Errorf("after deleting: %+v", list)
	}
}

// TestWebhookRefusals answers what cannot be with a sentence and a code.
func TestWebhookRefusals(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("Toko")
	_, other := e.device("Lain")
	first, _ := e.call(key, "addWebhook", url.Values{"url": {"https://example.com/"}})
	made := results[apiHook](t, first)
	manage := e.keyWith(id, models.Rights{Scopes: []models.Scope{models.ScopeManage}})
	for _, c := range []struct {
		call, code string
		key        string
		form       url.Values
		status     int
	}{
		{"addWebhook", "parameter_missing", key, url.Values{}, 400},
		{"addWebhook", "address_refused", key, url.Values{"url": {"http://10.0.0.5/"}}, 422},
		{"addWebhook", "address_refused", key, url.Values{"url": {"ftp://example.com/"}}, 422},
		{"addWebhook", "events_invalid", key, url.Values{"url": {"https://example.com/"}, "events": {"pesan"}}, 422},
		{"addWebhook", "headers_invalid", key, url.Values{"url": {"https://example.com/"}, "headers": {"Host: x"}}, 422},
		{"addWebhook", "headers_invalid", key, url.Values{"url": {"https://example.com/"}, "headers": {"X y: x"}}, 422},
		{"addWebhook", "key_told", manage, url.Values{"url": {"https://example.com/"}, "identify_by": {"apiKey"}}, 403},
		{"editWebhook", "webhook_unknown", other, url.Values{"id": {made.ID}, "active": {"0"}}, 404},
		{"deleteWebhook", "webhook_unknown", other, url.Values{"id": {made.ID}}, 404},
		{"testWebhook", "webhook_unknown", other, url.Values{"id": {made.ID}}, 404},
		{"rotateWebhookSecret", "webhook_unknown", other, url.Values{"id": {made.ID}}, 404},
		{"listWebhookDelivery", "webhook_unknown", other, url.Values{"id": {made.ID}}, 404},
		{"replayWebhook", "webhook_unknown", other, url.Values{"id": {made.ID}, "dead": {"1"}}, 404},
		{"replayWebhook", "delivery_unknown", key, url.Values{"id": {made.ID}, "id_delivery": {"x"}}, 404},
		{"replayWebhook", "replay_what", key, url.Values{"id": {made.ID}}, 400},
	} {
		if got, _ := e.call(c.key, c.call, c.form); got.StatusCode != c.status || !strings.Contains(got.body, `"error":"`+c.code+`"`) {
			t.Errorf("%s %v: %d %s, want %d %s", c.call, c.form, got.StatusCode, got.body, c.status, c.code)
		}
	}
}

// TestFamilyWebhook sets the webhook of a device through the fields of the product family,
// and sees them true in its list.
func TestFamilyWebhook(t *testing.T) {
	e := newEnv(t)
	id, key := e.linked()
	e.runHooks(t)
	secret, err := e.store.RotateSystemSecret(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	address, got := hookReceiver(t)
	edit := func(form url.Values) answer {
		t.Helper()
		form.Set("secret", secret.Value)
		form.Set("id", id)
		return e.get("/api/editDevice?" + form.Encode())
	}
	has := func(parts ...string) {
		t.Helper()
		list := e.get("/api/listDevice?secret=" + secret.Value).body
		for _, part := range parts {
			if !strings.Contains(list, part) {
				t.Errorf("the list lacks %s: %s", part, list)
			}
		}
	}
	if got := edit(url.Values{}); got.StatusCode != http.StatusBadRequest {
		t.Errorf("nothing to change: %d %s", got.StatusCode, got.body)
	}
	if got := edit(url.Values{"webhook_status": {"true"}}); !strings.Contains(got.body, "webhook_no_url") {
		t.Errorf("without an address: %s", got.body)
	}
	if got := edit(url.Values{"urlWebhook": {"http://192.168.1.1/"}}); !strings.Contains(got.body, "address_refused") {
		t.Errorf("an address of another network: %s", got.body)
	}
	has(`"webhook_status":false`, `"urlWebhook":""`)
	if got := edit(url.Values{"urlWebhook": {address}, "webhook_status": {"true"}}); got.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	has(`"webhook_status":true`, `"webhookmedia_status":false`, `"urlWebhook":"`+address+`"`)
	e.arrive(id, "6281234567891@s.whatsapp.net", "halo")
	p := next(t, got)
	for strings.Contains(p.body, `"type":"change_state"`) || strings.Contains(p.body, `"type":"ready"`) { // it has only just connected
		p = next(t, got)
	}
	for _, part := range []string{`{"type":"message","results":{`, `"body":"halo"`, `"apiKey":"` + key + `"`, `"conversation":"halo"`} {
		if !strings.Contains(p.body, part) {
			t.Errorf("posted %s, without %s", p.body, part)
		}
	}
	edit(url.Values{"webhook_status": {"false"}, "webhookmedia_status": {"1"}, "name": {"Toko Baru"}})
	has(`"webhook_status":false`, `"webhookmedia_status":true`, `"urlWebhook":"`+address+`"`, `"name":"Toko Baru"`)
}

// TestWebhookPages makes a webhook on the page of a device, sees the built-in receiver get a
// message, looks at the delivery, tests, pauses, changes and deletes it.
func TestWebhookPages(t *testing.T) {
	e := newEnv(t, func(c *handlers.Config) { c.Sandbox = newPhones(t) })
	id, _ := e.linked()
	e.runHooks(t)
	b := e.admin()
	base := "/devices/" + id + "/webhooks"
	b.get(base).has(t, http.StatusOK, "hook-add", "to-receiver")
	if page := b.get("/devices/" + id).body; !strings.Contains(page, base) {
		t.Error("the device's page does not lead there")
	}
	for form, part := range map[string]string{"http://10.1.2.3/": "--webhook-allow", "": "--webhook-allow"} {
		if got := b.post(base, url.Values{"url": {form}}); got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, part) {
			t.Errorf("%q: %d", form, got.StatusCode)
		}
	}
	made := b.post(base, url.Values{"url": {e.url + "/webhooks/receiver/in"}, "events": {"message"}, "headers": {"X-Satu: 1\r\nX-Dua: 2"}})
	made.has(t, http.StatusOK, "hook-secret-value", "hook-health")
	if made.body = b.get("/webhooks").body; !strings.Contains(made.body, "Kasir") || !strings.Contains(made.body, `data-testid="hook-row"`) {
		t.Error("the installation's page does not list the device's")
	}
	list, err := e.store.Endpoints(t.Context(), id)
	if err != nil || len(list) != 1 || len(list[0].Headers) != 2 {
		t.Fatalf("%+v (%v)", list, err)
	}
	hook := base + "/" + list[0].ID
	b.post(hook+"/test", nil).has(t, http.StatusOK, "hook-tested", "try-sent")
	e.arrive(id, "6281234567891@s.whatsapp.net", "pesan untuk program")
	for !strings.Contains(b.get("/webhooks/receiver").body, "pesan untuk program") {
		if t.Context().Err() != nil {
			t.Fatal("nothing came")
		}
	}
	var deliveries []models.Delivery
	for len(deliveries) == 0 {
		if deliveries, err = e.store.Deliveries(t.Context(), models.DeliveryFilter{EndpointID: list[0].ID, State: models.DeliveryDone, Limit: 5}); err != nil {
			t.Fatal(err)
		}
	}
	b.get(hook+"?state=done").has(t, http.StatusOK, "delivery-row")
	b.get(hook+"?state=dead").has(t, http.StatusOK, "deliveries-none")
	one := b.get(hook + "/deliveries/" + deliveries[0].ID)
	if one.has(t, http.StatusOK, "delivery-try", "delivery-replay"); !strings.Contains(one.body, "pesan untuk program") {
		t.Error("the delivery does not show what was sent")
	}
	b.post(hook+"/replay", url.Values{"delivery": {deliveries[0].ID}}).leads(t, hook+"/deliveries/"+deliveries[0].ID)
	b.post(hook+"/pause", url.Values{"on": {"0"}}).leads(t, hook)
	b.get(hook).has(t, http.StatusOK, "hook-resume")
	b.post(hook+"/edit", url.Values{"url": {"https://example.com/x"}, "format": {"whapi"}, "events": {"message_ack"}}).leads(t, hook)
	if got := b.post(hook+"/edit", url.Values{"url": {"https://example.com/x"}, "events": {"apa"}}); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a type that is none: %d", got.StatusCode)
	}
	b.post(hook+"/rotate", nil).has(t, http.StatusOK, "hook-secret-value")
	b.post(hook+"/delete", nil).leads(t, base)
	if got := b.get(hook); got.StatusCode != http.StatusNotFound {
		t.Errorf("after deleting: %d", got.StatusCode)
	}

	r := e.form("/webhooks/receiver/in", url.Values{})
	r.Header.Set("X-Forwarded-For", "203.0.113.7")
	if got := e.send(r); got.StatusCode != http.StatusForbidden {
		t.Errorf("the receiver takes from elsewhere: %d", got.StatusCode)
	}
}
