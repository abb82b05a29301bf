package handlers

import (
	"slices"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/views"
)

// phoneAnswersPasskey lets the phone's passkey answer what a device asks for: what a
// person does in the browser, on WhatsApp's own page.
func (s *Server) phoneAnswersPasskey(c echo.Context) error {
	snap, err := s.manager.Snapshot(c.FormValue(web.DeviceField))
	if err != nil {
		return err
	}
	number := c.Param("number")
	if snap.Passkey == nil || !s.cfg.Sandbox.AsksForPasskey(number, snap.Passkey.Request) {
		return s.phoneSaid(c, &SandboxRefusal{Code: "passkey_over"}, "", "")
	}
	answer, err := s.cfg.Sandbox.AnswerPasskey(number, snap.Passkey.Request)
	if err != nil {
		return s.phoneSaid(c, err, "", "")
	}
	if err := s.manager.AnswerPasskey(c.Request().Context(), snap.ID, answer); err != nil {
		if f := web.FailureOf(err); pages.InWords(f) {
			return s.phoneSaid(c, &SandboxRefusal{Code: f.Code, Err: err}, "", "")
		}
		return err
	}
	s.notePhone(c, audit.PhonePasskey, snap.ID, s.phoneName(c))
	return s.phoneSaid(c, nil, views.NoticePhonePasskeyUsed, snap.Name)
}

// phoneConfirmsPasskey is the person at the phone who finds that the codes are the same.
func (s *Server) phoneConfirmsPasskey(c echo.Context) error {
	return s.phoneDecides(c, views.NoticePhonePasskeyConfirmed, s.cfg.Sandbox.ConfirmPasskey)
}

// phoneRefusesPasskey is the person at the phone who does not go on.
func (s *Server) phoneRefusesPasskey(c echo.Context) error {
	return s.phoneDecides(c, views.NoticePhonePasskeyRefused, s.cfg.Sandbox.RefusePasskey)
}

// phoneDecides passes on a decision about a link that the visitor sees on the phone.
func (s *Server) phoneDecides(c echo.Context, notice views.Notice, do func(number string) error) error {
	number := c.Param("number")
	page, err := s.phonesView(c.Request().Context(), views.Page{}, visitor.Of(c))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(page.Phones, func(p views.Phone) bool { return p.Number == number })
	if at < 0 {
		return s.phoneSaid(c, &SandboxRefusal{Code: "phone_unknown"}, "", "")
	}
	if len(page.Phones[at].Linking) == 0 {
		return s.phoneSaid(c, &SandboxRefusal{Code: "passkey_over"}, "", "")
	}
	err = do(number)
	if err == nil {
		s.notePhone(c, audit.PhonePasskey, page.Phones[at].Linking[0].DeviceID, page.Phones[at].Name)
	}
	return s.phoneSaid(c, err, notice, page.Phones[at].Name)
}
