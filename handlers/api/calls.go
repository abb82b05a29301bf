package api

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/limit"
	"wadah/handlers/live"
	"wadah/handlers/qr"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/session/webhook"
)

// Calls are the calls of programs: on the device that a key opens, and on the installation for
// whoever knows the system secret.
type Calls struct {
	site     *web.Site
	store    *models.Store
	devices  *session.Manager
	streams  *live.Broadcaster
	pictures *qr.Pictures
	trail    *audit.Trail
	hooks    *webhook.Engine
	region   string // of phone numbers without a country code
	bounds   bounds
}

// bounds are what one program may take.
type bounds struct {
	rates   *limit.Rates[string] // requests of API keys, by ID
	streams int                  // event streams of one key
	body    int64                // bytes of a request
}

// New makes the calls; region is the country of phone numbers without a country code.
func New(site *web.Site, store *models.Store, devices *session.Manager, streams *live.Broadcaster, pictures *qr.Pictures, trail *audit.Trail, hooks *webhook.Engine, region string, l limit.Limits) *Calls {
	return &Calls{site, store, devices, streams, pictures, trail, hooks, region, bounds{limit.NewRates[string](l.KeyRate, l.KeyBurst), l.KeyStreams, l.MaxBody}}
}

// deviceCall is an API request whose key has been accepted.
type deviceCall struct {
	snap    session.Snapshot // the key's device, as it was when the request came
	key     string           // as the client sent it; "" when the default device answers
	keyID   string
	keyName string
	// rights are those of the key; everything where the default device answers.
	rights models.Rights
	in     values
}

// deviceHandler answers a call on one device.
type deviceHandler func(c echo.Context, call deviceCall) error

// effect is what a call does to its device.
type effect int

const (
	reads effect = iota
	changes
)

// withKey lets a call answer for the device whose key the request carries. Errors:
// errUnauthorized, whatever is wrong with the key, and the failures of what is read.
func (s *Calls) withKey(route deviceRoute) echo.HandlerFunc {
	files, most := filesOf(route.takes), s.bounds.body+roomOf(route.takes)
	return func(c echo.Context) error {
		in, err := readParams(c.Response(), c.Request(), most, files)
		if err != nil {
			return err
		}
		defer in.discard()
		call, err := s.open(c, route.does, in)
		if err == nil {
			err = s.answer(c, route, call, in)
		} else {
			err = orLost(err, c.Request(), in)
		}
		if call.keyID != "" {
			s.store.CountCall(call.keyID, s.site.ClientAddr(c), err != nil || c.Response().Status >= http.StatusBadRequest)
		}
		return err
	}
}

// answer lets a route answer a call that its key has opened, if the key may do that.
func (s *Calls) answer(c echo.Context, route deviceRoute, call deviceCall, in params) (err error) {
	if !call.rights.May(route.scopes...) {
		return errScope(route.scopes)
	}
	if call.in, err = in.read(route.takes, s.region); err != nil {
		return orLost(err, c.Request(), in)
	}
	return route.do(c, call)
}

// open finds the device that a request is about, by its key.
func (s *Calls) open(c echo.Context, does effect, in params) (call deviceCall, err error) {
	if call.key, err = keyOf(c.Request(), in); err != nil {
		return call, err
	}
	if call.key == "" {
		call.snap, err = s.defaultDevice(c.Request(), does)
	} else {
		var opened models.Opened
		call.snap, opened, err = s.deviceByKey(c, call.key)
		call.keyID, call.keyName, call.rights = opened.KeyID, opened.Name, opened.Rights
	}
	if err != nil {
		return call, err
	}
	web.Recognised(c)
	if call.keyID != "" {
		err = s.spend(call.keyID)
	}
	return call, err
}

// roomOf is how many bytes the long texts among the parameters of a call may take up, however
// they are escaped: a character is up to twelve.
func roomOf(takes []*parameter) (bytes int64) {
	for _, p := range takes {
		if p.kind == kindExact {
			bytes += 12 * int64(p.to)
		}
	}
	return bytes
}

// filesOf are the files among the parameters of a call.
func filesOf(takes []*parameter) (files []*parameter) {
	for _, p := range takes {
		if p.kind == kindFile {
			files = append(files, p)
		}
	}
	return files
}

// deviceByKey finds the device a key opens. A key may belong to a device that
// another process (`wadah device add`) has just made: then the manager looks once.
func (s *Calls) deviceByKey(c echo.Context, key string) (session.Snapshot, models.Opened, error) {
	ctx := c.Request().Context()
	opened, err := s.store.OpenKey(ctx, key)
	if errors.Is(err, models.ErrNotFound) {
		return session.Snapshot{}, opened, errUnauthorized
	}
	if err != nil {
		return session.Snapshot{}, opened, fmt.Errorf("look up key: %w", err)
	}
	if !opened.Rights.MayFrom(s.site.Client(c.Request())) {
		return session.Snapshot{}, opened, errElsewhere(s.site.ClientAddr(c))
	}
	snap, err := s.devices.Find(ctx, opened.DeviceID)
	if errors.Is(err, session.ErrNoDevice) {
		return session.Snapshot{}, opened, errUnauthorized
	}
	return snap, opened, err
}

// defaultDevice answers requests without a key, from programs of this machine only. A
// link that somebody follows here must not change anything.
func (s *Calls) defaultDevice(r *http.Request, does effect) (session.Snapshot, error) {
	if !s.site.Keyless(r) || does == changes && web.IsNavigation(r) {
		return session.Snapshot{}, errUnauthorized
	}
	for _, snap := range s.devices.Snapshots() {
		if snap.Default {
			return snap, nil
		}
	}
	return session.Snapshot{}, errUnauthorized
}

// noteCall writes down what a program has changed about its device.
func (s *Calls) noteCall(c echo.Context, call deviceCall, action audit.Action) {
	s.trail.Often(c, s.entry(call, action))
}

// noteSeldom is noteCall for what programs do all day.
func (s *Calls) noteSeldom(c echo.Context, call deviceCall, action audit.Action) error {
	return s.trail.Seldom(c, s.entry(call, action))
}

func (s *Calls) entry(call deviceCall, action audit.Action) models.AuditEntry {
	by := audit.Keyless
	if call.keyID != "" {
		by = audit.Key(call.keyID)
	}
	e := audit.Entry(by, action, call.snap.ID, call.snap.Name)
	e.Detail = call.keyName
	return e
}

// spend takes one request from the budget of a key.
func (s *Calls) spend(keyID string) error {
	wait := s.bounds.rates.Take(keyID)
	if wait == 0 {
		return nil
	}
	return web.TooMany(wait)
}
