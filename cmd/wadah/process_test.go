package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"wadah/models/postgres/pgtest"
)

// How long the tests wait for something that will come. They never wait that
// long unless something is broken.
const patience = 60 * time.Second

// binary is the program under test, built once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "wadah-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "wadah")
	// As make build does, so that what that has compiled is not compiled again.
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-X main.version=v0.0.0-test", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	built = path
	return path, nil
})

var built string // what binary has built; empty when no test needed it

// onPostgres makes worlds on PostgreSQL: a soak run ends with what programs do
// with the whole program there. Tests of PostgreSQL itself run there in any case.
var onPostgres bool

const wholeProgram = `^(TestReadmeAnswers|TestBrowserStories|TestBrowserOverPlainHTTP)$`

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(playRole(role)) // a benchmark has started this copy
	}
	flag.Parse()
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = 200 // otherwise the ports run out
	code := m.Run()
	if code == 0 && soak(false, true) && flag.Lookup("test.run").Value.String() == "" {
		fmt.Println("on PostgreSQL")
		onPostgres = true
		if err := flag.Set("test.run", wholeProgram); err != nil {
			panic(err)
		}
		code = m.Run()
	}
	if opened != nil {
		if err := chromedp.Cancel(opened); err != nil {
			fmt.Fprintln(os.Stderr, "the browser did not end well:", err)
		}
	}
	if built != "" {
		if err := os.RemoveAll(filepath.Dir(built)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(max(code, pgtest.Stop()))
}

// output collects what a process prints and lets tests wait for it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed and replaced at every write
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(b)
	close(o.more)
	o.more = make(chan struct{})
	return len(b), nil
}

func (o *output) String() string {
	text, _ := o.look()
	return text
}

func (o *output) look() (text string, more <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String(), o.more
}

// process is a run of the built program.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	stdout  *output
	stderr  *output
	ended   chan struct{} // closed when it has ended; then state is set
	state   *os.ProcessState
	crashed bool // the test made it crash
}

// start runs the program with no WADAH_ variables of the tests' environment. It
// is stopped at the end of the test at the latest; its log is shown on failure.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return startCommand(t, exec.Command(path, args...))
}

func startCommand(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{
		t: t, cmd: cmd, ended: make(chan struct{}),
		stdout: &output{more: make(chan struct{})}, stderr: &output{more: make(chan struct{})},
	}
	cmd.Stdout, cmd.Stderr = p.stdout, p.stderr
	cmd.WaitDelay = patience
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "WADAH_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		err := cmd.Wait()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			fmt.Fprintf(p.stderr, "wait: %v\n", err)
		}
		p.state = cmd.ProcessState
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%v printed:\n%s\nand logged:\n%s", cmd.Args, p.stdout, tail(p.stderr.String(), 8000))
		}
		if text := p.stderr.String(); !p.crashed && (strings.Contains(text, "panic:") || strings.Contains(text, "\ngoroutine ")) {
			t.Errorf("%v panicked", cmd.Args)
		}
		if at := strings.Index(p.stderr.String(), hidden); at >= 0 {
			text := p.stderr.String()
			t.Errorf("%v tried to log a secret: …%.300s", cmd.Args[1:], text[max(0, at-200):])
		}
	})
	return p
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// printed waits until standard output matches and returns the match's groups.
func (p *process) printed(pattern string) []string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	limit := time.After(patience)
	for {
		text, more := p.stdout.look()
		if m := re.FindStringSubmatch(text); m != nil {
			return m
		}
		select {
		case <-more:
		case <-p.ended:
			text, _ = p.stdout.look()
			if m := re.FindStringSubmatch(text); m != nil {
				return m
			}
			p.t.Fatalf("%v ended without printing %s", p.cmd.Args, pattern)
		case <-limit:
			p.t.Fatalf("%v did not print %s", p.cmd.Args, pattern)
		}
	}
}

// wait returns the exit code of a process that ends by itself.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
		return p.state.ExitCode()
	case <-time.After(patience):
		p.t.Fatalf("%v did not end", p.cmd.Args)
		return -1
	}
}

// stop asks for an orderly stop, which may take ten seconds.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(12 * time.Second):
		p.t.Fatalf("%v did not stop within 12 s", p.cmd.Args)
	}
	if code := p.state.ExitCode(); code != exitOK {
		p.t.Errorf("%v stopped with code %d", p.cmd.Args, code)
	}
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.ended
}

// wadah runs a command that ends by itself and returns what it printed.
func wadah(t *testing.T, args ...string) string {
	t.Helper()
	p := start(t, args...)
	if code := p.wait(); code != exitOK {
		t.Fatalf("wadah %v: code %d: %s", args, code, p.stderr)
	}
	return p.stdout.String()
}

// eventually waits until done returns no error, asking a few times a second.
func eventually(t *testing.T, done func() error) {
	t.Helper()
	within(t, patience, done)
}

// within is eventually for what may take longer than anything else.
func within(t *testing.T, longest time.Duration, done func() error) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(longest)
	for {
		err := done()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal(err)
		case <-t.Context().Done():
			t.Fatal(err)
		}
	}
}

// request sends one HTTP request and returns status and body.
func request(ctx context.Context, method, url, contentType, body string) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return do(http.DefaultClient, req)
}

// do sends a request and reads the answer.
func do(client *http.Client, req *http.Request) (status int, answer []byte, err error) {
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

// decode reads JSON or ends the test.
func decode[T any](t *testing.T, text []byte) T {
	t.Helper()
	v, err := unmarshal[T](text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func unmarshal[T any](text []byte) (v T, err error) {
	if err := json.Unmarshal(text, &v); err != nil {
		return v, fmt.Errorf("%w in %s", err, text)
	}
	return v, nil
}

func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // only for values that cannot be JSON, which no test has
	}
	return string(text)
}
