package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"time"

	"wadah/handlers"
	"wadah/handlers/limit"
	"wadah/models"
	"wadah/session"
	"wadah/session/whatsapp"
)

// wadahActor is the product, put together as serve does it, with the parts at hand.
type wadahActor struct {
	from    serviceOut
	store   *models.Store
	driver  *whatsapp.Driver
	manager *session.Manager
	url     string
	keys    []string // of the devices linked by this process
	jids    []string
	stops   []func() error // last first
}

func (w *wadahActor) obey(ctx context.Context, o order) (answer, error) {
	switch o.Do {
	case "start":
		return w.start(ctx, o)
	case "link":
		took, err := w.link(ctx, o)
		return answer{Took: took, Keys: w.keys, JIDs: w.jids}, err
	case "send":
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.Devices}}
		return o.sendAll(func(device, n int) error { return sendOne(client, w.url, w.keys[device], o.To[device], n) })
	case "scan":
		key, err := w.show(ctx, o.FirstNo)
		return answer{Keys: []string{key}}, err
	case "login":
		cookie, err := w.login(ctx)
		return answer{Cookie: cookie}, err
	}
	return answer{}, fmt.Errorf("unknown order %q", o.Do)
}

func (w *wadahActor) later(stop func() error) { w.stops = append(w.stops, stop) }

func (w *wadahActor) close() (err error) {
	for i := len(w.stops) - 1; i >= 0; i-- {
		err = errors.Join(err, w.stops[i]())
	}
	return err
}

// start starts everything and waits until o.Devices are connected. What it took is
// the time from nothing to there, the opening of the database included.
func (w *wadahActor) start(ctx context.Context, o order) (answer, error) {
	began := time.Now()
	log := slog.New(slog.NewTextHandler(io.Discard, nil)) //nolint:sloglint // formats as serve does, and writes nowhere
	data := dataFlags{Data: o.Data, DatabaseURL: o.Database}
	store, err := data.open(ctx, &program{getenv: func(string) string { return "" }}, log, false)
	if err != nil {
		return answer{}, err
	}
	w.later(store.Close)
	to := endpoint{url: o.Service.URL}
	if to.rootKey, err = whatsapp.CheckEndpoint(o.Service.URL, o.Service.RootKey); err != nil {
		return answer{}, err
	}
	if err := rememberEndpoint(ctx, store, to); err != nil {
		return answer{}, err
	}
	driver, err := whatsapp.Open(ctx, whatsapp.Config{DB: store.SQL(), Dialect: store.Dialect(), Vault: store, Sync: store.Sync, Log: log, URL: to.url, RootKey: &to.rootKey})
	if err != nil {
		return answer{}, err
	}
	w.later(driver.Close)
	limits := session.DefaultConfig()
	limits.DialsPerSecond, limits.DialsAtOnce = o.PerSecond, o.AtOnce
	limits.Pace.PerMinute = 0
	manager := session.NewManager(store, driver, limits, log)
	w.from, w.store, w.driver, w.manager = o.Service, store, driver, manager
	watch := newFleetWatch(manager)
	defer watch.stop()
	if err := manager.Start(ctx); err != nil {
		return answer{}, err
	}
	w.later(func() error { return stopManager(ctx, manager) })
	if err := w.serve(ctx, log); err != nil {
		return answer{}, err
	}
	if err := watch.connected(o.Devices); err != nil {
		return answer{}, err
	}
	return answer{Took: time.Since(began), URL: w.url}, nil
}

func (w *wadahActor) serve(ctx context.Context, log *slog.Logger) error {
	stop := upkeep(ctx, w.store, w.driver, w.manager, log)
	w.later(func() error { stop(); return nil })
	// The limits are in force, too high to be met: what they cost is measured.
	limits := limit.Limits{Pace: limit.Pace{KeyRate: 1e6, KeyBurst: 1e6, AddressRate: 1e6, AddressBurst: 1e6}}
	web := handlers.New(handlers.Config{Version: "bench", Simulated: true, Limits: limits}, w.store, w.manager, log)
	listener, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	w.url = localURL(listener.Addr())
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- serveHTTP(ctx, listener, web, log) }()
	w.later(func() error { cancel(); return <-ended })
	return nil
}

// link links o.Devices new devices, o.AtOnce at the same time, and waits until all
// are connected.
func (w *wadahActor) link(ctx context.Context, o order) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	watch := newFleetWatch(w.manager)
	defer watch.stop()
	began := time.Now()
	keys, jids := make([]string, o.Devices), make([]string, o.Devices)
	err := inParallel(o.Devices, o.AtOnce, func(i int) error {
		snap, key, err := w.manager.AddDevice(ctx, fmt.Sprintf("Device %d", o.no(i)))
		if err != nil {
			return err
		}
		keys[i] = key.Value
		if _, err := w.manager.StartDevice(ctx, snap.ID); err != nil {
			return err
		}
		shown, err := w.manager.WaitCode(ctx, snap.ID)
		if err != nil {
			return err
		}
		if shown.QR == nil {
			return fmt.Errorf("no code to scan: %s/%s", shown.State, shown.Reason)
		}
		if jids[i], err = scanCode(ctx, o.Service, o.no(i), shown.QR.Text); err != nil {
			return err
		}
		return watch.device(snap.ID)
	})
	w.keys, w.jids = append(w.keys, keys...), append(w.jids, jids...)
	return time.Since(began), err
}

// show starts a new device and waits until it shows a code.
func (w *wadahActor) show(ctx context.Context, no int) (key string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	snap, apiKey, err := w.manager.AddDevice(ctx, fmt.Sprintf("Device %d", no))
	if err != nil {
		return "", err
	}
	if _, err = w.manager.StartDevice(ctx, snap.ID); err != nil {
		return "", err
	}
	shown, err := w.manager.WaitCode(ctx, snap.ID)
	if err == nil && shown.State != session.StateScan {
		err = fmt.Errorf("the device is %s/%s", shown.State, shown.Reason)
	}
	return apiKey.Value, err
}

// login signs a new admin in to the panel and returns the cookies.
func (w *wadahActor) login(ctx context.Context) (string, error) {
	name := "bench-" + strings.ToLower(rand.Text()[:8]) // an earlier benchmark on this folder had one too
	if _, err := w.store.CreateUser(ctx, name, goodPassword, models.RoleAdmin); err != nil {
		return "", err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := url.Values{"name": {name}, "password": {goodPassword}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/signin", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, body, err := do(client, req)
	if err != nil {
		return "", err
	}
	if status != http.StatusSeeOther {
		return "", fmt.Errorf("sign in: %d %.200s", status, body)
	}
	var cookies []string
	for _, c := range jar.Cookies(req.URL) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	return strings.Join(cookies, "; "), nil
}

// fleetWatch follows which devices are connected.
type fleetWatch struct {
	snapshots <-chan session.Snapshot
	stop      func()
	mu        sync.Mutex
	online    map[string]bool
	changed   chan struct{} // closed and replaced at each change
}

func newFleetWatch(m *session.Manager) *fleetWatch {
	f := &fleetWatch{online: make(map[string]bool), changed: make(chan struct{})}
	f.snapshots, f.stop = m.Hub().Subscribe(1 << 17)
	go func() {
		for s := range f.snapshots {
			f.mu.Lock()
			if is := s.State == session.StateConnected; f.online[s.ID] != is {
				f.online[s.ID] = is
				close(f.changed)
				f.changed = make(chan struct{})
			}
			f.mu.Unlock()
		}
	}()
	return f
}

// connected waits until n devices are connected at the same time.
func (f *fleetWatch) connected(n int) error {
	return f.until(func() bool {
		count := 0
		for _, is := range f.online {
			if is {
				count++
			}
		}
		return count >= n
	})
}

// device waits until one device is connected.
func (f *fleetWatch) device(id string) error { return f.until(func() bool { return f.online[id] }) }

func (f *fleetWatch) until(done func() bool) error {
	late := time.After(patience)
	for {
		f.mu.Lock()
		ok, changed := done(), f.changed
		f.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-late:
			return fmt.Errorf("the devices are not connected within %v", patience)
		}
	}
}

// inParallel calls f for 0 to n-1, atOnce at the same time.
func inParallel(n, atOnce int, f func(i int) error) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	places := make(chan struct{}, max(atOnce, 1))
	for i := range n {
		places <- struct{}{}
		wg.Go(func() {
			err := f(i)
			<-places
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		})
	}
	wg.Wait()
	return failed
}

// devicesPerPhone is WhatsApp's limit.
const devicesPerPhone = 4

func benchPhone(device int) string { return fmt.Sprintf("62813%07d", device/devicesPerPhone) }

// scanCode lets the phone of the device with this number scan a code and returns the
// JID that the device gets.
func scanCode(ctx context.Context, service serviceOut, device int, text string) (jid string, err error) {
	body := jsonText(map[string]string{"phone": benchPhone(device), "qr": text})
	status, out, err := request(ctx, http.MethodPost, service.Control+"scan", "application/json", body)
	if err != nil {
		return "", err
	}
	if status != http.StatusOK {
		return "", fmt.Errorf("scan: %d %s", status, out)
	}
	var companion struct {
		JID string `json:"jid"`
	}
	err = json.Unmarshal(out, &companion)
	return companion.JID, err
}
