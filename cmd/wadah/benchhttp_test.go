package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// loadConns is how many keep-alive connections ask at the same time, each again as
	// soon as it has its answer.
	loadConns = 16
	loadFor   = 1500 * time.Millisecond
)

// benchState asks for the state of one of 100 connected devices.
func benchState(b *testing.B, f *fleet, r *report) {
	f.b = b
	dir := f.folder(100)
	h := cast(b, roleWadah)
	at := h.do(order{Do: "start", Data: dir, Service: f.service, Devices: 100, AtOnce: dialsAtOnce})
	defer h.stop()
	key := f.keys[100][0]
	form := url.Values{"apiKey": {key}}.Encode()
	compareLoad(b, r, "getState (key in a form)", h, at.URL, apiRequest("POST", "getState", "", form))
	compareLoad(b, r, "getState (key in a header)", h, at.URL, apiRequest("GET", "getState", "X-Api-Key: "+key+"\r\n", ""))
}

// benchQR asks for the QR of a device that waits for its scan.
func benchQR(b *testing.B, f *fleet, r *report) {
	f.b = b
	h, at := f.wadah(0, 0, dialsAtOnce)
	defer h.stop()
	key := h.do(order{Do: "scan", FirstNo: 1}).Keys[0]
	form := url.Values{"apiKey": {key}}.Encode()
	compareLoad(b, r, "getQR (waiting for the scan)", h, at.URL, apiRequest("POST", "getQR", "", form))
}

// apiRequest is the bytes of an API call.
func apiRequest(method, call, header, form string) []byte {
	head := method + " /api/" + call + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + header
	if form != "" {
		head += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + strconv.Itoa(len(form)) + "\r\n"
	}
	return []byte(head + "\r\n" + form)
}

// compareLoad loads the product and a plain handler that writes the same bytes with
// the same requests, in turn.
func compareLoad(b *testing.B, r *report, name string, wadah *helper, at string, req []byte) {
	b.Helper()
	body, err := once(at, req)
	if err != nil {
		b.Fatal(err)
	}
	plain := cast(b, rolePlain)
	defer plain.stop()
	base := plain.do(order{Do: "start", Body: body}).URL

	rate := r.row(name+": requests", "/s").ratioAtLeast(0.8)
	p50 := r.row(name+": median", "ms")
	p99 := r.row(name+": p99", "ms").ratioAtMost(2)
	cpu := r.row(name+": CPU per request", "µs")
	for round := range *rounds + 1 {
		var got [2]loaded
		for i := range got {
			// Who is first changes with the rounds.
			which := (i + round) % 2
			server := []*helper{wadah, plain}[which]
			before := server.cpu()
			if got[which], err = load(b.Context(), []string{at, base}[which], req); err != nil {
				b.Fatal(err)
			}
			got[which].cpu = server.cpu() - before
		}
		if round == 0 {
			continue // to warm up
		}
		rate.add(got[0].rate, got[1].rate)
		p50.add(got[0].quantile(0.50), got[1].quantile(0.50))
		p99.add(got[0].quantile(0.99), got[1].quantile(0.99))
		cpu.add(got[0].cpuPer(), got[1].cpuPer())
	}
}

// loaded is the outcome of a load.
type loaded struct {
	rate  float64         // answers a second
	times []time.Duration // of every answer, sorted
	cpu   time.Duration   // of the server
}

// cpuPer is the server's CPU time per answer in microseconds.
func (l loaded) cpuPer() float64 { return l.cpu.Seconds() * 1e6 / float64(len(l.times)) }

// quantile is in milliseconds.
func (l loaded) quantile(q float64) float64 {
	return l.times[int(q*float64(len(l.times)-1))].Seconds() * 1000
}

// load sends a request again and again on keep-alive connections. It speaks HTTP by
// itself, because a full client costs more than the servers that are compared.
func load(ctx context.Context, at string, req []byte) (loaded, error) {
	ctx, cancel := context.WithTimeout(ctx, loadFor)
	defer cancel()
	var mu sync.Mutex
	var all loaded
	began := time.Now()
	err := inParallel(loadConns, loadConns, func(int) error {
		c, err := connectLoad(at)
		if err != nil {
			return err
		}
		defer c.Close()
		var times []time.Duration
		for ctx.Err() == nil {
			sent := time.Now()
			if _, err := c.ask(req); err != nil {
				return err
			}
			times = append(times, time.Since(sent))
		}
		mu.Lock()
		defer mu.Unlock()
		all.times = append(all.times, times...)
		return nil
	})
	all.rate = float64(len(all.times)) / time.Since(began).Seconds()
	slices.Sort(all.times)
	return all, err
}

func once(at string, req []byte) ([]byte, error) {
	c, err := connectLoad(at)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	body, err := c.ask(req)
	return bytes.Clone(body), err
}

// loadConn is one keep-alive connection.
type loadConn struct {
	net.Conn
	in   *bufio.Reader
	body []byte
}

func connectLoad(at string) (*loadConn, error) {
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", strings.TrimPrefix(at, "http://"))
	if err != nil {
		return nil, err
	}
	return &loadConn{Conn: conn, in: bufio.NewReaderSize(conn, 16<<10)}, nil
}

// ask sends a request and returns the body of the answer, valid until the next one.
func (c *loadConn) ask(req []byte) ([]byte, error) {
	if _, err := c.Write(req); err != nil {
		return nil, err
	}
	status, err := c.in.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200")) {
		return nil, fmt.Errorf("answer %q", status)
	}
	length := -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if len(line) == 2 {
			break
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 { // a plain handler sends long answers in chunks
		return c.chunks()
	}
	c.body = slices.Grow(c.body[:0], length)[:length]
	_, err = io.ReadFull(c.in, c.body)
	return c.body, err
}

func (c *loadConn) chunks() ([]byte, error) {
	c.body = c.body[:0]
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return nil, err
		}
		have := len(c.body)
		c.body = slices.Grow(c.body, int(size)+2)[:have+int(size)+2]
		if _, err := io.ReadFull(c.in, c.body[have:]); err != nil {
			return nil, err
		}
		c.body = c.body[:have+int(size)]
		if size == 0 {
			return c.body, nil
		}
	}
}
