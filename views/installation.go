package views

import "time"

// SettingsPage is what concerns the whole installation, for admins.
//
//	GET  /settings
//	POST /settings/secret                 make the first system secret, or replace it:
//	                                      overlap (one of Overlaps)
//	POST /settings/secret/SECRET/reveal   show it
//	POST /settings/secret/revoke          confirm=yes: end all, the system API is off
//	POST /settings/retention              days (0: for ever)
//	POST /settings/brand                  brand, at most 60 characters
//
// Make and reveal answer with the page, the secret with its Value: it never stands in a
// URL or a flash. The others answer 303 to /settings, or the page with Problems by
// "secret", "days", "brand" and status 422.
//
// data-testid: secret-row (data-secret), secret-create, secret-reveal, secret-value,
// secret-copy, secret-rotate-open, secret-overlap, secret-rotate, secret-revoke-open,
// secret-revoke; retention-days, retention-submit; brand-name, brand-submit; limit-row
// (data-limit).
type SettingsPage struct {
	Page
	BaseURL  string   // address of this installation, no slash at the end
	Secrets  []Secret // those that are valid, newest first
	Limits   []Limit
	Days     int // how long audit entries are kept; 0: for ever
	MinDays  int // the least of days that may be set
	Brand    string
	Problems map[string]string
}

// Secret is a valid system secret.
type Secret struct {
	ID        string
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
	Value     string    // only when it was just made or revealed
}

// Limit is a limit in force. It is set where the server is started.
type Limit struct {
	Name  string // one of LimitNames, or anything else to be shown as it is
	Value string // finished, in the language of the page
	Env   string // the environment variable that sets it
}

// limitNames is every limit the page has words for: the text limit.NAME.
var limitNames = []string{
	"key_rate", "address_rate", "signin", "login_streams", "key_streams", "address_streams", "devices", "body", "header_time", "trusted_proxies",
}

// LimitNames lists the limits the page has words for.
func LimitNames() []string { return append([]string(nil), limitNames...) }

func (l Lang) limitWord(name string) string {
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
