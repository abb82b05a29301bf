package gallery_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"wadah/views"
	deviceviews "wadah/views/device"
)

// shopsSite serves the list of a few shops as the product does: its page, the answer to
// a search, its stream, and that of an action on many.
func shopsSite(t *testing.T) (*httptest.Server, chan<- []byte) {
	t.Helper()
	news := make(chan []byte)
	list := func(r *http.Request) deviceviews.DevicesPage {
		p := devicesPage(views.English, chain(4))
		p.Query = deviceviews.ParseDeviceQuery(r.URL.Query())
		return p
	}
	mux := http.NewServeMux()
	mux.Handle("/static/", http.StripPrefix("/static/", http.FileServerFS(staticFiles())))
	mux.HandleFunc("/favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /devices", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		if r.Header.Get("HX-Request") == "" {
			_ = deviceviews.Devices(list(r)).Render(r.Context(), w)
			return
		}
		rows, err := deviceviews.DevicesPartial(r.Context(), list(r))
		tools, err2 := deviceviews.SearchPartial(r.Context(), list(r))
		if err != nil || err2 != nil {
			t.Error(err, err2)
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(slices.Concat(rows, tools))
	})
	mux.HandleFunc("POST /devices/bulk", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		n := len(r.PostForm["chosen"])
		answer, err := deviceviews.BulkPartial(r.Context(), views.English, deviceviews.BulkOutcome{Action: deviceviews.BulkAction(r.FormValue("action")), Asked: n, Done: n})
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(answer)
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) { tell(w, r, news, nil) })
	s := httptest.NewServer(mux)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s, news
}

// TestListScript drives the list in a real browser: what is chosen and where somebody is
// survive whatever the stream sends.
func TestListScript(t *testing.T) {
	t.Parallel()
	s, news := shopsSite(t)
	b := newTab(startBrowser(t), t)
	shown := func(yes string) string {
		return `getComputedStyle(document.getElementById("bulk")).display === "` + yes + `"`
	}
	b.open(s.URL + "/devices")
	b.holds(streaming, shown("none"))
	b.do(chromedp.Click(chromedp.CSS("#choose-s1")), chromedp.Click(chromedp.CSS("#choose-s2")))
	b.holds(shown("flex"), `document.getElementById("choose-page").indeterminate`)

	ctx := context.Background()
	changed := chain(4)
	changed[1].State, changed[1].Reason = "SERVICE_OFF", "stopped"
	row, err := deviceviews.RowPartial(ctx, views.English, rows(changed)[1])
	if err != nil {
		t.Fatal(err)
	}
	news <- views.Message(row)
	b.holds(`document.querySelector('#device-s1 [data-state="SERVICE_OFF"]') !== null`, `document.getElementById("choose-s1").checked`)
	slices.Reverse(changed)
	rows, err := deviceviews.DevicesPartial(ctx, devicesPage(views.English, changed))
	if err != nil {
		t.Fatal(err)
	}
	news <- views.Message(rows)
	b.holds(`document.querySelector(".row").id === "device-s3"`,
		`["s0","s1","s2","s3"].filter((id) => document.getElementById("choose-" + id).checked).join() === "s1,s2"`,
		`document.activeElement.id === "choose-s2"`, shown("flex"))

	// Enter in a box presses no button.
	b.do(chromedp.SendKeys(chromedp.CSS("#choose-s2"), "\r"))
	b.do(chromedp.Click(chromedp.CSS("#choose-page")))
	b.holds(`document.querySelectorAll("#devices [name=chosen]:checked").length === 4`, `document.querySelector('[data-testid="bulk-result"]') === null`)
	b.do(chromedp.Click(chromedp.CSS("#bulk-stop-open > summary")), chromedp.Click(chromedp.CSS("#bulk-stop")))
	b.holds(`document.querySelector('[data-testid="bulk-result"]').dataset.done === "4"`, shown("none"),
		`document.activeElement.id === "choose-page"`, `!document.getElementById("bulk-stop-open").open`,
		`document.getElementById("announcer").textContent === "Stopped: 4 of 4."`)

	// The search follows what is typed; address and stream follow the search.
	b.do(chromedp.SendKeys(chromedp.CSS("#choose-page"), "/"), chromedp.SendKeys(chromedp.CSS("#filter-q"), "toko 1"))
	b.holds(`location.search === "?q=toko+1"`, `document.activeElement.id === "filter-q"`, `document.getElementById("filter-q").value === "toko 1"`,
		`document.getElementById("live").getAttribute("hx-sse:connect") === "/events?page=devices&q=toko+1"`, streaming,
		`document.querySelector('.prefs [name="next"]').value === "/devices?q=toko+1"`, found)
	news <- views.Message(row)
	b.holds(`document.querySelector('#device-s1 [data-state="SERVICE_OFF"]') !== null`)
}

// While all is well, the first device stands high on the page, however long the list is.
func TestFirstRowStandsHigh(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	for _, lang := range []views.Lang{views.English, views.Indonesian} {
		t.Run(string(lang), func(t *testing.T) {
			p := devicesPage(lang, chain(11))
			p.Found, p.Total = 312, 312
			mux := http.NewServeMux()
			mux.Handle("/static/", http.StripPrefix("/static/", http.FileServerFS(staticFiles())))
			mux.HandleFunc("/favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
			mux.HandleFunc("GET /devices", func(w http.ResponseWriter, r *http.Request) { _ = deviceviews.Devices(p).Render(r.Context(), w) })
			mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) { tell(w, r, nil, nil) })
			s := httptest.NewServer(mux)
			t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
			b := &axeTab{*newTab(browser, t)}
			for width, most := range map[int64]int{1440: 240, 360: 300} {
				b.width(width)
				b.open(s.URL + "/devices")
				b.holds(streaming)
				b.clean(fmt.Sprintf("%d px wide: ", width), fmt.Sprintf(
					`(() => { const top = document.querySelector(".row").getBoundingClientRect().top; return top <= %d ? "" : "the first row stands at " + top; })()`, most))
				b.clean("", sideways)
			}
		})
	}
}
