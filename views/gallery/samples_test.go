package gallery_test

import (
	"maps"
	"time"

	"github.com/a-h/templ"

	"wadah/views"
	deviceviews "wadah/views/device"
	"wadah/views/gallery"
	phonesviews "wadah/views/phones"
	signinviews "wadah/views/signin"
)

var (
	wib  = time.FixedZone("WIB", 7*3600)
	noon = time.Date(2026, 11, 23, 12, 0, 0, 0, wib)
)

// onePixel stands for a QR code.
var onePixel = gallery.Devices(noon)["qr"].QR.Src

func page(lang views.Lang) views.Page {
	return views.Page{
		Lang: lang, Path: "/devices", User: &views.User{Name: "rina", Role: views.Admin}, Phones: true,
		Versions: views.Versions{Wadah: "0.1.0", Library: "2026-08-21", WhatsApp: "2.3000.1027934701"},
	}
}

// sectionPage is another section of a device's page.
func sectionPage(lang views.Lang, d views.Device, s views.DeviceSection) deviceviews.DevicePage {
	p := devicePage(lang, d)
	p.Section, p.Path = s, views.DevicePath("d1", s)
	return p
}

// states are the devices whose fragments the golden files hold, by name.
func states() map[string]views.Device { return gallery.Devices(noon) }

func timeline() deviceviews.Timeline { return gallery.Timeline(noon) }

func devicePage(lang views.Lang, d views.Device) deviceviews.DevicePage {
	p := page(lang)
	p.Path = "/devices/d1"
	return deviceviews.DevicePage{
		Page: p, Device: d, Timeline: timeline(), CanManage: true,
		API:      deviceviews.API{BaseURL: "https://wadah.example.com", KeyID: "k1", CanReveal: true},
		Settings: deviceviews.DeviceSettings{Name: d.Name, Note: d.Note},
	}
}

func manyDevices() []views.Device {
	names := []string{"Toko Utama", "Gudang Bandung", "Layanan Pelanggan", "Cabang Surabaya", "Pak Budi", "Klinik Sehat Sentosa Jaya Abadi", "Reservasi", "Kurir 2"}
	order := []string{"ready", "qr", "network", "logged_out", "stopped", "ready", "reconnecting", "banned"}
	all := states()
	devices := make([]views.Device, 0, len(names))
	for i, name := range names {
		d := all[order[i]]
		d.ID, d.Name, d.Default = "d"+string(rune('1'+i)), name, i == 0
		devices = append(devices, d)
	}
	return devices
}

func needs(devices []views.Device) (n deviceviews.Needs) {
	for _, d := range devices {
		n.Count(d.ID, d.Name, d.State, d.Reason)
	}
	return n
}

func summary(devices []views.Device) (s deviceviews.Summary) {
	for _, d := range devices {
		s.Count(d.State, d.Reason)
	}
	return s
}

// rows are devices as the list shows them, after a day as theirs may have been: switched on ten
// hours ago, and an hour ago what they are now.
func rows(devices []views.Device) []deviceviews.Row {
	all := make([]deviceviews.Row, 0, len(devices))
	for _, d := range devices {
		day := deviceviews.Timeline{Whole: true, Created: noon.Add(-20 * time.Hour), Now: noon, Events: []views.Event{
			{At: noon.Add(-time.Hour), From: views.StateConnected, To: d.State, Reason: d.Reason},
			{At: noon.Add(-10 * time.Hour), From: views.StateOff, To: views.StateConnected, Reason: "ready"},
		}}
		all = append(all, deviceviews.Row{Device: d, Day: day})
	}
	return all
}

func devicesPage(lang views.Lang, devices []views.Device) deviceviews.DevicesPage {
	return deviceviews.DevicesPage{
		Page: page(lang), Devices: rows(devices), Summary: summary(devices), Needs: needs(devices), Found: len(devices), Total: len(devices),
		PageLength: 50, CanAdd: true, CanOperate: true,
	}
}

func phonesPage(lang views.Lang) phonesviews.PhonesPage {
	p := page(lang)
	p.Path, p.Sandbox = "/phones", true
	return gallery.Phones(noon, p)
}

// pages are all pages in the variants worth looking at, by file name.
func pages(lang views.Lang) map[string]templ.Component {
	nobody := page(lang)
	nobody.User = nil
	sandboxed := page(lang)
	sandboxed.Sandbox = true
	all := map[string]templ.Component{
		"setup": signinviews.Setup(signinviews.SetupPage{Page: nobody, Token: "t"}),
		"setup-problems": signinviews.Setup(signinviews.SetupPage{Page: nobody, Token: "t", Name: "rina", Problems: map[string]string{
			"password": lang.Invalid("password_too_short"), "password2": lang.Invalid("password_mismatch"), "": lang.Invalid("setup_token"),
		}}),
		"setup-needed":     signinviews.SetupNeeded(signinviews.SetupNeededPage{Page: nobody}),
		"signin":           signinviews.SignIn(signinviews.SignInPage{Page: nobody, Next: "/devices"}),
		"signin-elsewhere": signinviews.SignIn(signinviews.SignInPage{Page: nobody, Elsewhere: "https://whatsapp-gateway.branch-office.example.org"}),
		"signin-problem":   signinviews.SignIn(signinviews.SignInPage{Page: nobody, Name: "rina", Problem: lang.Invalid("signin_failed")}),
		"devices-empty":    deviceviews.Devices(devicesPage(lang, nil)),
		"devices-many":     deviceviews.Devices(devicesPage(lang, manyDevices())),
		"account":          signinviews.Account(signinviews.AccountPage{Page: page(lang)}),
		"account-problems": signinviews.Account(signinviews.AccountPage{Page: page(lang), Problems: map[string]string{"current": lang.Invalid("password_wrong")}}),
		"phones":           phonesviews.Phones(phonesPage(lang)),
		"problem-404":      views.Problem(views.ProblemPage{Page: page(lang), Status: 404, Words: lang.Problem(404)}),
		"problem-500":      views.Problem(views.ProblemPage{Page: nobody, Status: 500, Words: lang.Problem(500), RequestID: "8f14e45f"}),
		"problem-host":     views.Problem(views.ProblemPage{Page: nobody, Status: 421, Words: lang.WrongHost(views.WrongHost{Host: "gateway.lan:8080", Public: "https://wa.example.org"})}),
		"problem-origin":   views.Problem(views.ProblemPage{Page: nobody, Status: 403, Words: lang.CrossSite(views.CrossSite{Origin: "http://gateway.lan", Host: "127.0.0.1:8080", Setting: "WADAH_PUBLIC_URL=http://gateway.lan"})}),
	}
	one := devicesPage(lang, []views.Device{gallery.Linked(noon, "CONNECTED", "ready")})
	one.Sandbox, one.NameProblem, one.Name = true, lang.Invalid("name_taken"), "Toko Utama"
	one.Flash = lang.Notice(views.NoticeDeviceAdded, "Name", "Toko Utama")
	all["devices-one"] = deviceviews.Devices(one)
	none := devicesPage(lang, nil)
	none.Total, none.Query = 8, deviceviews.DeviceQuery{Text: "zzz", State: "CONNECTED"}
	all["devices-none-found"] = deviceviews.Devices(none)

	out := phonesPage(lang)
	out.Outage, out.Targets, out.AddProblem = "http503", nil, lang.Invalid("phone_exists")
	all["phones-outage"] = phonesviews.Phones(out)
	quiet := phonesPage(lang)
	quiet.Phones, quiet.Targets, quiet.NoDevices = quiet.Phones[1:2], nil, true
	all["phones-one"] = phonesviews.Phones(quiet)
	all["components"] = gallery.Show(gallery.ShowPage{Page: sandboxed, At: noon})
	bare := phonesPage(lang)
	bare.Phones, bare.CanPlay, bare.CanBreak = nil, false, false
	all["phones-none"] = phonesviews.Phones(bare)

	for name, d := range states() {
		p := devicePage(lang, d)
		switch name {
		case "reconnecting":
			p.Timeline = histories()["flapping"]
		case "restoring":
			p.Timeline = histories()["server-down"]
		case "ready":
			p.Timeline = histories()["unknown"]
		case "never_started":
			p.Timeline = histories()["new"]
		}
		all["device-"+name] = deviceviews.DeviceShow(p)
	}
	revealed := sectionPage(lang, states()["ready"], views.DeviceKeys)
	revealed.API.Key = "be670d0018987231588ff183a0e8d509"
	all["device-revealed"] = deviceviews.DeviceShow(revealed)
	wrong := devicePage(lang, states()["qr"])
	wrong.Number, wrong.NumberProblem = "08", lang.Invalid("bad_number")
	all["device-problems"] = deviceviews.DeviceShow(wrong)
	settled := sectionPage(lang, states()["proxy_failed"], views.DeviceSettings)
	settled.Device.Note = "Kasir depan, ponsel ada di laci kiri.\nPIN layar ada di Bu Rina.\n\n<b>Jangan</b> dikeluarkan tanpa bertanya dulu."
	settled.Settings = deviceviews.DeviceSettings{
		Name: settled.Device.Name, Note: settled.Device.Note, Proxy: "socks5://budi:••••••@10.0.0.7:1080", HasProxy: true,
		Problems: map[string]string{"proxy": lang.Invalid("proxy_again")},
	}
	mending := devicePage(lang, states()["proxy_failed"])
	mending.Device.Note, mending.Device.CanManage = settled.Device.Note, true
	all["device-mending"] = deviceviews.DeviceShow(mending)
	all["device-danger"] = deviceviews.DeviceShow(sectionPage(lang, states()["ready"], views.DeviceDanger))
	all["device-settings"] = deviceviews.DeviceShow(settled)
	unsaved := states()["stopped"]
	unsaved.Unsaved, unsaved.NoNewChats, unsaved.NoNewChatsUntil = true, true, noon.Add(2*time.Hour)
	all["device-unsaved"] = deviceviews.DeviceShow(devicePage(lang, unsaved))
	fresh := states()["ready"]
	fresh.JustLinked = true
	all["device-just-linked"] = deviceviews.DeviceShow(devicePage(lang, fresh))
	confirm := states()["passkey"]
	confirm.Passkey = &views.Passkey{Code: "K7WQ-M2XA", Confirm: true, Deadline: noon.Add(time.Minute)}
	all["device-passkey-confirm"] = deviceviews.DeviceShow(devicePage(lang, confirm))
	viewer := devicePage(lang, states()["qr"])
	viewer.Device.QR = nil
	viewer.User.Role = views.Viewer
	viewer.Device.Note = "Kasir depan, ponsel ada di laci kiri."
	viewer.CanManage, viewer.Device.CanOperate, viewer.API.CanReveal, viewer.Timeline = false, false, false, histories()["new"]
	all["device-viewer"] = deviceviews.DeviceShow(viewer)

	all["confirm-logout"] = deviceviews.Confirm(deviceviews.ConfirmPage{Page: sandboxed, Device: states()["ready"], Action: deviceviews.ConfirmLogout})
	all["confirm-delete"] = deviceviews.Confirm(deviceviews.ConfirmPage{Page: page(lang), Device: states()["qr"], Action: deviceviews.ConfirmDelete})
	maps.Copy(all, doorPages(lang))
	maps.Copy(all, referencePages(lang))
	maps.Copy(all, listPages(lang))
	maps.Copy(all, messagePages(lang))
	maps.Copy(all, webhookPages(lang))
	return all
}
