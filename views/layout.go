package views

import (
	"slices"

	"github.com/a-h/templ"
)

// htmxConfig keeps htmx within the Content-Security-Policy (no style of its own),
// off the browser's history, and quick to come back after a lost connection. What a
// person has opened stays open when its surroundings are morphed, and a button that is at
// work stays so; no fragment says either by itself.
const htmxConfig = `{"includeIndicatorCSS":false,"history":false,"defaultSwap":"none","extensions":"sse",` +
	`"morphIgnore":["data-htmx-powered","open","disabled","aria-busy"],` +
	`"sse":{"reconnectDelay":500,"reconnectMaxDelay":5000,"connectTimeout":10000}}`

// PageTitle is what the browser calls a page.
func PageTitle(title string) string { return title + " · Wadah" }

// styles are the style sheets of a page, in the order in which they win.
func (f Frame) styles() []string {
	return slices.Concat([]string{
		"vendor/pico/pico.min.css", "css/tokens.css", "css/wadah.css", "css/pages.css", "css/list.css", "css/device.css", "css/access.css",
	}, f.Styles)
}

func (f Frame) scripts() []string {
	return slices.Concat([]string{"vendor/htmx/htmx.min.js", "vendor/htmx/hx-sse.min.js", "js/wadah.js", "js/line.js"}, f.Scripts)
}

// PasskeyScript is the script of pages that use passkeys, for Frame.Scripts.
func PasskeyScript(wanted bool) []string {
	if !wanted {
		return nil
	}
	return []string{"js/passkey.js"}
}

// asset is the URL of a static file.
func (p Page) asset(name string) string {
	if p.Asset == nil {
		return "/static/" + name
	}
	return p.Asset(name)
}

// choices are the chosen theme and time zone for <html>, without which the system and the
// browser decide, and the base for scripts.
func (p Page) choices() templ.Attributes {
	chosen := templ.Attributes{}
	if p.Theme != ThemeAuto {
		chosen["data-theme"] = string(p.Theme)
	}
	if p.Zone != "" {
		chosen["data-zone"] = p.Zone
	}
	if p.Base != "" {
		chosen["data-base"] = p.Base
	}
	return chosen
}

// scriptWords are what the scripts write by themselves.
func (l Lang) scriptWords() templ.Attributes {
	return templ.Attributes{
		"data-just-now": l.T("time.just_now"), "data-second-unit": l.T("time.second_unit"), "data-stopped": l.T("countdown.stopped"), "data-found": l.T("lost.found"),
	}
}

func (t Theme) colorScheme() string {
	if t == ThemeAuto {
		return "light dark"
	}
	return string(t)
}

// barColor is the colour of what a phone draws around the panel.
type barColor struct{ color, media string }

// barColors are --card of css/tokens.css, which the bar at the top of each page has.
func (t Theme) barColors() []barColor {
	const light, dark = "#ffffff", "#161b33"
	switch t {
	case ThemeLight:
		return []barColor{{color: light}}
	case ThemeDark:
		return []barColor{{color: dark}}
	case ThemeAuto:
	}
	return []barColor{{light, "(prefers-color-scheme: light)"}, {dark, "(prefers-color-scheme: dark)"}}
}

// manifest is the file by which phones install the panel, in this language.
func (l Lang) manifest() string {
	if l == Indonesian {
		return "manifest.id.webmanifest"
	}
	return "manifest.webmanifest"
}
