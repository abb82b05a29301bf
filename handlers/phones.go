package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/number"
	"wadah/handlers/pages"
	"wadah/handlers/qr"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/session"
	"wadah/views"
)

// phonesPage shows the virtual phones.
func (s *Server) phonesPage(c echo.Context) error {
	page, err := s.phonesView(c.Request().Context(), s.Around(c), visitor.Of(c))
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, views.Phones(page))
}

// addPhone adds a virtual phone.
func (s *Server) addPhone(c echo.Context) error {
	typed, name, platform := c.FormValue("number"), strings.Join(strings.Fields(c.FormValue("name")), " "), c.FormValue("platform")
	digits, ok := number.Parse(typed, s.cfg.PhoneRegion)
	var err error = &SandboxRefusal{Code: "phone_number"}
	if ok {
		err = s.cfg.Sandbox.AddPhone(platform, digits, name)
	}
	var refusal *SandboxRefusal
	if errors.As(err, &refusal) {
		page, err := s.phonesView(c.Request().Context(), s.Around(c), visitor.Of(c))
		if err != nil {
			return err
		}
		page.Path = "/phones"
		page.AddNumber, page.AddName, page.AddPlatform = typed, name, platform
		page.AddProblem = page.Lang.Invalid(refusal.Code)
		return s.Render(c, http.StatusUnprocessableEntity, views.Phones(page))
	}
	if err != nil {
		return err
	}
	s.notePhone(c, audit.PhoneAdd, "", name)
	s.SetFlash(c, views.NoticePhoneAdded, name)
	return c.Redirect(http.StatusSeeOther, "/phones")
}

// removePhone forgets a virtual phone; its devices find themselves unlinked.
func (s *Server) removePhone(c echo.Context) error {
	if err := s.phoneSeen(c, ""); err != nil {
		return err
	}
	name := s.phoneName(c)
	if err := s.cfg.Sandbox.RemovePhone(c.Param("number")); err != nil {
		return s.phoneSaid(c, err, "", "")
	}
	s.notePhone(c, audit.PhoneRemove, "", name)
	s.SetFlash(c, views.NoticePhoneRemoved, name)
	return c.Redirect(http.StatusSeeOther, "/phones")
}

// phoneScan has a virtual phone scan what a device shows.
func (s *Server) phoneScan(c echo.Context) error {
	snap, err := s.manager.Snapshot(c.FormValue(web.DeviceField))
	if err != nil {
		return err
	}
	code := qr.Current(snap)
	if code == nil {
		return s.phoneSaid(c, &SandboxRefusal{Code: "qr_expired"}, "", "")
	}
	s.sawPhone(snap.ID, c.Param("number"))
	passkey, err := s.cfg.Sandbox.Scan(c.Request().Context(), c.Param("number"), code.Text)
	return s.phoneLinked(c, snap.ID, snap.Name, passkey, err)
}

// phoneCode has a virtual phone enter a linking code, in whatever spelling.
func (s *Server) phoneCode(c echo.Context) error {
	code := spellCode(c.FormValue("code"))
	id, name := "", code
	for _, snap := range s.manager.Snapshots() {
		if snap.Phone == nil || spellCode(snap.Phone.Text) != code {
			continue
		}
		if !visitor.Of(c).Scope.Sees(snap.ID) {
			return s.phoneSaid(c, &SandboxRefusal{Code: "code_wrong"}, "", "")
		}
		id, name = snap.ID, snap.Name
		s.sawPhone(snap.ID, c.Param("number"))
	}
	passkey, err := s.cfg.Sandbox.EnterCode(c.Request().Context(), c.Param("number"), code)
	return s.phoneLinked(c, id, name, passkey, err)
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

// phoneLinked tells what came of a scan or a code.
func (s *Server) phoneLinked(c echo.Context, deviceID, name string, passkey bool, err error) error {
	notice := views.NoticePhoneLinked
	if passkey {
		notice = views.NoticePhonePasskeyAsked
	}
	if err == nil {
		s.notePhone(c, audit.PhoneLink, deviceID, s.phoneName(c))
	}
	return s.phoneSaid(c, err, notice, name)
}

// phoneUnlink removes a linked device on the phone's side, or all of them.
func (s *Server) phoneUnlink(c echo.Context) error {
	jid := c.FormValue("jid")
	if err := s.phoneSeen(c, jid); err != nil {
		return err
	}
	notice, name, deviceID := views.NoticePhoneUnlinkedAll, s.phoneName(c), ""
	if jid != "" {
		notice = views.NoticePhoneUnlinked
		for _, snap := range s.manager.Snapshots() {
			if snap.Account.JID == jid {
				deviceID, name = snap.ID, snap.Name
				s.sawPhone(snap.ID, c.Param("number"))
			}
		}
	}
	err := s.cfg.Sandbox.Unlink(c.Param("number"), jid)
	if err == nil {
		s.notePhone(c, audit.PhoneUnlink, deviceID, s.phoneName(c))
	}
	return s.phoneSaid(c, err, notice, name)
}

// phoneOnline takes a virtual phone on or off line.
func (s *Server) phoneOnline(c echo.Context) error {
	on := c.FormValue("online") == "true"
	notice := views.NoticePhoneOffline
	if on {
		notice = views.NoticePhoneOnline
	}
	return s.phoneChange(c, audit.PhoneChange, notice, func(number string) error { return s.cfg.Sandbox.SetOnline(number, on) })
}

// phonePasskey says whether the phone asks for a passkey while linking.
func (s *Server) phonePasskey(c echo.Context) error {
	on := c.FormValue("on") == "true"
	notice := views.NoticePhonePasskeyOff
	if on {
		notice = views.NoticePhonePasskeyOn
	}
	return s.phoneChange(c, audit.PhoneChange, notice, func(number string) error { return s.cfg.Sandbox.SetPasskey(number, on) })
}

// phoneChange changes something that all links of a phone share.
func (s *Server) phoneChange(c echo.Context, action audit.Action, notice views.Notice, do func(number string) error) error {
	if err := s.phoneSeen(c, ""); err != nil {
		return err
	}
	name := s.phoneName(c)
	err := do(c.Param("number"))
	if err == nil {
		s.notePhone(c, action, "", name)
	}
	return s.phoneSaid(c, err, notice, name)
}

// phoneSaid tells what came of an action: in the phone itself for htmx, otherwise
// above the page. What has become of phones and devices comes through the stream.
func (s *Server) phoneSaid(c echo.Context, err error, notice views.Notice, name string) error {
	var refusal *SandboxRefusal
	if err != nil && !errors.As(err, &refusal) {
		return err
	}
	if !web.IsFragment(c.Request()) {
		if refusal != nil {
			s.SetProblem(c, refusal.Code)
		} else {
			s.SetFlash(c, notice, name)
		}
		return c.Redirect(http.StatusSeeOther, "/phones")
	}
	lang, status := visitor.Of(c).Lang, http.StatusOK
	said := lang.Notice(notice, "Name", name)
	if refusal != nil {
		status, said = http.StatusUnprocessableEntity, &views.Flash{Tone: views.ToneDanger, Text: lang.Invalid(refusal.Code)}
	}
	partial, err := views.PhoneSaidPartial(c.Request().Context(), c.Param("number"), said)
	if err != nil {
		return err
	}
	return pages.WritePartials(c, status, partial)
}

// notePhone writes down what was done to a virtual phone, which is told by its name.
func (s *Server) notePhone(c echo.Context, action audit.Action, deviceID, name string) {
	s.trail.Note(c, visitor.Entry(c, action, deviceID, name))
}

// phoneSeen refuses to act on the link of a device the visitor may not see. target is
// a JID or, for all links of a phone, its number; "" is the phone of the address.
func (s *Server) phoneSeen(c echo.Context, target string) error {
	if target == "" {
		target = c.Param("number")
	}
	hidden := make(map[string]bool)
	for _, snap := range s.manager.Snapshots() {
		if snap.Linked() && !visitor.Of(c).Scope.Sees(snap.ID) {
			hidden[snap.Account.JID] = true
		}
	}
	if hidden[target] {
		return session.ErrNoDevice
	}
	for _, p := range s.cfg.Sandbox.Phones() {
		for _, companion := range p.Companions {
			if p.Number == target && hidden[companion.JID] {
				return web.ErrForbidden
			}
		}
	}
	return nil
}

// phoneName is the name of the phone of the address; "" when there is none.
func (s *Server) phoneName(c echo.Context) string {
	for _, p := range s.cfg.Sandbox.Phones() {
		if p.Number == c.Param("number") {
			return p.Name
		}
	}
	return ""
}
