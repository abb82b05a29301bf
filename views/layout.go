package views

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"
)

// htmxConfig keeps htmx within the Content-Security-Policy (no style of its own),
// off the browser's history, and quick to come back after a lost connection.
const htmxConfig = `{"includeIndicatorCSS":false,"history":false,"defaultSwap":"none","extensions":"sse",` +
	`"sse":{"reconnectDelay":500,"reconnectMaxDelay":5000,"connectTimeout":10000}}`

// asset is the URL of a static file.
func (p Page) asset(name string) string {
	if p.Asset == nil {
		return "/static/" + name
	}
	return p.Asset(name)
}

// choices are the chosen theme and time zone for <html>; without them the system and
// the browser decide.
func (p Page) choices() templ.Attributes {
	chosen := templ.Attributes{}
	if p.Theme != ThemeAuto {
		chosen["data-theme"] = string(p.Theme)
	}
	if p.Zone != "" {
		chosen["data-zone"] = p.Zone
	}
	return chosen
}

func (t Theme) colorScheme() string {
	if t == ThemeAuto {
		return "light dark"
	}
	return string(t)
}

// initial is the letter in the user's badge.
func (u User) initial() string {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(u.Name))
	if r == utf8.RuneError {
		return "?"
	}
	return string(unicode.ToUpper(r))
}

func (u User) roleKey() string {
	switch u.Role {
	case Admin:
		return "role.admin"
	case Operator:
		return "role.operator"
	case Viewer:
		return "role.viewer"
	}
	return "role.viewer"
}

// entry is one line of the menu.
type entry struct {
	menu                menu
	href, symbol, label string
}

// adminMenu is what admins have beside the devices. Narrow windows show it in the menu
// of the person; the server refuses the pages to anybody else.
func (l Lang) adminMenu() []entry {
	return []entry{
		{menuPeople, "/people", "people", l.T("nav.people")},
		{menuAudit, "/audit", "audit", l.T("nav.audit")},
		{menuSettings, "/settings", "settings", l.T("nav.settings")},
	}
}
