package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/live"
	"wadah/handlers/number"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/views"
)

// withStranger is withVisitor for the pages behind a scan link: whoever holds the link
// may use them, and nobody is recognised. The handlers look the link up.
func (s *Server) withStranger(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if err := s.site.OwnForm(c); err != nil {
			return err
		}
		web.BoundBody(c, s.limits.MaxBody)
		v := visitor.Stranger(c)
		if err := s.zones.Locate(c, v); err != nil {
			return err
		}
		v.Remember(c)
		c.Response().Header().Set("X-Robots-Tag", "noindex, nofollow")
		if r.Method == http.MethodPost {
			if err := r.ParseForm(); err != nil {
				return web.FormFailure(err)
			}
		}
		return next(c)
	}
}

// scanOf is the valid link of a request and the device it is for. ErrNotFound stands
// for every link that opens nothing, used ones included.
func (s *Server) scanOf(c echo.Context) (models.ScanLink, session.Snapshot, error) {
	link, snap, err := s.manager.ScanLinks().Open(c.Request().Context(), c.Param("token"))
	if err == nil {
		web.Recognised(c)
	}
	return link, snap, err
}

// scanPage shows the code and the live state to whoever holds the link.
func (s *Server) scanPage(c echo.Context) error {
	link, snap, err := s.scanOf(c)
	if errors.Is(err, models.ErrNotFound) {
		return s.scanOver(c)
	}
	if err != nil {
		return err
	}
	if err := s.noteOpening(c, link, snap); err != nil {
		return err
	}
	return s.scanShow(c, http.StatusOK, link, snap, "", "")
}

func (s *Server) scanShow(c echo.Context, status int, link models.ScanLink, snap session.Snapshot, number, problem string) error {
	page, err := s.scanView(link, snap, c.Param("token"), visitor.Of(c).Zone)
	if err != nil {
		return err
	}
	page.Page = s.Around(c)
	page.Path = "/scan/" + page.Token
	page.Number, page.NumberProblem = number, problem
	if page.Brand, err = pages.Brand(c.Request().Context(), s.store); err != nil {
		return err
	}
	return s.Render(c, status, views.ScanShow(page))
}

// scanView is what a scan page shows of a device: its name, how far linking has come,
// and the code.
func (s *Server) scanView(link models.ScanLink, snap session.Snapshot, token string, z visitor.Zone) (views.ScanPage, error) {
	d, err := pages.DeviceWithQR(s.pictures, snap, z, true)
	if err != nil {
		return views.ScanPage{}, err
	}
	if d.Passkey != nil {
		d.Passkey = &views.Passkey{Deadline: d.Passkey.Deadline} // its answer is not for strangers
	}
	return views.ScanPage{
		Token: token, Expires: z.At(link.ExpiresAt),
		Device: views.Device{
			Name: d.Name, State: d.State, Reason: d.Reason, Since: d.Since, Until: d.Until, NextTry: d.NextTry, Linked: d.Linked,
			Retrying: d.Retrying, Desired: d.Desired, QR: d.QR, Code: d.Code, Passkey: d.Passkey,
		},
	}, nil
}

// scanOver tells that the link opens nothing any more, or never did.
func (s *Server) scanOver(c echo.Context) error {
	page := views.ScanOverPage{Page: s.Around(c), Done: s.manager.ScanLinks().IsFinished(c.Param("token"))}
	page.Path = "/"
	var err error
	if page.Brand, err = pages.Brand(c.Request().Context(), s.store); err != nil {
		return err
	}
	return s.Render(c, http.StatusGone, views.ScanOver(page))
}

// scanStart turns the device on, when it is off and waits to be linked.
func (s *Server) scanStart(c echo.Context) error {
	link, snap, err := s.scanOf(c)
	if errors.Is(err, models.ErrNotFound) {
		return s.scanOver(c)
	}
	if err != nil {
		return err
	}
	if snap.Linked() {
		return session.ErrAlreadyLinked
	}
	if _, err := s.manager.StartDevice(c.Request().Context(), snap.ID); err != nil {
		return err
	}
	s.trail.Often(c, byGuest(link, audit.DeviceStart, snap))
	return c.Redirect(http.StatusSeeOther, "/scan/"+c.Param("token"))
}

// scanPair asks for a phone code; it appears on the page.
func (s *Server) scanPair(c echo.Context) error {
	link, snap, err := s.scanOf(c)
	if errors.Is(err, models.ErrNotFound) {
		return s.scanOver(c)
	}
	if err != nil {
		return err
	}
	typed := c.FormValue("phone")
	refused := func(code string) error {
		if fresh, err := s.manager.Snapshot(snap.ID); err == nil {
			snap = fresh
		}
		return s.scanShow(c, http.StatusUnprocessableEntity, link, snap, typed, visitor.Of(c).Lang.Invalid(code))
	}
	digits, ok := number.Parse(typed, s.cfg.PhoneRegion)
	if !ok {
		return refused("bad_number")
	}
	after, err := s.manager.PairPhone(c.Request().Context(), snap.ID, digits, false)
	if err != nil {
		if f := web.FailureOf(err); pages.InWords(f) {
			return refused(f.Code)
		}
		return err
	}
	if after.Phone == nil {
		return refused("not_linking")
	}
	s.trail.Often(c, byGuest(link, audit.DevicePair, snap))
	return c.Redirect(http.StatusSeeOther, "/scan/"+c.Param("token"))
}

// guestCookie tells the browsers of guests apart: many share an address.
const guestCookie = "wadah_guest"

// agentKept is how much of a browser's description is kept.
const agentKept = 200

// noteOpening writes down that a link was opened, once for each browser.
func (s *Server) noteOpening(c echo.Context, link models.ScanLink, snap session.Snapshot) error {
	browser := web.CookieValue(c, guestCookie)
	if browser == "" {
		browser = rand.Text()
		s.site.SetCookieAt(c, "/scan", guestCookie, browser, link.ExpiresAt)
	}
	e := byGuest(link, audit.ScanLinkOpen, snap)
	agent := c.Request().UserAgent()
	e.Detail += "\n" + strings.ToValidUTF8(agent[:min(len(agent), agentKept)], "")
	return s.trail.SeldomBy(c, e, browser)
}

// byGuest is an audit entry about what somebody with a link did.
func byGuest(link models.ScanLink, action audit.Action, snap session.Snapshot) models.AuditEntry {
	e := audit.Entry(audit.Guest(link.ID), action, snap.ID, snap.Name)
	e.Detail = link.CreatedBy
	return e
}

// scanEvents keeps a scan page live until the link ends or has done its work.
func (s *Server) scanEvents(c echo.Context) error {
	link, snap, err := s.scanOf(c)
	if err != nil {
		return err
	}
	id, token, v := snap.ID, c.Param("token"), visitor.Of(c)
	release := s.manager.Watch(id)
	defer release()
	watch := live.Watch{Device: id, Most: s.limits.KeyStreams, Owner: live.Owner{Kind: live.ByLink, ID: link.ID, Of: id}}
	frame := func(ctx context.Context, snap session.Snapshot) ([]byte, error) {
		page, err := s.scanView(link, snap, token, v.Zone)
		if err != nil {
			return nil, err
		}
		page.Lang = v.Lang
		partial, err := views.ScanPartial(ctx, page)
		return views.Message(partial), err
	}
	return s.streams.ServePage(c, watch, live.Show{
		First: func(ctx context.Context) ([]byte, error) {
			snap, err := s.manager.Snapshot(id)
			if err != nil {
				return nil, err
			}
			return frame(ctx, snap)
		},
		Changes: func(ctx context.Context, b live.Batch, send func([]byte)) error {
			snap := b.Newest().Snap
			if snap.Deleted {
				send(views.Ended())
				return live.ErrOver
			}
			now, err := frame(ctx, snap)
			send(now)
			if snap.State == session.StateConnected {
				s.manager.ScanLinks().Finish(token)
				send(views.Done())
				return live.ErrOver
			}
			return err
		},
		May: live.May{
			Strict: true, Until: link.ExpiresAt,
			Still: func(ctx context.Context) bool { return s.manager.ScanLinks().GoesOn(ctx, id, token) },
		},
	})
}
