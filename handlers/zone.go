package handlers

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
	// zoneCookie is the zone a visitor chose, or "auto"; browserZoneCookie is the one
	// the browser is in, as wadah.js tells.
	zoneCookie        = "wadah_zone"
	browserZoneCookie = "wadah_browser_zone"

	// zoneAuto is a choice, too: the browser's zone, whatever was chosen before.
	zoneAuto = "auto"

	// zoneSetting is the IANA name of the installation's zone; "" is the server's.
	zoneSetting = "zone"

	codeZoneUnknown = "zone_unknown"
)

// zone is where times are shown. It is comparable: streams whose readers are in the
// same zone share their frames. The zero value is the server's.
type zone struct{ loc *time.Location }

// in is the zone for the time package.
func (z zone) in() *time.Location {
	if z.loc == nil {
		return time.Local
	}
	return z.loc
}

// at is t in this zone; no time stays none.
func (z zone) at(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(z.in())
}

// atPtr is at for a time that may be missing.
func (z zone) atPtr(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return z.at(*t)
}

// zones knows the time zones. Each has one *time.Location, so that zones compare.
type zones struct {
	store *models.Store

	mu       sync.Mutex
	known    map[string]*time.Location
	standard *zone // the installation's; nil until it was read
}

func newZones(store *models.Store) *zones {
	return &zones{store: store, known: make(map[string]*time.Location)}
}

// zoneName is how IANA names look. LoadLocation looks names up in folders.
var zoneName = regexp.MustCompile(`^[A-Za-z0-9_+-]{1,20}(/[A-Za-z0-9_+-]{1,20}){0,2}$`)

// find is the zone with an IANA name.
func (z *zones) find(name string) (found zone, ok bool) {
	if !zoneName.MatchString(name) || name == "Local" {
		return zone{}, false
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if loc := z.known[name]; loc != nil {
		return zone{loc}, true
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return zone{}, false
	}
	z.known[name] = loc
	return zone{loc}, true
}

// installation is the zone of who has none: neither chosen nor told by the browser.
func (z *zones) installation(ctx context.Context) (zone, error) {
	z.mu.Lock()
	standard := z.standard
	z.mu.Unlock()
	if standard != nil {
		return *standard, nil
	}
	name, err := z.store.Setting(ctx, zoneSetting)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return zone{}, err
	}
	found, _ := z.find(name)
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.standard == nil {
		z.standard = &found
	}
	return *z.standard, nil
}

// setInstallation stores the installation's zone; "" is the server's.
func (z *zones) setInstallation(ctx context.Context, name string) error {
	found, ok := z.find(name)
	if !ok && name != "" {
		return errZoneUnknown()
	}
	if err := z.store.SetSetting(ctx, zoneSetting, name); err != nil {
		return err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.standard = &found
	return nil
}

func errZoneUnknown() error {
	return &models.Invalid{Field: "zone", Code: codeZoneUnknown, Message: "No time zone has this name."}
}

// locate finds a visitor's zone: the chosen one, otherwise the browser's, otherwise
// the installation's.
func (s *Server) locate(c echo.Context, v *visitor) error {
	if found, ok := s.zones.find(v.chosenZone); ok {
		v.zone = found
		return nil
	}
	v.chosenZone = "" // "auto", or a zone that this build does not know
	if found, ok := s.zones.find(web.CookieValue(c, browserZoneCookie)); ok {
		v.zone = found
		return nil
	}
	var err error
	v.zone, err = s.zones.installation(c.Request().Context())
	return err
}
