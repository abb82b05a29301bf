package phones

import (
	"errors"
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/qr"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/session/sandbox"
	"wadah/views"
)

// scan has a virtual phone scan what a device shows.
func (s *Pages) scan(c echo.Context) error {
	snap, err := s.devices.Snapshot(c.FormValue(web.DeviceField))
	if err != nil {
		return err
	}
	code := qr.Current(snap)
	if code == nil {
		return s.said(c, &refusal{code: "qr_expired"}, "", "")
	}
	s.saw(snap.ID, c.Param("number"))
	_, err = s.service.Scan(c.Request().Context(), c.Param("number"), code.Text)
	return s.linked(c, snap.ID, snap.Name, err)
}

// enterCode has a virtual phone enter a linking code, in whatever spelling.
func (s *Pages) enterCode(c echo.Context) error {
	code := spellCode(c.FormValue("code"))
	id, name := "", code
	for _, snap := range s.devices.Snapshots() {
		if snap.Phone == nil || spellCode(snap.Phone.Text) != code {
			continue
		}
		if !visitor.Of(c).Scope.Sees(snap.ID) {
			return s.said(c, &refusal{code: "code_wrong"}, "", "")
		}
		id, name = snap.ID, snap.Name
		s.saw(snap.ID, c.Param("number"))
	}
	_, err := s.service.EnterCode(c.Request().Context(), c.Param("number"), code)
	return s.linked(c, id, name, err)
}

// spellCode writes a linking code as devices show it: ABCD-EFGH.
func spellCode(typed string) string {
	code := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	if len(code) <= 4 {
		return code
	}
	return code[:4] + "-" + code[4:]
}

// linked tells what came of a scan or a code. A phone that asks for its passkey goes on then.
func (s *Pages) linked(c echo.Context, deviceID, name string, err error) error {
	notice := views.NoticePhoneLinked
	if errors.Is(err, sandbox.ErrPasskeyAsked) {
		notice, err = views.NoticePhonePasskeyAsked, nil
	}
	if err == nil {
		s.note(c, audit.PhoneLink, deviceID, s.name(c))
	}
	return s.said(c, err, notice, name)
}

// unlink removes a linked device on the phone's side, or all of them.
func (s *Pages) unlink(c echo.Context) error {
	jid := c.FormValue("jid")
	if err := s.mayTouch(c, jid); err != nil {
		return err
	}
	notice, name, deviceID := views.NoticePhoneUnlinkedAll, s.name(c), ""
	if jid != "" {
		notice = views.NoticePhoneUnlinked
		for _, snap := range s.devices.Snapshots() {
			if snap.Account.JID == jid {
				deviceID, name = snap.ID, snap.Name
				s.saw(snap.ID, c.Param("number"))
			}
		}
	}
	err := s.service.Unlink(c.Param("number"), jid)
	if err == nil {
		s.note(c, audit.PhoneUnlink, deviceID, s.name(c))
	}
	return s.said(c, err, notice, name)
}
