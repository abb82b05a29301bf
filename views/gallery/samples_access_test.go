package gallery_test

import (
	"maps"
	"time"

	"github.com/a-h/templ"

	"wadah/views"
	auditviews "wadah/views/audit"
	deviceviews "wadah/views/device"
	"wadah/views/gallery"
	peopleviews "wadah/views/people"
	settingsviews "wadah/views/settings"
	signinviews "wadah/views/signin"
)

func keys() deviceviews.Keys { return gallery.Keys(noon) }

func scanLinks() deviceviews.ScanLinks { return gallery.ScanLinks(noon) }

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

func accountPage(lang views.Lang) signinviews.AccountPage {
	p := page(lang)
	p.Path = "/account"
	return signinviews.AccountPage{
		Page: p, Zone: views.ZoneChoice{Now: noon}, Factor: signinviews.SecondFactor{On: true, Recovery: 3}, Logins: logins(),
		Passkeys: signinviews.Passkeys{Possible: true, List: []signinviews.AccountPasskey{
			{ID: "p1", Name: "Laptop kantor", Created: noon.Add(-240 * time.Hour), LastUsed: noon.Add(-26 * time.Hour)},
			{ID: "p2", Name: "YubiKey", Created: noon.Add(-24 * time.Hour)},
		}},
	}
}

func people() []peopleviews.Person {
	return []peopleviews.Person{
		{ID: "u1", Name: "rina", Role: views.Admin, Factor: true, Passkeys: 2, LastSeen: noon, Self: true},
		{ID: "u2", Name: "budi", Role: views.Operator, Devices: 3, LastSeen: noon.Add(-26 * time.Hour)},
		{ID: "u3", Name: "dewi.layanan-pelanggan@toko", Role: views.Viewer, Devices: 1, Passkeys: 1},
	}
}

func personPage(lang views.Lang, one peopleviews.Person) peopleviews.PersonPage {
	p := page(lang)
	p.Path = "/people/" + one.ID
	out := peopleviews.PersonPage{Page: p, Person: one, Logins: logins()[1:]}
	for i, d := range manyDevices() {
		out.Devices = append(out.Devices, views.DeviceChoice{ID: d.ID, Name: d.Name, Chosen: i%3 == 0})
	}
	return out
}

func auditPage(lang views.Lang) auditviews.AuditPage {
	p := page(lang)
	p.Path = "/audit"
	return auditviews.AuditPage{
		Page: p, Retention: 365, Older: "a1", Actors: []string{"budi", "rina"},
		Devices: []views.DeviceChoice{{ID: "d1", Name: "Toko Utama"}, {ID: "d2", Name: "Gudang Bandung"}},
		Entries: []auditviews.AuditEntry{
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

func settingsPage(lang views.Lang) settingsviews.SettingsPage {
	p := page(lang)
	p.Path = "/settings"
	return settingsviews.SettingsPage{
		Readers: []string{"operator"}, Keep: map[string]string{"bodies": "7", "index": "30", "events": "3"},
		ScanWindow: settingsviews.LifeTime{Value: 10 * time.Minute, Min: time.Minute, Max: 24 * time.Hour},
		Grace:      settingsviews.LifeTime{Value: 2 * time.Minute, Min: 10 * time.Second, Max: time.Hour},
		WhatsApp:   settingsviews.WhatsAppVersion{Version: "2.3000.1027934701", Learnt: true, CheckedAt: noon.Add(-2 * time.Hour), Every: 6 * time.Hour},
		Zone:       views.ZoneChoice{Chosen: "Asia/Jakarta", Now: noon},
		Page:       p, BaseURL: "https://wadah.example.com", Days: 365, MinDays: 7, Brand: "Toko Batik Rina",
		Secrets: []settingsviews.Secret{
			{ID: "s2", CreatedAt: noon.Add(-time.Hour), Shown: views.Shown{To: "rina", By: views.ShownToUser, At: noon.Add(-time.Minute)}},
			{ID: "s1", CreatedAt: noon.Add(-900 * time.Hour), ExpiresAt: noon.Add(23 * time.Hour)},
		},
		Limits: []settingsviews.Limit{
			{Name: "key_rate", Value: "50/s", Env: "WADAH_KEY_RATE"},
			{Name: "address_rate", Value: "20/s", Env: "WADAH_ADDRESS_RATE"},
			{Name: "devices", Value: "1000", Env: "WADAH_MAX_DEVICES"},
			{Name: "trusted_proxies", Value: "10.0.0.0/8, 192.168.0.0/16", Env: "WADAH_TRUSTED_PROXIES"},
			{Name: "something_new", Value: "1"},
		},
		Untrusted: []settingsviews.UntrustedProxy{{
			Address: "2001:db8:85a3::8a2e:370:7334",
			Setting: "WADAH_TRUSTED_PROXIES=10.0.0.0/8,192.168.0.0/16,2001:db8:85a3::8a2e:370:7334",
		}},
	}
}

func scanPage(lang views.Lang, d views.Device) deviceviews.ScanPage {
	p := page(lang)
	p.User, p.Path = nil, "/scan/t0k3n"
	d.CanOperate, d.Number, d.Account = false, "", ""
	return deviceviews.ScanPage{Page: p, Device: d, Token: "t0k3n", Expires: noon.Add(12 * time.Minute), Brand: "Toko Batik Rina"}
}

// doorPages are the pages of people, sign-in, keys, links, audit and settings.
func doorPages(lang views.Lang) map[string]templ.Component {
	nobody := page(lang)
	nobody.User = nil
	all := map[string]templ.Component{
		"signin-passkey":   signinviews.SignIn(signinviews.SignInPage{Page: nobody, Next: "/devices", Passkeys: true}),
		"step2":            signinviews.SecondStep(signinviews.SecondStepPage{Page: nobody, Next: "/devices", Passkeys: true}),
		"step2-recovery":   signinviews.SecondStep(signinviews.SecondStepPage{Page: nobody, Recovery: true, Problem: lang.Invalid("code_wrong")}),
		"account-security": signinviews.Account(accountPage(lang)),
		"totp":             signinviews.TOTPEnrol(signinviews.TOTPPage{Page: page(lang), QR: onePixel, Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}),
		"totp-problem":     signinviews.TOTPEnrol(signinviews.TOTPPage{Page: page(lang), QR: onePixel, Secret: "JBSWY3DP", Problem: lang.Invalid("code_wrong")}),
		"recovery": signinviews.RecoveryCodes(signinviews.RecoveryPage{Page: page(lang), Codes: []string{
			"k7wq-m2xa", "b3hf-9ztc", "p8rd-4vye", "n6gj-s5kw", "t2cx-h7mb", "w9fe-a3qp", "z4yk-r8nd", "c5vt-g6js", "m7bh-x2wf", "q3ep-k9za",
		}}),
		"proof": signinviews.Proof(signinviews.ProofPage{
			Page: page(lang), Action: "/people", Passkeys: true,
			Fields: []signinviews.FormField{{Name: "name", Value: `budi "<&`}, {Name: "role", Value: "viewer"}},
		}),
		"proof-problem": signinviews.Proof(signinviews.ProofPage{
			Page: page(lang), Action: "/confirm", Next: "/audit.csv?action=signin&q=x", Passkeys: true, Problem: lang.Invalid("password_wrong"),
		}),
		"new-password": signinviews.NewPassword(signinviews.NewPasswordPage{Page: nobody, Name: "budi", Next: "/account"}),
		"new-password-problem": signinviews.NewPassword(signinviews.NewPasswordPage{
			Page: nobody, Name: "budi", Problems: map[string]string{"password": lang.Invalid("password_same")},
		}),
		"people":          peopleviews.People(peopleviews.PeoplePage{Page: page(lang), People: people()}),
		"person-operator": peopleviews.PersonShow(personPage(lang, people()[1])),
		"person-self":     peopleviews.PersonShow(personPage(lang, people()[0])),
		"audit":           auditviews.Audit(auditPage(lang)),
		"settings":        settingsviews.Settings(settingsPage(lang)),
		"scan-over":       deviceviews.ScanOver(deviceviews.ScanOverPage{Page: nobody, Brand: "Toko Batik Rina"}),
		"scan-over-done":  deviceviews.ScanOver(deviceviews.ScanOverPage{Page: nobody, Done: true}),
	}
	for _, name := range []string{"qr", "code", "connecting", "authenticating", "passkey", "ready", "not_scanned"} {
		all["scan-"+name] = deviceviews.ScanShow(scanPage(lang, states()[name]))
	}

	known := peopleviews.KnownKeys{Back: "/people", List: []peopleviews.KnownKey{
		{ID: "s1", People: []string{"dewi.layanan-pelanggan@toko"}, At: noon.Add(-300 * time.Hour)},
		{ID: "k1", Name: "main", Device: "Toko Utama", People: []string{"budi", "dewi.layanan-pelanggan@toko"}, At: noon.Add(-26 * time.Hour)},
		{ID: "k2", Name: "Toko online", Device: "Gudang Bandung", People: []string{"budi"}, At: noon.Add(-27 * time.Hour)},
	}}
	leaving := peopleviews.PeoplePage{Page: page(lang), People: people(), Known: known}
	all["people-known-keys"] = peopleviews.People(leaving)
	left := personPage(lang, people()[1])
	left.Known = peopleviews.KnownKeys{Back: left.Path, List: known.List[1:]}
	all["person-known-keys"] = peopleviews.PersonShow(left)

	crowd := peopleviews.PeoplePage{Page: page(lang), People: people(), Name: "budi", Role: views.Operator, Problems: map[string]string{
		"name": lang.Invalid("name_taken"), "password": lang.Invalid("password_too_short"),
	}}
	all["people-problems"] = peopleviews.People(crowd)
	inviting := peopleviews.PeoplePage{Page: page(lang), People: people(), Invite: peopleviews.Invite{
		Open: []peopleviews.Invitation{
			{ID: "i2", URL: "https://wadah.example.com/invite/k7wqM2xaB3hfT9ztcP8rdV4vyeN6gjS5", Note: "Dewi, layanan pelanggan", Role: views.Operator, By: "rina", Devices: 2, ExpiresAt: noon.Add(168 * time.Hour)},
			{ID: "i1", Role: views.Viewer, By: "rina", AllDevices: true, ExpiresAt: noon.Add(30 * time.Hour)},
		},
	}}
	for i, d := range manyDevices() {
		inviting.Invite.Devices = append(inviting.Invite.Devices, views.DeviceChoice{ID: d.ID, Name: d.Name, Chosen: i == 1})
	}
	all["people-invitations"] = peopleviews.People(inviting)
	inviting.Invite.Open, inviting.Invite.Role = nil, views.Operator
	inviting.Invite.Problems = map[string]string{"note": lang.Invalid("name_too_long"), "life": lang.Invalid("life_invalid"), "devices": lang.Invalid("device_unknown")}
	all["people-invitation-problems"] = peopleviews.People(inviting)
	invited := signinviews.InvitedPage{Page: nobody, Token: "t0k3n", Role: views.Operator}
	invited.Path = "/invite/t0k3n"
	all["invited"] = signinviews.Invited(invited)
	invited.Name, invited.Problems = "dewi", map[string]string{"password2": lang.Invalid("password_mismatch")}
	all["invited-problems"] = signinviews.Invited(invited)
	all["invited-over"] = signinviews.InvitationOver(signinviews.InvitationOverPage{Page: nobody})

	other := personPage(lang, people()[2])
	other.Problems = map[string]string{
		"role": lang.Invalid("role_unknown"), "devices": lang.Invalid("device_unknown"),
		"password2": lang.Invalid("password_mismatch"), "delete": lang.Invalid("last_admin"),
	}
	all["person-problems"] = peopleviews.PersonShow(other)

	guarded := accountPage(lang)
	guarded.Factor, guarded.Passkeys, guarded.Logins = signinviews.SecondFactor{}, signinviews.Passkeys{}, logins()[:1]
	guarded.Problems = map[string]string{"totp": lang.Invalid("password_wrong"), "passkeys": lang.Invalid("passkey_failed")}
	all["account-security-problems"] = signinviews.Account(guarded)

	narrowed := auditPage(lang)
	narrowed.Entries, narrowed.Older, narrowed.Problem = nil, "", lang.Invalid("date_invalid")
	narrowed.Filter = auditviews.AuditFilter{Text: "kasir", Actor: "gone", Action: "no.such", Device: "d9", From: "2026-11-01", To: "x", Before: "a9"}
	all["audit-none"] = auditviews.Audit(narrowed)

	bare := settingsPage(lang)
	bare.Secrets, bare.Limits, bare.Problems = nil, nil, map[string]string{
		"days": lang.Invalid("days_invalid"), "brand": lang.Invalid("name_too_long"), "secret": lang.Invalid("overlap_invalid"),
	}
	bare.WhatsApp = settingsviews.WhatsAppVersion{Version: "2.3000.1027934701", FailedAt: noon.Add(-3 * time.Minute), Every: 6 * time.Hour, Outdated: 2}
	bare.ScanWindow.Fixed, bare.Zone.Chosen = "WADAH_SCAN_WINDOW", ""
	bare.Grace.Typed, bare.Zone.Problem = "soon", lang.Invalid("zone_unknown")
	bare.Problems["grace"] = lang.Invalid("grace")
	all["settings-none"] = settingsviews.Settings(bare)
	shown := settingsPage(lang)
	shown.Secrets[0].Value = "be670d0018987231588ff183a0e8d509"
	all["settings-revealed"] = settingsviews.Settings(shown)

	wrong := scanPage(lang, states()["qr"])
	wrong.Number, wrong.NumberProblem, wrong.Brand = "08", lang.Invalid("bad_number"), ""
	all["scan-problem"] = deviceviews.ScanShow(wrong)

	linking := devicePage(lang, states()["qr"])
	linking.ScanLinks = scanLinks()
	all["device-access"] = deviceviews.DeviceShow(linking)
	held := sectionPage(lang, states()["ready"], views.DeviceKeys)
	held.Keys = keys()
	held.Keys.List[0].Value = "be670d0018987231588ff183a0e8d509"
	all["device-keys"] = deviceviews.DeviceShow(held)
	none := sectionPage(lang, states()["never_started"], views.DeviceKeys)
	none.Keys = deviceviews.Keys{Show: true, Name: "x", Expires: "720h", Problems: map[string]string{"name": lang.Invalid("name_too_long")}}
	all["device-keys-problems"] = deviceviews.DeviceShow(none)
	empty := devicePage(lang, states()["never_started"])
	empty.ScanLinks = deviceviews.ScanLinks{Show: true, Problem: lang.Invalid("life_invalid")}
	all["device-access-problems"] = deviceviews.DeviceShow(empty)
	maps.Copy(all, aboutPages(lang))
	return all
}

// aboutPages are the pages about the program.
func aboutPages(lang views.Lang) map[string]templ.Component {
	p := page(lang)
	p.Path = "/about"
	parts := []settingsviews.LicencePart{
		{Name: "go", Version: "1.26.8", Terms: "BSD-3-Clause", Text: "t1"},
		{Name: "github.com/go-webauthn/x", Version: "v0.3.1", Terms: "ISC and BSD-3-Clause and BSD-2-Clause", Text: "t2"},
		{Name: "go.mau.fi/whatsmeow", Version: "v0.0.0-20260821141805-33cfac511629", Terms: "MPL-2.0", Text: "t3"},
	}
	return map[string]templ.Component{
		"about": settingsviews.About(settingsviews.AboutPage{
			Page: p, Count: 61, Copyleft: []string{"go.mau.fi/libsignal"},
			Parts: []settingsviews.Part{{Name: "Wadah", Version: "0.1.0"}, {Name: "WhatsApp Web", Version: "2.3000.1027934701"}, {Name: "SQLite", Version: "3.50.4"}, {Name: "htmx"}},
		}),
		"about-licences": settingsviews.Licences(settingsviews.LicencesPage{Page: p, Parts: parts}),
		"about-licence": settingsviews.Licence(settingsviews.LicencePage{
			Page: p, Names: []string{"go", "golang.org/x/crypto", "golang.org/x/net"}, Terms: "BSD-3-Clause",
			Text: "Copyright 2009 The Go Authors.\n\nRedistribution and use in source and binary forms, with or without\nmodification, are permitted provided that the following conditions are met:\n",
		}),
	}
}
