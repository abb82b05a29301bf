package device

import (
	"time"

	"wadah/views"
)

// frame is what the layout needs for the page of a device.
func (p DevicePage) frame() views.Frame {
	f := views.Frame{
		Title: p.Device.Name, Menu: views.MenuDevices, Events: "/events?device=" + p.Device.ID,
		Scripts: views.PasskeyScript(p.Passkeys),
	}
	switch {
	case p.Section == views.DeviceOverview && !p.Device.Linked:
		f.Events += "&linking=1"
		fallthrough
	case p.Section == views.DeviceOverview:
		f.Refresh = refreshOf(p.Device)
	default:
		f.Events += "&section=" + p.Section.Name()
	}
	return f
}

// refreshOf is how often a browser without JavaScript loads a page of the device anew: 0
// when nothing is under way. A QR code is renewed every 20 seconds; one that has ended
// must not stand there for long.
func refreshOf(d views.Device) time.Duration {
	switch d.State {
	case views.StatePairing:
		return 5 * time.Second
	case views.StateScan:
		return 10 * time.Second
	}
	return 0
}

// patienceText says how long what the device waits for may take; "" when it waits for
// nothing, or shows a countdown of its own. The times are those of package session: 20 s
// to reach WhatsApp and 30 s for its answer; 3 s from the scan to the login; never more
// than 60 s between two tries.
func patienceText(l views.Lang, d views.Device) string {
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
