package auditlog

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/views"
	auditviews "wadah/views/audit"
)

// auditLength is how many entries a page of the audit shows.
const auditLength = 50

// dayLayout is how the filter writes a day.
const dayLayout = "2006-01-02"

// Pages are who did what: found, read and taken along.
type Pages struct {
	*pages.Renderer
	store   *models.Store
	devices *session.Manager
	trail   *audit.Trail
	log     *slog.Logger
}

// New makes the pages.
func New(renderer *pages.Renderer, store *models.Store, devices *session.Manager, trail *audit.Trail, log *slog.Logger) *Pages {
	return &Pages{renderer, store, devices, trail, log}
}

// auditPage shows who did what, newest first.
func (s *Pages) auditPage(c echo.Context) error {
	ctx := c.Request().Context()
	typed := auditviews.AuditFilter{
		Text: c.QueryParam("q"), Actor: c.QueryParam("actor"), Action: c.QueryParam("action"),
		Device: c.QueryParam(web.DeviceField), From: c.QueryParam("from"), To: c.QueryParam("to"),
		Before: c.QueryParam("before"),
	}
	page := auditviews.AuditPage{Page: s.Around(c), Filter: typed}
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
	if page.Retention, err = audit.Retention(ctx, s.store); err != nil {
		return err
	}
	names := make(map[string]string)
	for _, snap := range s.devices.Snapshots() {
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
	return s.Render(c, http.StatusOK, auditviews.Audit(page))
}

// auditView is an entry as the page shows it, with the names devices have now.
func auditView(e models.AuditEntry, z visitor.Zone, names map[string]string) auditviews.AuditEntry {
	shown := auditviews.AuditEntry{
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
func auditFilter(typed auditviews.AuditFilter, z visitor.Zone) (f models.AuditFilter, ok bool) {
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
