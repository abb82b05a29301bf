package gallery

import (
	"time"

	"wadah/views"
	deviceviews "wadah/views/device"
	phonesviews "wadah/views/phones"
)

// iconNames are the symbols that icon draws.
var iconNames = []string{
	"alert", "audit", "auto", "back", "ban", "bolt", "bug", "chat", "check", "clock", "code", "copy", "device", "down", "down-long", "download", "edit", "eye",
	"flask", "globe", "hand", "info", "key", "logout", "menu", "moon", "next", "off", "offline", "page-first", "page-last", "page-next", "page-prev", "people", "phones", "play", "plus", "restart",
	"search", "send", "settings", "share", "signal", "star", "stop", "sun", "tick", "ticks", "trash", "unlink", "up-long", "user", "wait",
}

func (p ShowPage) badges() []specimen {
	var out []specimen
	for _, d := range []views.Device{
		{State: views.StateOff, Reason: "stopped"},
		{State: views.StatePairing, Reason: "connecting"},
		{State: views.StateScan, Reason: "qr"},
		{State: views.StateConnected, Reason: "ready"},
	} {
		out = append(out, specimen{"state-" + d.State, views.StateBadge(p.Lang, d)})
	}
	for _, tone := range []views.Tone{views.ToneOK, views.ToneWait, views.ToneAct, views.ToneOff, views.ToneDanger} {
		out = append(out, specimen{"tone-" + string(tone), views.Badge(tone, tone.Icon(), string(tone))})
	}
	return out
}

func (p ShowPage) icons() []specimen {
	out := make([]specimen, 0, len(iconNames))
	for _, name := range iconNames {
		out = append(out, specimen{"icon-" + name, views.Icon(name)})
	}
	return append(out, specimen{"mark", views.Mark()}, specimen{"vessel", deviceviews.Vessel()}, specimen{"phone-android", deviceviews.PhoneDrawing(false)}, specimen{"phone-iphone", deviceviews.PhoneDrawing(true)})
}

func (p ShowPage) buttons() []specimen {
	start := p.Lang.T("device.start")
	return []specimen{
		{"primary", sampleButton("primary", "play", start, false)},
		{"quiet", sampleButton("quiet", "play", start, false)},
		{"danger", sampleButton("danger", "trash", p.Lang.T("device.delete"), false)},
		{"quiet-danger", sampleButton("quiet danger", "trash", p.Lang.T("device.delete"), false)},
		{"small", sampleButton("quiet small", "restart", p.Lang.T("device.restart"), false)},
		{"disabled", sampleButton("primary", "play", start, true)},
		{"link", sampleLink(p.Lang.T("confirm.cancel"))},
		{"copy", sampleCopy(p.Lang)},
		{"switch-on", phonesviews.PhoneSwitch(phonesviews.Phone{Number: "1"}, "online", "online", true, "switch", p.Lang.T("phones.online.switch"), p.Lang.T("phones.online.hint"))},
		{"switch-off", phonesviews.PhoneSwitch(phonesviews.Phone{Number: "2"}, "passkey", "on", false, "switch", p.Lang.T("phones.passkey.switch"), p.Lang.T("phones.passkey.hint"))},
	}
}

func (p ShowPage) notices() []specimen {
	var out []specimen
	for _, n := range []views.Notice{views.NoticeDeviceAdded, views.NoticePasskeySent, views.NoticeLogoutUnverified, views.NoticeLogoutNotLinked} {
		out = append(out, specimen{"notice-" + string(n), views.Notices(p.Lang, p.Lang.Notice(n, "Name", "Toko Utama"))})
	}
	return append(out,
		specimen{"notice-problem", views.Notices(p.Lang, &views.Flash{Tone: views.ToneDanger, Text: p.Lang.Invalid("banned")})},
		specimen{"notice-not-sent", views.Notices(p.Lang, &views.Flash{Tone: views.ToneDanger, Text: p.Lang.T("lost.not_sent")})},
		specimen{"form-problem", views.FormProblem(p.Lang.Invalid("name_taken"))},
		specimen{"phone-said", phonesviews.PhoneSaying(*p.Lang.Notice(views.NoticeFaultDone, "Name", p.Lang.Fault("drop")))},
		specimen{"sandbox-banner", views.SandboxBanner(p.Page)},
		specimen{"connection-lost", sampleLost(p.Lang, p.At)},
	)
}

func (p ShowPage) forms() []specimen {
	name, options := p.Lang.T("settings.name"), []views.Option{{Value: "android", Label: "Android", Chosen: true}, {Value: "iphone", Label: "iPhone"}}
	return []specimen{
		{"field", views.Field(views.Input{ID: "field", Name: "name", Label: name, Value: "Toko Utama"})},
		{"field-hint", views.Field(views.Input{ID: "field", Name: "name", Label: name, Hint: p.Lang.T("pair.hint")})},
		{"field-problem", views.Field(views.Input{ID: "field", Name: "name", Label: name, Value: "Toko Utama", Problem: p.Lang.Invalid("name_taken"), Hint: p.Lang.T("pair.hint")})},
		{"select", views.Select(views.Choice{ID: "select", Name: "x", Label: p.Lang.T("phones.add.platform"), Options: options})},
		{"select-problem", views.Select(views.Choice{ID: "select", Name: "x", Label: p.Lang.T("phones.add.platform"), Options: options, Problem: p.Lang.Invalid("phone_platform")})},
		{"fold", sampleFold(p.Lang)},
		{"pair", deviceviews.PairForm(p.Lang, "#", "", "")},
		{"pair-problem", deviceviews.PairForm(p.Lang, "#", "08", p.Lang.Invalid("bad_number"))},
	}
}

func (p ShowPage) waits() []specimen {
	return []specimen{
		{"countdown", views.Countdown(p.Lang, "countdown", p.At, p.At.Add(time.Minute), p.Lang.T("qr.renews"))},
		{"countdown-over", views.Countdown(p.Lang, "countdown", p.At.Add(-time.Minute), p.At.Add(-time.Second), p.Lang.T("qr.renews"))},
		{"spinner", views.Icon("wait")},
		{"ago", views.Ago(p.Lang, p.At.Add(-5*time.Minute))},
		{"moment", views.Moment(p.Lang, p.At)},
	}
}
