package whatsapp

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/proxy"

	"wadah/session"
)

// parseProxy reads a device's proxy address; nil means none. The errors never repeat
// the address, which may hold a password.
func parseProxy(raw string) (*url.URL, error) {
	if raw == "" {
		return nil, nil //nolint:nilnil // no proxy is not an error
	}
	u, err := session.ParseProxy(raw)
	if err != nil {
		return nil, &session.ProxyError{Err: err}
	}
	return u, nil
}

// tunnel connects to addr through a proxy. Whatever goes wrong until the tunnel
// stands is a *session.ProxyError: there is no way around the proxy.
func tunnel(ctx context.Context, dialer *net.Dialer, addr string, through *url.URL) (net.Conn, error) {
	outer := ctx
	// A proxy that does not answer must be told apart from a dial that was given up.
	ctx, cancel := context.WithTimeout(ctx, dialer.Timeout)
	defer cancel()
	var conn net.Conn
	var err error
	if through.Scheme == "socks5" {
		conn, err = socks(ctx, dialer, addr, through)
	} else {
		conn, err = httpConnect(ctx, dialer, addr, through)
	}
	switch {
	case err == nil:
		return conn, nil
	case outer.Err() != nil:
		return nil, outer.Err()
	case ctx.Err() != nil:
		err = errors.New("it did not answer in time")
	}
	return nil, &session.ProxyError{Err: err}
}

func socks(ctx context.Context, dialer *net.Dialer, addr string, through *url.URL) (net.Conn, error) {
	var auth *proxy.Auth
	if through.User != nil {
		password, _ := through.User.Password()
		auth = &proxy.Auth{User: through.User.Username(), Password: password}
	}
	via, err := proxy.SOCKS5("tcp", through.Host, auth, dialer)
	if err != nil {
		return nil, err
	}
	contextual, ok := via.(proxy.ContextDialer)
	if !ok {
		return nil, errors.New("socks5 without context")
	}
	return contextual.DialContext(ctx, "tcp", addr) // the proxy resolves the name
}

// httpConnect asks an HTTP proxy for a tunnel (RFC 9110, 9.3.6).
func httpConnect(ctx context.Context, dialer *net.Dialer, addr string, through *url.URL) (net.Conn, error) {
	conn, err := dialer.DialContext(ctx, "tcp", through.Host)
	if err != nil {
		return nil, err
	}
	if through.Scheme == "https" {
		conn = tls.Client(conn, &tls.Config{ServerName: through.Hostname(), MinVersion: tls.VersionTLS12})
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	if err := askForTunnel(conn, addr, through.User); err != nil {
		stop()
		_ = conn.Close() // the proxy's refusal says more
		return nil, err
	}
	if !stop() {
		_ = conn.Close()
		return nil, ctx.Err()
	}
	return conn, nil
}

func askForTunnel(conn net.Conn, addr string, user *url.Userinfo) error {
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: http.Header{}}
	if user != nil {
		password, _ := user.Password()
		credentials := base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
		req.Header.Set("Proxy-Authorization", "Basic "+credentials)
	}
	if err := req.Write(conn); err != nil {
		return err
	}
	reader := bufio.NewReader(conn)
	resp, err := http.ReadResponse(reader, req) //nolint:bodyclose // what follows a 200 is the tunnel; otherwise the caller closes the socket
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	if reader.Buffered() > 0 {
		return errors.New("it sent more than its answer")
	}
	return nil
}
