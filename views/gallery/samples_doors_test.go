package gallery_test

import (
	"maps"
	"time"

	"github.com/a-h/templ"

	"wadah/views"
	"wadah/views/gallery"
)

func keys() views.Keys { return gallery.Keys(noon) }

func scanLinks() views.ScanLinks { return gallery.ScanLinks(noon) }

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
	mobile  = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
)

func logins() []views.Login {
	return []views.Login{
		{ID: "s1", Current: true, Agent: firefox, Address: "203.0.113.7", Since: noon.Add(-3 * time.Hour), Seen: noon},
		{ID: "s2", Agent: mobile, Address: "2001:db8:85a3::8a2e:370:7334", Since: noon.Add(-200 * time.Hour), Seen: noon.Add(-5 * time.Hour)},
		{ID: "s3", Agent: "Wget", Since: noon.Add(-400 * time.Hour)},
	}
}

func accountPage(lang views.Lang) views.AccountPage {
	p := page(lang)
	p.Path = "/account"
	return views.AccountPage{
		Page: p, Zone: views.ZoneChoice{Now: noon}, Factor: views.SecondFactor{On: true, Recovery: 3}, Logins: logins(),
		Passkeys: views.Passkeys{Possible: true, List: []views.AccountPasskey{
			{ID: "p1", Name: "Laptop kantor", Created: noon.Add(-240 * time.Hour), LastUsed: noon.Add(-26 * time.Hour)},
			{ID: "p2", Name: "YubiKey", Created: noon.Add(-24 * time.Hour)},
		}},
	}
}

func people() []views.Person {
	return []views.Person{
		{ID: "u1", Name: "rina", Role: views.Admin, Factor: true, Passkeys: 2, LastSeen: noon, Self: true},
		{ID: "u2", Name: "budi", Role: views.Operator, Devices: 3, LastSeen: noon.Add(-26 * time.Hour)},
		{ID: "u3", Name: "dewi.layanan-pelanggan@toko", Role: views.Viewer, Devices: 1, Passkeys: 1},
	}
}

func personPage(lang views.Lang, one views.Person) views.PersonPage {
	p := page(lang)
	p.Path = "/people/" + one.ID
	out := views.PersonPage{Page: p, Person: one, Logins: logins()[1:]}
	for i, d := range manyDevices() {
		out.Devices = append(out.Devices, views.DeviceChoice{ID: d.ID, Name: d.Name, Chosen: i%3 == 0})
	}
	return out
}

func auditPage(lang views.Lang) views.AuditPage {
	p := page(lang)
	p.Path = "/audit"
	return views.AuditPage{
		Page: p, Retention: 365, Older: "a1", Actors: []string{"budi", "rina"},
		Devices: []views.DeviceChoice{{ID: "d1", Name: "Toko Utama"}, {ID: "d2", Name: "Gudang Bandung"}},
		Entries: []views.AuditEntry{
			{ID: "b5", At: noon.Add(5 * time.Second), Actor: "k1", ActorKind: "key", Action: "device.start", Device: "Toko Utama", DeviceID: "d1", Address: "198.51.100.24", Detail: "Toko online"},
			{ID: "b4", At: noon.Add(4 * time.Second), Actor: "keyless", ActorKind: "keyless", Action: "device.stop", Device: "Toko Utama", DeviceID: "d1", Address: "127.0.0.1"},
			{ID: "b3", At: noon.Add(3 * time.Second), Actor: "l1", ActorKind: "guest", Action: "device.pair", Device: "Gudang Bandung", DeviceID: "d2", Address: "198.51.100.30", Detail: "rina"},
			{
				ID: "b2", At: noon.Add(2 * time.Second), Actor: "l1", ActorKind: "guest", Action: "scanlink.open", Device: "Gudang Bandung", DeviceID: "d2", Address: "198.51.100.30",
				Detail: "rina\nMozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36",
			},
			{ID: "b1", At: noon.Add(time.Second), Actor: "rina", ActorKind: "user", Action: "settings.change", Target: "scan_window", Detail: "10m0s → 20m0s", Address: "203.0.113.7"},
			{ID: "a7", At: noon, Actor: "rina", ActorKind: "user", Action: "key.reveal", Device: "Toko Utama", DeviceID: "d1", Target: "Toko online", Address: "203.0.113.7"},
			{ID: "a6", At: noon.Add(-time.Minute), Actor: "budi", ActorKind: "user", Action: "signin.refused", Address: "2001:db8:85a3::8a2e:370:7334"},
			{ID: "a5", At: noon.Add(-2 * time.Hour), Actor: "k2", ActorKind: "key", Action: "device.restart", Device: "Gudang Bandung", DeviceID: "d2", Address: "198.51.100.24"},
			{ID: "a4", At: noon.Add(-3 * time.Hour), Actor: "wadah", ActorKind: "cli", Action: "user.password", Target: "dewi.layanan-pelanggan@toko"},
			{ID: "a3", At: noon.Add(-26 * time.Hour), Actor: "rina", ActorKind: "user", Action: "user.role", Target: "budi", Detail: "viewer → operator", Address: "203.0.113.7"},
			{ID: "a2", At: noon.Add(-27 * time.Hour), Actor: "rina", ActorKind: "user", Action: "device.delete", Device: "Cabang lama", Address: "203.0.113.7"},
			{ID: "a1", At: noon.Add(-28 * time.Hour), Actor: "system API", ActorKind: "system", Action: "something.new"},
		},
	}
}

func settingsPage(lang views.Lang) views.SettingsPage {
	p := page(lang)
	p.Path = "/settings"
	return views.SettingsPage{
		ScanWindow: views.LifeTime{Value: 10 * time.Minute, Min: time.Minute, Max: 24 * time.Hour},
		Grace:      views.LifeTime{Value: 2 * time.Minute, Min: 10 * time.Second, Max: time.Hour},
		WhatsApp:   views.WhatsAppVersion{Version: "2.3000.1027934701", Learnt: true, CheckedAt: noon.Add(-2 * time.Hour), Every: 6 * time.Hour},
		Zone:       views.ZoneChoice{Chosen: "Asia/Jakarta", Now: noon},
		Page:       p, BaseURL: "https://wadah.example.com", Days: 365, MinDays: 7, Brand: "Toko Batik Rina",
		Secrets: []views.Secret{
			{ID: "s2", CreatedAt: noon.Add(-time.Hour), Shown: views.Shown{To: "rina", By: views.ShownToUser, At: noon.Add(-time.Minute)}},
			{ID: "s1", CreatedAt: noon.Add(-900 * time.Hour), ExpiresAt: noon.Add(23 * time.Hour)},
		},
		Limits: []views.Limit{
			{Name: "key_rate", Value: "50/s", Env: "WADAH_KEY_RATE"},
			{Name: "address_rate", Value: "20/s", Env: "WADAH_ADDRESS_RATE"},
			{Name: "devices", Value: "1000", Env: "WADAH_MAX_DEVICES"},
			{Name: "trusted_proxies", Value: "10.0.0.0/8, 192.168.0.0/16", Env: "WADAH_TRUSTED_PROXIES"},
			{Name: "something_new", Value: "1"},
		},
		Untrusted: []views.UntrustedProxy{{
			Address: "2001:db8:85a3::8a2e:370:7334",
			Setting: "WADAH_TRUSTED_PROXIES=10.0.0.0/8,192.168.0.0/16,2001:db8:85a3::8a2e:370:7334",
		}},
	}
}

func scanPage(lang views.Lang, d views.Device) views.ScanPage {
	p := page(lang)
	p.User, p.Path = nil, "/scan/t0k3n"
	d.CanOperate, d.Number, d.Account = false, "", ""
	return views.ScanPage{Page: p, Device: d, Token: "t0k3n", Expires: noon.Add(12 * time.Minute), Brand: "Toko Batik Rina"}
}

// doorPages are the pages of people, sign-in, keys, links, audit and settings.
func doorPages(lang views.Lang) map[string]templ.Component {
	nobody := page(lang)
	nobody.User = nil
	all := map[string]templ.Component{
		"signin-passkey":   views.SignIn(views.SignInPage{Page: nobody, Next: "/devices", Passkeys: true}),
		"step2":            views.SecondStep(views.SecondStepPage{Page: nobody, Next: "/devices", Passkeys: true}),
		"step2-recovery":   views.SecondStep(views.SecondStepPage{Page: nobody, Recovery: true, Problem: lang.Invalid("code_wrong")}),
		"account-security": views.Account(accountPage(lang)),
		"totp":             views.TOTPEnrol(views.TOTPPage{Page: page(lang), QR: onePixel, Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}),
		"totp-problem":     views.TOTPEnrol(views.TOTPPage{Page: page(lang), QR: onePixel, Secret: "JBSWY3DP", Problem: lang.Invalid("code_wrong")}),
		"recovery": views.RecoveryCodes(views.RecoveryPage{Page: page(lang), Codes: []string{
			"k7wq-m2xa", "b3hf-9ztc", "p8rd-4vye", "n6gj-s5kw", "t2cx-h7mb", "w9fe-a3qp", "z4yk-r8nd", "c5vt-g6js", "m7bh-x2wf", "q3ep-k9za",
		}}),
		"proof": views.Proof(views.ProofPage{
			Page: page(lang), Action: "/people", Passkeys: true,
			Fields: []views.FormField{{Name: "name", Value: `budi "<&`}, {Name: "role", Value: "viewer"}},
		}),
		"proof-problem": views.Proof(views.ProofPage{
			Page: page(lang), Action: "/confirm", Next: "/audit.csv?action=signin&q=x", Passkeys: true, Problem: lang.Invalid("password_wrong"),
		}),
		"new-password": views.NewPassword(views.NewPasswordPage{Page: nobody, Name: "budi", Next: "/account"}),
		"new-password-problem": views.NewPassword(views.NewPasswordPage{
			Page: nobody, Name: "budi", Problems: map[string]string{"password": lang.Invalid("password_same")},
		}),
		"people":          views.People(views.PeoplePage{Page: page(lang), People: people()}),
		"person-operator": views.PersonShow(personPage(lang, people()[1])),
		"person-self":     views.PersonShow(personPage(lang, people()[0])),
		"audit":           views.Audit(auditPage(lang)),
		"settings":        views.Settings(settingsPage(lang)),
		"scan-over":       views.ScanOver(views.ScanOverPage{Page: nobody, Brand: "Toko Batik Rina"}),
		"scan-over-done":  views.ScanOver(views.ScanOverPage{Page: nobody, Done: true}),
	}
	for _, name := range []string{"qr", "code", "connecting", "authenticating", "passkey", "ready", "not_scanned"} {
		all["scan-"+name] = views.ScanShow(scanPage(lang, states()[name]))
	}

	known := views.KnownKeys{Back: "/people", List: []views.KnownKey{
		{ID: "s1", People: []string{"dewi.layanan-pelanggan@toko"}, At: noon.Add(-300 * time.Hour)},
		{ID: "k1", Name: "main", Device: "Toko Utama", People: []string{"budi", "dewi.layanan-pelanggan@toko"}, At: noon.Add(-26 * time.Hour)},
		{ID: "k2", Name: "Toko online", Device: "Gudang Bandung", People: []string{"budi"}, At: noon.Add(-27 * time.Hour)},
	}}
	leaving := views.PeoplePage{Page: page(lang), People: people(), Known: known}
	all["people-known-keys"] = views.People(leaving)
	left := personPage(lang, people()[1])
	left.Known = views.KnownKeys{Back: left.Path, List: known.List[1:]}
	all["person-known-keys"] = views.PersonShow(left)

	crowd := views.PeoplePage{Page: page(lang), People: people(), Name: "budi", Role: views.Operator, Problems: map[string]string{
		"name": lang.Invalid("name_taken"), "password": lang.Invalid("password_too_short"),
	}}
	all["people-problems"] = views.People(crowd)
	other := personPage(lang, people()[2])
	other.Problems = map[string]string{
		"role": lang.Invalid("role_unknown"), "devices": lang.Invalid("device_unknown"),
		"password2": lang.Invalid("password_mismatch"), "delete": lang.Invalid("last_admin"),
	}
	all["person-problems"] = views.PersonShow(other)

	guarded := accountPage(lang)
	guarded.Factor, guarded.Passkeys, guarded.Logins = views.SecondFactor{}, views.Passkeys{}, logins()[:1]
	guarded.Problems = map[string]string{"totp": lang.Invalid("password_wrong"), "passkeys": lang.Invalid("passkey_failed")}
	all["account-security-problems"] = views.Account(guarded)

	narrowed := auditPage(lang)
	narrowed.Entries, narrowed.Older, narrowed.Problem = nil, "", lang.Invalid("date_invalid")
	narrowed.Filter = views.AuditFilter{Text: "kasir", Actor: "gone", Action: "no.such", Device: "d9", From: "2026-11-01", To: "x", Before: "a9"}
	all["audit-none"] = views.Audit(narrowed)

	bare := settingsPage(lang)
	bare.Secrets, bare.Limits, bare.Problems = nil, nil, map[string]string{
		"days": lang.Invalid("days_invalid"), "brand": lang.Invalid("name_too_long"), "secret": lang.Invalid("overlap_invalid"),
	}
	bare.WhatsApp = views.WhatsAppVersion{Version: "2.3000.1027934701", FailedAt: noon.Add(-3 * time.Minute), Every: 6 * time.Hour, Outdated: 2}
	bare.ScanWindow.Fixed, bare.Zone.Chosen = "WADAH_SCAN_WINDOW", ""
	bare.Grace.Typed, bare.Zone.Problem = "soon", lang.Invalid("zone_unknown")
	bare.Problems["grace"] = lang.Invalid("grace")
	all["settings-none"] = views.Settings(bare)
	shown := settingsPage(lang)
	shown.Secrets[0].Value = "be670d0018987231588ff183a0e8d509"
	all["settings-revealed"] = views.Settings(shown)

	wrong := scanPage(lang, states()["qr"])
	wrong.Number, wrong.NumberProblem, wrong.Brand = "08", lang.Invalid("bad_number"), ""
	all["scan-problem"] = views.ScanShow(wrong)

	linking := devicePage(lang, states()["qr"])
	linking.Keys, linking.ScanLinks = keys(), scanLinks()
	linking.Keys.List[0].Value = "be670d0018987231588ff183a0e8d509"
	all["device-doors"] = views.DeviceShow(linking)
	empty := devicePage(lang, states()["never_started"])
	empty.Keys = views.Keys{Show: true, Name: "x", Expires: "720h", Problems: map[string]string{"name": lang.Invalid("name_too_long")}}
	empty.ScanLinks = views.ScanLinks{Show: true, Problem: lang.Invalid("life_invalid")}
	all["device-doors-problems"] = views.DeviceShow(empty)
	maps.Copy(all, aboutPages(lang))
	return all
}

// aboutPages are the pages about the program.
func aboutPages(lang views.Lang) map[string]templ.Component {
	p := page(lang)
	p.Path = "/about"
	parts := []views.LicencePart{
		{Name: "go", Version: "1.26.8", Terms: "BSD-3-Clause", Text: "t1"},
		{Name: "github.com/go-webauthn/x", Version: "v0.3.1", Terms: "ISC and BSD-3-Clause and BSD-2-Clause", Text: "t2"},
		{Name: "go.mau.fi/whatsmeow", Version: "v0.0.0-20260821141805-33cfac511629", Terms: "MPL-2.0", Text: "t3"},
	}
	return map[string]templ.Component{
		"about": views.About(views.AboutPage{
			Page: p, Count: 61, Copyleft: []string{"go.mau.fi/libsignal"},
			Parts: []views.Part{{Name: "Wadah", Version: "0.1.0"}, {Name: "WhatsApp Web", Version: "2.3000.1027934701"}, {Name: "SQLite", Version: "3.50.4"}, {Name: "htmx"}},
		}),
		"about-licences": views.Licences(views.LicencesPage{Page: p, Parts: parts}),
		"about-licence": views.Licence(views.LicencePage{
			Page: p, Names: []string{"go", "golang.org/x/crypto", "golang.org/x/net"}, Terms: "BSD-3-Clause",
			Text: "Copyright 2009 The Go Authors.\n\nRedistribution and use in source and binary forms, with or without\nmodification, are permitted provided that the following conditions are met:\n",
		}),
	}
}
