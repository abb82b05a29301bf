package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The benchmarks measure processes, not goroutines of their own process: the
// simulated WhatsApp, Wadah, and the baseline that Wadah is compared with. All of
// them are this test binary, started again with a role, so that the code they carry
// is the same size. A role takes orders on standard input and answers on standard
// output, one line of JSON each.

const (
	// roleVariable names the role a started copy of the test binary plays.
	roleVariable = "BENCH_ROLE"
	// profileVariable is a folder for CPU and heap profiles of the roles; see BENCHMARKS.md.
	profileVariable = "BENCH_PROFILES"

	roleCommand = "command" // the program itself, with its arguments
	roleWadah   = "wadah"
	roleLibrary = "library" // plain clients of the WhatsApp library
	rolePlain   = "plain"   // plain net/http handlers
)

// order is what the benchmark wants of a role. Do names it; the rest are arguments.
type order struct {
	Do        string
	Data      string     // folder or database file
	Database  string     // URL of PostgreSQL; "" for the file in Data
	Sync      string     // how the plain library syncs its file; "" is NORMAL
	Service   serviceOut // the simulated WhatsApp
	Devices   int        // how many are, or shall be, linked
	AtOnce    int        // how many dial, or link, at the same time
	PerSecond int        // dials; 0 is no limit
	FirstNo   int        // number of the first device to link
	Apart     int        // from one device's number to the next; 0 is 1
	Each      int        // how many messages each device sends
	To        []string   // numbers, one for each device
	Body      []byte     // of an answer
}

// no is the number of a device to link.
func (o order) no(i int) int { return o.FirstNo + i*max(o.Apart, 1) }

// sendAll lets o.Devices devices send o.Each messages each, one after the other.
func (o order) sendAll(send func(device, n int) error) (a answer, err error) {
	times := make([][]time.Duration, o.Devices)
	began := time.Now()
	err = inParallel(o.Devices, o.Devices, func(device int) error {
		for n := range o.Each {
			at := time.Now()
			if err := send(device, n); err != nil {
				return err
			}
			times[device] = append(times[device], time.Since(at))
		}
		return nil
	})
	a.Took = time.Since(began)
	for _, t := range times {
		a.Times = append(a.Times, t...)
	}
	return a, err
}

// answer is what a role has to say.
type answer struct {
	Err    string
	Took   time.Duration
	URL    string
	Keys   []string // API keys
	JIDs   []string // of linked devices, in the order of Keys
	Cookie string
	Times  []time.Duration
	Usage  usage
}

// usage is what a process takes.
type usage struct {
	RSS        int64 // resident memory as it happens to be, bytes
	Settled    int64 // resident memory after garbage collection
	Heap       int64 // live heap and stacks, bytes
	Goroutines int
	CPU        time.Duration // since the start of the process
}

// actor carries out orders.
type actor interface {
	obey(ctx context.Context, o order) (answer, error)
	close() error
}

// playRole is the main function of a started copy; it returns the exit code.
func playRole(role string) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if role == roleCommand {
		go func() { // it ends when the benchmark hangs up
			_, _ = io.Copy(io.Discard, os.Stdin)
			cancel()
		}()
		return run(ctx, program{
			args: os.Args[1:], getenv: os.Getenv, stdin: strings.NewReader(""), stdout: os.Stdout, stderr: os.Stderr,
		})
	}
	actors := map[string]func() actor{
		roleWadah:   func() actor { return new(wadahActor) },
		roleLibrary: func() actor { return new(libraryActor) },
		rolePlain:   func() actor { return new(plainActor) },
	}
	if err := perform(ctx, role, actors[role](), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitFailure
	}
	return exitOK
}

// perform obeys orders until there are no more.
func perform(ctx context.Context, role string, who actor, in io.Reader, out io.Writer) (err error) {
	defer func() { err = errors.Join(err, who.close()) }()
	profiles, err := startProfiles(role)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, profiles()) }()
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var o order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var a answer
		var err error
		switch o.Do {
		case "usage":
			a.Usage, err = measure()
		case "cpu":
			a.Usage.CPU, err = cpuTime()
		default:
			a, err = who.obey(ctx, o)
		}
		if err != nil {
			a.Err = fmt.Sprintf("%s, %s: %v", role, o.Do, err)
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

// startProfiles writes profiles of this process when they are asked for.
func startProfiles(role string) (stop func() error, err error) {
	dir := os.Getenv(profileVariable)
	if dir == "" {
		return func() error { return nil }, nil
	}
	name := filepath.Join(dir, fmt.Sprintf("%s-%d", role, os.Getpid()))
	file, err := os.Create(name + ".cpu")
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		heap, err := os.Create(name + ".heap")
		if err != nil {
			return err
		}
		runtime.GC()
		return errors.Join(file.Close(), pprof.WriteHeapProfile(heap), heap.Close())
	}, nil
}

// measure is the usage of this process. Linux only: it reads /proc.
func measure() (usage, error) {
	u := usage{Goroutines: runtime.NumGoroutine()}
	var err error
	if u.CPU, err = cpuTime(); err != nil {
		return u, err
	}
	if u.RSS, err = residentMemory(); err != nil {
		return u, err
	}
	debug.FreeOSMemory()
	debug.FreeOSMemory() // what finalizers let go of
	if u.Settled, err = residentMemory(); err != nil {
		return u, err
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.Heap = int64(m.HeapAlloc + m.StackInuse)
	return u, nil
}

func residentMemory() (int64, error) { return residentMemoryOf(os.Getpid()) }

func residentMemoryOf(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, fmt.Errorf("unexpected statm: %s", text)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// cpuTime is the time this process has run, exact to the nanosecond: the usual
// counters tick a hundred times a second, which is too coarse for an idle process.
func cpuTime() (time.Duration, error) {
	threads, err := filepath.Glob("/proc/self/task/*/schedstat")
	if err != nil || len(threads) == 0 {
		return 0, errors.Join(err, errors.New("/proc does not tell the CPU time of threads"))
	}
	var total time.Duration
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			return 0, err
		}
		ran, _, _ := strings.Cut(string(text), " ")
		ns, err := strconv.ParseInt(ran, 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(ns)
	}
	return total, nil
}

// helper is a running role, seen from the benchmark.
type helper struct {
	b       testing.TB
	cmd     *exec.Cmd
	in      io.WriteCloser
	orders  *json.Encoder
	answers *json.Decoder
	stderr  bytes.Buffer
	stopped bool
}

// cast starts a role.
func cast(b testing.TB, role string, args ...string) *helper {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	h := &helper{b: b, cmd: exec.Command(self, args...)}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "WADAH_") {
			h.cmd.Env = append(h.cmd.Env, v)
		}
	}
	h.cmd.Env = append(h.cmd.Env, roleVariable+"="+role)
	h.cmd.Stderr = &h.stderr
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	h.orders, h.answers = json.NewEncoder(h.in), json.NewDecoder(out)
	if err := h.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(h.stop)
	return h
}

// do gives an order and waits for the answer.
func (h *helper) do(o order) answer {
	h.b.Helper()
	var a answer
	if err := errors.Join(h.orders.Encode(o), h.answers.Decode(&a)); err != nil {
		h.b.Fatalf("%s: %v\n%s", o.Do, err, tail(h.stderr.String(), 4000))
	}
	if a.Err != "" {
		h.b.Fatalf("%s\n%s", a.Err, tail(h.stderr.String(), 4000))
	}
	return a
}

func (h *helper) usage() usage { h.b.Helper(); return h.do(order{Do: "usage"}).Usage }

func (h *helper) cpu() time.Duration { h.b.Helper(); return h.do(order{Do: "cpu"}).Usage.CPU }

// stop ends the role in an orderly way. It may be called more than once.
func (h *helper) stop() {
	if h.stopped {
		return
	}
	h.stopped = true
	_ = h.in.Close() // the end of the orders
	late := time.AfterFunc(patience, func() { _ = h.cmd.Process.Kill() })
	defer late.Stop()
	if err := h.cmd.Wait(); err != nil {
		h.b.Errorf("%v: %v\n%s", h.cmd.Args, err, tail(h.stderr.String(), 4000))
	}
}

// pause lets things settle, where there is nothing to wait for.
func pause(b testing.TB, d time.Duration) {
	b.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-b.Context().Done():
		b.Fatal(b.Context().Err())
	}
}
