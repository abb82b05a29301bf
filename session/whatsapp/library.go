package whatsapp

import (
	"sync"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/store"
	"google.golang.org/protobuf/proto"

	"wadah/session"
)

// deviceName is what the phone shows in its list of linked devices.
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

// clientPayload is what a connection tells about itself in the handshake.
func clientPayload(device *store.Device) *waWa6.ClientPayload {
	libraryMu.RLock()
	defer libraryMu.RUnlock()
	return device.GetClientPayload()
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
