package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"
)

// healthTimeout bounds the health command, in which a container runtime waits.
const healthTimeout = 4 * time.Second

type healthCmd struct {
	Listen  string `help:"Address the server listens on." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	TLSCert string `help:"Certificate file of a server that speaks TLS; see serve." name:"tls-cert" type:"path" placeholder:"FILE"`
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
	client, scheme, err := c.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return usagef("--listen: %q is not an address such as 127.0.0.1:8080", c.Listen)
	}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("no server answers: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // what was read is what counts
	if answer.StatusCode != http.StatusOK {
		says, _ := io.ReadAll(io.LimitReader(answer.Body, 1000)) // the status says enough
		return fmt.Errorf("the server answers %s: %s", answer.Status, strings.TrimSpace(string(says)))
	}
	_, err = fmt.Fprintln(p.stdout, "ok")
	return err
}

// client speaks to the server, over TLS when it does. It knows the server by its
// certificate file: the name in there seldom is that of the loopback address.
func (c *healthCmd) client() (client *http.Client, scheme string, err error) {
	if c.TLSCert == "" {
		return new(http.Client), "http", nil
	}
	content, err := os.ReadFile(c.TLSCert)
	if err != nil {
		return nil, "", usagef("--tls-cert: %v", err)
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, "", usagef("--tls-cert: %s is no certificate in PEM", c.TLSCert)
	}
	own, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, "", usagef("--tls-cert: %s: %v", c.TLSCert, err)
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(own)
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted, ServerName: nameIn(own)}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}}, "https", nil
}

// nameIn is a name that the certificate is valid for.
func nameIn(cert *x509.Certificate) string {
	switch {
	case len(cert.DNSNames) > 0:
		return strings.Replace(cert.DNSNames[0], "*", "any", 1)
	case len(cert.IPAddresses) > 0:
		return cert.IPAddresses[0].String()
	}
	return "localhost"
}
