package views

import (
	"strings"
	"time"
)

// frame is what the layout needs for the page of a device.
func (p DevicePage) frame() frame {
	return frame{
		title: p.Device.Name, menu: menuDevices, events: "/events?device=" + p.Device.ID, refresh: p.Device.refresh(),
		scripts: passkeyScript(p.Passkeys),
	}
}

// refresh is how often a browser without JavaScript loads a page of the device anew: 0
// when nothing is under way. A QR code is renewed every 20 seconds; one that has ended
// must not stand there for long.
func (d Device) refresh() time.Duration {
	switch d.State {
	case statePairing:
		return 5 * time.Second
	case stateScan:
		return 10 * time.Second
	}
	return 0
}

// patience says how long what the device waits for may take; "" when it waits for
// nothing, or shows a countdown of its own. The times are those of package session: 20 s
// to reach WhatsApp and 30 s for its answer; 3 s from the scan to the login; never more
// than 60 s between two tries.
func (l Lang) patience(d Device) string {
	switch d.Reason {
	case "connecting", "restoring", "reconnecting":
		return l.T("wait.connect")
	case "authenticating":
		return l.T("wait.authenticate")
	case "network", "storage", "rejected", "proxy_failed":
		if d.Retrying {
			return l.T("wait.retry")
		}
	}
	return ""
}

// spelled is a code as a screen reader should say it: character by character.
func spelled(code string) string {
	return strings.Join(strings.Split(strings.ReplaceAll(code, "-", ""), ""), " ")
}

// platformWord is a platform as its maker writes it.
func platformWord(platform string) string {
	switch strings.ToLower(platform) {
	case "android":
		return "Android"
	case "smba":
		return "Android · WhatsApp Business"
	case "iphone", "ios":
		return "iPhone"
	case "smbi":
		return "iPhone · WhatsApp Business"
	}
	return platform
}
