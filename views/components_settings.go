package views

import "time"

// This file is the sections of the page of components that show settings, of a device and
// of the installation, and the reference of the API.

// deviceSettings are the settings of a device as they are, just saved, and refused.
func (p ComponentsPage) deviceSettings() []shown {
	d := SampleDevices(p.At)["ready"]
	var out []shown
	for _, s := range []struct {
		which         Setting
		value, refuse string // what is typed, and the code of what is wrong with it
	}{
		{SettingName, d.Name, "name_taken"},
		{SettingNote, p.Lang.T("settings.note.hint"), "note_too_long"},
		{SettingProxy, "socks5://budi:••••••@10.0.0.7:1080", "proxy_again"},
		{SettingDefault, "", ""},
	} {
		plain := DeviceSettings{Name: s.value, Note: s.value, Proxy: s.value, HasProxy: true}
		saved, refused := plain, plain
		saved.Saved = s.which
		refused.Refused, refused.Problem = s.which, p.Lang.Invalid(s.refuse)
		name := "setting-" + string(s.which)
		out = append(out, shown{name, setting(p.Lang, d, plain, s.which)}, shown{name + "-saved", setting(p.Lang, d, saved, s.which)})
		if s.refuse != "" {
			out = append(out, shown{name + "-refused", setting(p.Lang, d, refused, s.which)})
		}
	}
	d.Default = !d.Default
	return append(out, shown{"setting-default-off", setting(p.Lang, d, DeviceSettings{}, SettingDefault)})
}

// installation are the cards of the settings in their states.
func (p ComponentsPage) installation() []shown {
	page := SettingsPage{
		Page: p.Page, BaseURL: "https://wadah.example.com", Zone: ZoneChoice{Chosen: "Asia/Jakarta", Now: p.At},
		ScanWindow: LifeTime{Value: 10 * time.Minute, Min: time.Minute, Max: 24 * time.Hour},
		Grace:      LifeTime{Value: 2 * time.Minute, Min: 10 * time.Second, Max: time.Hour},
		WhatsApp:   WhatsAppVersion{Version: "2.3000.1027934701", Learnt: true, CheckedAt: p.At.Add(-2 * time.Hour), Every: 6 * time.Hour},
	}
	refused := page
	refused.ScanWindow.Typed, refused.Grace.Fixed = "x", "WADAH_GRACE"
	refused.Problems = map[string]string{"scan_window": p.Lang.Invalid("scan_window")}
	refused.WhatsApp = WhatsAppVersion{Version: "2.3000.1027934701", FailedAt: p.At.Add(-time.Minute), Outdated: 3}
	refused.Zone.Chosen, refused.Zone.Problem = "", p.Lang.Invalid("zone_unknown")
	secrets := page
	secrets.Secrets = []Secret{
		{ID: "s2", CreatedAt: p.At, Value: sampleKey},
		{ID: "s1", CreatedAt: p.At.Add(-900 * time.Hour), ExpiresAt: p.At.Add(23 * time.Hour)},
	}
	return []shown{
		{"times", lifeTimes(page)},
		{"times-refused-fixed", lifeTimes(refused)},
		{"version", whatsAppVersion(page)},
		{"version-failed-outdated", whatsAppVersion(refused)},
		{"zone", installationZone(page)},
		{"zone-refused", installationZone(refused)},
		{"secret-none", systemSecret(page)},
		{"secret-new", systemSecret(secrets)},
	}
}

// reference is one call with what can become of trying it. Its texts are borrowed.
func (p ComponentsPage) reference() []shown {
	call := RefCall{
		Name: "getQR", Path: "/api/getQR", Methods: []string{"GET", "POST"}, OnDevice: true, Try: true,
		Summary: p.Lang.T("qr.title"), Text: p.Lang.T("reason.qr.advice"),
		Params: []RefParam{{
			Name: "wait", Type: "integer", Text: p.Lang.T("wait.connect"), Bounds: "0 – 25", Default: "10", Example: "5",
			Number: true, Required: true, Tried: true,
		}},
		Answer: RefAnswer{
			Type: "application/json", Text: p.Lang.T("reason.qr"), Example: "{\n  \"code\": 200\n}",
			Fields: []RefField{{Name: "qrString", Type: "string", Text: p.Lang.T("qr.step.scan")}},
		},
	}
	for _, code := range []string{"banned", "busy", "not_linking", "proxy_failed"} {
		call.Errors = append(call.Errors, RefError{Status: 409, Code: code, Text: p.Lang.Invalid(code), Example: "{\n  \"code\": 409\n}"})
	}
	asks := call
	asks.Name, asks.Ask, asks.Params = "serviceLogout", p.Lang.T("danger.logout.hint"), nil
	page := ReferencePage{Page: p.Page, BaseURL: "https://wadah.example.com", CanTry: true, Devices: []DeviceChoice{{ID: "d1", Name: "Toko Utama", Chosen: true}}}
	nobody := page
	nobody.Devices = nil
	good := TryAnswer{
		Call: call.Name, Device: "Toko Utama", Status: 200, Took: 1834 * time.Millisecond, Picture: sampleQR, Cut: true,
		Request: "POST https://wadah.example.com/api/getQR\nX-Api-Key: ••••••••", Body: "{\n  \"code\": 200\n}",
		Headers: []RefField{{Name: "Content-Type", Text: "application/json"}},
	}
	late, broken := good, good
	late.Status, late.Picture, late.Cut, late.Body = 429, "", false, "{\n  \"code\": 429\n}"
	broken.Status = 500
	out := []shown{
		{"call", sampleCall(page, call)},
		{"call-asks-nobody-chosen", sampleCall(nobody, asks)},
		{"try-answer", tryOut(p.Lang, &good)},
		{"try-answer-refused", tryOut(p.Lang, &late)},
		{"try-said-200", sampleSaid(p.Lang, good)},
		{"try-said-429", sampleSaid(p.Lang, late)},
		{"try-said-500", sampleSaid(p.Lang, broken)},
	}
	for _, problem := range []TryProblem{TryNoDevice, TryUnconfirmed, TryNoKey, TryNoSecret} {
		out = append(out, shown{"try-said-" + string(problem), sampleSaid(p.Lang, TryAnswer{Call: call.Name, Problem: problem})})
	}
	return out
}
