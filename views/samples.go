package views

import "time"

// Samples are made up: the page of components shows them to maintainers, and the tests
// hold the same ones against the golden files. At is the moment they are made for, so
// that countdowns run and distances are short.

// sampleQR stands for a QR code; nothing can be linked with it.
const sampleQR = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

// SampleDevice is a device that is not linked, in the given state.
func SampleDevice(at time.Time, state, reason string) Device {
	return Device{
		ID: "d1", Name: "Toko Utama", State: state, Reason: reason, CanOperate: true,
		Since: at.Add(-5 * time.Minute), CreatedAt: at.Add(-72 * time.Hour),
	}
}

// SampleLinked is SampleDevice with a link.
func SampleLinked(at time.Time, state, reason string) Device {
	d := SampleDevice(at, state, reason)
	d.Linked, d.Number, d.Account, d.Platform = true, "6281234567890", "Toko Utama Batik", "smba"
	d.LinkedAt, d.LastAlive = at.Add(-48*time.Hour), at.Add(-9*time.Second)
	return d
}

// SampleDevices is a device for each reason there is, and for one that there is not, by
// the reason's name. All have the same ID.
func SampleDevices(at time.Time) map[string]Device {
	free := func(state, reason string) Device { return SampleDevice(at, state, reason) }
	linked := func(state, reason string) Device { return SampleLinked(at, state, reason) }
	all := map[string]Device{
		"never_started":  free(StateOff, "never_started"),
		"stopped":        linked(StateOff, "stopped"),
		"not_scanned":    free(StateOff, "not_scanned"),
		"logged_out":     free(StateOff, "logged_out"),
		"banned":         linked(StateOff, "banned"),
		"outdated":       linked(StateOff, "outdated"),
		"replaced":       linked(StateOff, "replaced"),
		"rejected":       linked(StateOff, "rejected"),
		"proxy_failed":   linked(StateOff, "proxy_failed"),
		"network":        linked(StateOff, "network"),
		"storage":        linked(StateOff, "storage"),
		"connecting":     free(StatePairing, "connecting"),
		"authenticating": free(StatePairing, "authenticating"),
		"reconnecting":   linked(StatePairing, "reconnecting"),
		"restoring":      linked(StatePairing, "restoring"),
		"passkey":        free(StatePairing, "passkey"),
		"qr":             free(StateScan, "qr"),
		"code":           free(StateScan, "code"),
		"ready":          linked(StateConnected, "ready"),
		"unheard_of":     free(StateOff, "unheard_of"),
	}
	set := func(name string, change func(*Device)) {
		d := all[name]
		change(&d)
		all[name] = d
	}
	set("banned", func(d *Device) { d.Until = at.Add(26 * time.Hour) })
	set("network", func(d *Device) { d.Retrying, d.NextTry = true, at.Add(42*time.Second) })
	set("rejected", func(d *Device) { d.Detail, d.Retrying, d.NextTry = "429", true, at.Add(17*time.Second) })
	set("proxy_failed", func(d *Device) { d.Retrying, d.NextTry = true, at.Add(4*time.Second) })
	set("storage", func(d *Device) { d.Retrying, d.NextTry = true, at.Add(4*time.Second) })
	set("reconnecting", func(d *Device) { d.NextTry = at.Add(2 * time.Second) })
	set("ready", func(d *Device) { d.Default = true })
	set("passkey", func(d *Device) {
		d.Passkey = &Passkey{Request: `{"challenge":"c2FtcGxl"}`, Deadline: at.Add(2 * time.Minute)}
	})
	set("qr", func(d *Device) {
		d.QR = &QR{Src: sampleQR, From: at, Expires: at.Add(20 * time.Second)}
	})
	set("code", func(d *Device) {
		d.Code = &PhoneCode{Text: "K7WQ-M2XA", From: at, Expires: at.Add(160 * time.Second)}
	})
	return all
}

// SampleTimeline is what happened to a device.
func SampleTimeline(at time.Time) Timeline {
	return Timeline{Now: at, Created: at.Add(-72 * time.Hour), Whole: true, Events: []Event{
		{At: at.Add(-5 * time.Minute), From: StatePairing, To: StateConnected, Reason: "ready"},
		{At: at.Add(-6 * time.Minute), From: StateScan, To: StatePairing, Reason: "authenticating"},
		{At: at.Add(-7 * time.Minute), From: StatePairing, To: StateScan, Reason: "qr"},
		{At: at.Add(-8 * time.Minute), From: StateOff, To: StatePairing, Reason: "connecting"},
		{At: at.Add(-26 * time.Hour), From: StateConnected, To: StateOff, Reason: "logged_out", Detail: "401"},
	}}
}

// SamplePhones is a page of virtual phones with each state that a phone can show.
func SamplePhones(at time.Time, page Page) PhonesPage {
	all := SampleDevices(at)
	beside := func(id, name, reason string) PhoneDevice {
		d := PhoneDevice{Device: all[reason], Timeline: SampleTimeline(at).Events}
		d.ID, d.Name, d.Default = id, name, false
		return d
	}
	ready, retrying, gone := beside("d1", "Toko Utama", "ready"), beside("d2", "Gudang Bandung", "reconnecting"), beside("d5", "Kurir 1", "logged_out")
	retrying.NextTry = at.Add(8 * time.Second)
	gone.Timeline = gone.Timeline[4:]
	asked := beside("d6", "Reservasi", "passkey")
	asked.Device.Passkey = &Passkey{Code: "K7WQ-M2XA", Confirm: true, Deadline: at.Add(time.Minute)}
	linked := func(jid string, d PhoneDevice, connected bool) Companion {
		return Companion{
			JID: jid, Device: d.Name, DeviceID: d.ID, State: d.State, Reason: d.Reason, OS: "Windows", Platform: "chrome",
			LinkedAt: at.Add(-48 * time.Hour), LastActive: at.Add(-time.Minute), Connected: connected,
		}
	}
	return PhonesPage{
		Page: page, Events: "/events?page=phones", CanPlay: true, CanBreak: true,
		Phones: []Phone{
			{
				Number: "6281234567890", Name: "Rina", Platform: "android", Online: true, Code: true,
				Companions: []Companion{linked("6281234567890:1@s.whatsapp.net", ready, true), {JID: "6281234567890:2@s.whatsapp.net", Connected: true}},
				Devices:    []PhoneDevice{ready, gone},
			},
			{Number: "6285712345678", Name: "Budi", Platform: "android", Online: true},
			{
				Number: "6281987654321", Name: "Dewi", Platform: "iphone", Online: true, Passkey: true, Devices: []PhoneDevice{asked},
				Linking: []PhoneLink{
					{Step: LinkPasskey, DeviceID: "d7", Device: "Kurir 3", OS: "Windows"},
					{Step: LinkConfirm, DeviceID: "d6", Device: "Reservasi", OS: "Windows", Code: "K7WQ-M2XA"},
					{Step: LinkPairing, OS: "Linux"},
				},
			},
			{
				Number: "14155550123", Name: "Sam", Platform: "iphone", Troubled: true, Devices: []PhoneDevice{retrying},
				Companions: []Companion{
					linked("14155550123:1@s.whatsapp.net", retrying, false),
					{JID: "14155550123:2@s.whatsapp.net"},
					{JID: "14155550123:3@s.whatsapp.net"},
					{JID: "14155550123:4@s.whatsapp.net"},
				},
			},
		},
		Targets: []ScanTarget{
			{DeviceID: "d3", Name: "Layanan Pelanggan", From: at, Expires: at.Add(20 * time.Second)},
			{DeviceID: "d4", Name: "Kurir 2", Code: "K7WQ-M2XA", From: at, Expires: at.Add(160 * time.Second)},
		},
	}
}

// sampleKey opens nothing.
const sampleKey = "be670d0018987231588ff183a0e8d509"

// SampleKeys is a key in each state.
func SampleKeys(at time.Time) Keys {
	return Keys{Show: true, List: []Key{
		{ID: "k1", Name: "Toko online", State: KeyValid, CreatedAt: at.Add(-72 * time.Hour), LastUsed: at.Add(-40 * time.Second), Shown: Shown{To: "rina", By: ShownToUser, At: at.Add(-26 * time.Hour)}},
		{ID: "k2", Name: "Laporan harian", State: KeyEnding, CreatedAt: at.Add(-900 * time.Hour), LastUsed: at.Add(-3 * time.Hour), ExpiresAt: at.Add(21 * time.Hour), Shown: Shown{By: ShownBySystem, At: at.Add(-5 * time.Minute)}},
		{ID: "k3", Name: "Percobaan Pak Budi", State: KeyExpired, CreatedAt: at.Add(-900 * time.Hour), ExpiresAt: at.Add(-90 * time.Hour)},
		{ID: "k4", Name: "Kasir lama", State: KeyRevoked, CreatedAt: at.Add(-1900 * time.Hour), LastUsed: at.Add(-500 * time.Hour), ExpiresAt: at.Add(-480 * time.Hour), Shown: Shown{By: ShownByCLI, At: at.Add(-1900 * time.Hour)}},
	}}
}

// SampleScanLinks is a scan link that was just made, and one that was made before.
func SampleScanLinks(at time.Time) ScanLinks {
	return ScanLinks{Show: true, List: []ScanLink{
		{ID: "l2", URL: "https://wadah.example.com/scan/3q2-7wAAb1Kx9PzQvY8mTfJHcE5sLrNd", CreatedBy: "rina", CreatedAt: at, ExpiresAt: at.Add(15 * time.Minute)},
		{ID: "l1", CreatedBy: "budi", CreatedAt: at.Add(-40 * time.Minute), ExpiresAt: at.Add(20 * time.Minute)},
	}}
}
