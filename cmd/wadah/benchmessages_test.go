package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"wadah/session/sandbox"
)

const (
	// talkers is how many devices receive and send at the same time.
	talkers = 50
	// talk is how many messages each of them receives, and sends, in a round.
	talk = 100
	// calm is how many messages, one after the other, latencies are taken from.
	calm = 200
)

// benchMessages compares receiving and sending with the plain library: all devices at
// once, and one message at a time. Both sides have linked devices and friends of their own.
func benchMessages(b *testing.B, f *fleet, r *report) {
	f.b = b
	in := r.row("50 devices: received, stored and acknowledged", "messages/s").ratioAtLeast(0.7)
	inOne := r.row("one device: the same", "messages/s")
	late := r.row("one message at a time: written to acknowledged, median", "ms")
	added := r.row("what acceptance adds to that", "ms").below(5)
	out := r.row("50 devices: sent", "messages/s").ratioAtLeast(0.85)
	took := r.row("one message at a time: call to WhatsApp's word, median", "ms")
	more := r.row("what our door adds to that", "ms").below(5)

	h := cast(b, roleWadah)
	defer h.stop()
	h.do(order{Do: "start", Data: filepath.Join(b.TempDir(), "data"), Service: f.whatsApp(), AtOnce: dialsAtOnce})
	first := f.numbers(talkers * devicesPerPhone)
	h.do(order{Do: "link", Service: f.service, Devices: talkers, AtOnce: 8, FirstNo: first, Apart: devicesPerPhone})
	ours := newTalk(f, h, talkers, first, "62876")
	l := cast(b, roleLibrary)
	defer l.stop()
	// As ours: WhatsApp is told that something has come, or is given a message, when a power
	// cut cannot take it any more.
	l.do(order{Do: "start", Data: filepath.Join(b.TempDir(), "library.db"), Service: f.service, Sync: "FULL"})
	first = f.numbers(talkers * devicesPerPhone)
	l.do(order{Do: "link", Service: f.service, Devices: talkers, AtOnce: 8, FirstNo: first, Apart: devicesPerPhone})
	base := newTalk(f, l, talkers, first, "62877")

	for _, t := range []*talkSide{ours, base} { // who talks for the first time has more to do
		t.flood(talkers, 2)
		t.send(talkers, 2)
	}
	for range *rounds {
		in.add(ours.flood(talkers, talk), base.flood(talkers, talk))
		inOne.add(ours.flood(1, 10*talk), base.flood(1, 10*talk))
		mine, theirs := ours.oneByOne(), base.oneByOne()
		late.add(mine, theirs)
		added.add(mine-theirs, 0)
		out.add(ours.send(talkers, talk).perSecond(talkers*talk), base.send(talkers, talk).perSecond(talkers*talk))
		mine, theirs = ours.send(1, calm).median(), base.send(1, calm).median()
		took.add(mine, theirs)
		more.add(mine-theirs, 0)
	}
}

// benchFlood lets n devices receive 100,000 messages together, and looks at what that costs
// in memory and how long others wait meanwhile.
func benchFlood(b *testing.B, f *fleet, r *report, n int) {
	const messages = 100_000
	f.b = b
	name := fmt.Sprintf("100,000 messages into %d devices: ", n)
	rate := r.row(name+"acknowledged", "messages/s")
	memory := r.row(name+"resident memory at most, above before", "MB").below(30)
	wait := r.row(name+"getState of another device, p99, before beside it", "ms").ratioAtMost(2)
	control := r.row(name+"the same of a program that has nothing to do", "ms")
	h := cast(b, roleWadah)
	defer h.stop()
	at := h.do(order{Do: "start", Data: filepath.Join(b.TempDir(), "data"), Service: f.whatsApp(), AtOnce: dialsAtOnce})
	first := f.numbers((n + 1) * devicesPerPhone)
	made := h.do(order{Do: "link", Service: f.service, Devices: n + 1, AtOnce: 8, FirstNo: first, Apart: devicesPerPhone})
	t := newTalk(f, h, n, first, fmt.Sprintf("62878%02d", min(n, 99)))
	t.flood(n, max(1000/n, 1)) // what it takes for the first messages is kept
	other := url.Values{"apiKey": {made.Keys[n]}}.Encode()
	idle := cast(b, roleWadah) // what the busy machine does to anybody
	defer idle.stop()
	beside := idle.do(order{Do: "start", Data: filepath.Join(b.TempDir(), "data"), Service: f.whatsApp(), AtOnce: dialsAtOnce})
	alone := url.Values{"apiKey": idle.do(order{Do: "link", Service: f.service, Devices: 1, AtOnce: 1, FirstNo: f.numbers(devicesPerPhone)}).Keys}.Encode()
	var others []time.Duration
	ask := func(until <-chan struct{}) (times []time.Duration, most int64) {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			began := time.Now()
			if err := want200(b.Context(), at.URL+"/api/getState", "application/x-www-form-urlencoded", other); err != nil {
				b.Error(err)
				return times, most
			}
			times = append(times, time.Since(began))
			began = time.Now()
			if err := want200(b.Context(), beside.URL+"/api/getState", "application/x-www-form-urlencoded", alone); err != nil {
				b.Error(err)
				return times, most
			}
			others = append(others, time.Since(began))
			if size, err := residentMemoryOf(h.cmd.Process.Pid); err == nil {
				most = max(most, size)
			}
			select {
			case <-until:
				return times, most
			case <-tick.C:
			}
		}
	}
	rested := make(chan struct{})
	time.AfterFunc(5*time.Second, func() { close(rested) })
	quiet, before := ask(rested)
	idleQuiet := p99(others)
	others = nil
	over := make(chan struct{})
	go func() {
		defer close(over)
		rate.add(t.flood(n, messages/n), 0)
	}()
	during, most := ask(over)
	memory.add(float64(most-before)/megabyte, 0)
	wait.add(p99(during), p99(quiet))
	control.add(p99(others), idleQuiet)
}

func p99(times []time.Duration) float64 {
	slices.Sort(times)
	return times[len(times)*99/100].Seconds() * 1000
}

// talkSide is one side's devices, with a friend each.
type talkSide struct {
	f       *fleet
	h       *helper
	phones  []string
	friends []string
}

func newTalk(f *fleet, h *helper, devices, first int, prefix string) *talkSide {
	f.b.Helper()
	t := &talkSide{f: f, h: h}
	for n := range devices {
		t.phones = append(t.phones, benchPhone(first+n*devicesPerPhone))
		t.friends = append(t.friends, fmt.Sprintf("%s%07d", prefix, n))
		t.control("phones", map[string]any{"number": t.friends[n], "name": "Friend"})
	}
	t.allQuiet()
	return t
}

func (t *talkSide) control(path string, body map[string]any) {
	t.f.b.Helper()
	status, answer, err := request(t.f.b.Context(), http.MethodPost, t.f.service.Control+path, "application/json", jsonText(body))
	if err != nil || status != http.StatusOK {
		t.f.b.Fatalf("%s: %d %s %v", path, status, answer, err)
	}
}

// allQuiet waits until everything has been acknowledged.
func (t *talkSide) allQuiet() {
	t.f.b.Helper()
	limit := time.Now().Add(2 * time.Minute)
	for {
		_, body, err := request(t.f.b.Context(), http.MethodGet, t.f.service.Control+"stats", "", "")
		var stats sandbox.Stats
		if err = errors.Join(err, json.Unmarshal(body, &stats)); err != nil {
			t.f.b.Fatal(err)
		}
		if stats.Routing.Waiting == 0 {
			return
		}
		if time.Now().After(limit) {
			t.f.b.Fatalf("%d stanzas are not acknowledged", stats.Routing.Waiting)
		}
	}
}

// flood lets the friends of the first devices write to them, and returns how many messages
// were acknowledged in a second.
func (t *talkSide) flood(devices, each int) float64 {
	t.f.b.Helper()
	began := time.Now()
	err := inParallel(devices, devices, func(i int) error {
		body := map[string]any{"phone": t.friends[i], "to": t.phones[i], "count": each, "window": 50}
		status, answer, err := request(t.f.b.Context(), http.MethodPost, t.f.service.Control+"flood", "application/json", jsonText(body))
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("flood: %d %s", status, answer)
		}
		return err
	})
	if err != nil {
		t.f.b.Fatal(err)
	}
	t.allQuiet()
	return float64(devices*each) / time.Since(began).Seconds()
}

// oneByOne is the median time, in ms, from a friend's writing to the acknowledgement.
func (t *talkSide) oneByOne() float64 {
	t.f.b.Helper()
	var times []time.Duration
	for range calm {
		began := time.Now()
		t.control("flood", map[string]any{"phone": t.friends[0], "to": t.phones[0], "count": 1})
		t.allQuiet()
		times = append(times, time.Since(began))
	}
	return sentIn{times: times}.median()
}

// sentIn is how long messages took to be sent.
type sentIn struct {
	whole time.Duration
	times []time.Duration
}

func (s sentIn) perSecond(n int) float64 { return float64(n) / s.whole.Seconds() }

func (s sentIn) median() float64 {
	slices.Sort(s.times)
	return s.times[len(s.times)/2].Seconds() * 1000
}

// send lets the first devices write to their friends, each one message after the other.
func (t *talkSide) send(devices, each int) sentIn {
	t.f.b.Helper()
	a := t.h.do(order{Do: "send", Devices: devices, Each: each, To: t.friends})
	t.allQuiet()
	return sentIn{whole: a.Took, times: a.Times}
}

// sendOne is a call of the product's API.
func sendOne(client *http.Client, at, key, to string, n int) error {
	form := url.Values{"apiKey": {key}, "phone": {to}, "message": {fmt.Sprintf("pesan %d", n)}}
	res, err := client.PostForm(at+"/api/sendMessage", form)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var answer struct {
		Results struct{ Status string }
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || answer.Results.Status != "sent" {
		return fmt.Errorf("sendMessage: %d %+v", res.StatusCode, answer)
	}
	return nil
}
