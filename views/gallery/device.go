package gallery

import (
	"slices"
	"strings"
	"time"

	"wadah/views"
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
	empty := views.DevicesPage{Page: p.Page, CanAdd: true}
	none := empty
	none.Total, none.Query.Text = 8, "zzz"
	many := views.DevicesPage{
		Page: p.Page, Summary: views.Summary{Connected: 290, Scan: 2, Pairing: 1, Off: 19}, CanOperate: true,
		Query: views.DeviceQuery{Page: 2}, Found: 312, Total: 312, PageLength: 50, Devices: make([]views.Device, 50),
	}
	failed := []views.BulkFailure{{ID: "d8", Name: "Kurir 2", Why: p.Lang.Invalid("banned")}, {ID: "d9", Name: "Gudang", Why: p.Lang.Invalid("busy")}}
	return []specimen{
		{"summary", views.DevicesSummary(many)},
		{"pager", views.Pager(many)},
		{"bulk-bar", views.BulkBar(p.Lang)},
		{"bulk-some", views.BulkResult(p.Lang, views.BulkOutcome{Action: views.BulkStart, Asked: 12, Done: 10, Failed: failed})},
		{"bulk-none", views.BulkResult(p.Lang, views.BulkOutcome{Action: views.BulkStop, Asked: 3, Gone: 1, Failed: failed})},
		{"list-empty", views.DeviceList(empty)},
		{"list-none-found", views.DeviceList(none)},
	}
}

func (p ShowPage) live() []specimen {
	var out []specimen
	for _, d := range p.devices() {
		out = append(out, specimen{"live-" + d.ID, views.DeviceLive(p.Lang, d)})
		switch d.ID {
		case "passkey":
			d.Passkey = &views.Passkey{Code: "K7WQ-M2XA", Confirm: true, Deadline: p.At.Add(time.Minute)}
			out = append(out, specimen{"live-passkey-confirm", views.DeviceLive(p.Lang, d)})
		case "code":
			out = append(out, specimen{"live-code-covered", sampleCovered(p.Lang, d)})
		case "qr":
			out = append(out, specimen{"live-qr-covered", sampleCovered(p.Lang, d)})
			d.QR, d.CanOperate = nil, false
			out = append(out, specimen{"live-qr-viewer", views.DeviceLive(p.Lang, d)})
		case "ready":
			d.Note = p.Lang.T("settings.note.hint")
			out = append(out, specimen{"live-note", views.DeviceLive(p.Lang, d)})
			d.Note, d.JustLinked = strings.Repeat(d.Note+"\n", 4), true
			out = append(out, specimen{"live-just-linked-long-note", views.DeviceLive(p.Lang, d)})
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
		{"timeline", views.DeviceTimeline(p.Lang, Timeline(p.At))},
		{"timeline-every-reason", views.DeviceTimeline(p.Lang, every)},
		{"timeline-empty", views.DeviceTimeline(p.Lang, views.Timeline{Now: p.At, Created: p.At, Whole: true})},
	}
}

func (p ShowPage) keys() []specimen {
	d := Devices(p.At)["ready"]
	hidden := views.API{BaseURL: "https://wadah.example.com", KeyID: "k1", CanReveal: true}
	revealed := hidden
	revealed.Key = sampleKey
	fresh := Keys(p.At)
	fresh.List[0].Value = sampleKey
	return []specimen{
		{"api", views.DeviceAPI(p.Lang, d, hidden)},
		{"api-revealed", views.DeviceAPI(p.Lang, d, revealed)},
		{"keys", views.DeviceKeys(p.Lang, d, Keys(p.At))},
		{"keys-new", views.DeviceKeys(p.Lang, d, fresh)},
		{"proof", views.ProofWays(views.ProofPage{Page: p.Page, Action: "/devices/d1/reveal", Passkeys: true}, true)},
		{"proof-problem", views.ProofWays(views.ProofPage{Page: p.Page, Action: "/devices/d1/reveal", Problem: p.Lang.Invalid("password_wrong")}, true)},
		{"keys-problem", views.DeviceKeys(p.Lang, d, views.Keys{Show: true, Name: "x", Problems: map[string]string{"name": p.Lang.Invalid("name_too_long")}})},
	}
}

func (p ShowPage) scan() []specimen {
	all := Devices(p.At)
	out := []specimen{
		{"scan-links", views.DeviceScanLinks(p.Lang, all["qr"], ScanLinks(p.At))},
		{"scan-links-none", views.DeviceScanLinks(p.Lang, all["qr"], views.ScanLinks{Show: true, Problem: p.Lang.Invalid("life_invalid")})},
	}
	for _, name := range []string{"qr", "code", "authenticating", "not_scanned", "ready"} {
		d := all[name]
		d.CanOperate, d.Number, d.Account = false, "", ""
		out = append(out, specimen{"scan-" + name, views.ScanLive(views.ScanPage{Page: p.Page, Device: d, Token: "t", Expires: p.At.Add(12 * time.Minute), Brand: "Toko Batik Rina"})})
	}
	return out
}

func (p ShowPage) ends() []specimen {
	all := Devices(p.At)
	return []specimen{
		{"danger-zone", views.DangerZone(views.DevicePage{Page: p.Page, Device: all["ready"], CanManage: true})},
		{"danger-zone-unlinked", views.DangerZone(views.DevicePage{Page: p.Page, Device: all["qr"], CanManage: true})},
		{"confirm-logout", views.ConfirmQuestion(views.ConfirmPage{Page: p.Page, Device: all["ready"], Action: views.ConfirmLogout})},
		{"confirm-logout-unlinked", views.ConfirmQuestion(views.ConfirmPage{Page: p.Page, Device: all["qr"], Action: views.ConfirmLogout})},
		{"confirm-delete", views.ConfirmQuestion(views.ConfirmPage{Page: p.Page, Device: all["ready"], Action: views.ConfirmDelete})},
		{"confirm-delete-unlinked", views.ConfirmQuestion(views.ConfirmPage{Page: p.Page, Device: all["qr"], Action: views.ConfirmDelete})},
	}
}

// deviceSettings are the settings of a device as they are, just saved, and refused.
func (p ShowPage) deviceSettings() []specimen {
	d := Devices(p.At)["ready"]
	var out []specimen
	for _, s := range []struct {
		which         views.Setting
		value, refuse string // what is typed, and the code of what is wrong with it
	}{
		{views.SettingName, d.Name, "name_taken"},
		{views.SettingNote, p.Lang.T("settings.note.hint"), "note_too_long"},
		{views.SettingProxy, "socks5://budi:••••••@10.0.0.7:1080", "proxy_again"},
		{views.SettingDefault, "", ""},
	} {
		plain := views.DeviceSettings{Name: s.value, Note: s.value, Proxy: s.value, HasProxy: true}
		saved, refused := plain, plain
		saved.Saved = s.which
		refused.Refused, refused.Problem = s.which, p.Lang.Invalid(s.refuse)
		name := "setting-" + string(s.which)
		out = append(out, specimen{name, views.SettingForm(p.Lang, d, plain, s.which)}, specimen{name + "-saved", views.SettingForm(p.Lang, d, saved, s.which)})
		if s.refuse != "" {
			out = append(out, specimen{name + "-refused", views.SettingForm(p.Lang, d, refused, s.which)})
		}
	}
	d.Default = !d.Default
	return append(out, specimen{"setting-default-off", views.SettingForm(p.Lang, d, views.DeviceSettings{}, views.SettingDefault)})
}
