package gallery_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"wadah/views"
	deviceviews "wadah/views/device"
	settingsviews "wadah/views/settings"
)

// Ensure that a button says that it is at work while its answer takes its time, and no
// longer.
func TestButtonAtWorkSaysSo(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	for name, c := range map[string]struct {
		page templ.Component
		post string
		id   string
	}{
		"plain":   {settingsviews.Settings(settingsPage(views.English)), "/settings/version/check", "version-check"},
		"refined": {deviceviews.DeviceShow(devicePage(views.English, states()["ready"])), "/devices/d1/stop", "stop"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := make(chan struct{}) // the server answers once the button has told
			said := sync.OnceFunc(func() { close(answer) })
			mux := http.NewServeMux()
			mux.Handle("/static/", http.StripPrefix("/static/", http.FileServerFS(staticFiles())))
			mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Security-Policy", policy)
				if err := c.page.Render(r.Context(), w); err != nil {
					t.Error(err)
				}
			})
			mux.HandleFunc("GET /events", quietStream)
			mux.HandleFunc("POST "+c.post, func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-answer:
				case <-r.Context().Done():
				}
				http.Redirect(w, r, "/page", http.StatusSeeOther)
			})
			mux.HandleFunc("GET /busy", func(http.ResponseWriter, *http.Request) { said() })
			s := httptest.NewServer(mux)
			t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
			b := newTab(browser, t)
			b.open(s.URL + "/page")
			busy := `document.getElementById("` + c.id + `").ariaBusy === "true"`
			b.holds(`document.documentElement.classList.contains("js")`, "!("+busy+")",
				`new MutationObserver(() => { if (`+busy+`) fetch("/busy"); }).observe(document.getElementById("`+c.id+`"), { attributes: true }) === undefined`)
			b.do(chromedp.Click(chromedp.CSS(`#` + c.id)))
			select {
			case <-answer:
			case <-time.After(time.Minute):
				t.Fatal("the button does not say that it is at work")
			}
			b.holds("!(" + busy + ")")
		})
	}
}
