package people

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/live"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
	peopleviews "wadah/views/people"
)

// leak is a valid key or system secret and who knows it without the right to use it.
type leak struct {
	models.KnownSecret
	viewers []models.Viewer
	at      time.Time // when the last of them was shown it
}

// leaks are the keys and secrets that people know who may no longer use them: people who are
// gone, have a lower role, or are not assigned to the device any more.
func (s *Pages) leaks(ctx context.Context) ([]leak, error) {
	known, err := s.store.KnownSecrets(ctx)
	if err != nil || len(known) == 0 {
		return nil, err
	}
	scopes, err := s.operators(ctx)
	if err != nil {
		return nil, err
	}
	var out []leak
	for _, k := range known {
		may := scopes[k.Viewer.ID]
		if k.DeviceID == "" && may != nil && may.All || k.DeviceID != "" && may.Sees(k.DeviceID) {
			continue
		}
		if n := len(out); n == 0 || out[n-1].SecretID != k.SecretID {
			out = append(out, leak{KnownSecret: k})
		}
		last := &out[len(out)-1]
		last.viewers = append(last.viewers, k.Viewer)
		if k.At.After(last.at) {
			last.at = k.At
		}
	}
	return out, nil
}

// operators is what each user who may run devices may see, by ID.
func (s *Pages) operators(ctx context.Context) (map[string]*visitor.Scope, error) {
	users, err := s.store.Users(ctx)
	if err != nil {
		return nil, err
	}
	scopes := make(map[string]*visitor.Scope, len(users))
	for _, u := range users {
		if u.Role == models.RoleViewer {
			continue
		}
		if scopes[u.ID], err = visitor.ScopeOf(ctx, s.store, u); err != nil {
			return nil, err
		}
	}
	return scopes, nil
}

// knownKeys is the card of leaks; with a person, of those that person knows.
func (s *Pages) knownKeys(c echo.Context, back, personID string) (peopleviews.KnownKeys, error) {
	card := peopleviews.KnownKeys{Back: back}
	all, err := s.leaks(c.Request().Context())
	if err != nil {
		return card, err
	}
	z := visitor.Of(c).Zone
	for _, l := range all {
		if personID != "" && !slices.ContainsFunc(l.viewers, func(v models.Viewer) bool { return v.ID == personID }) {
			continue
		}
		k := peopleviews.KnownKey{ID: l.SecretID, Name: l.Name, At: z.At(l.at)}
		for _, v := range l.viewers {
			k.People = append(k.People, v.Name)
		}
		if l.DeviceID != "" {
			k.Device = s.deviceName(l.DeviceID)
		}
		card.List = append(card.List, k)
	}
	return card, nil
}

// deviceName is what a device is called, or its ID when another process has just made it.
func (s *Pages) deviceName(id string) string {
	if snap, err := s.devices.Snapshot(id); err == nil {
		return snap.Name
	}
	return id
}

// settleKnownKeys replaces what people know who may no longer use it, or leaves it, as an
// admin has decided.
func (s *Pages) settleKnownKeys(c echo.Context) error {
	ctx, to := c.Request().Context(), web.OwnPath(c.FormValue("back"), "/people")
	overlap, err := web.Overlap(c)
	if err != nil {
		return err
	}
	settle, notice := s.replaceLeak, views.NoticeKeysReplaced
	if c.FormValue("do") == "leave" {
		settle, notice = s.keepLeak, views.NoticeKeysLeft
	}
	all, err := s.leaks(ctx)
	if err != nil {
		return err
	}
	done := 0
	for _, l := range all {
		if !slices.Contains(c.Request().PostForm["key"], l.SecretID) {
			continue
		}
		err := settle(c, l, overlap)
		if errors.Is(err, models.ErrNotFound) { // it has ended meanwhile
			continue
		}
		var invalid *models.Invalid
		if errors.As(err, &invalid) {
			s.SetProblem(c, invalid.Code)
			return c.Redirect(http.StatusSeeOther, to)
		}
		if err != nil {
			return err
		}
		done++
	}
	if done == 0 {
		s.SetProblem(c, "no_key_chosen")
	} else {
		s.SetFlash(c, notice, strconv.Itoa(done))
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// replaceLeak makes a new key or secret in the place of one; that is valid for another
// overlap.
func (s *Pages) replaceLeak(c echo.Context, l leak, overlap time.Duration) error {
	ctx := c.Request().Context()
	if l.DeviceID == "" {
		if _, err := s.store.RotateSystemSecret(ctx, overlap); err != nil {
			return err
		}
		s.trail.Note(c, visitor.Entry(c, audit.SecretRotate, "", ""))
		return s.settleLeak(ctx, l)
	}
	replaced, err := s.isReplaced(ctx, l)
	if err != nil {
		return err
	}
	action := audit.KeyRotate
	switch {
	case !replaced:
		_, err = s.store.RotateKey(ctx, l.SecretID, overlap)
	case overlap == 0:
		action, err = audit.KeyRevoke, s.store.RevokeKey(ctx, l.SecretID)
	default: // it ends by itself, and there is a new one
		return s.settleLeak(ctx, l)
	}
	if err != nil {
		return err
	}
	if overlap == 0 {
		s.streams.End(live.ByKey, l.SecretID)
	}
	s.trail.Note(c, visitor.Entry(c, action, l.DeviceID, l.Name))
	return s.settleLeak(ctx, l)
}

// isReplaced reports whether a key is one that goes on being valid beside its successor.
func (s *Pages) isReplaced(ctx context.Context, l leak) (bool, error) {
	keys, err := s.store.Keys(ctx, l.DeviceID)
	i := slices.IndexFunc(keys, func(k models.APIKey) bool { return k.ID == l.SecretID })
	if err != nil || i < 0 {
		return false, err
	}
	return keys[i].ExpiresAt != nil && slices.ContainsFunc(keys, func(other models.APIKey) bool { return other.Replaces(keys[i]) }), nil
}

// keepLeak decides that a key or secret stays as it is.
func (s *Pages) keepLeak(c echo.Context, l leak, _ time.Duration) error {
	action := audit.KeyKeep
	if l.DeviceID == "" {
		action = audit.SecretKeep
	}
	if err := s.settleLeak(c.Request().Context(), l); err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, action, l.DeviceID, l.Name))
	return nil
}

func (s *Pages) settleLeak(ctx context.Context, l leak) error {
	ids := make([]string, 0, len(l.viewers))
	for _, v := range l.viewers {
		ids = append(ids, v.ID)
	}
	return s.store.SettleViews(ctx, l.SecretID, ids)
}
