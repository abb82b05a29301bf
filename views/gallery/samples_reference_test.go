package gallery_test

import (
	"time"

	"github.com/a-h/templ"

	"wadah/views"
	referenceviews "wadah/views/reference"
)

// reference is a short description with every kind of call in it.
func reference(lang views.Lang) referenceviews.Reference {
	words := func(en, id string) string {
		if lang == views.Indonesian {
			return id
		}
		return en
	}
	errors := []referenceviews.RefError{
		{Status: 401, Code: "unauthorized", Every: true, Text: words("No valid API key.", "Tidak ada kunci API yang berlaku."), Example: "{\n  \"code\": 401\n}"},
		{Status: 409, Code: "not_started", Text: words("The device is off.", "Perangkat mati."), Example: "{\n  \"code\": 409\n}"},
		{Status: 409, Code: "busy", Text: words("Try again.", "Coba lagi."), Example: "{\n  \"code\": 409\n}"},
		{Status: 409, Code: "banned", Text: words("The account is locked.", "Akun dikunci."), Example: "{\n  \"code\": 409\n}"},
		{Status: 409, Code: "a_rather_long_code_that_does_not_end_soon", Text: words("Mend it.", "Perbaiki."), Example: "{\n  \"code\": 409\n}"},
		{Status: 503, Code: "storage", Text: words("Try again later.", "Coba lagi nanti."), Example: "{\n  \"code\": 503\n}"},
	}
	both := []string{"GET", "POST"}
	qr := referenceviews.RefCall{
		Name: "getQR", Path: "/api/getQR", Methods: both, OnDevice: true, Try: true,
		Summary: words("Get the QR code", "Ambil kode QR"), Text: words("Answers the newest code, see `getState`.\n\nIt waits.", "Menjawab dengan kode terbaru, lihat `getState`.\n\nPanggilan ini menunggu."),
		Params: []referenceviews.RefParam{{
			Name: "wait", Type: "integer", Text: words("Seconds to wait.", "Berapa detik menunggu."),
			Bounds: "0 – 25", Default: "10", Example: "10", Number: true, Tried: true,
		}},
		Answer: referenceviews.RefAnswer{
			Type: "application/json", Text: words("A QR code.", "Kode QR."), Example: "{\n  \"code\": 200,\n  \"results\": {\n    \"qrString\": \"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA\"\n  }\n}",
			Fields: []referenceviews.RefField{{Name: "qrString", Type: "string", Text: words("The picture.", "Gambarnya.")}},
		},
		Errors: errors[1:5],
	}
	pair := referenceviews.RefCall{
		Name: "getPairCode", Path: "/api/getPairCode", Methods: both, OnDevice: true, Try: true,
		Summary: words("Link by number", "Tautkan dengan nomor"), Text: words("Answers a code.", "Menjawab dengan kode."),
		Params: []referenceviews.RefParam{
			{Name: "phone", Type: "string", Text: words("The number.", "Nomornya."), Example: "+62 812", Required: true, Tried: true, Longest: 60},
		},
		Answer: referenceviews.RefAnswer{Type: "application/json", Text: words("A code.", "Sebuah kode."), Example: "{\n  \"code\": 200\n}"},
	}
	logout := referenceviews.RefCall{
		Name: "serviceLogout", Path: "/api/serviceLogout", Methods: both, OnDevice: true, Try: true,
		Ask:     words("The phone removes this device.", "Ponsel menghapus perangkat ini."),
		Summary: words("Log out", "Keluar"), Text: words("Removes the link.", "Menghapus tautan."),
		Answer: referenceviews.RefAnswer{Type: "application/json", Text: words("Logged out.", "Sudah keluar."), Example: "{\n  \"code\": 200\n}"},
	}
	events := referenceviews.RefCall{
		Name: "events", Path: "/api/events", Methods: both, OnDevice: true,
		Summary: words("Watch the device", "Pantau perangkat"), Text: words("A stream.", "Sebuah aliran."),
		Answer:  referenceviews.RefAnswer{Type: "text/event-stream", Text: words("The stream.", "Alirannya."), Example: "event: state\ndata: {}"},
		Samples: []referenceviews.RefSample{{Title: "JavaScript", Code: "new EventSource(\"{URL}/api/events?apiKey={KEY}\");"}},
	}
	remove := referenceviews.RefCall{
		Name: "deleteDevice", Path: "/api/deleteDevice", Methods: both, System: true, OnDevice: true, Try: true,
		Ask:     words("It cannot be undone.", "Ini tidak bisa dibatalkan."),
		Summary: words("Delete a device", "Hapus perangkat"), Text: words("Removes it.", "Menghapusnya."),
		Params: []referenceviews.RefParam{
			{Name: "id", Type: "string", Text: words("Which device.", "Perangkat mana."), Example: "06h0d6kr2sob0prs6bqba3304o"},
			{Name: "apiKey", Type: "string", Text: words("Instead of id.", "Sebagai ganti id."), Example: "be670d0018987231588ff183a0e8d509"},
		},
		Answer: referenceviews.RefAnswer{Type: "application/json", Text: words("Gone.", "Sudah dihapus."), Example: "{\n  \"status\": true\n}"},
	}
	described := referenceviews.RefCall{
		Name: "openapi", Path: "/api/openapi.yaml", Methods: []string{"GET"},
		Summary: words("Get this description", "Ambil uraian ini"), Text: words("For tools.", "Untuk alat bantu."),
		Answer: referenceviews.RefAnswer{Type: "application/yaml", Text: words("The description.", "Uraiannya."), Example: "openapi: 3.1.0"},
	}
	return referenceviews.Reference{
		Text: words("Every call answers GET and POST.\n\nSee `code`.", "Semua panggilan menerima GET dan POST.\n\nLihat `code`."),
		Groups: []referenceviews.RefGroup{
			{Name: "device", Text: words("About one device.", "Untuk satu perangkat."), Calls: []referenceviews.RefCall{qr, pair, logout, events}},
			{Name: "installation", Text: words("About all of them, with `secret`.", "Untuk semuanya, dengan `secret`."), Calls: []referenceviews.RefCall{remove}},
			{Name: "description", Text: words("For tools.", "Untuk alat bantu."), Calls: []referenceviews.RefCall{described}},
		},
		Errors: errors,
	}
}

func referencePage(lang views.Lang) referenceviews.ReferencePage {
	p := page(lang)
	p.Path = "/reference"
	return referenceviews.ReferencePage{
		Page: p, Reference: reference(lang), BaseURL: "https://wadah.example.com", CanTry: true, CanTrySystem: true,
		Limits:  referenceviews.RefLimits{KeyRate: 200, KeyBurst: 1000, AddressRate: 1000, AddressBurst: 5000, KeyStreams: 10, Body: 64 << 10},
		Devices: []views.DeviceChoice{{ID: "d1", Name: "Toko Utama", Chosen: true}, {ID: "d2", Name: "Klinik Sehat Sentosa Jaya Abadi di Kota Bandung"}},
	}
}

// triedQR is a call that went well.
func triedQR() referenceviews.TryAnswer {
	return referenceviews.TryAnswer{
		Call: "getQR", Device: "Toko Utama", Status: 200, Took: 1834 * time.Millisecond, Picture: onePixel,
		Request: "POST https://wadah.example.com/api/getQR\nX-Api-Key: ••••••••\nContent-Type: application/x-www-form-urlencoded\n\nwait=10",
		Headers: []referenceviews.RefField{{Name: "Content-Type", Text: "application/json"}},
		Body:    "{\n  \"code\": 200,\n  \"results\": {\n    \"apiKey\": \"••••••••\"\n  }\n}", Cut: true,
	}
}

// triedLate is a call that was refused.
func triedLate() referenceviews.TryAnswer {
	return referenceviews.TryAnswer{
		Call: "serviceLogout", Device: "Toko Utama", Status: 429, Took: 3 * time.Millisecond,
		Request: "POST https://wadah.example.com/api/serviceLogout\nX-Api-Key: ••••••••",
		Headers: []referenceviews.RefField{{Name: "Content-Type", Text: "application/json"}, {Name: "Retry-After", Text: "2"}},
		Body:    "{\n  \"code\": 429\n}",
	}
}

// referencePages are the reference in its variants, by file name.
func referencePages(lang views.Lang) map[string]templ.Component {
	tried := referencePage(lang)
	answer := triedQR()
	tried.Tried = &answer
	late := referencePage(lang)
	refused := triedLate()
	late.Tried, late.SystemOff, late.Limits = &refused, true, referenceviews.RefLimits{Body: 1000}
	reader := referencePage(lang)
	reader.User = &views.User{Name: "dewi", Role: views.Viewer}
	reader.CanTry, reader.CanTrySystem, reader.Devices = false, false, nil
	none := referencePage(lang)
	none.Devices[0].Chosen = false
	none.Tried = &referenceviews.TryAnswer{Call: "getQR", Problem: referenceviews.TryNoDevice}
	return map[string]templ.Component{
		"reference": referenceviews.ReferenceShow(referencePage(lang)), "reference-tried": referenceviews.ReferenceShow(tried),
		"reference-refused": referenceviews.ReferenceShow(late), "reference-viewer": referenceviews.ReferenceShow(reader),
		"reference-problem": referenceviews.ReferenceShow(none),
	}
}
