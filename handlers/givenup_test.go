package handlers_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A client that closes its half of the connection as soon as it has asked gets an
// answer, and never an empty 200.
func TestHalfClosedClient(t *testing.T) {
	e := newEnv(t)
	for range 50 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(e.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(conn, "GET /api/getState?apiKey="+strings.Repeat("0", 32)+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		conn.Close()
		if err != nil || len(body) == 0 || res.StatusCode != http.StatusUnauthorized && res.StatusCode != http.StatusServiceUnavailable {
			t.Fatalf("answered %d %q, %v", res.StatusCode, body, err)
		}
	}
}
