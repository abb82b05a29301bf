package scan

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/number"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/views"
	deviceviews "wadah/views/device"
)

// Pages are what whoever holds a scan link may see and do: one device's name, how far linking
// it has come, and its code.
type Pages struct {
	*pages.Renderer
	store   *models.Store
	devices *session.Manager
	streams *pages.Streams
	trail   *audit.Trail
	region  string // of phone numbers without a country code
}

// New makes the pages; region is the country of phone numbers without a country code.
func New(renderer *pages.Renderer, store *models.Store, devices *session.Manager, streams *pages.Streams, trail *audit.Trail, region string) *Pages {
	return &Pages{renderer, store, devices, streams, trail, region}
}

// opened is the valid link of a request and the device it is for. ErrNotFound stands
// for every link that opens nothing, used ones included.
func (s *Pages) opened(c echo.Context) (models.ScanLink, session.Snapshot, error) {
	link, snap, err := s.devices.ScanLinks().Open(c.Request().Context(), c.Param("token"))
	if err == nil {
		web.Recognised(c)
	}
	return link, snap, err
}

// show shows the code and the live state to whoever holds the link.
func (s *Pages) show(c echo.Context) error {
	link, snap, err := s.opened(c)
	if errors.Is(err, models.ErrNotFound) {
		return s.over(c)
	}
	if err != nil {
		return err
	}
	if err := s.noteOpening(c, link, snap); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, link, snap, "", "")
}

func (s *Pages) render(c echo.Context, status int, link models.ScanLink, snap session.Snapshot, number, problem string) error {
	page, err := s.view(link, snap, c.Param("token"), visitor.Of(c).Zone)
	if err != nil {
		return err
	}
	page.Page = s.Around(c)
	page.Path = "/scan/" + page.Token
	page.Number, page.NumberProblem = number, problem
	if page.Brand, err = pages.Brand(c.Request().Context(), s.store); err != nil {
		return err
	}
	return s.Render(c, status, deviceviews.ScanShow(page))
}

// view is what a scan page shows of a device: its name, how far linking has come,
// and the code.
func (s *Pages) view(link models.ScanLink, snap session.Snapshot, token string, z visitor.Zone) (deviceviews.ScanPage, error) {
	d, err := s.DeviceWithQR(snap, z, true)
	if err != nil {
		return deviceviews.ScanPage{}, err
	}
	if d.Passkey != nil {
		d.Passkey = &views.Passkey{Deadline: d.Passkey.Deadline} // its answer is not for strangers
	}
	if d.Code != nil {
		code := *d.Code // who typed the number knows it; others who hold the link need not
		code.Number = "…" + code.Number[max(0, len(code.Number)-4):]
		d.Code = &code
	}
	return deviceviews.ScanPage{
		Token: token, Expires: z.At(link.ExpiresAt),
		Device: views.Device{
			Name: d.Name, State: d.State, Reason: d.Reason, Since: d.Since, Until: d.Until, NextTry: d.NextTry, Linked: d.Linked,
			Retrying: d.Retrying, Desired: d.Desired, QR: d.QR, Code: d.Code, Passkey: d.Passkey,
		},
	}, nil
}

// over tells that the link opens nothing any more, or never did.
func (s *Pages) over(c echo.Context) error {
	page := deviceviews.ScanOverPage{Page: s.Around(c), Done: s.devices.ScanLinks().IsFinished(c.Param("token"))}
	page.Path = "/"
	var err error
	if page.Brand, err = pages.Brand(c.Request().Context(), s.store); err != nil {
		return err
	}
	return s.Render(c, http.StatusGone, deviceviews.ScanOver(page))
}

// start turns the device on, when it is off and waits to be linked.
func (s *Pages) start(c echo.Context) error {
	link, snap, err := s.opened(c)
	if errors.Is(err, models.ErrNotFound) {
		return s.over(c)
	}
	if err != nil {
		return err
	}
	if snap.Linked() {
		return session.ErrAlreadyLinked
	}
	if _, err := s.devices.StartDevice(c.Request().Context(), snap.ID); err != nil {
		return err
	}
	s.trail.Often(c, byGuest(link, audit.DeviceStart, snap))
	return c.Redirect(http.StatusSeeOther, "/scan/"+c.Param("token"))
}

// pair asks for a phone code; it appears on the page.
func (s *Pages) pair(c echo.Context) error {
	link, snap, err := s.opened(c)
	if errors.Is(err, models.ErrNotFound) {
		return s.over(c)
	}
	if err != nil {
		return err
	}
	typed := c.FormValue("phone")
	refused := func(code string) error {
		if fresh, err := s.devices.Snapshot(snap.ID); err == nil {
			snap = fresh
		}
		return s.render(c, http.StatusUnprocessableEntity, link, snap, typed, visitor.Of(c).Lang.Invalid(code))
	}
	digits, ok := number.Parse(typed, s.region)
	if !ok {
		return refused("bad_number")
	}
	after, err := s.devices.PairPhone(c.Request().Context(), snap.ID, digits, false)
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
func (s *Pages) noteOpening(c echo.Context, link models.ScanLink, snap session.Snapshot) error {
	browser := web.CookieValue(c, guestCookie)
	if browser == "" {
		browser = rand.Text()
		s.SetCookieAt(c, "/scan", guestCookie, browser, link.ExpiresAt)
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
