package gallery_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"wadah/views"
	deviceviews "wadah/views/device"
	signinviews "wadah/views/signin"
)

// device serves a device's page, whose first key is shown to who proves to be the user: by
// the password "secret words", or by a passkey before.
func (s *passkeySite) device(t *testing.T, mux *http.ServeMux) {
	d := states()["ready"]
	p := sectionPage(views.English, d, views.DeviceKeys)
	p.Keys, p.Passkeys = keys(), true
	mux.HandleFunc("GET /devices/d1", s.page(t, deviceviews.DeviceShow(p)))
	mux.HandleFunc("GET /events", quietStream)
	mux.HandleFunc("POST /devices/d1/keys/k1/reveal", func(w http.ResponseWriter, r *http.Request) {
		shown := keys()
		shown.List[0].Value = keyValue
		proven, fragment := false, r.Header.Get("HX-Request") == "true"
		s.set(func() { proven = s.signed > 0 || r.FormValue("current") == "secret words" })
		ask := signinviews.ProofPage{Page: page(views.English), Action: r.URL.Path, Passkeys: true}
		if r.PostForm.Has("current") {
			ask.Problem = views.English.Invalid("password_wrong")
		}
		var parts []byte
		switch {
		case proven && fragment:
			part, err := deviceviews.KeysPartial(r.Context(), views.English, d, shown)
			if err != nil {
				t.Error(err)
			}
			notice, err := views.NoticePartial(r.Context(), views.English, nil)
			if err != nil {
				t.Error(err)
			}
			parts = slices.Concat(part, notice)
		case proven:
			whole := p
			whole.Keys = shown
			s.page(t, deviceviews.DeviceShow(whole))(w, r)
			return
		case fragment:
			part, err := signinviews.ProofPartial(r.Context(), ask)
			if err != nil {
				t.Error(err)
			}
			w.WriteHeader(http.StatusForbidden)
			parts = part
		default:
			t.Error("a page was asked for in place of a part")
		}
		_, _ = w.Write(parts)
	})
}

// TestProofWithinThePage reveals a key after a long time: the page asks for the password
// or a passkey where it is, and goes on with what was wanted.
func TestProofWithinThePage(t *testing.T) {
	t.Parallel()
	s := newPasskeySite(t)
	b := newTab(startBrowser(t), t, "403")
	b.carryAuthenticator()
	b.open(s.URL + "/account")
	b.holds(`!document.querySelector("form[data-passkey]").hidden`)
	b.do(chromedp.Click(chromedp.CSS(`[data-testid="passkey-add-open"]`)), chromedp.SendKeys(chromedp.CSS(`#passkey-add-name`), "Laptop"),
		chromedp.SendKeys(chromedp.CSS(`#passkey-add-current`), "secret words"), chromedp.Click(chromedp.CSS(`#passkey-add`)))
	b.holds(`document.getElementById("list")`)

	b.open(s.URL + "/devices/d1")
	b.holds(`document.documentElement.classList.contains("js")`, `window.before = true`)
	b.do(chromedp.Click(chromedp.CSS(`#key-reveal-k1`)))
	b.holds(`document.activeElement?.id === "proof-current"`, `!document.getElementById("proof-passkey").closest("form").hidden`)
	b.do(chromedp.SendKeys(chromedp.CSS(`#proof-current`), "wrong words"), chromedp.Click(chromedp.CSS(`#proof-submit`)))
	b.holds(`document.getElementById("proof-current-problem")`, `document.activeElement?.id === "proof-current"`)
	b.do(chromedp.SendKeys(chromedp.CSS(`#proof-current`), "secret words"), chromedp.Click(chromedp.CSS(`#proof-submit`)))
	b.holds(`document.getElementById("key-row-value-k1")?.textContent === "`+keyValue+`"`, `!document.getElementById("proof-form")`, `window.before`)

	b.open(s.URL + "/devices/d1")
	b.holds(`document.documentElement.classList.contains("js")`)
	b.do(chromedp.Click(chromedp.CSS(`#key-reveal-k1`)))
	b.holds(`document.getElementById("proof-form")`)
	b.do(chromedp.Click(chromedp.CSS(`.proof-over [data-dismiss]`)))
	b.holds(`!document.getElementById("proof-form")`)
	b.do(chromedp.Click(chromedp.CSS(`#key-reveal-k1`)))
	b.holds(`!document.getElementById("proof-passkey")?.closest("form").hidden`)
	b.do(chromedp.Click(chromedp.CSS(`#proof-passkey`)))
	b.holds(`document.getElementById("key-row-value-k1")?.textContent === "`+keyValue+`"`, `!document.getElementById("proof-form")`)
}
