package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// healthTimeout bounds the health command, in which a container runtime waits.
const healthTimeout = 4 * time.Second

type healthCmd struct {
	Listen string `help:"Address the server listens on." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
}

// Run asks a running server on this machine whether it works; container images
// without a shell use it as their health check.
func (c *healthCmd) Run(ctx context.Context, p *program) error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return usagef("--listen: %q is not an address such as 127.0.0.1:8080", c.Listen)
	}
	if ip, err := netip.ParseAddr(host); host == "" || (err == nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return usagef("--listen: %q is not an address such as 127.0.0.1:8080", c.Listen)
	}
	answer, err := new(http.Client).Do(request)
	if err != nil {
		return fmt.Errorf("no server answers: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // nothing is read from it
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers %s", answer.Status)
	}
	_, err = fmt.Fprintln(p.stdout, "ok")
	return err
}
