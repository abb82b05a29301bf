package main

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// cable is the line between a browser and a server. It can be cut as by a spade: nothing
// gets through any more, and neither end is told.
type cable struct {
	url string // of the near end

	mu   sync.Mutex
	here *sync.Cond
	cut  bool
}

// layCable leads to the server at an address of its own.
func layCable(t *testing.T, server *installation) *cable {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	c := &cable{url: "http://" + listener.Addr().String()}
	c.here = sync.NewCond(&c.mu)
	t.Cleanup(c.mend)
	far := strings.TrimPrefix(server.url, "http://")
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go c.carry(near, far)
		}
	}()
	return c
}

func (c *cable) carry(near net.Conn, far string) {
	defer near.Close()
	c.pass()
	server, err := net.Dial("tcp", far)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		defer server.Close()
		defer near.Close()
		c.copy(near, server)
	}()
	c.copy(server, near)
}

// copy carries one direction until an end is gone.
func (c *cable) copy(to io.Writer, from io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		c.pass()
		if _, failed := to.Write(buf[:n]); failed != nil || err != nil {
			return
		}
	}
}

// pass waits until the cable is whole.
func (c *cable) pass() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.cut {
		c.here.Wait()
	}
}

func (c *cable) sever() { c.set(true) }
func (c *cable) mend()  { c.set(false) }

func (c *cable) set(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
	c.here.Broadcast()
}
