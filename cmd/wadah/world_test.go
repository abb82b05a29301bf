package main

import (
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"wadah/models"
	"wadah/models/postgres/pgtest"
	"wadah/session/sandbox"
)

// world is a simulated WhatsApp in a process of its own, and a folder for a
// server that uses it.
type world struct {
	t       *testing.T
	service *process
	serviceOut
	data   string
	pg     string // URL of the database; "" for the file in data
	phones *atomic.Int32
}

// newWorld starts a simulated WhatsApp.
func newWorld(t *testing.T, args ...string) *world {
	t.Helper()
	w := &world{t: t, data: filepath.Join(t.TempDir(), "data"), phones: new(atomic.Int32)}
	if onPostgres {
		w.pg = pgtest.URL(t)
	}
	w.service = start(t, append([]string{"sandbox", "--service-only", "--json", "--sandbox-listen", "127.0.0.1:0"}, args...)...)
	w.serviceOut = decode[serviceOut](t, []byte(w.service.printed(`(?m)^(\{.*\})$`)[1]))
	return w
}

// installation is a running server on a world's folder.
type installation struct {
	*process
	t   *testing.T // of who uses it; the process belongs to who started it
	url string
}

// serve starts the server and waits until it answers.
func (w *world) serve(args ...string) *installation {
	w.t.Helper()
	p := start(w.t, append([]string{
		"serve", "--listen", "127.0.0.1:0", "--data", w.data, "--database-url", w.pg, "--log-level", "debug",
		"--whatsapp-url", w.URL, "--whatsapp-root-key", w.RootKey,
	}, args...)...)
	i := &installation{process: p, t: w.t, url: p.printed(`Wadah: (http://\S+)`)[1]}
	eventually(w.t, i.ready)
	return i
}

// ready says why the server is not ready.
func (i *installation) ready() error {
	status, body, err := request(i.t.Context(), http.MethodGet, i.url+"/readyz", "", "")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("readyz: %d %s", status, body)
	}
	return err
}

// addDevice makes a device on the command line and returns its key.
func (w *world) addDevice(name string) string {
	w.t.Helper()
	out := wadah(w.t, "device", "add", name, "--json", "--data", w.data, "--database-url", w.pg)
	return decode[deviceKeyOut](w.t, []byte(out)).APIKey
}

// newPhone adds a virtual phone and returns its number.
func (w *world) newPhone() string {
	w.t.Helper()
	number := fmt.Sprintf("62812000%06d", w.phones.Add(1))
	w.control("phones", map[string]any{"number": number, "name": "Phone " + number})
	return number
}

// control calls the control API of the simulated WhatsApp.
func (w *world) control(path string, body map[string]any) {
	w.t.Helper()
	if err := w.tryControl(path, body); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tryControl(path string, body map[string]any) error {
	status, answer, err := request(w.t.Context(), http.MethodPost, w.Control+path, "application/json", jsonText(body))
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("control %s: %d %s", path, status, answer)
	}
	return err
}

// source is where the database is, for database/sql.
func (w *world) source() (driver, name string) {
	if w.pg != "" {
		return "pgx", w.pg
	}
	return "sqlite", "file:" + filepath.Join(w.data, models.DatabaseFile) + "?_pragma=busy_timeout(10000)"
}

// settled waits until the one linked device has taken what its phone hands over after
// linking, the parts of its history and the account's settings.
func (w *world) settled() {
	w.t.Helper()
	const handedOver = 12 // stanzas
	db, err := sql.Open(w.source())
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	eventually(w.t, func() error {
		_, answer, err := request(w.t.Context(), http.MethodGet, w.Control+"stats", "", "")
		if err != nil {
			return err
		}
		var stats sandbox.Stats
		if err := json.Unmarshal(answer, &stats); err != nil {
			return err
		}
		var expected int
		if err := db.QueryRowContext(w.t.Context(), `SELECT count(*) FROM expected`).Scan(&expected); err != nil {
			return err
		}
		if stats.Routing.Deliveries < handedOver || stats.Routing.Waiting > 0 || expected > 0 {
			return fmt.Errorf("delivered %d, not acknowledged %d, to be read %d", stats.Routing.Deliveries, stats.Routing.Waiting, expected)
		}
		return nil
	})
}

// scan lets a phone scan the QR picture of a data URI.
func (w *world) scan(phone, picture string) error {
	encoded, ok := strings.CutPrefix(picture, "data:image/png;base64,")
	if !ok {
		return fmt.Errorf("not a PNG data URI: %.40s", picture)
	}
	image, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return err
	}
	status, answer, err := request(w.t.Context(), http.MethodPost, w.Control+"scan?phone="+phone, "image/png", string(image))
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("scan: %d %s", status, answer)
	}
	return err
}

// companions counts the devices that are linked to a phone.
func (w *world) companions(phone string) int {
	w.t.Helper()
	status, body, err := request(w.t.Context(), http.MethodGet, w.Control+"phones", "", "")
	if err != nil || status != http.StatusOK {
		w.t.Fatalf("phones: %d, %v", status, err)
	}
	for _, p := range decode[[]sandbox.PhoneInfo](w.t, body) {
		if p.Number == phone {
			return len(p.Companions)
		}
	}
	w.t.Fatalf("no phone %s in %s", phone, body)
	return 0
}

// apiAnswer is what every endpoint answers.
type apiAnswer struct {
	Code    int `json:"code"`
	Results struct {
		Message  string `json:"message"`
		State    string `json:"state"`
		Reason   string `json:"reason"`
		Error    string `json:"error"`
		QRString string `json:"qrString"`
		APIKey   string `json:"apiKey"`
	} `json:"results"`
}

// api calls an endpoint of the JSON API with a form, as the spec shows it.
func (i *installation) api(endpoint, key string, more ...string) (apiAnswer, error) {
	form := url.Values{"apiKey": {key}}
	for n := 0; n+1 < len(more); n += 2 {
		form.Set(more[n], more[n+1])
	}
	status, body, err := request(i.t.Context(), http.MethodPost, i.url+"/api/"+endpoint, "application/x-www-form-urlencoded", form.Encode())
	if err != nil {
		return apiAnswer{}, err
	}
	answer, err := unmarshal[apiAnswer](body)
	if err == nil && answer.Code != status {
		err = fmt.Errorf("%s: status %d, code %d", endpoint, status, answer.Code)
	}
	return answer, err
}

// must calls an endpoint that is expected to answer 200.
func (i *installation) must(endpoint, key string, more ...string) apiAnswer {
	i.t.Helper()
	answer, err := i.api(endpoint, key, more...)
	if err == nil && answer.Code != http.StatusOK {
		err = fmt.Errorf("%s: %+v", endpoint, answer)
	}
	if err != nil {
		i.t.Fatal(err)
	}
	return answer
}

// is waits until a device is in a state, for a reason.
func (i *installation) is(key, state, reason string) {
	i.t.Helper()
	eventually(i.t, func() error { return i.isNow(key, state, reason) })
}

func (i *installation) isNow(key, state, reason string) error {
	now, err := i.api("getDevice", key)
	if err == nil && (now.Results.State != state || now.Results.Reason != reason) {
		err = fmt.Errorf("the device is %s/%s, want %s/%s", now.Results.State, now.Results.Reason, state, reason)
	}
	return err
}

// link starts a device and links it to a phone, as an integrator would: one call
// for the QR, whatever the moment.
func (w *world) link(i *installation, key, phone string) error {
	if _, err := i.api("serviceStart", key); err != nil {
		return err
	}
	qr, err := i.api("getQR", key, "wait", "25")
	if err != nil {
		return err
	}
	if qr.Code != http.StatusOK || qr.Results.State != "SERVICE_SCAN" || qr.Results.APIKey != key {
		return fmt.Errorf("getQR: %+v", qr)
	}
	return w.scan(phone, qr.Results.QRString)
}
