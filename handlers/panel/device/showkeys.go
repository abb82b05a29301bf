package device

import (
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/views"
	deviceviews "wadah/views/device"
)

// reveal is a key in plain text, for the visitor to be shown: no trace, no key.
func (s *Pages) reveal(c echo.Context, snap session.Snapshot, key models.APIKey) (value string, err error) {
	if err := s.trail.Must(c, visitor.Entry(c, audit.KeyReveal, snap.ID, key.Name)); err != nil {
		return "", err
	}
	if value, err = s.store.RevealKey(c.Request().Context(), key.ID); err != nil {
		return "", err
	}
	return value, visitor.NoteView(c, s.store, key.ID)
}

// revealKey shows the key that programs are told to use, or the one that is named, on the card
// about the API.
func (s *Pages) revealKey(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	ctx, v := c.Request().Context(), visitor.Of(c)
	keys, err := s.store.Keys(ctx, snap.ID)
	if err != nil {
		return err
	}
	key := models.OldestKey(keys, time.Now())
	if id := c.FormValue("key"); id != "" {
		keys = slices.DeleteFunc(keys, func(k models.APIKey) bool { return k.ID != id })
		key = models.OldestKey(keys, time.Now())
	}
	if key == nil {
		return echo.ErrNotFound
	}
	value, err := s.reveal(c, snap, *key)
	if err != nil {
		return err
	}
	if web.IsFragment(c.Request()) {
		api := deviceviews.API{BaseURL: s.BaseURL(c), KeyID: key.ID, Key: value, CanReveal: true}
		partial, err := deviceviews.KeyPartial(ctx, v.Lang, pages.Device(snap, v.Zone, true), api)
		if err != nil {
			return err
		}
		notice, err := views.NoticePartial(ctx, v.Lang, nil) // what was asked before is past
		if err != nil {
			return err
		}
		return pages.WritePartials(c, http.StatusOK, partial, notice)
	}
	return s.show(c, snap, views.DeviceKeys, http.StatusOK, func(page *deviceviews.DevicePage) { page.API.Key = value })
}

// revealOneKey shows a key on the card of keys.
func (s *Pages) revealOneKey(c echo.Context) error {
	snap, key, err := s.keyOfRoute(c)
	if err != nil {
		return err
	}
	value, err := s.reveal(c, snap, key)
	if err != nil {
		return err
	}
	return s.showKey(c, snap, key.ID, value, nil)
}

// showNewKey shows a key that was made a moment ago.
func (s *Pages) showNewKey(c echo.Context, snap session.Snapshot, key models.APIKey, said *views.Flash) error {
	if err := visitor.NoteView(c, s.store, key.ID); err != nil {
		return err
	}
	return s.showKey(c, snap, key.ID, key.Value, said)
}

// showKey answers with the keys, one of them in plain text.
func (s *Pages) showKey(c echo.Context, snap session.Snapshot, keyID, value string, said *views.Flash) error {
	return s.showKeys(c, snap, http.StatusOK, func(k *deviceviews.Keys) {
		for i := range k.List {
			if k.List[i].ID == keyID {
				k.List[i].Value = value
			}
		}
	}, said)
}

// showKeys answers with the card of keys for htmx and with the section of keys otherwise.
func (s *Pages) showKeys(c echo.Context, snap session.Snapshot, status int, change func(*deviceviews.Keys), said *views.Flash) error {
	if !web.IsFragment(c.Request()) {
		return s.show(c, snap, views.DeviceKeys, status, func(page *deviceviews.DevicePage) {
			if change(&page.Keys); said != nil {
				page.Flash = said
			}
		})
	}
	ctx, lang, z := c.Request().Context(), visitor.Of(c).Lang, visitor.Of(c).Zone
	keys, err := s.store.Keys(ctx, snap.ID)
	if err != nil {
		return err
	}
	card, err := s.keysView(ctx, keys, z)
	if err != nil {
		return err
	}
	change(&card)
	partial, err := deviceviews.KeysPartial(ctx, lang, pages.Device(snap, z, true), card)
	if err != nil {
		return err
	}
	notice, err := views.NoticePartial(ctx, lang, said)
	if err != nil {
		return err
	}
	return pages.WritePartials(c, status, partial, notice)
}
