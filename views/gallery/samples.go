package gallery

import (
	"time"

	"wadah/views"
	deviceviews "wadah/views/device"
)

// Samples are made up: the page of components shows them to maintainers, and the tests
// hold the same ones against the golden files. At is the moment they are made for, so
// that countdowns run and distances are short.

// sampleQR stands for a QR code; nothing can be linked with it.
const sampleQR = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

// Device is a device that is not linked, in the given state.
func Device(at time.Time, state, reason string) views.Device {
	return views.Device{
		ID: "d1", Name: "Toko Utama", State: state, Reason: reason, CanOperate: true,
		Since: at.Add(-5 * time.Minute), CreatedAt: at.Add(-72 * time.Hour),
	}
}

// Linked is Device with a link.
func Linked(at time.Time, state, reason string) views.Device {
	d := Device(at, state, reason)
	d.Linked, d.Number, d.Account, d.Platform = true, "6281234567890", "Toko Utama Batik", "smba"
	d.LinkedAt, d.LastAlive = at.Add(-48*time.Hour), at.Add(-9*time.Second)
	return d
}

// Devices is a device for each reason there is, and for one that there is not, by
// the reason's name. All have the same ID.
func Devices(at time.Time) map[string]views.Device {
	free := func(state, reason string) views.Device { return Device(at, state, reason) }
	linked := func(state, reason string) views.Device { return Linked(at, state, reason) }
	all := map[string]views.Device{
		"never_started":  free(views.StateOff, "never_started"),
		"stopped":        linked(views.StateOff, "stopped"),
		"not_scanned":    free(views.StateOff, "not_scanned"),
		"logged_out":     free(views.StateOff, "logged_out"),
		"banned":         linked(views.StateOff, "banned"),
		"outdated":       linked(views.StateOff, "outdated"),
		"replaced":       linked(views.StateOff, "replaced"),
		"rejected":       linked(views.StateOff, "rejected"),
		"proxy_failed":   linked(views.StateOff, "proxy_failed"),
		"network":        linked(views.StateOff, "network"),
		"storage":        linked(views.StateOff, "storage"),
		"connecting":     free(views.StatePairing, "connecting"),
		"authenticating": free(views.StatePairing, "authenticating"),
		"reconnecting":   linked(views.StatePairing, "reconnecting"),
		"restoring":      linked(views.StatePairing, "restoring"),
		"passkey":        free(views.StatePairing, "passkey"),
		"qr":             free(views.StateScan, "qr"),
		"code":           free(views.StateScan, "code"),
		"ready":          linked(views.StateConnected, "ready"),
		"unheard_of":     free(views.StateOff, "unheard_of"),
	}
	set := func(name string, change func(*views.Device)) {
		d := all[name]
		change(&d)
		all[name] = d
	}
	set("banned", func(d *views.Device) { d.Until = at.Add(26 * time.Hour) })
	set("network", func(d *views.Device) { d.Retrying, d.NextTry = true, at.Add(42*time.Second) })
	set("rejected", func(d *views.Device) { d.Detail, d.Retrying, d.NextTry = "429", true, at.Add(17*time.Second) })
	set("proxy_failed", func(d *views.Device) { d.Retrying, d.NextTry = true, at.Add(4*time.Second) })
	set("storage", func(d *views.Device) { d.Retrying, d.NextTry = true, at.Add(4*time.Second) })
	set("reconnecting", func(d *views.Device) { d.NextTry = at.Add(2 * time.Second) })
	set("ready", func(d *views.Device) { d.Default = true })
	set("passkey", func(d *views.Device) {
		d.Passkey = &views.Passkey{Request: `{"challenge":"c2FtcGxl"}`, Deadline: at.Add(2 * time.Minute)}
	})
	set("qr", func(d *views.Device) {
		d.QR = &views.QR{Src: sampleQR, From: at, Expires: at.Add(20 * time.Second)}
	})
	set("code", func(d *views.Device) {
		d.QR = &views.QR{Src: sampleQR, From: at, Expires: at.Add(20 * time.Second)}
		d.Code = &views.PhoneCode{Text: "K7WQ-M2XA", Number: "6281234567890", From: at, Expires: at.Add(160 * time.Second)}
	})
	return all
}

// Timeline is what happened to a device.
func Timeline(at time.Time) deviceviews.Timeline {
	return deviceviews.Timeline{Now: at, Created: at.Add(-72 * time.Hour), Whole: true, Events: []views.Event{
		{At: at.Add(-5 * time.Minute), From: views.StatePairing, To: views.StateConnected, Reason: "ready"},
		{At: at.Add(-6 * time.Minute), From: views.StateScan, To: views.StatePairing, Reason: "authenticating"},
		{At: at.Add(-7 * time.Minute), From: views.StatePairing, To: views.StateScan, Reason: "qr"},
		{At: at.Add(-8 * time.Minute), From: views.StateOff, To: views.StatePairing, Reason: "connecting"},
		{At: at.Add(-26 * time.Hour), From: views.StateConnected, To: views.StateOff, Reason: "logged_out", Detail: "401"},
	}}
}

// sampleKey opens nothing.
const sampleKey = "be670d0018987231588ff183a0e8d509"

// Keys is a key in each state.
func Keys(at time.Time) deviceviews.Keys {
	return deviceviews.Keys{Show: true, List: []deviceviews.Key{
		{ID: "k1", Name: "Toko online", State: deviceviews.KeyValid, CreatedAt: at.Add(-72 * time.Hour), LastUsed: at.Add(-40 * time.Second), Address: "203.0.113.5", Calls: 1284, Errors: 3, Shown: views.Shown{To: "rina", By: views.ShownToUser, At: at.Add(-26 * time.Hour)}},
		{ID: "k2", Name: "Laporan harian", Scopes: []string{"state", "read"}, From: []string{"10.0.0.0/8", "203.0.113.5/32"}, State: deviceviews.KeyEnding, CreatedAt: at.Add(-900 * time.Hour), LastUsed: at.Add(-3 * time.Hour), ExpiresAt: at.Add(21 * time.Hour), Shown: views.Shown{By: views.ShownBySystem, At: at.Add(-5 * time.Minute)}},
		{ID: "k3", Name: "Percobaan Pak Budi", State: deviceviews.KeyExpired, CreatedAt: at.Add(-900 * time.Hour), ExpiresAt: at.Add(-90 * time.Hour)},
		{ID: "k4", Name: "Kasir lama", State: deviceviews.KeyRevoked, CreatedAt: at.Add(-1900 * time.Hour), LastUsed: at.Add(-500 * time.Hour), ExpiresAt: at.Add(-480 * time.Hour), Shown: views.Shown{By: views.ShownByCLI, At: at.Add(-1900 * time.Hour)}},
	}}
}

// ScanLinks is a scan link that was just made, and one that was made before.
func ScanLinks(at time.Time) deviceviews.ScanLinks {
	return deviceviews.ScanLinks{Show: true, List: []deviceviews.ScanLink{
		{ID: "l2", URL: "https://wadah.example.com/scan/3q2-7wAAb1Kx9PzQvY8mTfJHcE5sLrNd", CreatedBy: "rina", CreatedAt: at, ExpiresAt: at.Add(15 * time.Minute)},
		{ID: "l1", CreatedBy: "budi", CreatedAt: at.Add(-40 * time.Minute), ExpiresAt: at.Add(20 * time.Minute)},
	}}
}
