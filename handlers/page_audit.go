package handlers

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
)

// auditLength is how many entries a page of the audit shows.
const auditLength = 50

// dayLayout is how the filter writes a day.
const dayLayout = "2006-01-02"

// auditPage shows who did what, newest first.
func (s *Server) auditPage(c echo.Context) error {
	ctx := c.Request().Context()
	typed := views.AuditFilter{
		Text: c.QueryParam("q"), Actor: c.QueryParam("actor"), Action: c.QueryParam("action"),
		Device: c.QueryParam(web.DeviceField), From: c.QueryParam("from"), To: c.QueryParam("to"),
		Before: c.QueryParam("before"),
	}
	page := views.AuditPage{Page: s.Around(c), Filter: typed}
	filter, ok := auditFilter(typed, visitor.Of(c).Zone)
	if !ok {
		page.Problem = page.Lang.Invalid("date_invalid")
	}
	filter.Limit = auditLength + 1 // one more tells whether there is another page
	entries, err := s.store.Audit(ctx, filter)
	if err != nil {
		return err
	}
	if len(entries) > auditLength {
		entries = entries[:auditLength]
		page.Older = entries[auditLength-1].ID
	}
	if page.Retention, err = retention(ctx, s.store); err != nil {
		return err
	}
	names := make(map[string]string)
	for _, snap := range s.manager.Snapshots() {
		names[snap.ID] = snap.Name
		page.Devices = append(page.Devices, views.DeviceChoice{ID: snap.ID, Name: snap.Name})
	}
	for _, e := range entries {
		page.Entries = append(page.Entries, auditView(e, visitor.Of(c).Zone, names))
	}
	users, err := s.store.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		page.Actors = append(page.Actors, u.Name)
	}
	return s.Render(c, http.StatusOK, views.Audit(page))
}

// auditView is an entry as the page shows it, with the names devices have now.
func auditView(e models.AuditEntry, z visitor.Zone, names map[string]string) views.AuditEntry {
	shown := views.AuditEntry{
		ID: e.ID, At: z.At(e.At), Actor: e.Actor, ActorKind: e.ActorKind, Action: e.Action,
		Target: e.Target, Address: e.Address, Detail: e.Detail,
	}
	name, exists := names[e.DeviceID]
	switch {
	case exists:
		shown.Device, shown.DeviceID = name, e.DeviceID
	case e.DeviceID != "" && e.Target == "":
		shown.Device = e.DeviceID
	}
	if shown.Target == shown.Device {
		shown.Target = "" // most entries about a device have its name there
	}
	return shown
}

// auditFilter reads what was typed; days begin when they do where times are shown.
// When a day cannot be read, it chooses everything.
func auditFilter(typed views.AuditFilter, z visitor.Zone) (f models.AuditFilter, ok bool) {
	f = models.AuditFilter{
		Actor: typed.Actor, Action: typed.Action, DeviceID: typed.Device,
		Text: strings.TrimSpace(typed.Text), BeforeID: typed.Before,
	}
	var err error
	if typed.From != "" {
		if f.From, err = time.ParseInLocation(dayLayout, typed.From, z.In()); err != nil {
			return models.AuditFilter{}, false
		}
	}
	if typed.To != "" {
		day, err := time.ParseInLocation(dayLayout, typed.To, z.In())
		if err != nil {
			return models.AuditFilter{}, false
		}
		f.To = day.AddDate(0, 0, 1) // that day included
	}
	return f, true
}

const (
	// retentionSetting is how many days audit entries are kept; 0 for ever.
	retentionSetting = "audit_retention_days"
	// retentionDays is how long when nobody has said.
	retentionDays = 365
	minRetention  = int(models.MinAuditAge / (24 * time.Hour))
	maxRetention  = 36500
)

// retention is how many days audit entries are kept; 0 for ever.
func retention(ctx context.Context, store *models.Store) (days int, err error) {
	text, err := store.Setting(ctx, retentionSetting)
	if errors.Is(err, models.ErrNotFound) {
		return retentionDays, nil
	}
	if err != nil {
		return 0, err
	}
	if days, err = strconv.Atoi(text); err != nil || days < 0 {
		return retentionDays, nil //nolint:nilerr // what we never stored counts as not set
	}
	return days, nil
}

// SweepAudit removes the audit entries that are older than the installation keeps
// them. Call it once a day or so.
func SweepAudit(ctx context.Context, store *models.Store) error {
	days, err := retention(ctx, store)
	if err != nil || days == 0 {
		return err
	}
	_, err = store.SweepAudit(ctx, time.Duration(days)*24*time.Hour)
	return err
}

// setRetention says how many days audit entries are kept.
func (s *Server) setRetention(c echo.Context) error {
	days, err := strconv.Atoi(strings.TrimSpace(c.FormValue("days")))
	if err != nil || days != 0 && (days < minRetention || days > maxRetention) {
		problem := visitor.Of(c).Lang.Invalid("days_invalid")
		return s.showSettings(c, http.StatusUnprocessableEntity, func(p *views.SettingsPage) {
			p.Problems = map[string]string{"days": problem}
		})
	}
	if err := s.store.SetSetting(c.Request().Context(), retentionSetting, strconv.Itoa(days)); err != nil {
		return err
	}
	s.noteSetting(c, retentionSetting, strconv.Itoa(days))
	s.SetFlash(c, views.NoticeSettingsSaved, "")
	return c.Redirect(http.StatusSeeOther, "/settings")
}
