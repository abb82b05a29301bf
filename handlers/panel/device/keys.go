package device

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/live"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/views"
	deviceviews "wadah/views/device"
)

// endedKeysShown is how many keys that open nothing any more the card lists.
const endedKeysShown = 10

// keysView is the card of a device's keys: those that are valid, oldest first, then
// those that ended last.
func (s *Pages) keysView(ctx context.Context, keys []models.APIKey, z visitor.Zone) (deviceviews.Keys, error) {
	out, now := deviceviews.Keys{Show: true}, time.Now()
	ids := make([]string, 0, len(keys))
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	shown, err := s.store.LastViews(ctx, ids)
	if err != nil {
		return out, err
	}
	var ended []deviceviews.Key
	for _, k := range keys {
		view := keyView(k, keys, z, now)
		view.Shown = pages.ShownTo(shown[k.ID], z)
		if view.State == deviceviews.KeyValid || view.State == deviceviews.KeyEnding {
			out.List = append(out.List, view)
			continue
		}
		ended = append(ended, view)
	}
	slices.SortStableFunc(ended, func(a, b deviceviews.Key) int { return b.ExpiresAt.Compare(a.ExpiresAt) })
	out.List = append(out.List, ended[:min(len(ended), endedKeysShown)]...)
	return out, nil
}

func keyView(k models.APIKey, all []models.APIKey, z visitor.Zone, now time.Time) deviceviews.Key {
	view := deviceviews.Key{ID: k.ID, Name: k.Name, State: deviceviews.KeyValid, CreatedAt: z.At(k.CreatedAt), Address: k.LastAddress, Calls: k.Calls, Errors: k.Errors}
	for _, scope := range k.Rights.Scopes {
		view.Scopes = append(view.Scopes, string(scope))
	}
	for _, network := range k.Rights.From {
		view.From = append(view.From, network.String())
	}
	if k.LastUsedAt != nil {
		view.LastUsed = z.At(*k.LastUsedAt)
	}
	if k.ExpiresAt != nil {
		view.ExpiresAt = z.At(*k.ExpiresAt)
	}
	switch {
	case k.RevokedAt != nil:
		view.State, view.ExpiresAt = deviceviews.KeyRevoked, z.At(*k.RevokedAt)
	case k.ExpiresAt != nil && !now.Before(*k.ExpiresAt):
		view.State = deviceviews.KeyExpired
	case k.ExpiresAt != nil && slices.ContainsFunc(all, func(other models.APIKey) bool { return other.Replaces(k) }):
		view.State = deviceviews.KeyEnding
	}
	return view
}

// keyOfRoute is the device and the key a route is about.
func (s *Pages) keyOfRoute(c echo.Context) (session.Snapshot, models.APIKey, error) {
	snap, err := s.snapshot(c)
	if err != nil {
		return snap, models.APIKey{}, err
	}
	key, err := s.store.APIKey(c.Request().Context(), c.Param("key"))
	if err == nil && key.DeviceID != snap.ID {
		err = models.ErrNotFound
	}
	return snap, key, err
}

// createKey gives a device another key and shows it.
func (s *Pages) createKey(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	name, life := c.FormValue("name"), c.FormValue("expires")
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	expires, err := keyExpiry(life, time.Now())
	var rights models.Rights
	if err == nil {
		rights, err = models.ParseRights(form["scope"], form.Get("addresses"))
	}
	var key models.APIKey
	if err == nil {
		key, err = s.store.CreateKey(c.Request().Context(), snap.ID, name, expires, rights)
	}
	var invalid *models.Invalid
	if errors.As(err, &invalid) {
		problems := map[string]string{invalid.Field: visitor.Of(c).Lang.Invalid(invalid.Code)}
		return s.showKeys(c, snap, http.StatusUnprocessableEntity, func(k *deviceviews.Keys) {
			k.Name, k.Expires, k.Problems = name, life, problems
			k.Scopes, k.Addresses = form["scope"], form.Get("addresses")
		}, nil)
	}
	if err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, audit.KeyCreate, snap.ID, key.Name))
	return s.showNewKey(c, snap, key, visitor.Of(c).Lang.Notice(views.NoticeKeyCreated, "Name", key.Name))
}

// keyExpiry is when a key ends that lives as long as was chosen; nil is never.
func keyExpiry(choice string, now time.Time) (*time.Time, error) {
	if choice == "" {
		return nil, nil
	}
	life, err := time.ParseDuration(choice)
	if err != nil || life <= 0 {
		return nil, &models.Invalid{Field: "expires", Code: "expires_past", Message: "The expiry must be in the future."}
	}
	at := now.Add(life)
	return &at, nil
}

// rotateKey replaces a key by a new one and shows that; the old one stays valid for the
// chosen time.
func (s *Pages) rotateKey(c echo.Context) error {
	snap, old, err := s.keyOfRoute(c)
	if err != nil {
		return err
	}
	overlap, err := web.Overlap(c)
	if err != nil {
		return err
	}
	key, err := s.store.RotateKey(c.Request().Context(), old.ID, overlap)
	if err != nil {
		return err
	}
	if overlap == 0 {
		s.streams.End(live.ByKey, old.ID)
	}
	s.trail.Note(c, visitor.Entry(c, audit.KeyRotate, snap.ID, key.Name))
	return s.showNewKey(c, snap, key, visitor.Of(c).Lang.Notice(views.NoticeKeyRotated, "Name", key.Name))
}

// revokeKey ends a key and its event streams at once.
func (s *Pages) revokeKey(c echo.Context) error {
	snap, key, err := s.keyOfRoute(c)
	if err != nil {
		return err
	}
	to := views.DevicePath(snap.ID, views.DeviceKeys)
	if c.FormValue("confirm") != "yes" {
		return c.Redirect(http.StatusSeeOther, to)
	}
	if err := s.store.RevokeKey(c.Request().Context(), key.ID); err != nil {
		return err
	}
	s.streams.End(live.ByKey, key.ID)
	s.trail.Note(c, visitor.Entry(c, audit.KeyRevoke, snap.ID, key.Name))
	s.SetFlash(c, views.NoticeKeyRevoked, key.Name)
	return c.Redirect(http.StatusSeeOther, to)
}
