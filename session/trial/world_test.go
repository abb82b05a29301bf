//go:build !race

package trial_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"

	"wadah/models"
	"wadah/models/postgres/pgtest"
	"wadah/session"
	"wadah/session/sandbox"
	"wadah/session/whatsapp"
)

const (
	seed     = "wadah trial" // one root key: the library's is a package variable
	phone    = "6281234567890"
	patience = 40 * time.Second
)

// TestMain lets the library ping every second or so, so that silence is noticed in
// seconds. How long that takes with the library's own figures is measured by
// TestHalfOpen of cmd/wadah. More tests run beside each other than there are processors:
// most of the time they wait.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "5"); err != nil {
		panic(err)
	}
	whatsmeow.KeepAliveIntervalMin, whatsmeow.KeepAliveIntervalMax = time.Second, 1500*time.Millisecond
	whatsmeow.KeepAliveResponseDeadline = 4 * time.Second
	code := m.Run()
	if code == 0 && flag.Lookup("test.list").Value.String() == "" {
		fmt.Println("the same on PostgreSQL")
		onPostgres = true
		if err := flag.Set("test.skip", soak(notOnPostgres, aboutFiles)); err != nil {
			panic(err)
		}
		code = m.Run()
	}
	code = max(code, pgtest.Stop())
	if left := leftovers(10 * time.Second); len(left) > 0 {
		fmt.Printf("%d goroutines are left after all tests, the first:\n%s\n", len(left), left[0])
		code = 1
	}
	os.Exit(code)
}

// onPostgres makes worlds on PostgreSQL.
var onPostgres bool

const (
	// aboutFiles are the tests of what happens to SQLite's file.
	aboutFiles = `^(TestMessagesAndStorage|TestMessagesAndFullDisk|TestLifeAndStorage|TestLifeAndFullDisk|TestMessagesAndPostgres|TestLifeAndPostgres)$`
	// notOnPostgres are, too, those that ask nothing of the database that others do not ask.
	notOnPostgres = `^(TestMessagesAndStorage|TestMessagesAndFullDisk|TestLifeAndStorage|TestLifeAndFullDisk|TestMessagesAndPostgres|TestLifeAndPostgres|` +
		`TestMatrix|TestCrowd|TestFleetOutage|Test.*Leaks|TestSlowLine|TestOutdated.*|TestPasskeyStep|Test.*Code.*)$`
)

// soak returns long in a soak run, and short otherwise.
func soak[T any](short, long T) T {
	if os.Getenv("WADAH_SOAK") != "" {
		return long
	}
	return short
}

// world is one installation and the simulated WhatsApp it talks to.
type world struct {
	t     *testing.T
	svc   *sandbox.Service
	dir   string
	pg    string // URL of the database; "" for SQLite in dir
	cfg   session.Config
	dial  time.Duration
	url   string // where the driver finds the service
	store *models.Store
	drv   *whatsapp.Driver
	gate  *gate
	*session.Manager
}

// settings change a world before it begins.
type settings struct {
	sandbox sandbox.Config
	session session.Config
	dial    time.Duration  // bound of a dial
	cold    bool           // do not start the manager
	pg      *pgtest.Server // a server of its own
}

func newWorld(t *testing.T, change ...func(*settings)) *world {
	t.Helper()
	set := settings{sandbox: sandbox.Config{Seed: seed}, session: session.DefaultConfig(), dial: 3 * time.Second}
	set.session.VersionEvery = 0
	for _, f := range change {
		f(&set)
	}
	svc, err := sandbox.New(set.sandbox)
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.Start(); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, svc: svc, dir: t.TempDir(), cfg: set.session, dial: set.dial, url: svc.URL()}
	t.Cleanup(func() {
		if err := svc.Close(); err != nil {
			t.Errorf("close sandbox: %v", err)
		}
	})
	if _, err := svc.AddPhone(phone, "Budi"); err != nil {
		t.Fatal(err)
	}
	if onPostgres {
		w.pg = pgtest.URL(t)
	}
	if set.pg != nil {
		w.pg = set.pg.Database(t)
	}
	w.open()
	t.Cleanup(w.close)
	if !set.cold {
		w.begin()
	}
	return w
}

// open opens what a run of the program opens.
func (w *world) open() {
	w.t.Helper()
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(w.t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	var err error
	w.store, err = models.Open(context.Background(), models.Options{Path: filepath.Join(w.dir, "wadah.db"), URL: w.pg, Key: make([]byte, 32)})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.Own(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	root := w.svc.RootKey()
	w.drv, err = whatsapp.Open(context.Background(), whatsapp.Config{
		DB: w.store.SQL(), Dialect: w.store.Dialect(), Vault: w.store, Sync: w.store.Sync, URL: w.url, RootKey: &root, DialTimeout: w.dial, Log: log,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.gate = &gate{Driver: w.drv}
	w.Manager = session.NewManager(w.store, w.gate, w.cfg, log)
}

func (w *world) begin() {
	w.t.Helper()
	if err := w.Start(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// close ends the run in order; every step has its deadline.
func (w *world) close() {
	w.t.Helper()
	if w.Manager == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	if err := w.Shutdown(ctx); err != nil {
		w.t.Errorf("shutdown: %v", err)
	}
	if err := errors.Join(w.drv.Close(), w.store.Close()); err != nil {
		w.t.Errorf("close: %v", err)
	}
	w.Manager = nil
}

// reopen is a restart of the program.
func (w *world) reopen() {
	w.t.Helper()
	w.close()
	w.open()
	w.begin()
}

// exec runs a statement on the database, past what is being tried.
func (w *world) exec(queries ...string) {
	w.t.Helper()
	for _, query := range queries {
		_, err := w.store.SQL().ExecContext(context.Background(), query)
		must(w.t, err)
	}
}

func (w *world) add(name string) string {
	w.t.Helper()
	s, _, err := w.AddDevice(context.Background(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.ID
}

func (w *world) start(id string) {
	w.t.Helper()
	if _, err := w.StartDevice(context.Background(), id); err != nil {
		w.t.Fatalf("start: %v", err)
	}
}

// stop stops a device, which must not take longer than it may.
func (w *world) stop(id string) {
	w.t.Helper()
	began := time.Now()
	if _, err := w.StopDevice(context.Background(), id); err != nil && !errors.Is(err, session.ErrNoDevice) {
		w.t.Errorf("stop: %v", err)
	}
	if took := time.Since(began); took > 6*time.Second {
		w.t.Errorf("stop took %v, want 5 s at most", took)
	}
}

// linked adds a device, links it to a phone and waits until it is connected.
func (w *world) linked(name, number string) string {
	w.t.Helper()
	id := w.add(name)
	w.start(id)
	w.scan(id, number)
	w.await(id, "CONNECTED/ready")
	return id
}

// scan lets a phone scan the code that is shown, once there is one.
func (w *world) scan(id, number string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := w.WaitCode(ctx, id)
	if err != nil || s.QR == nil {
		w.t.Fatalf("no code to scan in %s: %v", name(s), err)
	}
	if _, err := w.svc.Scan(ctx, number, s.QR.Text); err != nil {
		w.t.Fatalf("scan: %v", err)
	}
}

// name is a state and its reason, as in CONNECTED/ready.
func name(s session.Snapshot) string { return string(s.State) + "/" + string(s.Reason) }

func (w *world) snap(id string) session.Snapshot {
	w.t.Helper()
	s, err := w.Snapshot(id)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// await waits until a device is in one of the states.
func (w *world) await(id string, states ...string) session.Snapshot {
	w.t.Helper()
	return w.awaitIn(patience, id, states...)
}

func (w *world) awaitIn(limit time.Duration, id string, states ...string) session.Snapshot {
	w.t.Helper()
	last, ok := w.when(limit, id, func(s session.Snapshot) bool {
		for _, state := range states {
			if name(s) == state {
				return true
			}
		}
		return false
	})
	if !ok {
		w.t.Fatalf("the device is %s (%q, retrying %v) after %v, want %v; its story: %v",
			name(last), last.Detail, last.Retrying, limit, states, w.story(id))
	}
	return last
}

// when waits for a snapshot that is as wanted.
func (w *world) when(limit time.Duration, id string, ok func(session.Snapshot) bool) (session.Snapshot, bool) {
	timeout := time.After(limit)
	for {
		news, cancel := w.Hub().Subscribe(64)
		s, err := w.Snapshot(id)
		if err != nil || ok(s) {
			cancel()
			return s, err == nil
		}
		for open := true; open; {
			select {
			case s, open = <-news:
				if open && s.ID == id && ok(s) {
					cancel()
					return s, true
				}
			case <-timeout:
				cancel()
				s, _ = w.Snapshot(id)
				return s, ok(s)
			}
		}
	}
}

// story is the timeline as STATE/reason, oldest first.
func (w *world) story(id string) []string {
	rows, err := w.Events(context.Background(), id, 0)
	if err != nil {
		return []string{err.Error()}
	}
	var told []string
	for i := len(rows) - 1; i >= 0; i-- {
		told = append(told, rows[i].To+"/"+rows[i].Reason)
	}
	return told
}

// eventually waits until check has nothing to say.
func eventually(t *testing.T, limit time.Duration, check func() error) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(limit)
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-timeout:
			t.Errorf("not within %v: %v", limit, err)
			return
		}
	}
}

// must ends the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func number(n int) string { return fmt.Sprintf("62812%08d", n) }
