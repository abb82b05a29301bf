package device

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/number"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/views"
)

// pairPhone links by phone number; the code appears on the device's page.
func (s *Pages) pairPhone(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	typed := c.FormValue("phone")
	digits, ok := number.Parse(typed, s.region)
	if !ok {
		return s.pairRefused(c, snap, typed, "bad_number")
	}
	after, err := s.devices.PairPhone(c.Request().Context(), snap.ID, digits, false)
	if err != nil {
		if f := web.FailureOf(err); pages.InWords(f) {
			return s.pairRefused(c, snap, typed, f.Code)
		}
		return err
	}
	if after.Phone == nil {
		return s.pairRefused(c, after, typed, "not_linking")
	}
	s.trail.Note(c, visitor.Entry(c, audit.DevicePair, snap.ID, snap.Name))
	return c.Redirect(http.StatusSeeOther, "/devices/"+snap.ID)
}

func (s *Pages) pairRefused(c echo.Context, snap session.Snapshot, typed, code string) error {
	if fresh, err := s.devices.Snapshot(snap.ID); err == nil {
		snap = fresh
	}
	page, err := s.deviceShow(c, snap)
	if err != nil {
		return err
	}
	page.Number, page.NumberProblem = typed, page.Lang.Invalid(code)
	return s.Render(c, http.StatusUnprocessableEntity, views.DeviceShow(page))
}

// revealKey shows an API key, after it was written down who asked for it.
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
	// No trace, no key.
	if err := s.trail.Must(c, visitor.Entry(c, audit.KeyReveal, snap.ID, key.Name)); err != nil {
		return err
	}
	value, err := s.store.RevealKey(ctx, key.ID)
	if err != nil {
		return err
	}
	if err := visitor.NoteView(c, s.store, key.ID); err != nil {
		return err
	}
	if web.IsFragment(c.Request()) {
		api := views.API{BaseURL: s.BaseURL(c), KeyID: key.ID, Key: value, CanReveal: true}
		partial, err := views.KeyPartial(ctx, v.Lang, pages.Device(snap, v.Zone, true), api)
		if err != nil {
			return err
		}
		notice, err := views.NoticePartial(ctx, v.Lang, nil) // what was asked before is past
		if err != nil {
			return err
		}
		return pages.WritePartials(c, http.StatusOK, partial, notice)
	}
	page, err := s.deviceShow(c, snap)
	if err != nil {
		return err
	}
	page.API.Key = value
	return s.Render(c, http.StatusOK, views.DeviceShow(page))
}

// answerPasskey passes on what was pasted from WhatsApp's own page.
func (s *Pages) answerPasskey(c echo.Context) error {
	return s.passkeyStep(c, audit.DevicePasskey, func(ctx context.Context, id string) error {
		return s.devices.AnswerPasskey(ctx, id, []byte(strings.TrimSpace(c.FormValue("response"))))
	})
}

// confirmPasskey continues once the person has compared the codes.
func (s *Pages) confirmPasskey(c echo.Context) error {
	return s.passkeyStep(c, audit.DevicePasskeyConfirm, s.devices.ConfirmPasskey)
}

func (s *Pages) passkeyStep(c echo.Context, action audit.Action, do func(context.Context, string) error) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	if err := do(c.Request().Context(), snap.ID); err != nil {
		return s.actionFailed(c, snap.ID, err)
	}
	s.trail.Note(c, visitor.Entry(c, action, snap.ID, snap.Name))
	s.SetFlash(c, views.NoticePasskeySent, "")
	return c.Redirect(http.StatusSeeOther, "/devices/"+snap.ID)
}
