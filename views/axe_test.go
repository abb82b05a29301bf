package views_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"wadah/views"
)

// What axe found, one line per rule and element.
const runAxe = `(async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.html.slice(0, 160) + " | " + n.failureSummary.replace(/\s+/g, " "))).join("\n");
})()`

// What sticks out of the window, which would make a page scroll sideways.
const sideways = `(() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return "";
  const out = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > width + 1 && !e.closest("pre, .visually-hidden"));
  return "scrolls sideways: " + out.slice(0, 3).map((e) => e.tagName + "." + e.className).join(", ");
})()`

// sameLook are the states whose pages differ from another's in nothing but words.
var sameLook = map[string]bool{
	"never_started": true, "not_scanned": true, "banned": true, "outdated": true, "replaced": true, "rejected": true,
	"proxy_failed": true, "storage": true, "authenticating": true, "restoring": true, "unheard_of": true,
}

// gallerySite serves every page of a language, without its stream.
func gallerySite(t *testing.T, lang views.Lang, theme string) (url string, names []string) {
	t.Helper()
	all := pages(lang)
	mux := http.NewServeMux()
	mux.HandleFunc("/axe.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		http.ServeFile(w, r, "testdata/axe/axe.min.js")
	})
	for _, path := range []string{"/events", "/scan/t0k3n/events"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = w.Write(views.Beat())
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})
	}
	mux.Handle("/static/", http.StripPrefix("/static/", http.FileServerFS(staticFiles())))
	for name, component := range all {
		if state, ok := strings.CutPrefix(name, "device-"); ok && sameLook[state] {
			continue
		}
		names = append(names, name)
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			var b strings.Builder
			if err := component.Render(r.Context(), &b); err != nil {
				t.Error(err)
			}
			html := strings.Replace(b.String(), "<html ", `<html data-theme="`+theme+`" `, 1)
			html = strings.ReplaceAll(html, "<details ", "<details open ") // what is folded counts, too
			html = strings.Replace(html, "</head>", `<script src="/axe.js"></script></head>`, 1)
			_, _ = w.Write([]byte(html))
		})
	}
	s := httptest.NewServer(mux)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL, names
}

func TestAxeFindsNothingAndNothingScrollsSideways(t *testing.T) {
	browser := startBrowser(t)
	for _, v := range []struct {
		lang  views.Lang
		theme string
		width int64
	}{{views.Indonesian, "light", 320}, {views.English, "dark", 1280}} {
		url, names := gallerySite(t, v.lang, v.theme)
		b := newTab(browser, t)
		if _, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: v.width, Height: 900, DeviceScaleFactor: 1}); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			t.Run(string(v.lang)+"/"+v.theme+"/"+name, func(t *testing.T) {
				b := &tab{t: t, ctx: b.ctx}
				b.open(url + "/" + name)
				b.holds(`document.documentElement.classList.contains("js")`)
				if found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](sideways)); err != nil || found != "" {
					t.Error(err, found)
				}
				found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](runAxe, chromedp.EvalAwaitPromise))
				if err != nil {
					t.Fatal(err)
				}
				for line := range strings.Lines(found) {
					t.Error(strings.TrimSpace(line))
				}
			})
		}
	}
}
