package gallery

import (
	"time"

	"wadah/views"
	settingsviews "wadah/views/settings"
)

// installation are the cards of the settings in their states.
func (p ShowPage) installation() []specimen {
	page := settingsviews.SettingsPage{
		Page: p.Page, BaseURL: "https://wadah.example.com", Zone: views.ZoneChoice{Chosen: "Asia/Jakarta", Now: p.At},
		ScanWindow: settingsviews.LifeTime{Value: 10 * time.Minute, Min: time.Minute, Max: 24 * time.Hour},
		Grace:      settingsviews.LifeTime{Value: 2 * time.Minute, Min: 10 * time.Second, Max: time.Hour},
		WhatsApp:   settingsviews.WhatsAppVersion{Version: "2.3000.1027934701", Learnt: true, CheckedAt: p.At.Add(-2 * time.Hour), Every: 6 * time.Hour},
	}
	page.Readers, page.Keep = []string{"operator"}, map[string]string{"bodies": "7", "index": "30", "events": "3"}
	refused := page
	refused.ScanWindow.Typed, refused.Grace.Fixed = "x", "WADAH_GRACE"
	refused.Problems = map[string]string{"scan_window": p.Lang.Invalid("scan_window")}
	refused.WhatsApp = settingsviews.WhatsAppVersion{Version: "2.3000.1027934701", FailedAt: p.At.Add(-time.Minute), Outdated: 3}
	refused.Keep = map[string]string{"bodies": "-1", "index": "30", "events": "3"}
	refused.Problems["bodies"] = p.Lang.Invalid("retention_range")
	refused.Zone.Chosen, refused.Zone.Problem = "", p.Lang.Invalid("zone_unknown")
	secrets := page
	secrets.Secrets = []settingsviews.Secret{
		{ID: "s2", CreatedAt: p.At, Value: sampleKey},
		{ID: "s1", CreatedAt: p.At.Add(-900 * time.Hour), ExpiresAt: p.At.Add(23 * time.Hour)},
	}
	found := settingsviews.ErasePage{
		Page: p.Page, Number: "0812-3456-789", Found: settingsviews.Erased{Contacts: 1, Chats: 1, Messages: 284, Queued: 2, Texts: 3, Events: 61, Deliveries: 4},
	}
	done := found
	done.Done, done.Traces = true, true
	return []specimen{
		{"times", settingsviews.TimesCard(page)},
		{"times-refused-fixed", settingsviews.TimesCard(refused)},
		{"version", settingsviews.VersionCard(page)},
		{"version-failed-outdated", settingsviews.VersionCard(refused)},
		{"zone", settingsviews.ZoneCard(page)},
		{"zone-refused", settingsviews.ZoneCard(refused)},
		{"readers", settingsviews.ReadersCard(page)},
		{"keep", settingsviews.KeepCard(page)},
		{"keep-refused", settingsviews.KeepCard(refused)},
		{"erase", settingsviews.EraseCard(page)},
		{"erase-found", settingsviews.EraseFound(found)},
		{"erase-none", settingsviews.EraseFound(settingsviews.ErasePage{Page: p.Page, Number: "0812-3456-789"})},
		{"erase-done", settingsviews.EraseFound(done)},
		{"secret-none", settingsviews.SecretCard(page)},
		{"secret-new", settingsviews.SecretCard(secrets)},
	}
}
