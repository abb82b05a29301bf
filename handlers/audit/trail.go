package audit

import (
	"context"
	"log/slog"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/limit"
	"wadah/handlers/web"
	"wadah/models"
)

// Trail writes down who did what, and from where.
type Trail struct {
	store *models.Store
	site  *web.Site
	log   *slog.Logger
	// often bounds what one program or guest leaves, by the ID of the key or link.
	often *limit.Rates[string]
	// seldom remembers what was written down lately.
	seldom *limit.Map[seldomKey, struct{}]
}

// NewTrail makes a trail in a store.
func NewTrail(store *models.Store, site *web.Site, log *slog.Logger) *Trail {
	return &Trail{
		store: store, site: site, log: log,
		often: limit.NewSlowRates[string](oftenEvery, oftenBurst), seldom: limit.NewMap[seldomKey, struct{}](seldomSize, seldomEvery),
	}
}

// Must writes down what is about to be done; when that fails it must not happen.
func (t *Trail) Must(c echo.Context, e models.AuditEntry) error {
	e.Address = t.site.ClientAddr(c)
	// The entry is due although the client may be gone already.
	return t.store.AddAudit(context.WithoutCancel(c.Request().Context()), e)
}

// Note writes down what was done. A failure to do so is logged; what was done is done.
func (t *Trail) Note(c echo.Context, e models.AuditEntry) { t.failed(e, t.Must(c, e)) }

func (t *Trail) failed(e models.AuditEntry, err error) {
	if err != nil {
		t.log.Error("audit entry not stored", "action", e.Action, "device", e.DeviceID, "err", err)
	}
}

// A program or guest may leave oftenBurst entries at once and one more every oftenEvery:
// a program that switches a device on and off all day must not fill the disk.
const (
	oftenBurst = 100
	oftenEvery = 10 * time.Second
)

// Often is Note for those who could leave entries without end: beyond what anybody would
// want to read, the same is written down seldom.
func (t *Trail) Often(c echo.Context, e models.AuditEntry) {
	if t.often.Take(e.Actor) == 0 {
		t.Note(c, e)
		return
	}
	t.failed(e, t.Seldom(c, e))
}

// Seldom is Must for what programs repeat all day: the same from the same address is
// written down once in a while only.
func (t *Trail) Seldom(c echo.Context, e models.AuditEntry) error {
	return t.due(c, e, t.site.ClientAddr(c))
}

// SeldomBy is Seldom for a browser instead of an address. One with ever new names counts
// by its address in the end.
func (t *Trail) SeldomBy(c echo.Context, e models.AuditEntry, browser string) error {
	if _, known := t.seldom.Get(keyOf(e, browser), time.Now()); !known && t.often.Take(e.Actor) > 0 {
		return t.Seldom(c, e)
	}
	return t.due(c, e, browser)
}

func (t *Trail) due(c echo.Context, e models.AuditEntry, by string) error {
	key := keyOf(e, by)
	if !t.seldom.Add(key, time.Now(), struct{}{}) {
		return nil
	}
	err := t.Must(c, e)
	if err != nil {
		t.seldom.Drop(key)
	}
	return err
}

// Refused writes down that somebody asked for what that person may not do, or for a device
// that is not that person's.
func (t *Trail) Refused(c echo.Context, by Actor, deviceID string) {
	e := Entry(by, AccessRefused, deviceID, c.Request().Method+" "+c.Path())
	t.failed(e, t.Seldom(c, e))
}

const (
	seldomEvery = 10 * time.Minute
	seldomSize  = 4096 // what is remembered at most; beyond it entries may come more often
)

type seldomKey struct{ actor, action, device, target, by string }

func keyOf(e models.AuditEntry, by string) seldomKey {
	return seldomKey{e.Actor, e.Action, e.DeviceID, e.Target, by}
}
