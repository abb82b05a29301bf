package views

import "time"

// Page is what every page needs around its content.
type Page struct {
	Lang  Lang
	Theme Theme

	// Zone is the IANA name of the time zone that the reader chose; "" when times
	// follow the browser's. Times come to the views in the right zone already.
	Zone string

	// Path is the path and query of this page, to come back to after language or
	// theme were changed.
	Path string

	// Base is the path that the installation stands below, such as "/wadah"; "" for none.
	// Templates write addresses without it: it is put before them when a page is sent.
	Base string

	// User is who is signed in; nil on the pages for nobody.
	User *User

	// Flash is the message of the action before, or nil.
	Flash *Flash

	// Sandbox says that a simulated WhatsApp is in force: every page says so, loudly.
	Sandbox bool

	// Phones says that this installation has the page of virtual phones.
	Phones bool

	Versions Versions

	// Asset is the URL of a static file by its name, static.URL in the product. Nil
	// leads to /static/NAME.
	Asset func(name string) string
}

// User is the person who is signed in.
type User struct {
	Name string
	Role Role
}

// Role is what a panel user may do.
type Role string

// The roles.
const (
	Admin    Role = "admin"
	Operator Role = "operator"
	Viewer   Role = "viewer"
)

// Theme is the choice between light and dark. The zero value follows the system.
type Theme string

// The themes.
const (
	ThemeAuto  Theme = ""
	ThemeLight Theme = "light"
	ThemeDark  Theme = "dark"
)

// ParseTheme reads a stored or submitted theme; "auto" and "" follow the system.
func ParseTheme(s string) (theme Theme, ok bool) {
	switch s {
	case "", "auto":
		return ThemeAuto, true
	case string(ThemeLight), string(ThemeDark):
		return Theme(s), true
	}
	return ThemeAuto, false
}

// Flash is one message above the content of a page.
type Flash struct {
	Tone Tone
	Text string // finished, in the language of the page: Lang.Notice or Lang.Invalid
}

// Versions are shown at the foot of every page. Empty ones are left out.
type Versions struct {
	Wadah    string // this program's
	Library  string // the build of the WhatsApp library
	WhatsApp string // the WhatsApp Web version that connections present
}

// Frame is what the layout needs of the page inside.
type Frame struct {
	Title  string
	Menu   Menu
	Events string // URL of the page's event stream; "" for none
	// Scripts and Styles are the names of static files the page needs beside what all need.
	Scripts, Styles []string
	// Refresh is how often a browser without JavaScript loads the page anew; 0 for never.
	Refresh time.Duration
}
