package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Three doors open without a key to programs on this machine: the calls of the default
// device, the sandbox's control API in the panel's address space, and the same on its own
// port. All of them look at a request in the same way.
func TestKeylessDoors(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	wadah(t, "device", "add", "Kasir", install(t, data, nil))
	server := start(t, "sandbox", "--data", data, "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0")
	panel := server.printed(`Wadah: http://(\S+)`)[1]
	doors := map[string]string{
		"/api/getQR?wait=0": panel,
		"/sandbox/phones":   panel,
		"/control/phones":   server.printed(`Control API: http://([^/]+)/`)[1],
	}
	makeDefault(t, server, "Kasir")

	for name, test := range map[string]struct {
		proto, host string
		header      string
		open        bool
	}{
		"a program":              {"HTTP/1.1", "127.0.0.1:8080", "", true},
		"by name":                {"HTTP/1.1", "localhost:8080", "", true},
		"typed into a browser":   {"HTTP/1.1", "127.0.0.1:8080", "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate", true},
		"a plain proxy_pass":     {"HTTP/1.0", "127.0.0.1:8080", "", false},
		"a rebound name":         {"HTTP/1.1", "evil.example", "", false},
		"X-Forwarded-For":        {"HTTP/1.1", "127.0.0.1:8080", "X-Forwarded-For: 127.0.0.1", false},
		"X-Real-IP":              {"HTTP/1.1", "127.0.0.1:8080", "X-Real-IP: 127.0.0.1", false},
		"Forwarded":              {"HTTP/1.1", "127.0.0.1:8080", "Forwarded: for=127.0.0.1", false},
		"Via":                    {"HTTP/1.1", "127.0.0.1:8080", "Via: 1.1 proxy", false},
		"a page of another site": {"HTTP/1.1", "127.0.0.1:8080", "Sec-Fetch-Site: cross-site", false},
		"another origin":         {"HTTP/1.1", "127.0.0.1:8080", "Origin: http://evil.example", false},
		"a hidden origin":        {"HTTP/1.1", "127.0.0.1:8080", "Origin: null", false},
		"another referer":        {"HTTP/1.1", "127.0.0.1:8080", "Referer: http://evil.example/", false},
	} {
		for path, address := range doors {
			request := fmt.Sprintf("GET %s %s\r\nHost: %s\r\nConnection: close\r\n", path, test.proto, test.host)
			if test.header != "" {
				request += test.header + "\r\n"
			}
			status := statusOf(t, address, request+"\r\n")
			if refused := status == http.StatusUnauthorized || status == http.StatusForbidden; refused == test.open {
				t.Errorf("%s at %s: %d, should be open: %v", name, path, status, test.open)
			}
		}
	}
	server.stop()
}

// statusOf sends a request as it stands and returns the status of the answer.
func statusOf(t *testing.T, address, request string) int {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// makeDefault sets the installation up and makes the device of a name the default.
func makeDefault(t *testing.T, server *process, name string) {
	t.Helper()
	link, err := url.Parse(server.printed(`http://\S+/setup\?token=\S+`)[0])
	if err != nil {
		t.Fatal(err)
	}
	base, browser := "http://"+link.Host, newVisitor(t)
	browser.post(base+"/setup", url.Values{
		"token": {link.Query().Get("token")}, "name": {"ani"}, "password": {goodPassword}, "password2": {goodPassword},
	})
	_, list := browser.get(base + "/devices?q=" + url.QueryEscape(name))
	row := regexp.MustCompile(`id="device-([0-9a-v]{20,})"`).FindStringSubmatch(list)
	if row == nil {
		t.Fatalf("no device %s in\n%s", name, list)
	}
	status, page := browser.post(base+"/devices/"+row[1]+"/default", url.Values{"on": {"true"}})
	if status != http.StatusOK || !strings.Contains(page, name) {
		t.Fatalf("the device cannot be made the default: %d\n%s", status, page)
	}
}
