package phones

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/limit"
	"wadah/handlers/number"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/session"
	"wadah/session/sandbox"
	"wadah/views"
	phonesviews "wadah/views/phones"
)

// Pages are the pages of the virtual phones.
type Pages struct {
	*pages.Renderer
	service *sandbox.Service
	devices *session.Manager
	streams *pages.Streams
	trail   *audit.Trail
	region  string // of phone numbers without a country code

	// lastPhones is the number of the phone each device was linked to last, by the device's ID.
	lastPhones *limit.Map[string, string]
}

// New makes the pages of a service's phones; region is the country of phone numbers without a
// country code.
func New(renderer *pages.Renderer, service *sandbox.Service, devices *session.Manager, streams *pages.Streams, trail *audit.Trail, region string) *Pages {
	return &Pages{renderer, service, devices, streams, trail, region, limit.NewMap[string, string](lastPhonesSize, 0)}
}

// show shows the virtual phones.
func (s *Pages) show(c echo.Context) error {
	page, err := s.view(c.Request().Context(), s.Around(c), visitor.Of(c))
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, phonesviews.Phones(page))
}

// add adds a virtual phone.
func (s *Pages) add(c echo.Context) error {
	typed, name, platform := c.FormValue("number"), strings.Join(strings.Fields(c.FormValue("name")), " "), c.FormValue("platform")
	digits, ok := number.Parse(typed, s.region)
	err := sandbox.ErrPhoneNumber
	if ok {
		_, err = s.service.AddPhoneOf(sandbox.Platform(platform), digits, name)
	}
	var refused *refusal
	if errors.As(refuse(err), &refused) {
		page, err := s.view(c.Request().Context(), s.Around(c), visitor.Of(c))
		if err != nil {
			return err
		}
		page.Path = "/phones"
		page.AddNumber, page.AddName, page.AddPlatform = typed, name, platform
		page.AddProblem = page.Lang.Invalid(refused.code)
		return s.Render(c, http.StatusUnprocessableEntity, phonesviews.Phones(page))
	}
	if err != nil {
		return err
	}
	s.note(c, audit.PhoneAdd, "", name)
	s.SetFlash(c, views.NoticePhoneAdded, name)
	return c.Redirect(http.StatusSeeOther, "/phones")
}

// remove forgets a virtual phone; its devices find themselves unlinked.
func (s *Pages) remove(c echo.Context) error {
	if err := s.mayTouch(c, ""); err != nil {
		return err
	}
	name := s.name(c)
	if err := s.service.RemovePhone(c.Param("number")); err != nil {
		return s.said(c, err, "", "")
	}
	s.note(c, audit.PhoneRemove, "", name)
	s.SetFlash(c, views.NoticePhoneRemoved, name)
	return c.Redirect(http.StatusSeeOther, "/phones")
}

// online takes a virtual phone on or off line.
func (s *Pages) online(c echo.Context) error {
	on := c.FormValue("online") == "true"
	notice := views.NoticePhoneOffline
	if on {
		notice = views.NoticePhoneOnline
	}
	return s.change(c, audit.PhoneChange, notice, func(number string) error { return s.service.SetOnline(number, on) })
}

// passkey says whether the phone asks for a passkey while linking.
func (s *Pages) passkey(c echo.Context) error {
	on := c.FormValue("on") == "true"
	notice := views.NoticePhonePasskeyOff
	if on {
		notice = views.NoticePhonePasskeyOn
	}
	return s.change(c, audit.PhoneChange, notice, func(number string) error { return s.service.SetPasskey(number, on) })
}

// change changes something that all links of a phone share.
func (s *Pages) change(c echo.Context, action audit.Action, notice views.Notice, do func(number string) error) error {
	if err := s.mayTouch(c, ""); err != nil {
		return err
	}
	name := s.name(c)
	err := do(c.Param("number"))
	if err == nil {
		s.note(c, action, "", name)
	}
	return s.said(c, err, notice, name)
}

// said tells what came of an action: in the phone itself for htmx, otherwise
// above the page. What has become of phones and devices comes through the stream.
func (s *Pages) said(c echo.Context, err error, notice views.Notice, name string) error {
	var refused *refusal
	if err = refuse(err); err != nil && !errors.As(err, &refused) {
		return err
	}
	if !web.IsFragment(c.Request()) {
		if refused != nil {
			s.SetProblem(c, refused.code)
		} else {
			s.SetFlash(c, notice, name)
		}
		return c.Redirect(http.StatusSeeOther, "/phones")
	}
	lang, status := visitor.Of(c).Lang, http.StatusOK
	said := lang.Notice(notice, "Name", name)
	if refused != nil {
		status, said = http.StatusUnprocessableEntity, &views.Flash{Tone: views.ToneDanger, Text: lang.Invalid(refused.code)}
	}
	partial, err := phonesviews.PhoneSaidPartial(c.Request().Context(), c.Param("number"), said)
	if err != nil {
		return err
	}
	return pages.WritePartials(c, status, partial)
}

// note writes down what was done to a virtual phone, which is told by its name.
func (s *Pages) note(c echo.Context, action audit.Action, deviceID, name string) {
	s.trail.Note(c, visitor.Entry(c, action, deviceID, name))
}

// mayTouch refuses to act on the link of a device the visitor may not see. target is
// a JID or, for all links of a phone, its number; "" is the phone of the address.
func (s *Pages) mayTouch(c echo.Context, target string) error {
	if target == "" {
		target = c.Param("number")
	}
	hidden := make(map[string]bool)
	for _, snap := range s.devices.Snapshots() {
		if snap.Linked() && !visitor.Of(c).Scope.Sees(snap.ID) {
			hidden[snap.Account.JID] = true
		}
	}
	if hidden[target] {
		return session.ErrNoDevice
	}
	for _, p := range s.service.Phones() {
		for _, companion := range p.Companions {
			if p.Number == target && hidden[companion.JID] {
				return web.ErrForbidden
			}
		}
	}
	return nil
}

// name is the name of the phone of the address; "" when there is none.
func (s *Pages) name(c echo.Context) string {
	for _, p := range s.service.Phones() {
		if p.Number == c.Param("number") {
			return p.Name
		}
	}
	return ""
}
