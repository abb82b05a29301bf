package gallery

import (
	"time"

	"wadah/views"
)

// installation are the cards of the settings in their states.
func (p ShowPage) installation() []specimen {
	page := views.SettingsPage{
		Page: p.Page, BaseURL: "https://wadah.example.com", Zone: views.ZoneChoice{Chosen: "Asia/Jakarta", Now: p.At},
		ScanWindow: views.LifeTime{Value: 10 * time.Minute, Min: time.Minute, Max: 24 * time.Hour},
		Grace:      views.LifeTime{Value: 2 * time.Minute, Min: 10 * time.Second, Max: time.Hour},
		WhatsApp:   views.WhatsAppVersion{Version: "2.3000.1027934701", Learnt: true, CheckedAt: p.At.Add(-2 * time.Hour), Every: 6 * time.Hour},
	}
	refused := page
	refused.ScanWindow.Typed, refused.Grace.Fixed = "x", "WADAH_GRACE"
	refused.Problems = map[string]string{"scan_window": p.Lang.Invalid("scan_window")}
	refused.WhatsApp = views.WhatsAppVersion{Version: "2.3000.1027934701", FailedAt: p.At.Add(-time.Minute), Outdated: 3}
	refused.Zone.Chosen, refused.Zone.Problem = "", p.Lang.Invalid("zone_unknown")
	secrets := page
	secrets.Secrets = []views.Secret{
		{ID: "s2", CreatedAt: p.At, Value: sampleKey},
		{ID: "s1", CreatedAt: p.At.Add(-900 * time.Hour), ExpiresAt: p.At.Add(23 * time.Hour)},
	}
	return []specimen{
		{"times", views.TimesCard(page)},
		{"times-refused-fixed", views.TimesCard(refused)},
		{"version", views.VersionCard(page)},
		{"version-failed-outdated", views.VersionCard(refused)},
		{"zone", views.ZoneCard(page)},
		{"zone-refused", views.ZoneCard(refused)},
		{"secret-none", views.SecretCard(page)},
		{"secret-new", views.SecretCard(secrets)},
	}
}
