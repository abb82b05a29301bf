package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// newCertificate writes a certificate for this machine with its key, and returns it.
func newCertificate(t *testing.T, certFile, keyFile string, serial int64) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "wadah test"},
		DNSNames: []string{"wadah.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// trusting is a client that believes the given certificates and opens a connection for
// each request when fresh.
func trusting(fresh bool, certs ...*x509.Certificate) *http.Client {
	pool := x509.NewCertPool()
	for _, c := range certs {
		pool.AddCert(c)
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true, DisableKeepAlives: fresh,
	}}
}

func TestServeTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile, data := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "data")
	first := newCertificate(t, certFile, keyFile, 1)
	key := decode[deviceKeyOut](t, []byte(wadah(t, "device", "add", "Kasir", "--json", install(t, data, nil)))).APIKey
	server := start(t, "serve", "--listen", "127.0.0.1:0", "--data", data, "--tls-cert", certFile, "--tls-key", keyFile)
	base := server.printed(`Wadah: (https://\S+)`)[1]
	setup := server.printed(`(https://\S+/setup\?token=\S+)`)[1]

	client := trusting(false, first)
	res, err := client.Get(base + "/api/getState?apiKey=" + key)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK || res.ProtoMajor != 2 || !strings.HasPrefix(res.Header.Get("Strict-Transport-Security"), "max-age=") {
		t.Errorf("getState over TLS: %d, HTTP/%d, HSTS %q", res.StatusCode, res.ProtoMajor, res.Header.Get("Strict-Transport-Security"))
	}
	stream, err := client.Get(base + "/api/events?apiKey=" + key)
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stream.Body).ReadString('\n'); err != nil || line != "event: state\n" {
		t.Errorf("the stream over TLS begins with %q, %v", line, err)
	}
	stream.Body.Close()
	secureCookies(t, client, base, setup)
	if out := wadah(t, "health", "--listen", strings.TrimPrefix(base, "https://"), "--tls-cert", certFile); out != "ok\n" {
		t.Errorf("health says %q", out)
	}

	second := newCertificate(t, certFile, keyFile, 2)
	eventually(t, func() error { // a hangup may come before the test's write is complete
		if err := server.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			return err
		}
		return servedSerial(base, 2, first, second)
	})
	if err := os.WriteFile(certFile, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		if err := server.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			return err
		}
		if !strings.Contains(server.stderr.String(), "the old one stays in use") {
			return fmt.Errorf("the broken file was not noticed")
		}
		return nil
	})
	if err := servedSerial(base, 2, first, second); err != nil {
		t.Errorf("after a broken renewal: %v", err)
	}
	server.stop()
}

// servedSerial says whether a new connection is served the certificate with the number.
func servedSerial(base string, want int64, trust ...*x509.Certificate) error {
	res, err := trusting(true, trust...).Get(base + "/healthz")
	if err != nil {
		return err
	}
	res.Body.Close()
	if got := res.TLS.PeerCertificates[0].SerialNumber.Int64(); got != want {
		return fmt.Errorf("certificate %d is served, want %d", got, want)
	}
	return nil
}

// secureCookies sets up the first admin and looks at the cookie.
func secureCookies(t *testing.T, client *http.Client, base, setup string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	with := &http.Client{Transport: client.Transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	link, err := url.Parse(setup)
	if err != nil {
		t.Fatal(err)
	}
	res, err := with.PostForm(base+"/setup", url.Values{
		"token": {link.Query().Get("token")}, "name": {"ani"}, "password": {goodPassword}, "password2": {goodPassword},
	})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther || len(res.Cookies()) == 0 {
		t.Fatalf("set-up over TLS: %d", res.StatusCode)
	}
	for _, cookie := range res.Cookies() {
		if !cookie.Secure || !cookie.HttpOnly {
			t.Errorf("the cookie %s is Secure %v, HttpOnly %v", cookie.Name, cookie.Secure, cookie.HttpOnly)
		}
	}
}

// The defaults of the limits stand in the help.
func TestLimitDefaults(t *testing.T) {
	help := command(t, nil, "", "serve", "--help").out
	for _, text := range []string{"Default: 200.", "Default: 1000.", "Default: 5000.", "Default: 65536.", "Default: 10.", "Default: 30.", "Default: 10000.", "Default: 500."} {
		if !strings.Contains(strings.Join(strings.Fields(help), " "), text) {
			t.Errorf("the help does not say %q", text)
		}
	}
}
