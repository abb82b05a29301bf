package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

const (
	// dialsAtOnce is how many connections are made at the same time, by both sides.
	dialsAtOnce = 32
	// settleFor is how long a fleet rests between being connected and being measured.
	settleFor = 2 * time.Second
	// idleFor is how long an idle fleet is watched: at least one ping of every device,
	// which the library sends every 20 to 30 s.
	idleFor = 40 * time.Second

	kilobyte = 1000.0
	megabyte = 1e6
)

// benchLink links devices, eight at once, into an empty database.
func benchLink(b *testing.B, f *fleet, r *report) {
	const devices, atOnce = 100, 8
	f.b = b
	rate := r.row("linking, 8 at once", "devices/s").ratioAtLeast(2)
	cpu := r.row("linking: CPU per device", "ms")
	for round := range *rounds {
		h := cast(b, roleWadah)
		h.do(order{Do: "start", Data: filepath.Join(b.TempDir(), "data"), Service: f.whatsApp(), AtOnce: dialsAtOnce})
		ours := h.do(order{Do: "link", Service: f.service, Devices: devices, AtOnce: atOnce, FirstNo: f.numbers(devices)})
		oursCPU := h.cpu()
		h.stop()
		l := cast(b, roleLibrary)
		l.do(order{Do: "start", Data: filepath.Join(b.TempDir(), "library.db"), Service: f.service})
		base := l.do(order{Do: "link", Service: f.service, Devices: devices, AtOnce: atOnce, FirstNo: f.numbers(devices)})
		cpu.add(oursCPU.Seconds()*1000/devices, l.cpu().Seconds()*1000/devices)
		l.stop()
		rate.add(devices/ours.Took.Seconds(), devices/base.Took.Seconds())
		b.Logf("round %d: linking %v, library %v", round, ours.Took, base.Took)
	}
}

// benchDevices brings n linked devices back after a restart, with the governor wide
// open, and measures what they cost.
func benchDevices(b *testing.B, f *fleet, r *report, n int) {
	f.b = b
	name := fmt.Sprintf("%d devices: ", n)
	restart := r.row(name+"all connected after a restart, governor wide open", "s").ratioAtMost(1.15)
	cpu := r.row(name+"CPU of the restart, per device", "ms")
	resident := r.row(name+"resident memory per device, as it is", "kB")
	settled := r.row(name+"resident memory per device, after collection", "kB").ratioAtMost(1.15)
	heap := r.row(name+"heap and stacks per device", "kB").ratioAtMost(1.15)
	routines := r.row(name+"goroutines per device", "")
	total := r.row(name+"resident memory of the whole process, as it is", "MB")
	for range *rounds {
		empty, bareEmpty := emptyUsage(b, f), bareUsage(b, f)
		h, ours := f.wadah(n, 0, dialsAtOnce)
		pause(b, settleFor)
		u := h.usage()
		h.stop()
		l, base := f.bare(n, dialsAtOnce)
		pause(b, settleFor)
		v := l.usage()
		l.stop()

		per := float64(n)
		restart.add(ours.Took.Seconds(), base.Took.Seconds())
		cpu.add((u.CPU-empty.CPU).Seconds()*1000/per, (v.CPU-bareEmpty.CPU).Seconds()*1000/per)
		resident.add(float64(u.RSS-empty.RSS)/kilobyte/per, float64(v.RSS-bareEmpty.RSS)/kilobyte/per)
		settled.add(float64(u.Settled-empty.Settled)/kilobyte/per, float64(v.Settled-bareEmpty.Settled)/kilobyte/per)
		heap.add(float64(u.Heap-empty.Heap)/kilobyte/per, float64(v.Heap-bareEmpty.Heap)/kilobyte/per)
		routines.add(float64(u.Goroutines-empty.Goroutines)/per, float64(v.Goroutines-bareEmpty.Goroutines)/per)
		total.add(float64(u.RSS)/megabyte, float64(v.RSS)/megabyte)
	}
}

// emptyUsage is what the product takes without any device.
func emptyUsage(b *testing.B, f *fleet) usage {
	b.Helper()
	h, _ := f.wadah(0, 0, dialsAtOnce)
	defer h.stop()
	pause(b, settleFor)
	return h.usage()
}

// bareUsage is what the plain library and its empty store take.
func bareUsage(b *testing.B, f *fleet) usage {
	b.Helper()
	h, _ := f.bare(0, dialsAtOnce)
	defer h.stop()
	pause(b, settleFor)
	return h.usage()
}

// benchRestart brings 200 devices back as the product is delivered, and wide open.
func benchRestart(b *testing.B, f *fleet, r *report) {
	const n = 200
	f.b = b
	governed := r.row("200 devices: all connected after a restart, default governor", "s").below(3)
	open := r.row("200 devices: all connected after a restart, governor wide open", "s").ratioAtMost(1.15)
	for range *rounds {
		h, slow := f.wadah(n, 100, dialsAtOnce)
		h.stop()
		h, fast := f.wadah(n, 0, dialsAtOnce)
		h.stop()
		l, base := f.bare(n, dialsAtOnce)
		l.stop()
		governed.add(slow.Took.Seconds(), base.Took.Seconds())
		open.add(fast.Took.Seconds(), base.Took.Seconds())
	}
}

// benchIdle watches 200 connected devices that nobody asks about.
func benchIdle(b *testing.B, f *fleet, r *report) {
	const n = 200
	f.b = b
	cpu := r.row("200 idle devices: share of one core", "%").below(1)
	for range min(*rounds, 2) {
		h, _ := f.wadah(n, 0, dialsAtOnce)
		ours := idleShare(b, h)
		h.stop()
		l, _ := f.bare(n, dialsAtOnce)
		base := idleShare(b, l)
		l.stop()
		cpu.add(ours, base)
	}
}

// idleShare is how much of one core a process takes while nothing happens, in percent.
func idleShare(b *testing.B, h *helper) float64 {
	b.Helper()
	pause(b, 3*settleFor)
	began, before := time.Now(), h.cpu()
	pause(b, idleFor)
	return 100 * (h.cpu() - before).Seconds() / time.Since(began).Seconds()
}
