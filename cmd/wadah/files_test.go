package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"wadah/handlers/limit"
)

func TestShareFiles(t *testing.T) {
	for name, test := range map[string]struct {
		most, devices, connections, address int
		total, each                         int
		warns                               bool
	}{
		"plenty":              {1 << 20, 1000, 10000, 500, 10000, 500, false},
		"just enough":         {1500, 1000, 10000, 500, 250, 125, false},
		"too few":             {1024, 1000, 10000, 500, 256, 128, true},
		"few devices":         {1024, 50, 10000, 500, 724, 362, false},
		"any number of them":  {1024, 0, 10000, 500, 387, 193, false},
		"any number in all":   {4096, 1000, 0, 0, 2846, 0, false},
		"fewer are asked for": {4096, 1000, 100, 20, 100, 20, false},
		"hardly any":          {64, 1000, 10000, 500, 16, 8, true},
		"no limit":            {0, 1000, 10000, 500, 10000, 500, false},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			limits := &limit.Limits{Room: limit.Room{MaxDevices: test.devices, Connections: test.connections, AddressConnections: test.address}}
			shareFiles(limits, test.most, slog.New(slog.NewTextHandler(&said, nil)))
			if limits.Connections != test.total || limits.AddressConnections != test.each {
				t.Errorf("%d connections, %d of one address; want %d, %d", limits.Connections, limits.AddressConnections, test.total, test.each)
			}
			if warned := strings.Contains(said.String(), "needed="); warned != test.warns {
				t.Errorf("the log says %q", said.String())
			}
		})
	}
}

// With a thousand open files, eleven hundred connections that only wait keep nobody out:
// not from the API, not from the database, not from the panel.
func TestIdleConnectionsKeepNobodyOut(t *testing.T) {
	w := newWorld(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := startCommand(t, exec.Command("sh", "-c", `ulimit -n 1024 && exec "$0" "$@"`, path, "serve", "--listen", "127.0.0.1:0",
		"--data", w.data, "--whatsapp-url", w.URL, "--whatsapp-root-key", w.RootKey))
	server := &installation{process: p, t: t, url: p.printed(`Wadah: (http://\S+)`)[1]}
	if log := p.stderr.String(); !strings.Contains(log, "limit of open files is too low") || !strings.Contains(log, "limit=1024 max_devices=1000 needed=1500") {
		t.Errorf("nothing is said about the limit of open files:\n%s", log)
	}
	key := w.addDevice("Kasir")
	server.must("getState", key)

	address := strings.TrimPrefix(server.url, "http://")
	for n := range 1100 {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatalf("connection %d: %v", n, err)
		}
		t.Cleanup(func() { c.Close() })
		if n%2 == 0 { // half of them as browsers leave them
			if _, err := fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil && !errors.Is(err, net.ErrClosed) {
				t.Fatalf("connection %d: %v", n, err)
			}
		}
		if n%100 == 0 {
			if _, err := server.api("getState", key); err != nil {
				t.Fatalf("with %d connections: %v", n, err)
			}
		}
	}
	if err := w.link(server, key, w.newPhone()); err != nil { // writes to the database, dials WhatsApp
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")
	link, err := url.Parse(server.printed(`http://\S+/setup\?token=\S+`)[0])
	if err != nil {
		t.Fatal(err)
	}
	if status, page := newVisitor(t).get(link.String()); status != http.StatusOK {
		t.Errorf("the panel: %d\n%s", status, page)
	}
	server.stop()
}
