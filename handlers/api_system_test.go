package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"wadah/session"
)

// familyAnswer is what the system API answers.
type familyAnswer struct {
	Status  bool            `json:"status"`
	Message string          `json:"message"`
	Error   string          `json:"error"`
	Data    json.RawMessage `json:"data"`
}

// system calls the system API with a form.
func (e *env) system(call string, form url.Values) (answer, familyAnswer) {
	e.t.Helper()
	got := e.send(e.form("/api/"+call, form))
	var parsed familyAnswer
	if err := json.Unmarshal([]byte(got.body), &parsed); err != nil {
		e.t.Fatalf("%s: %v in %s", call, err, got.body)
	}
	if parsed.Status != (got.StatusCode == http.StatusOK) {
		e.t.Errorf("%s: status %v with HTTP %d", call, parsed.Status, got.StatusCode)
	}
	return got, parsed
}

// secret makes a system secret.
func (e *env) secret() string {
	e.t.Helper()
	secret, err := e.store.RotateSystemSecret(e.t.Context(), 0)
	if err != nil {
		e.t.Fatal(err)
	}
	e.secrets = append(e.secrets, secret.Value)
	return secret.Value
}

func TestSystemAPIIsOffWithoutSecret(t *testing.T) {
	e := newEnv(t)
	got, parsed := e.system("listDevice", url.Values{"secret": {strings.Repeat("0", 32)}})
	if got.StatusCode != http.StatusNotFound || parsed.Error != "system_api_off" || !strings.Contains(parsed.Message, "Settings") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}

func TestSystemAPI(t *testing.T) {
	e := newEnv(t)
	secret := e.secret()
	form := func(pairs ...string) url.Values {
		v := url.Values{"secret": {secret}}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	if got, _ := e.system("addDevice", form("name", "Kasir")); got.body != `{"status":true,"message":"Device successfully added"}` {
		t.Errorf("addDevice: %s", got.body)
	}
	list, parsed := e.system("listDevice", form())
	var devices []struct{ ID, APIKey, Name string }
	if err := json.Unmarshal(parsed.Data, &devices); err != nil || len(devices) != 1 {
		t.Fatalf("listDevice: %v %s", err, list.body)
	}
	d := devices[0]
	e.secrets = append(e.secrets, d.APIKey)
	want := `{"status":true,"data":[{"id":"` + d.ID + `","apiKey":"` + d.APIKey + `","name":"Kasir","state_status":"SERVICE_OFF",` +
		`"settings":{"autoreply_status":false,"autostartdevice_status":false,"downtimenotif_status":false,"restoresession_status":true,"webhook_status":false,"webhookmedia_status":false},` +
		`"telegram":{"idTelegram":"","tele_push_connect":true,"tele_push_disconnect":true,"tele_push_changestate":true,"tele_push_reminderlicense":true},` +
		`"webhook":{"urlWebhook":""}}]}`
	if list.body != want {
		t.Errorf("listDevice:\n%s\nwant\n%s", list.body, want)
	}
	if got := e.state(d.APIKey); got.StatusCode != http.StatusOK {
		t.Errorf("the listed key: %d", got.StatusCode)
	}

	if got, _ := e.system("editDevice", form("id", d.ID, "name", "Kasir 2")); got.body != `{"status":true,"message":"Device successfully updated"}` {
		t.Errorf("editDevice: %s", got.body)
	}
	if got, _ := e.system("editDevice", form("apiKey", d.APIKey, "name", "Kasir 3")); got.StatusCode != http.StatusOK {
		t.Errorf("editDevice by key: %s", got.body)
	}
	if got := e.get("/api/detailDevice?id=" + d.ID + "&secret=" + secret); !strings.Contains(got.body, `"name":"Kasir 3"`) || !strings.HasPrefix(got.body, `{"status":true,"data":{"id"`) {
		t.Errorf("detailDevice by GET: %s", got.body)
	}
	changed, parsed := e.system("changeApiKey", form("id", d.ID))
	var after struct{ APIKey string }
	if err := json.Unmarshal(parsed.Data, &after); err != nil || after.APIKey == d.APIKey || len(after.APIKey) != 32 {
		t.Fatalf("changeApiKey: %v %s", err, changed.body)
	}
	e.secrets = append(e.secrets, after.APIKey)
	if got := e.state(d.APIKey); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("the old key: %d", got.StatusCode)
	}
	if got := e.state(after.APIKey); got.StatusCode != http.StatusOK {
		t.Errorf("the new key: %d", got.StatusCode)
	}
	if got, _ := e.system("deleteDevice", form("id", d.ID)); got.body != `{"status":true,"message":"Device successfully deleted"}` {
		t.Errorf("deleteDevice: %s", got.body)
	}
	if got, _ := e.system("listDevice", form()); got.body != `{"status":true,"data":[]}` {
		t.Errorf("listDevice afterwards: %s", got.body)
	}
	for action, times := range map[string]int{
		"device.create": 1, "device.rename": 2, "device.delete": 1, "key.replace": 1, "system.list_devices": 1, "system.detail_device": 1,
	} {
		e.audited(action, times)
	}
}

func TestSystemAPIRefusals(t *testing.T) {
	e := newEnvWith(t, func(c *session.Config) { c.MaxDevices = 1 })
	secret := e.secret()
	id, key := e.device("Kasir")
	tests := map[string]struct {
		call   string
		form   url.Values
		status int
		code   string
	}{
		"no secret":        {"listDevice", nil, 401, "unauthorized"},
		"wrong secret":     {"listDevice", url.Values{"secret": {strings.Repeat("0", 32)}}, 401, "unauthorized"},
		"a device's key":   {"listDevice", url.Values{"secret": {key}}, 401, "unauthorized"},
		"two secrets":      {"listDevice", url.Values{"secret": {secret, strings.Repeat("0", 32)}}, 400, "two_secrets"},
		"no name":          {"addDevice", url.Values{"secret": {secret}}, 400, "name_missing"},
		"one too many":     {"addDevice", url.Values{"secret": {secret}, "name": {"Gudang"}}, 409, "too_many_devices"},
		"no device":        {"editDevice", url.Values{"secret": {secret}, "name": {"x"}}, 400, "device_missing"},
		"unknown device":   {"detailDevice", url.Values{"secret": {secret}, "id": {"nothing"}}, 404, "not_found"},
		"unknown key":      {"deleteDevice", url.Values{"secret": {secret}, "apiKey": {strings.Repeat("0", 32)}}, 404, "not_found"},
		"a name too long":  {"editDevice", url.Values{"secret": {secret}, "id": {id}, "name": {strings.Repeat("x", 61)}}, 422, "name_too_long"},
		"a body too large": {"addDevice", url.Values{"secret": {secret}, "name": {strings.Repeat("x", 70<<10)}}, 413, "body_too_large"},
	}
	for name, test := range tests {
		got, parsed := e.system(test.call, test.form)
		if got.StatusCode != test.status || parsed.Error != test.code || parsed.Message == "" {
			t.Errorf("%s: %d %s, want %d %s", name, got.StatusCode, got.body, test.status, test.code)
		}
	}
	r := e.request(http.MethodPut, "/api/listDevice", nil)
	if got := e.send(r); got.StatusCode != http.StatusMethodNotAllowed || !strings.HasPrefix(got.body, `{"status":false,`) {
		t.Errorf("PUT: %d %s", got.StatusCode, got.body)
	}
	for where, header := range map[string][2]string{"X-Api-Key": {"X-Api-Key", secret}, "bearer": {"Authorization", "Bearer " + secret}} {
		r := e.request(http.MethodGet, "/api/listDevice", nil)
		r.Header.Set(header[0], header[1])
		if got := e.send(r); got.StatusCode != http.StatusOK {
			t.Errorf("the secret as %s: %d", where, got.StatusCode)
		}
	}
	if err := e.store.RevokeSystemSecrets(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, _ := e.system("listDevice", url.Values{"secret": {secret}}); got.StatusCode != http.StatusNotFound {
		t.Errorf("after the secret was revoked: %d", got.StatusCode)
	}
}
