package whatsapp_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	_ "modernc.org/sqlite"

	"wadah/session"
	"wadah/session/sandbox"
	"wadah/session/whatsapp"
)

const (
	seed     = "wadah driver tests" // one root key: the library's is a package variable
	number   = "6281234567890"
	patience = 20 * time.Second
)

// slowestNotice is when the library's own settings notice a silent peer at the latest.
var slowestNotice time.Duration

// TestMain lets the library ping fast, so that the tests of silence are short.
func TestMain(m *testing.M) {
	slowestNotice = whatsmeow.KeepAliveIntervalMax + whatsmeow.KeepAliveResponseDeadline
	whatsmeow.KeepAliveIntervalMin, whatsmeow.KeepAliveIntervalMax = 100*time.Millisecond, 150*time.Millisecond
	whatsmeow.KeepAliveResponseDeadline = 700 * time.Millisecond
	os.Exit(m.Run())
}

// rig is a driver, its database, and the simulated WhatsApp it talks to.
type rig struct {
	t   *testing.T
	svc *sandbox.Service
	db  *sql.DB
	drv *whatsapp.Driver
}

func newRig(t *testing.T, change ...func(*sandbox.Config, *whatsapp.Config)) *rig {
	t.Helper()
	simulated := sandbox.Config{Seed: seed}
	cfg := whatsapp.Config{DB: openDB(t), Dialect: "sqlite3", DialTimeout: 10 * time.Second}
	if testing.Verbose() {
		cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	for _, f := range change {
		f(&simulated, &cfg)
	}
	svc, err := sandbox.New(simulated)
	if err != nil {
		t.Fatalf("sandbox.New: %v", err)
	}
	if err := svc.Start(); err != nil {
		t.Fatalf("start sandbox: %v", err)
	}
	t.Cleanup(func() {
		if err := svc.Close(); err != nil {
			t.Errorf("close sandbox: %v", err)
		}
	})
	root := svc.RootKey()
	cfg.URL, cfg.RootKey = svc.URL(), &root
	drv, err := whatsapp.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := drv.Close(); err != nil {
			t.Errorf("close driver: %v", err)
		}
		waitQuiet(t)
	})
	if _, err := svc.AddPhone(number, "Budi"); err != nil {
		t.Fatalf("AddPhone: %v", err)
	}
	return &rig{t: t, svc: svc, db: cfg.DB, drv: drv}
}

func openDB(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "wadah.db")+
		"?_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_txlock=immediate")
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// witness records what a connection reports.
type witness struct {
	t       *testing.T
	signals chan session.Signal

	mu      sync.Mutex
	claimed []string
	refuse  error
}

func newWitness(t *testing.T) *witness {
	return &witness{t: t, signals: make(chan session.Signal, 256)}
}

func (w *witness) handler() session.Handler {
	return session.Handler{
		Signal: func(s session.Signal) { w.signals <- s },
		Claim: func(jid string) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.claimed = append(w.claimed, jid)
			return w.refuse
		},
	}
}

func (w *witness) claims() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.claimed
}

// await returns the next signal, which must be a T. Silence is passed over: on a busy
// machine the fast pings of the tests may miss an answer.
func await[T session.Signal](w *witness) T {
	w.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case s := <-w.signals:
			if got, ok := s.(T); ok {
				return got
			}
			if _, ok := s.(session.SignalSilent); ok {
				continue
			}
			var want T
			w.t.Fatalf("signal %T %+v, want %T", s, s, want)
		case <-timeout:
			var want T
			w.t.Fatalf("no signal %T within %v", want, patience)
		}
	}
}

// nothingMore fails if a signal came that nobody awaited.
func (w *witness) nothingMore() {
	w.t.Helper()
	for {
		select {
		case s := <-w.signals:
			if _, ok := s.(session.SignalSilent); !ok {
				w.t.Errorf("unexpected signal %T %+v", s, s)
			}
		default:
			return
		}
	}
}

func (r *rig) dial(jid string) (session.Conn, *witness) {
	r.t.Helper()
	return r.dialTo(session.Target{DeviceID: "dev", JID: jid})
}

func (r *rig) dialTo(to session.Target) (session.Conn, *witness) {
	r.t.Helper()
	w := newWitness(r.t)
	conn, err := r.drv.Dial(r.t.Context(), to, w.handler())
	if err != nil {
		r.t.Fatalf("Dial(%q): %v", to.JID, err)
	}
	r.t.Cleanup(conn.Close)
	return conn, w
}

// link links a new device by QR and returns its JID.
func (r *rig) link() string {
	r.t.Helper()
	conn, w := r.dial("")
	codes := await[session.SignalCodes](w)
	companion, err := r.svc.Scan(r.t.Context(), number, codes.Codes[0].Text)
	if err != nil {
		r.t.Fatalf("Scan: %v", err)
	}
	linked := await[session.SignalLinked](w)
	if linked.Account.JID != companion.JID {
		r.t.Fatalf("linked as %s, the phone says %s", linked.Account.JID, companion.JID)
	}
	await[session.SignalClosed](w)
	conn.Close()
	return companion.JID
}

// online links a device and logs it in.
func (r *rig) online() (session.Conn, *witness, string) {
	r.t.Helper()
	jid := r.link()
	conn, w := r.dial(jid)
	await[session.SignalOnline](w)
	return conn, w, jid
}

func (r *rig) links() []string {
	r.t.Helper()
	jids, err := r.drv.Links(r.t.Context())
	if err != nil {
		r.t.Fatalf("Links: %v", err)
	}
	return jids
}

// rows counts the rows of every table of the library that name a device.
func (r *rig) rows() map[string]int {
	r.t.Helper()
	names, err := r.db.Query(`SELECT name FROM sqlite_master WHERE type='table' AND name LIKE 'whatsmeow_%'
		AND name NOT IN ('whatsmeow_version', 'whatsmeow_lid_map')`)
	if err != nil {
		r.t.Fatal(err)
	}
	var tables []string
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			r.t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := errors.Join(names.Err(), names.Close()); err != nil {
		r.t.Fatal(err)
	}
	count := make(map[string]int)
	for _, table := range tables {
		var n int
		if err := r.db.QueryRow(`SELECT COUNT(*) FROM ` + table).Scan(&n); err != nil {
			r.t.Fatal(err)
		}
		if n > 0 {
			count[table] = n
		}
	}
	return count
}

// within fails if f takes longer than limit.
func within(t *testing.T, limit time.Duration, what string, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if took := time.Since(start); took > limit {
		t.Errorf("%s took %v, want at most %v", what, took, limit)
	}
}

// eventually waits until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// waitQuiet waits until no goroutine of the library or the driver is left.
func waitQuiet(t *testing.T) {
	t.Helper()
	var left []string
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(8 * time.Second)
	for {
		if left = busy(); len(left) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Errorf("%d goroutines left, the first:\n%s", len(left), left[0])
			return
		}
	}
}

func busy() (left []string) {
	buf := make([]byte, 1<<20)
	for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		ours := strings.Contains(stack, "go.mau.fi/whatsmeow.") || strings.Contains(stack, "go.mau.fi/whatsmeow/socket") ||
			strings.Contains(stack, "wadah/session/whatsapp.")
		if ours && !strings.Contains(stack, "whatsapp_test.") && !strings.Contains(stack, "session/sandbox.") {
			left = append(left, stack)
		}
	}
	return left
}
