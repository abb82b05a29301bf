package settings

import (
	"strconv"
	"time"

	"wadah/views"
)

// SettingsPage is what concerns the whole installation, for admins.
//
//	GET  /settings
//	POST /settings/times                  scan_window (minutes), grace (seconds); one that is fixed is left out
//	POST /settings/version/check          ask WhatsApp for its current version; takes 20 seconds at most
//	POST /settings/zone                   zone: an IANA name, or "" for the server's
//	POST /settings/secret                 make the first system secret, or replace it:
//	                                      overlap (one of Overlaps)
//	POST /settings/secret/SECRET/reveal   show it
//	POST /settings/secret/revoke          confirm=yes: end all, the system API is off
//	POST /settings/retention              days (0: for ever)
//	POST /settings/readers                role: none, one or several of "operator", "viewer"
//	POST /settings/messages               bodies, index, events: days, 0 to 3650
//	POST /settings/erase                  see ErasePage
//	POST /settings/brand                  brand, at most 60 characters
//
// Make and reveal answer with the page, the secret with its Value: it never stands in a
// URL or a flash. The others answer 303 to /settings, or the page with
// Problems by "scan_window", "grace", "zone", "secret", "days", "bodies", "index", "events",
// "brand" and status 422.
//
// data-testid: settings-nav; times-scan-window, times-grace, times-submit, time-fixed
// (data-time); version-used, version-source, version-checked, version-failed,
// version-outdated, version-check; settings-zone, settings-zone-submit; secret-row
// (data-secret), secret-create, secret-reveal, secret-value, secret-copy,
// secret-rotate-open, secret-overlap, secret-rotate, secret-revoke-open, secret-revoke;
// readers-role (value), readers-submit; keep-bodies, keep-index, keep-events, keep-submit;
// erase-number, erase-device, erase-count;
// retention-days, retention-submit; brand-name, brand-submit; limit-row (data-limit),
// untrusted-proxy.
type SettingsPage struct {
	views.Page
	BaseURL    string // address of this installation, no slash at the end
	ScanWindow LifeTime
	Grace      LifeTime
	WhatsApp   WhatsAppVersion
	Zone       views.ZoneChoice // the installation's; none is the server's
	Secrets    []Secret         // those that are valid, newest first
	Limits     []Limit
	Untrusted  []UntrustedProxy  // seen since the start
	Days       int               // how long audit entries are kept; 0: for ever
	MinDays    int               // the least of days that may be set
	Readers    []string          // roles whose people may read messages, beside admins
	Keep       map[string]string // days, by the field: "bodies", "index", "events"
	Devices    []views.DeviceChoice
	Brand      string
	LinkedName string // what phones call devices without a name of their own there
	Problems   map[string]string
}

// LifeTime is one of the times of device life.
type LifeTime struct {
	Value    time.Duration // in force
	Typed    string        // what was refused; "" shows Value
	Min, Max time.Duration
	Fixed    string // the variable that sets it where the server is started; "" can be set here
}

// in is the value of a field that counts in unit.
func (t LifeTime) in(unit time.Duration) string {
	if t.Typed != "" {
		return t.Typed
	}
	return strconv.FormatInt(int64(t.Value/unit), 10)
}

// section is one part of the page.
type section struct{ id, title string }

// sections are the parts of the page in their order.
func (p SettingsPage) sections() []section {
	all := []section{
		{"times", p.Lang.T("times.title")},
		{"version", p.Lang.T("version.title")},
		{"zone", p.Lang.T("zone.title")},
		{"brand-card", p.Lang.T("brand.title")},
		{"secret", p.Lang.T("secret.title")},
		{"readers", p.Lang.T("readers.title")},
		{"messages", p.Lang.T("keep.title")},
		{"erase", p.Lang.T("erase.title")},
		{"retention", p.Lang.T("retention.title")},
	}
	if len(p.Limits) > 0 {
		all = append(all, section{"limits", p.Lang.T("limits.title")})
	}
	return all
}

// limitWords says a time in the largest unit that needs no fraction.
func limitWords(l views.Lang, t time.Duration) string {
	switch {
	case t%time.Hour == 0:
		return l.T("span.hours", "Count", int(t/time.Hour))
	case t%time.Minute == 0:
		return l.T("span.minutes", "Count", int(t/time.Minute))
	}
	return l.T("span.seconds", "Count", int(t/time.Second))
}

// WhatsAppVersion is the version that connections present.
type WhatsAppVersion struct {
	Version   string
	Learnt    bool          // WhatsApp told it; otherwise the library brought it
	CheckedAt time.Time     // when WhatsApp last told its version; zero: not since the start
	FailedAt  time.Time     // when it last could not be asked; zero when CheckedAt is later
	Every     time.Duration // between two checks; 0 checks only when asked
	Outdated  int           // devices that are off because WhatsApp refuses the version
}

// Secret is a valid system secret.
type Secret struct {
	ID        string
	CreatedAt time.Time
	ExpiresAt time.Time   // zero: never
	Shown     views.Shown // to whom last
	Value     string      // only when it was just made or revealed
}

// UntrustedProxy is a peer that passes requests on although its word does not count.
type UntrustedProxy struct {
	Address string
	Setting string // variable and value that trust it
}

// Limit is a limit in force. It is set where the server is started.
type Limit struct {
	Name  string // one of LimitNames, or anything else to be shown as it is
	Value string // finished, in the language of the page
	Env   string // the environment variable that sets it
}

// limitNames is every limit the page has words for: the text limit.NAME.
var limitNames = []string{
	"key_rate", "address_rate", "login_streams", "key_streams", "connections", "address_connections", "devices", "keys",
	"scan_links", "logins", "codes", "send_rate", "body", "trusted_proxies",
}

// LimitNames lists the limits the page has words for.
func LimitNames() []string { return append([]string(nil), limitNames...) }

func limitWord(l views.Lang, name string) string {
	for _, known := range limitNames {
		if name == known {
			return l.T("limit." + name)
		}
	}
	return name
}

// curlLine asks the system API for the list of devices.
func (p SettingsPage) curlLine() string {
	secret := "SYSTEM_SECRET"
	for _, s := range p.Secrets {
		if s.Value != "" {
			secret = s.Value
			break
		}
	}
	return "curl " + p.BaseURL + "/api/listDevice -d secret=" + secret
}
