package views

import (
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// ComponentsPage shows every component in every state, to maintainers: each section
// [component-NAME] has its heading, each specimen [specimen-NAME] a caption with its
// name. Nothing on it does anything.
type ComponentsPage struct {
	Page
	At time.Time // the moment the samples are made for
}

// components is one section of the page; its title is the text components.NAME.
type components struct {
	name      string
	wide      bool // one below the other, in the page's whole width
	specimens []shown
}

// shown is one specimen.
type shown struct {
	name      string
	component templ.Component
}

// iconNames are the symbols that icon draws.
var iconNames = []string{
	"alert", "audit", "auto", "back", "bolt", "check", "clock", "code", "copy", "device", "down", "down-long", "download", "edit", "eye",
	"flask", "globe", "hand", "info", "key", "link", "logout", "moon", "next", "off", "page-first", "page-last", "page-next", "page-prev", "people", "phones", "play", "plus", "restart",
	"search", "settings", "signal", "star", "stop", "sun", "trash", "unlink", "up-long", "user", "wait",
}

// sections are all components there are.
func (p ComponentsPage) sections() []components {
	return []components{
		{name: "badges", specimens: p.badges()},
		{name: "icons", specimens: p.icons()},
		{name: "buttons", specimens: p.buttons()},
		{name: "notices", wide: true, specimens: p.notices()},
		{name: "forms", specimens: p.forms()},
		{name: "rows", wide: true, specimens: p.rows()},
		{name: "lists", wide: true, specimens: p.lists()},
		{name: "waits", specimens: p.waits()},
		{name: "live", wide: true, specimens: p.live()},
		{name: "timeline", wide: true, specimens: p.timelines()},
		{name: "keys", wide: true, specimens: p.keys()},
		{name: "scan", wide: true, specimens: p.scan()},
		{name: "device", specimens: p.deviceSettings()},
		{name: "ends", wide: true, specimens: p.ends()},
		{name: "installation", wide: true, specimens: p.installation()},
		{name: "reference", wide: true, specimens: p.reference()},
		{name: "phones", specimens: p.phones()},
	}
}

// ComponentSections lists the names of the page's sections.
func ComponentSections() []string {
	var names []string
	for _, s := range (ComponentsPage{Page: Page{Lang: English}, At: time.Unix(0, 0)}).sections() {
		names = append(names, s.name)
	}
	return names
}

// devices are the sample devices by name, each called by its name.
func (p ComponentsPage) devices() []Device {
	all := SampleDevices(p.At)
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return stateOrder(all[a], a) - stateOrder(all[b], b) })
	out := make([]Device, 0, len(all))
	for _, name := range names {
		d := all[name]
		d.ID = name
		out = append(out, d)
	}
	return out
}

// stateOrder sorts devices as their life goes: off, connecting, scanning, connected, and
// by name within.
func stateOrder(d Device, name string) int {
	order := slices.Index([]string{StateOff, StatePairing, StateScan, StateConnected}, d.State) * 1000
	return order + slices.Index(append(Reasons(), name), name)
}

func (p ComponentsPage) badges() []shown {
	var out []shown
	for _, d := range []Device{
		{State: StateOff, Reason: "stopped"},
		{State: StatePairing, Reason: "connecting"},
		{State: StateScan, Reason: "qr"},
		{State: StateConnected, Reason: "ready"},
	} {
		out = append(out, shown{"state-" + d.State, StateBadge(p.Lang, d)})
	}
	for _, tone := range []Tone{ToneOK, ToneWait, ToneAct, ToneOff, ToneDanger} {
		out = append(out, shown{"tone-" + string(tone), Badge(tone, tone.Icon(), string(tone))})
	}
	return out
}

func (p ComponentsPage) icons() []shown {
	out := make([]shown, 0, len(iconNames))
	for _, name := range iconNames {
		out = append(out, shown{"icon-" + name, Icon(name)})
	}
	return append(out, shown{"mark", Mark()}, shown{"vessel", vessel()}, shown{"phone-android", phoneDrawing(false)}, shown{"phone-iphone", phoneDrawing(true)})
}

func (p ComponentsPage) buttons() []shown {
	start := p.Lang.T("device.start")
	return []shown{
		{"primary", sampleButton("primary", "play", start, false)},
		{"quiet", sampleButton("quiet", "play", start, false)},
		{"danger", sampleButton("danger", "trash", p.Lang.T("device.delete"), false)},
		{"quiet-danger", sampleButton("quiet danger", "trash", p.Lang.T("device.delete"), false)},
		{"small", sampleButton("quiet small", "restart", p.Lang.T("device.restart"), false)},
		{"disabled", sampleButton("primary", "play", start, true)},
		{"link", sampleLink(p.Lang.T("confirm.cancel"))},
		{"copy", sampleCopy(p.Lang)},
		{"switch-on", phoneSwitch(Phone{Number: "1"}, "online", "online", true, "switch", p.Lang.T("phones.online.switch"), p.Lang.T("phones.online.hint"))},
		{"switch-off", phoneSwitch(Phone{Number: "2"}, "passkey", "on", false, "switch", p.Lang.T("phones.passkey.switch"), p.Lang.T("phones.passkey.hint"))},
	}
}

func (p ComponentsPage) notices() []shown {
	var out []shown
	for _, n := range []Notice{NoticeDeviceAdded, NoticePasskeySent, NoticeLogoutUnverified, NoticeLogoutNotLinked} {
		out = append(out, shown{"notice-" + string(n), Notices(p.Lang, p.Lang.Notice(n, "Name", "Toko Utama"))})
	}
	return append(out,
		shown{"notice-problem", Notices(p.Lang, &Flash{Tone: ToneDanger, Text: p.Lang.Invalid("banned")})},
		shown{"notice-not-sent", Notices(p.Lang, &Flash{Tone: ToneDanger, Text: p.Lang.T("lost.not_sent")})},
		shown{"form-problem", FormProblem(p.Lang.Invalid("name_taken"))},
		shown{"phone-said", phoneSaying(*p.Lang.Notice(NoticeFaultDone, "Name", p.Lang.Fault("drop")))},
		shown{"sandbox-banner", SandboxBanner(p.Page)},
		shown{"connection-lost", sampleLost(p.Lang, p.At)},
	)
}

func (p ComponentsPage) forms() []shown {
	name, options := p.Lang.T("settings.name"), PhonesPage{}.platforms()
	return []shown{
		{"field", Field(Input{ID: "field", Name: "name", Label: name, Value: "Toko Utama"})},
		{"field-hint", Field(Input{ID: "field", Name: "name", Label: name, Hint: p.Lang.T("pair.hint")})},
		{"field-problem", Field(Input{ID: "field", Name: "name", Label: name, Value: "Toko Utama", Problem: p.Lang.Invalid("name_taken"), Hint: p.Lang.T("pair.hint")})},
		{"select", Select(Choice{ID: "select", Name: "x", Label: p.Lang.T("phones.add.platform"), Options: options})},
		{"select-problem", Select(Choice{ID: "select", Name: "x", Label: p.Lang.T("phones.add.platform"), Options: options, Problem: p.Lang.Invalid("phone_platform")})},
		{"fold", sampleFold(p.Lang)},
		{"pair", pairForm(p.Lang, "#", "", "")},
		{"pair-problem", pairForm(p.Lang, "#", "08", p.Lang.Invalid("bad_number"))},
	}
}

func (p ComponentsPage) rows() []shown {
	devices := p.devices()
	out := make([]shown, 0, len(devices))
	for _, d := range devices {
		out = append(out, shown{"row-" + d.ID, sampleRow(p.Lang, d)})
	}
	return out
}

func (p ComponentsPage) lists() []shown {
	empty := DevicesPage{Page: p.Page, CanAdd: true}
	none := empty
	none.Total, none.Query.Text = 8, "zzz"
	many := DevicesPage{
		Page: p.Page, Summary: Summary{Connected: 290, Scan: 2, Pairing: 1, Off: 19}, CanOperate: true,
		Query: DeviceQuery{Page: 2}, Found: 312, Total: 312, PageLength: 50, Devices: make([]Device, 50),
	}
	failed := []BulkFailure{{ID: "d8", Name: "Kurir 2", Why: p.Lang.Invalid("banned")}, {ID: "d9", Name: "Gudang", Why: p.Lang.Invalid("busy")}}
	return []shown{
		{"summary", DevicesSummary(many)},
		{"pager", pager(many)},
		{"bulk-bar", bulkBar(p.Lang)},
		{"bulk-some", bulkResult(p.Lang, BulkOutcome{Action: BulkStart, Asked: 12, Done: 10, Failed: failed})},
		{"bulk-none", bulkResult(p.Lang, BulkOutcome{Action: BulkStop, Asked: 3, Gone: 1, Failed: failed})},
		{"list-empty", DeviceList(empty)},
		{"list-none-found", DeviceList(none)},
	}
}

func (p ComponentsPage) waits() []shown {
	return []shown{
		{"countdown", Countdown(p.Lang, "countdown", p.At, p.At.Add(time.Minute), p.Lang.T("qr.renews"))},
		{"countdown-over", Countdown(p.Lang, "countdown", p.At.Add(-time.Minute), p.At.Add(-time.Second), p.Lang.T("qr.renews"))},
		{"spinner", Icon("wait")},
		{"ago", Ago(p.Lang, p.At.Add(-5*time.Minute))},
		{"moment", Moment(p.Lang, p.At)},
	}
}

func (p ComponentsPage) live() []shown {
	var out []shown
	for _, d := range p.devices() {
		out = append(out, shown{"live-" + d.ID, DeviceLive(p.Lang, d)})
		switch d.ID {
		case "passkey":
			d.Passkey = &Passkey{Code: "K7WQ-M2XA", Confirm: true, Deadline: p.At.Add(time.Minute)}
			out = append(out, shown{"live-passkey-confirm", DeviceLive(p.Lang, d)})
		case "code":
			out = append(out, shown{"live-code-covered", sampleCovered(p.Lang, d)})
		case "qr":
			out = append(out, shown{"live-qr-covered", sampleCovered(p.Lang, d)})
			d.QR, d.CanOperate = nil, false
			out = append(out, shown{"live-qr-viewer", DeviceLive(p.Lang, d)})
		case "ready":
			d.Note = p.Lang.T("settings.note.hint")
			out = append(out, shown{"live-note", DeviceLive(p.Lang, d)})
			d.Note, d.JustLinked = strings.Repeat(d.Note+"\n", 4), true
			out = append(out, shown{"live-just-linked-long-note", DeviceLive(p.Lang, d)})
		}
	}
	return out
}

func (p ComponentsPage) timelines() []shown {
	every := SampleTimeline(p.At)
	every.Events = nil
	for i, reason := range Reasons() {
		state := SampleDevices(p.At)[reason].State
		if state == "" {
			state = StateOff
		}
		every.Events = append(every.Events, Event{At: p.At.Add(-time.Duration(i) * time.Hour), To: state, Reason: reason, Detail: reason})
	}
	return []shown{
		{"timeline", DeviceTimeline(p.Lang, SampleTimeline(p.At))},
		{"timeline-every-reason", DeviceTimeline(p.Lang, every)},
		{"timeline-empty", DeviceTimeline(p.Lang, Timeline{Now: p.At, Created: p.At, Whole: true})},
	}
}

func (p ComponentsPage) keys() []shown {
	d := SampleDevices(p.At)["ready"]
	hidden := API{BaseURL: "https://wadah.example.com", KeyID: "k1", CanReveal: true}
	revealed := hidden
	revealed.Key = sampleKey
	fresh := SampleKeys(p.At)
	fresh.List[0].Value = sampleKey
	return []shown{
		{"api", DeviceAPI(p.Lang, d, hidden)},
		{"api-revealed", DeviceAPI(p.Lang, d, revealed)},
		{"keys", DeviceKeys(p.Lang, d, SampleKeys(p.At))},
		{"keys-new", DeviceKeys(p.Lang, d, fresh)},
		{"proof", proofWays(ProofPage{Page: p.Page, Action: "/devices/d1/reveal", Passkeys: true}, true)},
		{"proof-problem", proofWays(ProofPage{Page: p.Page, Action: "/devices/d1/reveal", Problem: p.Lang.Invalid("password_wrong")}, true)},
		{"keys-problem", DeviceKeys(p.Lang, d, Keys{Show: true, Name: "x", Problems: map[string]string{"name": p.Lang.Invalid("name_too_long")}})},
	}
}

func (p ComponentsPage) scan() []shown {
	all := SampleDevices(p.At)
	out := []shown{
		{"scan-links", DeviceScanLinks(p.Lang, all["qr"], SampleScanLinks(p.At))},
		{"scan-links-none", DeviceScanLinks(p.Lang, all["qr"], ScanLinks{Show: true, Problem: p.Lang.Invalid("life_invalid")})},
	}
	for _, name := range []string{"qr", "code", "authenticating", "not_scanned", "ready"} {
		d := all[name]
		d.CanOperate, d.Number, d.Account = false, "", ""
		out = append(out, shown{"scan-" + name, ScanLive(ScanPage{Page: p.Page, Device: d, Token: "t", Expires: p.At.Add(12 * time.Minute), Brand: "Toko Batik Rina"})})
	}
	return out
}

func (p ComponentsPage) ends() []shown {
	all := SampleDevices(p.At)
	return []shown{
		{"danger-zone", dangerZone(DevicePage{Page: p.Page, Device: all["ready"], CanManage: true})},
		{"danger-zone-unlinked", dangerZone(DevicePage{Page: p.Page, Device: all["qr"], CanManage: true})},
		{"confirm-logout", confirmQuestion(ConfirmPage{Page: p.Page, Device: all["ready"], Action: ConfirmLogout})},
		{"confirm-logout-unlinked", confirmQuestion(ConfirmPage{Page: p.Page, Device: all["qr"], Action: ConfirmLogout})},
		{"confirm-delete", confirmQuestion(ConfirmPage{Page: p.Page, Device: all["ready"], Action: ConfirmDelete})},
		{"confirm-delete-unlinked", confirmQuestion(ConfirmPage{Page: p.Page, Device: all["qr"], Action: ConfirmDelete})},
	}
}

func (p ComponentsPage) phones() []shown {
	page := SamplePhones(p.At, p.Page)
	out := []shown{{"outage-none", PhonesOutage(page)}}
	page.Outage = "http503"
	out = append(out, shown{"outage-http503", PhonesOutage(page)})
	for _, phone := range page.Phones {
		out = append(out, shown{"phone-" + phone.Number, phoneFrame(page, phone)})
		for _, d := range phone.Devices {
			out = append(out, shown{"beside-" + d.ID, phoneDevice(p.Lang, phone, d)})
		}
	}
	return append(out, shown{"faults", faultMenu(p.Lang, page.Phones[3])})
}
