package gallery

import (
	"time"

	"wadah/views"
	phonesviews "wadah/views/phones"
)

func (p ShowPage) phones() []specimen {
	page := Phones(p.At, p.Page)
	out := []specimen{{"outage-none", phonesviews.PhonesOutage(page)}}
	page.Outage = "http503"
	out = append(out, specimen{"outage-http503", phonesviews.PhonesOutage(page)})
	for _, phone := range page.Phones {
		out = append(out, specimen{"phone-" + phone.Number, phonesviews.PhoneFrame(page, phone)})
		for _, d := range phone.Devices {
			out = append(out, specimen{"beside-" + d.ID, phonesviews.PhoneDeviceCard(p.Lang, phone, d)})
		}
	}
	return append(out, specimen{"faults", phonesviews.FaultMenu(p.Lang, page.Phones[3])})
}

// Phones is a page of virtual phones with each state that a phone can show.
func Phones(at time.Time, page views.Page) phonesviews.PhonesPage {
	all := Devices(at)
	beside := func(id, name, reason string) phonesviews.PhoneDevice {
		d := phonesviews.PhoneDevice{Device: all[reason], Timeline: Timeline(at).Events}
		d.ID, d.Name, d.Default = id, name, false
		return d
	}
	ready, retrying, gone := beside("d1", "Toko Utama", "ready"), beside("d2", "Gudang Bandung", "reconnecting"), beside("d5", "Kurir 1", "logged_out")
	retrying.NextTry = at.Add(8 * time.Second)
	gone.Timeline = gone.Timeline[4:]
	asked := beside("d6", "Reservasi", "passkey")
	asked.Device.Passkey = &views.Passkey{Code: "K7WQ-M2XA", Confirm: true, Deadline: at.Add(time.Minute)}
	linked := func(jid string, d phonesviews.PhoneDevice, connected bool) phonesviews.Companion {
		return phonesviews.Companion{
			JID: jid, Device: d.Name, DeviceID: d.ID, State: d.State, Reason: d.Reason, OS: "Windows", Platform: "chrome",
			LinkedAt: at.Add(-48 * time.Hour), LastActive: at.Add(-time.Minute), Connected: connected,
		}
	}
	return phonesviews.PhonesPage{
		Page: page, Events: "/events?page=phones", CanPlay: true, CanBreak: true,
		Phones: []phonesviews.Phone{
			{
				Number: "6281234567890", Name: "Rina", Platform: "android", Online: true, Code: true,
				Companions: []phonesviews.Companion{linked("6281234567890:1@s.whatsapp.net", ready, true), {JID: "6281234567890:2@s.whatsapp.net", Connected: true}},
				Devices:    []phonesviews.PhoneDevice{ready, gone},
			},
			{Number: "6285712345678", Name: "Budi", Platform: "android", Online: true},
			{
				Number: "6281987654321", Name: "Dewi", Platform: "iphone", Online: true, Passkey: true, Devices: []phonesviews.PhoneDevice{asked},
				Linking: []phonesviews.PhoneLink{
					{Step: phonesviews.LinkPasskey, DeviceID: "d7", Device: "Kurir 3", OS: "Windows"},
					{Step: phonesviews.LinkConfirm, DeviceID: "d6", Device: "Reservasi", OS: "Windows", Code: "K7WQ-M2XA"},
					{Step: phonesviews.LinkPairing, OS: "Linux"},
				},
			},
			{
				Number: "14155550123", Name: "Sam", Platform: "iphone", Troubled: true, Devices: []phonesviews.PhoneDevice{retrying},
				Companions: []phonesviews.Companion{
					linked("14155550123:1@s.whatsapp.net", retrying, false),
					{JID: "14155550123:2@s.whatsapp.net"},
					{JID: "14155550123:3@s.whatsapp.net"},
					{JID: "14155550123:4@s.whatsapp.net"},
				},
			},
		},
		Targets: []phonesviews.ScanTarget{
			{DeviceID: "d3", Name: "Layanan Pelanggan", From: at, Expires: at.Add(20 * time.Second)},
			{DeviceID: "d4", Name: "Kurir 2", Code: "K7WQ-M2XA", From: at, Expires: at.Add(160 * time.Second)},
		},
	}
}
