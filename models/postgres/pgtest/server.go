// Package pgtest runs PostgreSQL for tests: a server of their own, in a temporary folder,
// as an unprivileged user, reached by a socket in that folder.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// User is the superuser of the servers; it needs no password.
const User = "wadah"

// Server is a running PostgreSQL.
type Server struct {
	dir     string // data and socket
	small   string // folder of the small disk that databases lie on; "" for data
	bin     string
	port    int // of TCP with TLS; 0: a socket alone
	process *process
}

var shared struct {
	mu     sync.Mutex
	empty  string // folder of what initdb makes, which takes it a second; "" until it is there
	server *Server
	err    error
	names  atomic.Int64
}

// Main runs a package's tests, and stops the server that they share.
func Main(m *testing.M) int {
	code := m.Run()
	return max(code, Stop())
}

// Stop stops the shared server and removes what the servers have in common; not 0 when
// that fails.
func Stop() int {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	var err error
	if shared.server != nil {
		err = shared.server.remove()
	}
	if shared.empty != "" {
		err = errors.Join(err, os.RemoveAll(shared.empty))
	}
	shared.server, shared.empty = nil, ""
	if err != nil {
		fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
		return 1
	}
	return 0
}

// URL makes an empty database on the server that the tests of a process share.
func URL(tb testing.TB) string {
	tb.Helper()
	shared.mu.Lock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = start(func(*Server) {})
	}
	server, err := shared.server, shared.err
	shared.mu.Unlock()
	if err != nil {
		tb.Fatal(err)
	}
	return server.Database(tb)
}

// InSoak is URL in a soak run, in which what otherwise runs on a file runs on PostgreSQL;
// otherwise it is "".
func InSoak(tb testing.TB) string {
	tb.Helper()
	if os.Getenv("WADAH_SOAK") == "" {
		return ""
	}
	return URL(tb)
}

// Start starts a server for one test, which may do to it what it likes.
func Start(tb testing.TB) *Server {
	tb.Helper()
	return started(tb, func(*Server) {})
}

func started(tb testing.TB, set func(*Server)) *Server {
	tb.Helper()
	shared.mu.Lock()
	s, err := start(set)
	shared.mu.Unlock()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.remove(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// Database makes an empty database and returns its URL.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	name := "test" + strconv.FormatInt(shared.names.Add(1), 10)
	where := ""
	if s.small != "" {
		where = " TABLESPACE small"
	}
	s.Exec(tb, "postgres", "CREATE DATABASE "+name+where)
	return s.URL(User, "", name)
}

// URL is the address of a database for a user, by the server's socket.
func (s *Server) URL(user, password, database string) string {
	u := url.URL{Scheme: "postgres", Path: "/" + database, User: url.User(user), RawQuery: url.Values{"host": {s.dir}}.Encode()}
	if s.port != 0 { // the socket's name has it, too
		u.RawQuery += "&port=" + strconv.Itoa(s.port)
	}
	if password != "" {
		u.User = url.UserPassword(user, password)
	}
	return u.String()
}

// TCP is the address of a database for a user on a server of StartTLS, with parameters
// such as sslmode.
func (s *Server) TCP(user, password, database string, parameters url.Values) string {
	u := url.URL{
		Scheme: "postgres", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/" + database,
		User: url.UserPassword(user, password), RawQuery: parameters.Encode(),
	}
	return u.String()
}

// Copy makes a database that is what pg_restore makes of a pg_dump of another, and returns
// its URL.
func Copy(tb testing.TB, from string) string {
	tb.Helper()
	to := URL(tb)
	dump := filepath.Join(tb.TempDir(), "dump")
	for _, args := range [][]string{
		{"pg_dump", "--format=custom", "--file=" + dump, from},
		{"pg_restore", "--dbname=" + to, "--exit-on-error", dump},
	} {
		cmd := exec.CommandContext(tb.Context(), filepath.Join(shared.server.bin, args[0]), args[1:]...) //nolint:gosec // PostgreSQL's own programs
		if out, err := cmd.CombinedOutput(); err != nil {
			tb.Fatalf("%s: %v\n%s", args[0], err, out)
		}
	}
	return to
}

// Exec runs a statement in a database.
func (s *Server) Exec(tb testing.TB, database, statement string) {
	tb.Helper()
	if err := s.exec(database, statement); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}

func (s *Server) exec(database, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL(User, "", database))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// Set changes a setting for all connections, and waits until the server has it: it tells
// those that there are before it lets others begin.
func (s *Server) Set(tb testing.TB, setting, value string) {
	tb.Helper()
	s.Exec(tb, "postgres", "ALTER SYSTEM SET "+setting+" = '"+value+"'")
	s.Exec(tb, "postgres", "SELECT pg_reload_conf()")
	is := "SELECT 1 / (current_setting('" + setting + "') = '" + value + "')::int" // it divides by zero until then
	deadline := time.Now().Add(30 * time.Second)
	for err := s.exec("postgres", is); err != nil; err = s.exec("postgres", is) {
		if time.Now().After(deadline) {
			tb.Fatal(err)
		}
	}
}

// Kill ends the server as a power cut of its machine's would: at once.
func (s *Server) Kill(tb testing.TB) {
	tb.Helper()
	if err := s.process.kill(); err != nil {
		tb.Fatal(err)
	}
}

// Follow makes the server, which has to be killed, a replica that only reads, of one that
// is not there.
func (s *Server) Follow(tb testing.TB) {
	tb.Helper()
	signal := filepath.Join(s.data(), "standby.signal")
	if err := errors.Join(os.WriteFile(signal, nil, 0o600), give(signal)); err != nil {
		tb.Fatal(err)
	}
	s.Restart(tb)
}

// Restart starts it again.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	if err := s.run(); err != nil {
		tb.Fatal(err)
	}
}

// binaries finds where PostgreSQL 15 or newer is installed.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	versions := make(map[int]string)
	for _, path := range found {
		bin := filepath.Dir(path)
		if n, err := strconv.Atoi(filepath.Base(filepath.Dir(bin))); err == nil && n >= 15 {
			versions[n] = bin
		}
	}
	if len(versions) > 0 {
		var numbers []int
		for n := range versions {
			numbers = append(numbers, n)
		}
		return versions[slices.Max(numbers)], nil
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errors.New("no PostgreSQL here: install it, on Debian with apt-get install postgresql")
}

// start makes a new server; shared.mu is held.
func start(set func(*Server)) (_ *Server, err error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin}
	if s.dir, err = folder(); err != nil {
		return nil, err
	}
	set(s)
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(s.dir))
		}
	}()
	if err := s.fill(); err != nil {
		return nil, err
	}
	if err := s.run(); err != nil || s.small == "" {
		return s, err
	}
	return s, s.exec("postgres", "CREATE TABLESPACE small LOCATION '"+s.small+"'")
}

// folder makes one that is PostgreSQL's.
func folder() (string, error) {
	dir, err := os.MkdirTemp("", "wadah-pg-")
	if err == nil {
		err = give(dir)
	}
	return dir, err
}

// fill makes the server's data: a copy of what initdb has made.
func (s *Server) fill() error {
	if shared.empty == "" {
		empty, err := folder()
		if err != nil {
			return err
		}
		if out, err := s.command("initdb", "-D", empty, "-U", User, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync").CombinedOutput(); err != nil {
			return errors.Join(fmt.Errorf("initdb: %w\n%s", err, out), os.RemoveAll(empty))
		}
		// Whoever is not the superuser needs a password.
		rules := "local all " + User + " trust\nlocal all all scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
		if err := os.WriteFile(filepath.Join(empty, "pg_hba.conf"), []byte(rules), 0o600); err != nil {
			return errors.Join(err, os.RemoveAll(empty))
		}
		shared.empty = empty
	}
	out, err := exec.CommandContext(context.Background(), "cp", "-a", shared.empty, s.data()).CombinedOutput() //nolint:gosec // our folders
	if err != nil {
		return fmt.Errorf("copy what initdb made: %w\n%s", err, out)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// run starts the process and waits until it answers.
func (s *Server) run() error {
	tcp := []string{"-c", "listen_addresses="}
	if s.port != 0 {
		if err := s.certify(); err != nil {
			return err
		}
		tcp = []string{"-c", "listen_addresses=127.0.0.1", "-c", "port=" + strconv.Itoa(s.port)}
	}
	cmd := s.command("postgres", append(tcp, "-D", s.data(), "-c", "unix_socket_directories="+s.dir,
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=400", "-c", "shared_buffers=32MB",
		"-c", "max_wal_size=128MB", "-c", "logging_collector=off")...)
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if s.small != "" {
		if err := s.onSmallDisk(cmd); err != nil {
			return err
		}
	}
	if s.process, err = launch(cmd); err != nil {
		return err
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		conn, err := pgx.Connect(ctx, s.URL(User, "", "postgres"))
		if err == nil {
			err = conn.Close(ctx)
		}
		cancel()
		if err == nil {
			return nil
		}
		if s.process.ended() || time.Now().After(deadline) {
			said, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("PostgreSQL does not start: %w\n%s", err, strings.TrimSpace(string(said)))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), filepath.Join(s.bin, name), args...) //nolint:gosec // PostgreSQL's own programs
	cmd.Dir = s.dir
	unprivileged(cmd)
	return cmd
}

func (s *Server) remove() error {
	return errors.Join(s.process.kill(), os.RemoveAll(s.dir))
}
