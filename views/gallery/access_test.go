package gallery_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"wadah/views"
	auditviews "wadah/views/audit"
	deviceviews "wadah/views/device"
	signinviews "wadah/views/signin"
)

func parse(t *testing.T, c templ.Component) *html.Node {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func byTestID(doc *html.Node, id string) []*html.Node {
	var found []*html.Node
	for _, n := range elements(doc) {
		if attr(n, "data-testid") == id {
			found = append(found, n)
		}
	}
	return found
}

// Handlers and the browser tests of the product find keys, links and sign-in by these names.
func TestNamesOfAccess(t *testing.T) {
	want := map[string][]string{
		"people":             {"person-row", "person-link", "person-add-name", "person-add-role", "person-add-password", "person-add-submit", "nav-people", "menu-people"},
		"people-invitations": {"invite-note", "invite-role", "invite-life", "invite-all", "invite-device", "invite-devices-search", "invite-submit", "invitation-row", "invitation-url", "invitation-copy", "invitation-revoke"},
		"invited":            {"invited-name", "invited-password", "invited-password2", "invited-submit"},
		"person-operator":    {"person-role", "person-role-submit", "person-device", "person-devices-submit", "person-password", "person-password2", "person-password-submit", "login-row", "login-end", "person-logins-end", "person-delete-open", "person-delete-submit"},
		"person-problems":    {"person-factors-open", "person-factors-submit", "error-message"},
		"account-security":   {"totp-current", "totp-remove", "recovery-new", "recovery-left", "passkey-row", "passkey-name", "passkey-rename", "passkey-current", "passkey-remove", "passkey-add-open", "passkey-add-name", "passkey-add-current", "passkey-add", "passkey-problem", "login-row", "login-end", "logins-end-others"},
		"account":            {"totp-current", "totp-start", "passkeys-impossible"},
		"signin-passkey":     {"signin-passkey"},
		"step2":              {"totp-code", "signin-code-submit", "signin-other-way", "signin-start-over", "signin-passkey"},
		"step2-recovery":     {"recovery-code", "error-message"},
		"totp":               {"totp-qr", "totp-secret", "totp-secret-copy", "totp-code", "totp-confirm", "totp-cancel"},
		"recovery":           {"recovery-codes", "recovery-copy", "recovery-done"},
		"device-access":      {"device-scan-links", "scan-link-life", "scan-link-create", "scan-link-row", "scan-link-url", "scan-link-copy", "scan-link-revoke"},
		"device-keys":        {"device-keys", "key-row", "key-row-reveal", "key-row-value", "key-row-copy", "key-rotate-open", "key-rotate-overlap", "key-rotate", "key-revoke-open", "key-revoke", "key-create-open", "key-create-name", "key-create-expires", "key-create-submit"},
		"scan-qr":            {"scan-live", "scan-ends", "scan-brand", "device-qr", "device-qr-countdown", "pair-phone-number", "pair-phone-submit", "device-state"},
		"scan-code":          {"pair-phone-code"},
		"scan-not_scanned":   {"scan-start"},
		"scan-ready":         {"scan-done"},
		"scan-over":          {"scan-over"},
		"audit":              {"audit-q", "audit-actor", "audit-action", "audit-device", "audit-from", "audit-to", "audit-filter", "audit-row", "audit-older", "audit-export-csv", "audit-export-json"},
		"audit-none":         {"audit-clear", "audit-newest", "audit-empty", "error-message"},
		"settings":           {"secret-row", "secret-reveal", "secret-rotate-open", "secret-overlap", "secret-rotate", "secret-revoke-open", "secret-revoke", "retention-days", "retention-submit", "brand-name", "brand-submit", "limit-row", "readers-role", "readers-submit", "keep-bodies", "keep-index", "keep-events", "keep-submit", "erase-number", "erase-device", "erase-count"},
		"settings-none":      {"secret-create", "error-message"},
		"settings-revealed":  {"secret-value", "secret-copy"},
	}
	all := pages(views.English)
	for name, testids := range want {
		doc := parse(t, all[name])
		for _, id := range testids {
			if len(byTestID(doc, id)) == 0 {
				t.Errorf("%s has no data-testid %q", name, id)
			}
		}
	}
}

func TestOnlyAdminsSeeWhatIsForAdmins(t *testing.T) {
	for _, role := range []views.Role{views.Admin, views.Operator, views.Viewer} {
		p := devicesPage(views.English, manyDevices())
		p.User = &views.User{Name: "budi", Role: role}
		doc := parse(t, deviceviews.Devices(p))
		for _, id := range []string{"nav-people", "nav-audit", "nav-settings", "menu-people", "menu-audit", "menu-settings"} {
			if seen := len(byTestID(doc, id)) > 0; seen != (role == views.Admin) {
				t.Errorf("%s: %s is shown: %v", role, id, seen)
			}
		}
	}
}

// Who holds a scan link learns nothing but the device's name and how far linking has
// come, and finds no way to anything else.
func TestScanPageLeadsNowhereAndTellsNothing(t *testing.T) {
	for name, d := range states() {
		p := scanPage(views.English, d)
		p.Device.Number, p.Device.Account, p.Device.ID = "6281234567890", "Toko Utama Batik", "0192device"
		p.Device.CanOperate = true
		for _, page := range []templ.Component{deviceviews.ScanShow(p), deviceviews.ScanOver(deviceviews.ScanOverPage{Page: p.Page})} {
			doc := parse(t, page)
			for _, n := range elements(doc, "a", "form", "div") {
				for _, key := range []string{"href", "action", "hx-post", "hx-sse:connect"} {
					v := attr(n, key)
					if v != "" && v != "#main" && v != "/prefs" && !strings.HasPrefix(v, "/scan/t0k3n") {
						t.Errorf("%s: <%s> leads to %s", name, n.Data, v)
					}
				}
			}
			for _, n := range elements(doc, "nav") {
				t.Errorf("%s: there is a navigation: %s", name, content(n))
			}
			text := content(doc)
			for _, n := range elements(doc) {
				for _, a := range n.Attr {
					text += " " + a.Val
				}
			}
			for _, secret := range []string{"0192device", "6281234567890", "234-567", "Toko Utama Batik"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s: the page tells %q", name, secret)
				}
			}
		}
	}
}

// A value that was not asked for is nowhere on the page, and one that was stands once.
func TestSecretsAreShownOnlyWhenAsked(t *testing.T) {
	all := pages(views.Indonesian)
	for name, want := range map[string]int{"device-qr": 0, "settings": 0, "device-keys": 1} {
		var b bytes.Buffer
		if err := all[name].Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(b.String(), keyValue); got != want {
			t.Errorf("%s shows the value %d times, want %d", name, got, want)
		}
	}
}

func TestFilterOfTheAuditIsKept(t *testing.T) {
	p := auditPage(views.English)
	p.Filter = auditviews.AuditFilter{Text: "a&b", Actor: "gone", Action: "key", From: "2026-11-01", Before: "zz"}
	doc := parse(t, auditviews.Audit(p))
	for id, want := range map[string]string{
		"audit-export-csv":  "/audit.csv?action=key&actor=gone&from=2026-11-01&q=a%26b",
		"audit-export-json": "/audit.json?action=key&actor=gone&from=2026-11-01&q=a%26b",
		"audit-older":       "/audit?action=key&actor=gone&before=a1&from=2026-11-01&q=a%26b",
		"audit-newest":      "/audit?action=key&actor=gone&from=2026-11-01&q=a%26b",
	} {
		if found := byTestID(doc, id); len(found) != 1 || attr(found[0], "href") != want {
			t.Errorf("%s does not lead to %s", id, want)
		}
	}
	for id, want := range map[string]string{"audit-actor": "gone", "audit-action": "key", "audit-device": ""} {
		chosen := 0
		for _, o := range elements(byTestID(doc, id)[0], "option") {
			if has(o, "selected") {
				chosen++
				if attr(o, "value") != want {
					t.Errorf("%s has chosen %q, want %q", id, attr(o, "value"), want)
				}
			}
		}
		if chosen != 1 {
			t.Errorf("%s has chosen %d options", id, chosen)
		}
	}
}

func TestLoginsAreNamedByBrowserAndSystem(t *testing.T) {
	for agent, want := range map[string]string{
		firefox: "Firefox · Linux",
		mobile:  "Chrome · Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1": "Safari · iPhone",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0":           "Edge · Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15":                   "Safari · macOS",
		"curl/8.9.1": "curl",
		"":           "Unknown browser",
	} {
		p := accountPage(views.English)
		p.Logins = []views.Login{{ID: "s1", Agent: agent, Since: noon}}
		doc := parse(t, signinviews.Account(p))
		if got := content(byID(doc, "login-s1")); got != want {
			t.Errorf("%q is called %q, want %q", agent, got, want)
		}
	}
}
