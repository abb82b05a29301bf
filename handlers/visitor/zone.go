package visitor

import (
	"context"
	"errors"
	"regexp"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
	"wadah/models"
)

const (
	// ZoneCookie is the zone a visitor chose, or "auto"; browserZoneCookie is the one
	// the browser is in, as wadah.js tells.
	ZoneCookie        = "wadah_zone"
	browserZoneCookie = "wadah_browser_zone"

	// ZoneAuto is a choice, too: the browser's zone, whatever was chosen before.
	ZoneAuto = "auto"

	// ZoneSetting is the IANA name of the installation's zone; "" is the server's.
	ZoneSetting = "zone"

	// CodeZoneUnknown is the code of ErrZoneUnknown.
	CodeZoneUnknown = "zone_unknown"
)

// Zone is where times are shown. It is comparable: streams whose readers are in the
// same zone share their frames. The zero value is the server's.
type Zone struct{ loc *time.Location }

// In is the zone for the time package.
func (z Zone) In() *time.Location {
	if z.loc == nil {
		return time.Local
	}
	return z.loc
}

// At is t in this zone; no time stays none.
func (z Zone) At(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(z.In())
}

// AtPtr is at for a time that may be missing.
func (z Zone) AtPtr(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return z.At(*t)
}

// Zones knows the time zones. Each has one *time.Location, so that zones compare.
type Zones struct {
	store *models.Store

	mu       sync.Mutex
	known    map[string]*time.Location
	standard *Zone // the installation's; nil until it was read
}

// NewZones makes the zones of an installation.
func NewZones(store *models.Store) *Zones {
	return &Zones{store: store, known: make(map[string]*time.Location)}
}

// zoneName is how IANA names look. LoadLocation looks names up in folders.
var zoneName = regexp.MustCompile(`^[A-Za-z0-9_+-]{1,20}(/[A-Za-z0-9_+-]{1,20}){0,2}$`)

// Find is the zone with an IANA name.
func (z *Zones) Find(name string) (found Zone, ok bool) {
	if !zoneName.MatchString(name) || name == "Local" {
		return Zone{}, false
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if loc := z.known[name]; loc != nil {
		return Zone{loc}, true
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return Zone{}, false
	}
	z.known[name] = loc
	return Zone{loc}, true
}

// Installation is the zone of visitors who have none: neither chosen nor told by the browser.
func (z *Zones) Installation(ctx context.Context) (Zone, error) {
	z.mu.Lock()
	standard := z.standard
	z.mu.Unlock()
	if standard != nil {
		return *standard, nil
	}
	name, err := z.store.Setting(ctx, ZoneSetting)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return Zone{}, err
	}
	found, _ := z.Find(name)
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.standard == nil {
		z.standard = &found
	}
	return *z.standard, nil
}

// SetInstallation stores the installation's zone; "" is the server's.
func (z *Zones) SetInstallation(ctx context.Context, name string) error {
	found, ok := z.Find(name)
	if !ok && name != "" {
		return ErrZoneUnknown()
	}
	if err := z.store.SetSetting(ctx, ZoneSetting, name); err != nil {
		return err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.standard = &found
	return nil
}

// ErrZoneUnknown refuses a name that no zone has.
func ErrZoneUnknown() error {
	return &models.Invalid{Field: "zone", Code: CodeZoneUnknown, Message: "No time zone has this name."}
}

// Locate finds a visitor's zone: the chosen one, otherwise the browser's, otherwise
// the installation's.
func (z *Zones) Locate(c echo.Context, v *Visitor) error {
	if found, ok := z.Find(v.ChosenZone); ok {
		v.Zone = found
		return nil
	}
	v.ChosenZone = "" // "auto", or a zone that this build does not know
	if found, ok := z.Find(web.CookieValue(c, browserZoneCookie)); ok {
		v.Zone = found
		return nil
	}
	var err error
	v.Zone, err = z.Installation(c.Request().Context())
	return err
}
