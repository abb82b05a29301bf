package gallery

import (
	"time"

	"wadah/views"
	referenceviews "wadah/views/reference"
)

// reference is one call with what can become of trying it. Its texts are borrowed.
func (p ShowPage) reference() []specimen {
	call := referenceviews.RefCall{
		Name: "getQR", Path: "/api/getQR", Methods: []string{"GET", "POST"}, OnDevice: true, Try: true,
		Summary: p.Lang.T("qr.title"), Text: p.Lang.T("reason.qr.advice"),
		Params: []referenceviews.RefParam{{
			Name: "wait", Type: "integer", Text: p.Lang.T("wait.connect"), Bounds: "0 – 25", Default: "10", Example: "5",
			Number: true, Required: true, Tried: true,
		}},
		Answer: referenceviews.RefAnswer{
			Type: "application/json", Text: p.Lang.T("reason.qr"), Example: "{\n  \"code\": 200\n}",
			Fields: []referenceviews.RefField{{Name: "qrString", Type: "string", Text: p.Lang.T("qr.step.scan")}},
		},
	}
	for _, code := range []string{"banned", "busy", "not_linking", "proxy_failed"} {
		call.Errors = append(call.Errors, referenceviews.RefError{Status: 409, Code: code, Text: p.Lang.Invalid(code), Example: "{\n  \"code\": 409\n}"})
	}
	asks := call
	asks.Name, asks.Ask, asks.Params = "serviceLogout", p.Lang.T("danger.logout.hint"), nil
	page := referenceviews.ReferencePage{Page: p.Page, BaseURL: "https://wadah.example.com", CanTry: true, Devices: []views.DeviceChoice{{ID: "d1", Name: "Toko Utama", Chosen: true}}}
	nobody := page
	nobody.Devices = nil
	good := referenceviews.TryAnswer{
		Call: call.Name, Device: "Toko Utama", Status: 200, Took: 1834 * time.Millisecond, Picture: sampleQR, Cut: true,
		Request: "POST https://wadah.example.com/api/getQR\nX-Api-Key: ••••••••", Body: "{\n  \"code\": 200\n}",
		Headers: []referenceviews.RefField{{Name: "Content-Type", Text: "application/json"}},
	}
	late, broken := good, good
	late.Status, late.Picture, late.Cut, late.Body = 429, "", false, "{\n  \"code\": 429\n}"
	broken.Status = 500
	out := []specimen{
		{"call", sampleCall(page, call)},
		{"call-asks-nobody-chosen", sampleCall(nobody, asks)},
		{"try-answer", referenceviews.TryOut(p.Lang, &good)},
		{"try-answer-refused", referenceviews.TryOut(p.Lang, &late)},
		{"try-said-200", sampleSaid(p.Lang, good)},
		{"try-said-429", sampleSaid(p.Lang, late)},
		{"try-said-500", sampleSaid(p.Lang, broken)},
	}
	for _, problem := range []referenceviews.TryProblem{referenceviews.TryNoDevice, referenceviews.TryUnconfirmed, referenceviews.TryNoKey, referenceviews.TryNoSecret} {
		out = append(out, specimen{"try-said-" + string(problem), sampleSaid(p.Lang, referenceviews.TryAnswer{Call: call.Name, Problem: problem})})
	}
	return out
}
