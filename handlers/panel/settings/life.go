package settings

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/visitor"
	"wadah/models"
	"wadah/session"
	"wadah/views"
	settingsviews "wadah/views/settings"
)

// checkLimit is how long a person waits for WhatsApp to tell its version.
const checkLimit = 20 * time.Second

// lifeView are the times of device life as the settings show them.
func (s *Pages) lifeView() (scanWindow, grace settingsviews.LifeTime) {
	now, fixed := s.devices.Times(), s.devices.FixedTimes()
	scanWindow = settingsviews.LifeTime{Value: now.ScanWindow, Min: session.MinScanWindow, Max: session.MaxScanWindow}
	grace = settingsviews.LifeTime{Value: now.Grace, Min: session.MinGrace, Max: session.MaxGrace}
	if fixed.ScanWindow {
		scanWindow.Fixed = "WADAH_SCAN_WINDOW"
	}
	if fixed.Grace {
		grace.Fixed = "WADAH_GRACE"
	}
	return scanWindow, grace
}

// versionView is the version of WhatsApp Web as the settings show it.
func (s *Pages) versionView(z visitor.Zone) settingsviews.WhatsAppVersion {
	info := s.devices.VersionInfo()
	out := settingsviews.WhatsAppVersion{
		Version: info.Version.String(), Learnt: info.Learnt, Every: info.Every,
		CheckedAt: z.At(info.CheckedAt), FailedAt: z.At(info.FailedAt),
	}
	for _, snap := range s.devices.Snapshots() {
		if snap.Reason == session.ReasonOutdated {
			out.Outdated++
		}
	}
	return out
}

// wholeNumber reads a field that counts in unit. What is no number is 0, which no time
// may be; what is not in the form at all leaves the time as it is.
func wholeNumber(c echo.Context, field string, unit, now time.Duration) time.Duration {
	if !c.Request().PostForm.Has(field) {
		return now
	}
	n, err := strconv.ParseUint(strings.TrimSpace(c.FormValue(field)), 10, 16) // more would overflow a duration
	if err != nil {
		return 0
	}
	return time.Duration(n) * unit
}

// setTimes sets the scan window and the grace time, for all devices and at once.
func (s *Pages) setTimes(c echo.Context) error {
	before := s.devices.Times()
	times := session.Times{
		ScanWindow: wholeNumber(c, "scan_window", time.Minute, before.ScanWindow),
		Grace:      wholeNumber(c, "grace", time.Second, before.Grace),
	}
	err := s.devices.SetTimes(c.Request().Context(), times)
	problems := map[string]string{}
	for field, refusal := range map[string]error{"scan_window": session.ErrScanWindow, "grace": session.ErrGrace} {
		if errors.Is(err, refusal) {
			problems[field] = visitor.Of(c).Lang.Invalid(field)
		}
	}
	if len(problems) > 0 {
		return s.showSettings(c, http.StatusUnprocessableEntity, func(page *settingsviews.SettingsPage) {
			page.Problems = problems
			page.ScanWindow.Typed, page.Grace.Typed = c.FormValue("scan_window"), c.FormValue("grace")
		})
	}
	if errors.Is(err, session.ErrTimeFixed) {
		return &models.Invalid{Field: "time", Code: "time_fixed", Message: session.ErrTimeFixed.Error()}
	}
	if err != nil {
		return err
	}
	changed := func(name string, from, to time.Duration) {
		if from != to {
			s.noteSetting(c, name, from.String()+" → "+to.String())
		}
	}
	changed("scan_window", before.ScanWindow, times.ScanWindow)
	changed("grace", before.Grace, times.Grace)
	return s.settingsDone(c, views.NoticeSettingsSaved, "")
}

// checkVersion asks WhatsApp for its current version and says what came of it.
func (s *Pages) checkVersion(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), checkLimit)
	defer cancel()
	before := s.devices.Version()
	now, err := s.devices.RefreshVersion(ctx)
	notice, text := views.NoticeVersionNewest, now.String()
	switch {
	case errors.Is(err, models.ErrStorage):
		return err
	case err != nil:
		s.log.Warn("WhatsApp could not be asked for its version", "err", err)
		notice = views.NoticeVersionUnreachable
	case now != before:
		notice, text = views.NoticeVersionUpdated, before.String()+" → "+now.String()
	}
	s.trail.Note(c, visitor.Entry(c, audit.VersionCheck, "", text))
	return s.settingsDone(c, notice, text)
}

// setZone sets the zone of visitors who have none.
func (s *Pages) setZone(c echo.Context) error {
	name := c.FormValue("zone")
	err := s.zones.SetInstallation(c.Request().Context(), name)
	var invalid *models.Invalid
	if errors.As(err, &invalid) {
		return s.showSettings(c, http.StatusUnprocessableEntity, func(page *settingsviews.SettingsPage) {
			page.Zone.Problem = page.Lang.Invalid(invalid.Code)
		})
	}
	if err != nil {
		return err
	}
	s.noteSetting(c, visitor.ZoneSetting, name)
	return s.settingsDone(c, views.NoticeSettingsSaved, "")
}

// zoneView is the choice of the installation's zone.
func (s *Pages) zoneView(ctx context.Context) (views.ZoneChoice, error) {
	name, err := s.store.Setting(ctx, visitor.ZoneSetting)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return views.ZoneChoice{}, err
	}
	z, err := s.zones.Installation(ctx)
	return views.ZoneChoice{Chosen: name, Now: z.At(time.Now())}, err
}

// settingsDone goes back to the settings with a word that it is done.
func (s *Pages) settingsDone(c echo.Context, notice views.Notice, name string) error {
	s.SetFlash(c, notice, name)
	return c.Redirect(http.StatusSeeOther, "/settings")
}

// setRetention says how many days audit entries are kept.
func (s *Pages) setRetention(c echo.Context) error {
	days, err := strconv.Atoi(strings.TrimSpace(c.FormValue("days")))
	if err != nil || days != 0 && (days < audit.MinRetention || days > audit.MaxRetention) {
		problem := visitor.Of(c).Lang.Invalid("days_invalid")
		return s.showSettings(c, http.StatusUnprocessableEntity, func(p *settingsviews.SettingsPage) {
			p.Problems = map[string]string{"days": problem}
		})
	}
	if err := s.store.SetSetting(c.Request().Context(), audit.RetentionSetting, strconv.Itoa(days)); err != nil {
		return err
	}
	s.noteSetting(c, audit.RetentionSetting, strconv.Itoa(days))
	s.SetFlash(c, views.NoticeSettingsSaved, "")
	return c.Redirect(http.StatusSeeOther, "/settings")
}
