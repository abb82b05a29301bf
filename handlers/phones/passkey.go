package phones

import (
	"slices"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/views"
	phonesviews "wadah/views/phones"
)

// answerPasskey lets the phone's passkey answer what a device asks for: what a
// person does in the browser, on WhatsApp's own page.
func (s *Pages) answerPasskey(c echo.Context) error {
	snap, err := s.devices.Snapshot(c.FormValue(web.DeviceField))
	if err != nil {
		return err
	}
	number := c.Param("number")
	if snap.Passkey == nil || !s.service.AsksForPasskey(number, snap.Passkey.Request) {
		return s.said(c, &refusal{code: "passkey_over"}, "", "")
	}
	answer, err := s.service.AnswerPasskey(number, snap.Passkey.Request)
	if err != nil {
		return s.said(c, err, "", "")
	}
	if err := s.devices.AnswerPasskey(c.Request().Context(), snap.ID, answer); err != nil {
		if f := web.FailureOf(err); pages.InWords(f) {
			return s.said(c, &refusal{f.Code, err}, "", "")
		}
		return err
	}
	s.note(c, audit.PhonePasskey, snap.ID, s.name(c))
	return s.said(c, nil, views.NoticePhonePasskeyUsed, snap.Name)
}

// confirmPasskey is the person at the phone who finds that the codes are the same.
func (s *Pages) confirmPasskey(c echo.Context) error {
	return s.decide(c, views.NoticePhonePasskeyConfirmed, s.service.ConfirmPasskey)
}

// refusePasskey is the person at the phone who does not go on.
func (s *Pages) refusePasskey(c echo.Context) error {
	return s.decide(c, views.NoticePhonePasskeyRefused, s.service.RefusePasskey)
}

// decide passes on a decision about a link that the visitor sees on the phone.
func (s *Pages) decide(c echo.Context, notice views.Notice, do func(number string) error) error {
	number := c.Param("number")
	page, err := s.view(c.Request().Context(), views.Page{}, visitor.Of(c))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(page.Phones, func(p phonesviews.Phone) bool { return p.Number == number })
	if at < 0 {
		return s.said(c, &refusal{code: "phone_unknown"}, "", "")
	}
	if len(page.Phones[at].Linking) == 0 {
		return s.said(c, &refusal{code: "passkey_over"}, "", "")
	}
	err = do(number)
	if err == nil {
		s.note(c, audit.PhonePasskey, page.Phones[at].Linking[0].DeviceID, page.Phones[at].Name)
	}
	return s.said(c, err, notice, page.Phones[at].Name)
}
