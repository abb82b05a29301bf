package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"wadah/session"
)

func TestTimesOfDeviceLife(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	page := b.get("/settings")
	page.has(t, http.StatusOK, "times-scan-window", "times-grace", "times-submit", "settings-nav")
	if got := page.match(t, `value="(\d+)"[^>]* id="times-scan-window"`); got != "10" {
		t.Errorf("the scan window is shown as %s minutes", got)
	}
	b.post("/settings/times", url.Values{"scan_window": {" 25 "}, "grace": {"90"}}).leads(t, "/settings")
	if got := e.manager.Times(); got != (session.Times{ScanWindow: 25 * time.Minute, Grace: 90 * time.Second}) {
		t.Errorf("in force: %+v", got)
	}
	e.audited("settings.change", 2)
	b.post("/settings/times", url.Values{"scan_window": {"25"}, "grace": {"90"}}).leads(t, "/settings")
	e.audited("settings.change", 2) // nothing changed
	for _, wrong := range []url.Values{
		{"scan_window": {"0"}, "grace": {"90"}},
		{"scan_window": {"1441"}, "grace": {"90"}},
		{"scan_window": {"307445745"}, "grace": {"90"}}, // 10 min 26 s, if it overflowed
		{"scan_window": {"ten"}, "grace": {"90"}},
		{"scan_window": {"10"}, "grace": {"9"}},
		{"scan_window": {"10"}, "grace": {"3601"}},
		{"scan_window": {"-1"}, "grace": {""}},
	} {
		got := b.post("/settings/times", wrong)
		got.has(t, http.StatusUnprocessableEntity, "error-message")
	}
	if got := e.manager.Times().ScanWindow; got != 25*time.Minute {
		t.Errorf("after refusals: %v", got)
	}
}

func TestTimesGivenAtTheStartStay(t *testing.T) {
	e := newEnvWith(t, func(life *session.Config) { life.Grace, life.Fixed.Grace = 30*time.Second, true })
	b := e.admin()
	page := b.get("/settings")
	page.has(t, http.StatusOK, "times-scan-window", "time-fixed")
	if !strings.Contains(page.body, "WADAH_GRACE") || strings.Contains(page.body, `data-testid="times-grace"`) {
		t.Error("the grace time can be changed, or nothing says who set it")
	}
	b.post("/settings/times", url.Values{"scan_window": {"5"}}).leads(t, "/settings")
	if got := b.post("/settings/times", url.Values{"grace": {"60"}}); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("changed all the same: %d", got.StatusCode)
	}
	if got := e.manager.Times(); got != (session.Times{ScanWindow: 5 * time.Minute, Grace: 30 * time.Second}) {
		t.Errorf("in force: %+v", got)
	}
}

func TestCheckVersion(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	check := func() string {
		t.Helper()
		b.post("/settings/version/check", nil).leads(t, "/settings")
		page := b.get("/settings")
		page.has(t, http.StatusOK, "flash", "version-used", "version-source", "version-checked")
		return page.match(t, `(?s)data-testid="flash".*?<p>([^<]+)</p>`)
	}
	e.driver.SetLatest(session.Version{})
	if got := check(); !strings.Contains(got, "could not be asked") {
		t.Errorf("without an answer: %q", got)
	}
	b.get("/settings").has(t, http.StatusOK, "version-failed")
	e.driver.SetLatest(session.Version{2, 3000, 7777})
	if got := check(); !strings.Contains(got, "2.3000.1000 → 2.3000.7777") {
		t.Errorf("with a newer version: %q", got)
	}
	if got := check(); !strings.Contains(got, "2.3000.7777") || !strings.Contains(got, "newest") {
		t.Errorf("with nothing newer: %q", got)
	}
	e.audited("version.check", 3)
}

func TestZoneOfTheInstallation(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	b.get("/settings").has(t, http.StatusOK, "settings-zone")
	b.post("/settings/zone", url.Values{"zone": {"Asia/Jayapura"}}).leads(t, "/settings")
	page := b.get("/devices/" + id)
	if !strings.Contains(page.body, " WIT<") || strings.Contains(page.body, "data-zone") {
		t.Error("times are not in the installation's zone, or it is taken for a choice")
	}
	if got := b.get("/settings").match(t, `<option value="([^"]+)" selected`); got != "Asia/Jayapura" {
		t.Errorf("chosen is %q", got)
	}
	got := b.post("/settings/zone", url.Values{"zone": {"Mars/Olympus"}})
	got.has(t, http.StatusUnprocessableEntity, "error-message")
	e.audited("settings.change", 1)
	b.post("/settings/zone", url.Values{"zone": {""}}).leads(t, "/settings")
	if page := b.get("/devices/" + id); strings.Contains(page.body, " WIT<") {
		t.Error("still in the zone that was taken back")
	}
}
