package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// rounds is how often everything is measured, Wadah and its baseline in turn.
var rounds = flag.Int("rounds", 5, "rounds of the benchmarks")

// BenchmarkWadah compares the product with its baselines, each in the same run and
// in turn, and prints one table. BENCHMARKS.md says what is measured and how, and
// keeps the results. "make bench" runs it; BENCH=link runs a part.
func BenchmarkWadah(b *testing.B) {
	r := &report{}
	f := newFleet(b)
	b.Run("link", func(b *testing.B) { benchLink(b, f, r) })
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("devices/%d", n), func(b *testing.B) { benchDevices(b, f, r, n) })
	}
	b.Run("restart", func(b *testing.B) { benchRestart(b, f, r) })
	b.Run("postgres", func(b *testing.B) { benchPostgres(b, f, r) })
	b.Run("messages", func(b *testing.B) { benchMessages(b, f, r) })
	for _, n := range []int{1, 200} {
		b.Run(fmt.Sprintf("flood/%d", n), func(b *testing.B) { benchFlood(b, f, r, n) })
	}
	b.Run("queue", func(b *testing.B) { benchQueue(b, r) })
	b.Run("idle", func(b *testing.B) { benchIdle(b, f, r) })
	b.Run("getState", func(b *testing.B) { benchState(b, f, r) })
	b.Run("getQR", func(b *testing.B) { benchQR(b, f, r) })
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprintf("events/%d", n), func(b *testing.B) { benchEvents(b, f, r, n) })
	}
	r.print()
}

// fleet is the simulated WhatsApp and the folders with linked devices that the
// benchmarks share. Each is made when it is first needed.
type fleet struct {
	b       *testing.B // the running benchmark
	owner   *testing.B // lives as long as the fleet
	dir     string
	service serviceOut
	linked  int // devices that have ever been linked to the simulated WhatsApp
	folders map[int]string
	keys    map[int][]string // API keys of a folder's devices, by its size
	jids    map[int][]string
}

func newFleet(b *testing.B) *fleet {
	return &fleet{
		b: b, owner: b, dir: b.TempDir(),
		folders: make(map[int]string), keys: make(map[int][]string), jids: make(map[int][]string),
	}
}

// whatsApp starts the simulated WhatsApp, with phones for all devices.
func (f *fleet) whatsApp() serviceOut {
	f.b.Helper()
	if f.service.URL != "" {
		return f.service
	}
	h := cast(f.owner, roleCommand, "sandbox", "--service-only", "--json", "--sandbox-listen", "127.0.0.1:0", "--log-level", "error")
	if err := h.answers.Decode(&f.service); err != nil {
		f.b.Fatal(err)
	}
	return f.service
}

// numbers reserves device numbers, whose phones exist then, and returns the first.
func (f *fleet) numbers(n int) (first int) {
	f.b.Helper()
	service := f.whatsApp()
	first = f.linked
	f.linked += (n + devicesPerPhone - 1) / devicesPerPhone * devicesPerPhone
	for no := first; no < f.linked; no += devicesPerPhone {
		body := jsonText(map[string]string{"number": benchPhone(no), "name": "Bench"})
		status, out, err := request(f.b.Context(), "POST", service.Control+"phones", "application/json", body)
		if err != nil || status != 200 {
			f.b.Fatalf("add a phone: %d %s %v", status, out, err)
		}
	}
	return first
}

// folder is a data folder with n linked devices that are wanted on. Nothing else may
// be connected with them at the same time.
func (f *fleet) folder(n int) string {
	f.b.Helper()
	if dir, ok := f.folders[n]; ok {
		return dir
	}
	h := cast(f.b, roleWadah)
	dir := filepath.Join(f.dir, fmt.Sprint(n))
	h.do(order{Do: "start", Data: dir, Service: f.whatsApp(), AtOnce: 32})
	if n > 0 {
		made := h.do(order{Do: "link", Service: f.service, Devices: n, AtOnce: 8, FirstNo: f.numbers(n)})
		f.keys[n], f.jids[n] = made.Keys, made.JIDs
	}
	h.stop()
	f.folders[n] = dir
	return dir
}

// library is a database with the same devices for the plain library.
func (f *fleet) library(n int) string {
	f.b.Helper()
	from := filepath.Join(f.folder(n), "wadah.db")
	to := filepath.Join(f.folder(n), "library.db")
	if _, err := os.Stat(to); err == nil {
		return to
	}
	data, err := os.ReadFile(from) // complete: the program that wrote it has ended
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		f.b.Fatal(err)
	}
	return to
}

// wadah starts the product on a folder and waits until n devices are connected.
func (f *fleet) wadah(n, perSecond, atOnce int) (*helper, answer) {
	f.b.Helper()
	dir := f.folder(n)
	h := cast(f.b, roleWadah)
	return h, h.do(order{Do: "start", Data: dir, Service: f.service, Devices: n, PerSecond: perSecond, AtOnce: atOnce})
}

// bare starts the plain library on the same devices.
func (f *fleet) bare(n, atOnce int) (*helper, answer) {
	f.b.Helper()
	db := f.library(n)
	h := cast(f.b, roleLibrary)
	return h, h.do(order{Do: "start", Data: db, Service: f.service, Devices: n, AtOnce: atOnce})
}

// report is the table.
type report struct {
	rows []*row
}

// row is one thing that was measured: once per round for Wadah and for the baseline.
type row struct {
	what, unit string
	ours, base []float64
	target     string
	ratio      bool                     // the target is about the ratio to the baseline
	met        func(value float64) bool // nil: there is no target
}

// row adds a row; the methods below give it a target.
func (r *report) row(what, unit string) *row {
	w := &row{what: what, unit: unit}
	r.rows = append(r.rows, w)
	return w
}

func (w *row) add(ours, base float64) { w.ours, w.base = append(w.ours, ours), append(w.base, base) }

func (w *row) ratioAtMost(limit float64) *row {
	w.ratio, w.target = true, fmt.Sprintf("≤ %g ×", limit)
	w.met = func(v float64) bool { return v <= limit }
	return w
}

func (w *row) ratioAtLeast(limit float64) *row {
	w.ratio, w.target = true, fmt.Sprintf("≥ %g ×", limit)
	w.met = func(v float64) bool { return v >= limit }
	return w
}

func (w *row) below(limit float64) *row {
	w.target = fmt.Sprintf("< %g %s", limit, w.unit)
	w.met = func(v float64) bool { return v < limit }
	return w
}

// median of the rounds; 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// compare is the median of the rounds' ratios: what disturbs the machine in one
// round disturbs both sides of it.
func (w *row) compare() float64 {
	ratios := make([]float64, 0, len(w.ours))
	for i := range w.ours {
		if w.base[i] != 0 {
			ratios = append(ratios, w.ours[i]/w.base[i])
		}
	}
	return median(ratios)
}

func (w *row) line() string {
	ours, base, ratio := median(w.ours), median(w.base), w.compare()
	verdict := ""
	if w.met != nil {
		value := ours
		if w.ratio {
			value = ratio
		}
		verdict = "**no**"
		if w.met(value) {
			verdict = "yes"
		}
	}
	cells := []string{w.what, number(ours) + " " + w.unit, number(base) + " " + w.unit, fmt.Sprintf("%.2f", ratio), w.target, verdict}
	return "| " + strings.Join(cells, " | ") + " |"
}

func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// print writes the table to standard output.
func (r *report) print() {
	if len(r.rows) == 0 {
		return
	}
	fmt.Printf("\n%s, %d × %s, %s/%s, %s; medians of %d rounds\n\n", time.Now().Format(time.DateOnly),
		runtime.NumCPU(), processor(), runtime.GOOS, runtime.GOARCH, runtime.Version(), *rounds)
	fmt.Println("| what | Wadah | baseline | ratio | target | met |")
	fmt.Println("| --- | --- | --- | --- | --- | --- |")
	for _, w := range r.rows {
		if len(w.ours) > 0 { // it may have failed before the end of a round
			fmt.Println(w.line())
		}
	}
	fmt.Println()
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "processor"
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), ":"))
		}
	}
	return "processor"
}
