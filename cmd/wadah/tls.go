package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// certificateCheck is how often, at most, a handshake looks whether the certificate
// files have changed.
const certificateCheck = 10 * time.Second

// tlsFlags make the server speak TLS itself.
type tlsFlags struct {
	TLSCert string `help:"File with the certificate chain (PEM): serve https without a reverse proxy. A renewed file is taken up by itself." name:"tls-cert" type:"path" placeholder:"FILE"`
	TLSKey  string `help:"File with the private key of --tls-cert (PEM)." name:"tls-key" type:"path" placeholder:"FILE"`
}

// certificates loads the files; nil means that TLS was not asked for.
func (f tlsFlags) certificates(log *slog.Logger) (*certificates, error) {
	if f.TLSCert == "" && f.TLSKey == "" {
		return nil, nil
	}
	if f.TLSCert == "" || f.TLSKey == "" {
		return nil, usagef("--tls-cert and --tls-key go together: give both")
	}
	c := &certificates{certFile: f.TLSCert, keyFile: f.TLSKey, log: log}
	if err := c.load(time.Now()); err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return nil, usagef("--tls-cert and --tls-key: %v", err)
		}
		return nil, usagef("--tls-cert and --tls-key: %s and %s are no certificate with its key in PEM: %v", f.TLSCert, f.TLSKey, err)
	}
	return c, nil
}

// certificates is a certificate on disk that somebody renews now and then.
type certificates struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	stamp   string    // of the files it was loaded from
	checked time.Time // when the files were looked at last
}

// listener makes a listener speak TLS.
func (c *certificates) listener(plain net.Listener) net.Listener {
	return tls.NewListener(plain, &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.get(time.Now()), nil },
	})
}

// get is the certificate to use now. Files that changed are loaded; those that cannot be
// are reported and the old certificate stays in use.
func (c *certificates) get(now time.Time) *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.checked) >= certificateCheck {
		c.reloadLocked(now)
	}
	return c.current
}

// reload looks at the files at once.
func (c *certificates) reload() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reloadLocked(time.Now())
}

func (c *certificates) reloadLocked(now time.Time) {
	c.checked = now
	stamp, err := c.stampFiles()
	if err == nil && stamp == c.stamp {
		return
	}
	if err == nil {
		err = c.loadLocked(stamp)
	}
	if err != nil {
		c.log.Warn("the changed TLS certificate cannot be used; the old one stays in use", "err", err)
		return
	}
	c.log.Info("the TLS certificate was renewed")
}

func (c *certificates) load(now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	stamp, err := c.stampFiles()
	if err != nil {
		return err
	}
	c.checked = now
	return c.loadLocked(stamp)
}

func (c *certificates) loadLocked(stamp string) error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.current, c.stamp = &pair, stamp
	return nil
}

// stampFiles changes when one of the files does.
func (c *certificates) stampFiles() (string, error) {
	stamp := ""
	for _, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return "", err
		}
		stamp += fmt.Sprintf("%d %d;", info.ModTime().UnixNano(), info.Size())
	}
	return stamp, nil
}

// onHangup reloads at every SIGHUP until stop is called, which waits for the reload
// that is running.
func (c *certificates) onHangup(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangup:
				c.reload()
			}
		}
	})
	return func() {
		signal.Stop(hangup)
		cancel()
		running.Wait()
	}
}
