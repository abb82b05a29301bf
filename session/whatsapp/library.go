package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/store"
	"google.golang.org/protobuf/proto"

	"wadah/session"
)

// deviceName is what the phone shows in its list of linked devices, unless a device has
// another name there.
const deviceName = "Wadah"

// libraryMu guards the variables of the library's packages. The library reads them
// without a lock while it logs in, so clientPayload reads them under this one.
var libraryMu sync.RWMutex

// setLibrary sets the library's process-wide settings. It writes only what differs:
// connections of another driver in this process may be reading them.
func setLibrary(rootKey *[32]byte, version session.Version) {
	libraryMu.Lock()
	defer libraryMu.Unlock()
	if rootKey != nil && whatsmeow.WACertPubKey != *rootKey {
		whatsmeow.WACertPubKey = *rootKey
	}
	if v := store.WAVersionContainer(version); !v.IsZero() && v != store.GetWAVersion() {
		store.SetWAVersion(v)
	}
	if store.DeviceProps.GetOs() == deviceName {
		return
	}
	store.DeviceProps.Os = proto.String(deviceName)
	// The phone draws the icon of this browser beside the name. Linking by phone number
	// names a browser too, and WhatsApp accepts only well-known ones there.
	store.DeviceProps.PlatformType = waCompanionReg.DeviceProps_CHROME.Enum()
	// The history of the account is not wanted: the least the phone may send.
	store.DeviceProps.RequireFullSync = proto.Bool(false)
}

// clientPayload is what a connection tells about itself in the handshake; name is what the
// phone shall call it, "" for deviceName. The library has one name for all devices.
func clientPayload(device *store.Device, name string) *waWa6.ClientPayload {
	libraryMu.RLock()
	defer libraryMu.RUnlock()
	payload := device.GetClientPayload()
	pairing := payload.GetDevicePairingData()
	if pairing == nil || name == "" {
		return payload
	}
	var props waCompanionReg.DeviceProps
	proto.Merge(&props, store.DeviceProps)
	props.Os = proto.String(name)
	if named, err := proto.Marshal(&props); err == nil {
		pairing.DeviceProps = named
	}
	return payload
}

func libraryVersion() session.Version {
	libraryMu.RLock()
	defer libraryMu.RUnlock()
	return session.Version(store.GetWAVersion())
}

// raiseVersion presents v from now on if it is newer than the present one, and
// returns what is presented.
func raiseVersion(v session.Version) session.Version {
	libraryMu.Lock()
	defer libraryMu.Unlock()
	if now := store.GetWAVersion(); !now.LessThan(store.WAVersionContainer(v)) {
		return session.Version(now)
	}
	store.SetWAVersion(store.WAVersionContainer(v))
	return v
}

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
