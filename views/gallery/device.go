package gallery

import (
	"slices"
	"strings"
	"time"

	"wadah/views"
	deviceviews "wadah/views/device"
	signinviews "wadah/views/signin"
)

// devices are the sample devices by name, each called by its name.
func (p ShowPage) devices() []views.Device {
	all := Devices(p.At)
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return stateOrder(all[a], a) - stateOrder(all[b], b) })
	out := make([]views.Device, 0, len(all))
	for _, name := range names {
		d := all[name]
		d.ID = name
		out = append(out, d)
	}
	return out
}

// stateOrder sorts devices as their life goes: off, connecting, scanning, connected, and
// by name within.
func stateOrder(d views.Device, name string) int {
	order := slices.Index([]string{views.StateOff, views.StatePairing, views.StateScan, views.StateConnected}, d.State) * 1000
	return order + slices.Index(append(views.Reasons(), name), name)
}

func (p ShowPage) rows() []specimen {
	devices := p.devices()
	out := make([]specimen, 0, len(devices))
	for _, d := range devices {
		out = append(out, specimen{"row-" + d.ID, sampleRow(p.Lang, d)})
	}
	return out
}

func (p ShowPage) lists() []specimen {
	empty := deviceviews.DevicesPage{Page: p.Page, CanAdd: true}
	none := empty
	none.Total, none.Query.Text = 8, "zzz"
	many := deviceviews.DevicesPage{
		Page: p.Page, Summary: deviceviews.Summary{Connected: 290, Scan: 2, Pairing: 1, Off: 19}, CanOperate: true,
		Query: deviceviews.DeviceQuery{Page: 2}, Found: 312, Total: 312, PageLength: 50, Devices: make([]deviceviews.Row, 50),
	}
	failed := []deviceviews.BulkFailure{{ID: "d8", Name: "Kurir 2", Why: p.Lang.Invalid("banned")}, {ID: "d9", Name: "Gudang", Why: p.Lang.Invalid("busy")}}
	return []specimen{
		{"summary", deviceviews.DevicesSummary(many)},
		{"pager", deviceviews.Pager(many)},
		{"bulk-bar", deviceviews.BulkBar(p.Lang)},
		{"bulk-some", deviceviews.BulkResult(p.Lang, deviceviews.BulkOutcome{Action: deviceviews.BulkStart, Asked: 12, Done: 10, Failed: failed})},
		{"bulk-none", deviceviews.BulkResult(p.Lang, deviceviews.BulkOutcome{Action: deviceviews.BulkStop, Asked: 3, Gone: 1, Failed: failed})},
		{"list-empty", deviceviews.DeviceList(empty)},
		{"list-none-found", deviceviews.DeviceList(none)},
	}
}

func (p ShowPage) live() []specimen {
	var out []specimen
	for _, d := range p.devices() {
		out = append(out, specimen{"live-" + d.ID, deviceviews.DeviceLive(p.Lang, d)})
		switch d.ID {
		case "passkey":
			d.Passkey = &views.Passkey{Code: "K7WQ-M2XA", Confirm: true, Deadline: p.At.Add(time.Minute)}
			out = append(out, specimen{"live-passkey-confirm", deviceviews.DeviceLive(p.Lang, d)})
		case "code":
			out = append(out, specimen{"live-code-covered", sampleCovered(p.Lang, d)})
		case "qr":
			out = append(out, specimen{"live-qr-covered", sampleCovered(p.Lang, d)})
			d.QR, d.CanOperate = nil, false
			out = append(out, specimen{"live-qr-viewer", deviceviews.DeviceLive(p.Lang, d)})
		case "ready":
			d.Note = p.Lang.T("settings.note.hint")
			out = append(out, specimen{"live-note", deviceviews.DeviceLive(p.Lang, d)})
			d.Note, d.JustLinked = strings.Repeat(d.Note+"\n", 4), true
			out = append(out, specimen{"live-just-linked-long-note", deviceviews.DeviceLive(p.Lang, d)})
		}
	}
	return out
}

func (p ShowPage) timelines() []specimen {
	every := Timeline(p.At)
	every.Events = nil
	for i, reason := range views.Reasons() {
		state := Devices(p.At)[reason].State
		if state == "" {
			state = views.StateOff
		}
		every.Events = append(every.Events, views.Event{At: p.At.Add(-time.Duration(i) * time.Hour), To: state, Reason: reason, Detail: reason})
	}
	return []specimen{
		{"timeline", deviceviews.DeviceTimeline(p.Lang, Timeline(p.At))},
		{"timeline-every-reason", deviceviews.DeviceTimeline(p.Lang, every)},
		{"timeline-empty", deviceviews.DeviceTimeline(p.Lang, deviceviews.Timeline{Now: p.At, Created: p.At, Whole: true})},
	}
}

func (p ShowPage) keys() []specimen {
	d := Devices(p.At)["ready"]
	hidden := deviceviews.API{BaseURL: "https://wadah.example.com", KeyID: "k1", CanReveal: true}
	revealed := hidden
	revealed.Key = sampleKey
	fresh := Keys(p.At)
	fresh.List[0].Value = sampleKey
	return []specimen{
		{"api", deviceviews.DeviceAPI(p.Lang, d, hidden)},
		{"api-revealed", deviceviews.DeviceAPI(p.Lang, d, revealed)},
		{"keys", deviceviews.DeviceKeys(p.Lang, d, Keys(p.At))},
		{"keys-new", deviceviews.DeviceKeys(p.Lang, d, fresh)},
		{"proof", signinviews.ProofWays(signinviews.ProofPage{Page: p.Page, Action: "/devices/d1/reveal", Passkeys: true}, true)},
		{"proof-problem", signinviews.ProofWays(signinviews.ProofPage{Page: p.Page, Action: "/devices/d1/reveal", Problem: p.Lang.Invalid("password_wrong")}, true)},
		{"keys-problem", deviceviews.DeviceKeys(p.Lang, d, deviceviews.Keys{Show: true, Name: "x", Problems: map[string]string{"name": p.Lang.Invalid("name_too_long")}})},
	}
}

func (p ShowPage) scan() []specimen {
	all := Devices(p.At)
	out := []specimen{
		{"scan-links", deviceviews.DeviceScanLinks(p.Lang, all["qr"], ScanLinks(p.At))},
		{"scan-links-none", deviceviews.DeviceScanLinks(p.Lang, all["qr"], deviceviews.ScanLinks{Show: true, Problem: p.Lang.Invalid("life_invalid")})},
	}
	for _, name := range []string{"qr", "code", "authenticating", "not_scanned", "ready"} {
		d := all[name]
		d.CanOperate, d.Number, d.Account = false, "", ""
		out = append(out, specimen{"scan-" + name, deviceviews.ScanLive(deviceviews.ScanPage{Page: p.Page, Device: d, Token: "t", Expires: p.At.Add(12 * time.Minute), Brand: "Toko Batik Rina"})})
	}
	return out
}

func (p ShowPage) ends() []specimen {
	all := Devices(p.At)
	return []specimen{
		{"danger-zone", deviceviews.DangerZone(deviceviews.DevicePage{Page: p.Page, Device: all["ready"], CanManage: true})},
		{"danger-zone-unlinked", deviceviews.DangerZone(deviceviews.DevicePage{Page: p.Page, Device: all["qr"], CanManage: true})},
		{"confirm-logout", deviceviews.ConfirmQuestion(deviceviews.ConfirmPage{Page: p.Page, Device: all["ready"], Action: deviceviews.ConfirmLogout})},
		{"confirm-logout-unlinked", deviceviews.ConfirmQuestion(deviceviews.ConfirmPage{Page: p.Page, Device: all["qr"], Action: deviceviews.ConfirmLogout})},
		{"confirm-delete", deviceviews.ConfirmQuestion(deviceviews.ConfirmPage{Page: p.Page, Device: all["ready"], Action: deviceviews.ConfirmDelete})},
		{"confirm-delete-unlinked", deviceviews.ConfirmQuestion(deviceviews.ConfirmPage{Page: p.Page, Device: all["qr"], Action: deviceviews.ConfirmDelete})},
	}
}

// deviceSettings are the settings of a device as they are, just saved, and refused.
func (p ShowPage) deviceSettings() []specimen {
	d := Devices(p.At)["ready"]
	plain := deviceviews.DeviceSettings{Name: d.Name, Note: p.Lang.T("settings.note.hint"), Proxy: "socks5://budi:••••••@10.0.0.7:1080", HasProxy: true}
	direct, saved, refused := plain, plain, plain
	direct.Proxy, direct.HasProxy = "", false
	saved.Saved = deviceviews.SettingDetails
	refused.Problems = map[string]string{}
	for field, code := range map[string]string{"name": "name_taken", "note": "note_too_long", "proxy": "proxy_again"} {
		refused.Problems[field] = p.Lang.Invalid(code)
	}
	other := d
	other.Default = !d.Default
	return []specimen{
		{"setting-details", deviceviews.SettingForm(p.Lang, d, plain, deviceviews.SettingDetails)},
		{"setting-details-direct", deviceviews.SettingForm(p.Lang, d, direct, deviceviews.SettingDetails)},
		{"setting-details-saved", deviceviews.SettingForm(p.Lang, d, saved, deviceviews.SettingDetails)},
		{"setting-details-refused", deviceviews.SettingForm(p.Lang, d, refused, deviceviews.SettingDetails)},
		{"setting-default", deviceviews.SettingForm(p.Lang, d, plain, deviceviews.SettingDefault)},
		{"setting-default-saved", deviceviews.SettingForm(p.Lang, d, deviceviews.DeviceSettings{Saved: deviceviews.SettingDefault}, deviceviews.SettingDefault)},
		{"setting-default-off", deviceviews.SettingForm(p.Lang, other, deviceviews.DeviceSettings{}, deviceviews.SettingDefault)},
		{"device-head", deviceviews.DeviceHead(p.Lang, d)},
		{"device-gone", deviceviews.DeviceGone(p.Lang, d.Name, p.At, true)},
	}
}
