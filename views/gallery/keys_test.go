package gallery_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"wadah/views"
	deviceviews "wadah/views/device"
)

const keyValue = "be670d0018987231588ff183a0e8d509"

// keysSite serves a device's page and answers its keys' forms as keys.go says.
func keysSite(t *testing.T) *httptest.Server {
	t.Helper()
	d := states()["ready"]
	p := sectionPage(views.English, d, views.DeviceKeys)
	p.Keys = keys()
	mux := http.NewServeMux()
	mux.Handle("/static/", http.StripPrefix("/static/", http.FileServerFS(staticFiles())))
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /events", quietStream)
	mux.HandleFunc("GET /devices/d1", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		if err := deviceviews.DeviceShow(p).Render(r.Context(), w); err != nil {
			t.Error(err)
		}
	})
	answer := func(w http.ResponseWriter, r *http.Request, status int, shown deviceviews.Keys) {
		if r.Header.Get("HX-Request") != "true" {
			t.Errorf("%s was sent as a plain form", r.URL.Path)
		}
		part, err := deviceviews.KeysPartial(r.Context(), views.English, d, shown)
		if err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
		_, _ = w.Write(part)
	}
	mux.HandleFunc("POST /devices/d1/keys/k1/reveal", func(w http.ResponseWriter, r *http.Request) {
		shown := keys()
		shown.List[0].Value = keyValue
		answer(w, r, http.StatusOK, shown)
	})
	mux.HandleFunc("POST /devices/d1/keys/k2/rotate", func(w http.ResponseWriter, r *http.Request) {
		if got := r.FormValue("overlap"); got != "1h" {
			t.Errorf("the overlap is %q", got)
		}
		shown := keys()
		shown.List = append([]deviceviews.Key{{ID: "k9", Name: "Laporan harian", State: deviceviews.KeyValid, CreatedAt: noon, Value: keyValue}}, shown.List...)
		answer(w, r, http.StatusOK, shown)
	})
	mux.HandleFunc("POST /devices/d1/keys", func(w http.ResponseWriter, r *http.Request) {
		shown := keys()
		shown.Name, shown.Expires = r.FormValue("name"), r.FormValue("expires")
		shown.Problems = map[string]string{"name": views.English.Invalid("name_taken")}
		answer(w, r, http.StatusUnprocessableEntity, shown)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

func TestKeysAreShownWithoutLeavingThePage(t *testing.T) {
	t.Parallel()
	s := keysSite(t)
	b := newTab(startBrowser(t), t, "422")
	b.open(s.URL + "/devices/d1")
	b.holds(`document.documentElement.classList.contains("js")`, `window.before = true`)

	b.do(chromedp.Click(chromedp.CSS(`#key-reveal-k1`)))
	b.holds(`document.getElementById("key-row-value-k1")?.textContent === "`+keyValue+`"`,
		`!document.querySelector('[data-testid="key-row-copy"]').hidden`)

	b.do(chromedp.Click(chromedp.CSS(`#key-rotate-k2 summary`)),
		chromedp.SendKeys(chromedp.CSS(`#key-overlap-k2`), "1 hour"),
		chromedp.Click(chromedp.CSS(`#key-rotate-go-k2`)))
	b.holds(`document.getElementById("key-row-value-k9")?.textContent === "` + keyValue + `"`)

	b.do(chromedp.Click(chromedp.CSS(`[data-testid="key-create-open"]`)),
		chromedp.SendKeys(chromedp.CSS(`#key-create-name`), "Kasir"),
		chromedp.SendKeys(chromedp.CSS(`#key-create-expires`), "30 days"),
		chromedp.Click(chromedp.CSS(`#key-create-submit`)))
	b.holds(`document.getElementById("key-create-name-problem")`, `document.getElementById("key-create-name").value === "Kasir"`,
		`document.getElementById("key-create-expires").value === "720h"`, `document.getElementById("key-create").open`, `window.before`)
}

func TestOnlyUsableKeysOfferActions(t *testing.T) {
	for _, k := range keys().List {
		var b strings.Builder
		one := deviceviews.Keys{Show: true, List: []deviceviews.Key{k}}
		if err := deviceviews.DeviceKeys(views.English, states()["ready"], one).Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		offers := strings.Contains(b.String(), `data-testid="key-row-reveal"`) && strings.Contains(b.String(), `data-testid="key-revoke"`)
		usable := k.State == deviceviews.KeyValid || k.State == deviceviews.KeyEnding
		if offers != usable {
			t.Errorf("the key %s is %s and offers actions: %v", k.Name, k.State, offers)
		}
	}
}
