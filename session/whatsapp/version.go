package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"go.mau.fi/whatsmeow"

	"wadah/session"
)

const (
	// versionTimeout bounds the question for WhatsApp's current version.
	versionTimeout = 20 * time.Second
	// versionPageLimit is how much of WhatsApp Web's page is read at most. The page had
	// some hundred kilobytes in 2026.
	versionPageLimit = 8 << 20
)

var errVersionPage = errors.New("WhatsApp's version page could not be read")

// BuiltinVersion is the WhatsApp Web version the library was built with, as long as
// no driver changed it.
func BuiltinVersion() session.Version { return libraryVersion() }

// Version is the WhatsApp Web version that new connections present. It belongs to
// the process: the library keeps it in a package variable.
func (d *Driver) Version() session.Version { return libraryVersion() }

// UseVersion makes new connections present v, unless an equal or newer version is
// presented already. WhatsApp's versions only grow.
func (d *Driver) UseVersion(v session.Version) { raiseVersion(v) }

// RefreshVersion asks WhatsApp for its current version and uses it if it is newer.
// It goes out directly, not through any device's proxy.
func (d *Driver) RefreshVersion(ctx context.Context) (session.Version, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	latest, err := whatsmeow.GetLatestVersion(ctx, &http.Client{
		Transport:     pageReader{d.net.http},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	if err != nil {
		if ctx.Err() != nil {
			return d.Version(), fmt.Errorf("%w: %w", errVersionPage, ctx.Err())
		}
		// The library's error repeats the page it got: tell only the cause underneath.
		d.log.Debug("version refresh failed", "err", shorten(err.Error(), 200))
		return d.Version(), errVersionPage
	}
	return raiseVersion(session.Version(*latest)), nil
}

// pageReader bounds the size of what it brings.
type pageReader struct{ base http.RoundTripper }

func (r pageReader) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, versionPageLimit), resp.Body}
	return resp, nil
}
