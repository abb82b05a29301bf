package gallery_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"wadah/views"
)

// What axe found in a part of the page, one line per rule and element; the second %s
// narrows it to some rules.
const runAxe = `(async () => {
  const { violations } = await axe.run(%s, { resultTypes: ["violations"]%s });
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

// gallerySite serves every page of a language in the light theme, without its stream.
func gallerySite(t *testing.T, lang views.Lang) (url string, names []string) {
	t.Helper()
	all := pages(lang)
	mux := http.NewServeMux()
	mux.HandleFunc("/axe.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		http.ServeFile(w, r, "testdata/axe/axe.min.js")
	})
	for _, path := range []string{"/events", "/scan/t0k3n/events"} {
		mux.HandleFunc(path, quietStream)
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
			html := strings.Replace(b.String(), "<html ", `<html data-theme="light" `, 1)
			html = strings.ReplaceAll(html, "<details ", "<details open ") // what is folded counts, too
			html = strings.Replace(html, "</head>", `<script src="/axe.js"></script></head>`, 1)
			_, _ = w.Write([]byte(html))
		})
	}
	s := httptest.NewServer(mux)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL, names
}

// Every page in both themes at both widths, each width in one language. A page is loaded
// once for a width. Themes change nothing but colours, so in the second one only the
// rules about colours are asked again.
func TestAxeFindsNothingAndNothingScrollsSideways(t *testing.T) {
	t.Parallel()
	const everything, colours = "", `, runOnly: ["color-contrast", "link-in-text-block"]`
	browser := startBrowser(t)
	for lang, width := range map[views.Lang]int64{views.Indonesian: 320, views.English: 1280} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			url, names := gallerySite(t, lang)
			shared := newTab(browser, t)
			// Without transitions, the colours of a theme are there at once.
			_, err := chromedp.Call(shared.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				t.Run(name, func(t *testing.T) {
					b := &axeTab{tab{t: t, ctx: shared.ctx}}
					b.width(width)
					b.open(url + "/" + name)
					b.holds(`document.documentElement.classList.contains("js")`)
					b.clean("", sideways)
					part := partToCheck(name)
					b.clean("light: ", fmt.Sprintf(runAxe, part, everything))
					b.do(chromedp.Evaluate[chromedp.Void](`document.documentElement.dataset.theme = "dark"`))
					b.clean("dark: ", fmt.Sprintf(runAxe, part, colours))
				})
			}
		})
	}
}

// partToCheck is what axe looks at on a page: all of it, but on the page of a device in
// each state only what the state changes. The rest is that of the state "ready".
func partToCheck(name string) string {
	state, ok := strings.CutPrefix(name, "device-")
	if _, known := states()[state]; ok && known && state != "ready" {
		return `document.querySelector("#device-live")`
	}
	return "document"
}

// axeTab is a tab whose page is looked at in several ways.
type axeTab struct{ tab }

func (b *axeTab) width(pixels int64) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: pixels, Height: 900, DeviceScaleFactor: 1})
	if err != nil {
		b.t.Fatal(err)
	}
}

// clean fails the test for every line that an expression finds.
func (b *axeTab) clean(how, expression string) {
	b.t.Helper()
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	for line := range strings.Lines(found) {
		b.t.Errorf("%s%s", how, strings.TrimSpace(line))
	}
}
