package device

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/number"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/session"
	"wadah/views"
	deviceviews "wadah/views/device"
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
	return s.show(c, snap, views.DeviceOverview, http.StatusUnprocessableEntity, func(page *deviceviews.DevicePage) {
		page.Number, page.NumberProblem = typed, page.Lang.Invalid(code)
	})
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
