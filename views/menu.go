package views

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Menu names the entry of the menu that a page belongs to; "" is none.
type Menu string

// The entries of the menu.
const (
	MenuDevices   Menu = "devices"
	MenuPhones    Menu = "phones"
	MenuWebhooks  Menu = "webhooks"
	MenuReference Menu = "reference"
	MenuPeople    Menu = "people"
	MenuAudit     Menu = "audit"
	MenuSettings  Menu = "settings"
)

// menuEntry is one line of the menu.
type menuEntry struct {
	menu                Menu
	href, symbol, label string
}

// mainMenu is what everybody works with.
func (p Page) mainMenu() []menuEntry {
	list := []menuEntry{{MenuDevices, "/devices", "device", p.Lang.T("nav.devices")}}
	if p.Phones {
		list = append(list, menuEntry{MenuPhones, "/phones", "phones", p.Lang.T("nav.phones")})
	}
	return list
}

// moreMenu is what there is besides. The server refuses the pages of admins to anybody else.
func (p Page) moreMenu() []menuEntry {
	list := []menuEntry{{MenuReference, "/reference", "code", p.Lang.T("nav.reference")}}
	if p.User.Role != Admin {
		return list
	}
	return append(list,
		menuEntry{MenuWebhooks, "/webhooks", "bolt", p.Lang.T("nav.webhooks")},
		menuEntry{MenuPeople, "/people", "people", p.Lang.T("nav.people")},
		menuEntry{MenuAudit, "/audit", "audit", p.Lang.T("nav.audit")},
		menuEntry{MenuSettings, "/settings", "settings", p.Lang.T("nav.settings")},
	)
}

// initial is the first letter of a name.
func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(name))
	if r == utf8.RuneError {
		return "?"
	}
	return string(unicode.ToUpper(r))
}

// Role is a role in words.
func (l Lang) Role(r Role) string {
	switch r {
	case Admin:
		return l.T("role.admin")
	case Operator:
		return l.T("role.operator")
	case Viewer:
	}
	return l.T("role.viewer")
}
