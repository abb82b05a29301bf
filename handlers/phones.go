package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/session"
	"wadah/views"
)

// Sandbox is what the panel needs of a simulated WhatsApp in the same process. All
// fields are set; an error that a person can mend is a *SandboxRefusal.
type Sandbox struct {
	Phones    func() []Phone
	AddPhone  func(number, name string) error
	Scan      func(ctx context.Context, number, qrText string) error
	EnterCode func(ctx context.Context, number, code string) error
	Unlink    func(number, jid string) error // "" unlinks all companions
	SetOnline func(number string, online bool) error
	// Fault makes something go wrong for a phone number or a companion's JID. The kinds
	// are those of views.FaultKinds.
	Fault     func(target, kind string) error
	SetOutage func(mode string) error // one of views.OutageModes
	Outage    func() string           // the mode in force; "" or "none" when all works
	// Control is the simulated service's JSON API, with paths relative to its mount. It is
	// served under /sandbox/.
	Control http.Handler
}

// Phone is one virtual phone.
type Phone struct {
	Number     string
	Name       string
	Online     bool
	Companions []Companion
}

// Companion is a device linked to a virtual phone.
type Companion struct {
	JID       string
	Platform  string
	LinkedAt  time.Time
	Connected bool
}

// SandboxRefusal says why a virtual phone refused. Code is one that
// views.Lang.Invalid knows: phone_number, phone_exists, phone_unknown, phone_offline,
// phone_full, qr_expired, code_wrong, fault_offline.
type SandboxRefusal struct { //nolint:errname // a refusal of a phone, not an error of ours
	Code string
	Err  error
}

// Error describes the refusal for the log.
func (r *SandboxRefusal) Error() string {
	if r.Err == nil {
		return r.Code
	}
	return r.Code + ": " + r.Err.Error()
}

// Unwrap returns the cause.
func (r *SandboxRefusal) Unwrap() error { return r.Err }

// phonesView is the page of the virtual phones, with the devices linked to them but
// those the reader may not see.
func (s *Server) phonesView(page views.Page, a *scope, z zone) views.PhonesPage {
	out := views.PhonesPage{Page: page, Outage: s.cfg.Sandbox.Outage(), CanBreak: a.all, Events: "/events?page=phones"}
	byJID := make(map[string]session.Snapshot)
	for _, snap := range s.manager.Snapshots() {
		if snap.Linked() {
			byJID[snap.Account.JID] = snap
		}
		if snap.State == session.StateScan && a.sees(snap.ID) {
			target := views.ScanTarget{DeviceID: snap.ID, Name: snap.Name}
			if snap.Phone != nil {
				target.Code = snap.Phone.Text
			}
			out.Targets = append(out.Targets, target)
		}
	}
	for _, phone := range s.cfg.Sandbox.Phones() {
		view := views.Phone{Number: phone.Number, Name: phone.Name, Online: phone.Online}
		for _, c := range phone.Companions {
			snap := byJID[c.JID]
			if snap.ID != "" && !a.sees(snap.ID) {
				continue
			}
			view.Companions = append(view.Companions, views.Companion{
				JID: c.JID, Device: snap.Name, DeviceID: snap.ID, State: string(snap.State), Reason: string(snap.Reason),
				Platform: c.Platform, LinkedAt: z.at(c.LinkedAt), Connected: c.Connected,
			})
		}
		out.Phones = append(out.Phones, view)
	}
	return out
}

// phonesPage shows the virtual phones.
func (s *Server) phonesPage(c echo.Context) error {
	return s.render(c, http.StatusOK, views.Phones(s.phonesView(s.page(c), visitorOf(c).scope, visitorOf(c).zone)))
}

// phonesVariant names the shared frames of the phones' page.
type phonesVariant struct {
	lang  views.Lang
	zone  zone
	scope string
}

// phoneEvents keeps the page of the virtual phones live.
func (s *Server) phoneEvents(c echo.Context) error {
	if s.cfg.Sandbox == nil {
		return echo.ErrNotFound
	}
	v := visitorOf(c)
	frame := func(ctx context.Context) ([]byte, error) {
		partial, err := views.PhonesPartial(ctx, s.phonesView(views.Page{Lang: v.lang}, v.scope, v.zone))
		return views.Message(partial), err
	}
	return s.servePanel(c, newStream(""), show{
		first: frame,
		changes: func(ctx context.Context, b batch, send func([]byte)) error {
			now, err := b.newest().frame(phonesVariant{v.lang, v.zone, v.scope.key}, func() ([]byte, error) { return frame(ctx) })
			send(now)
			return err
		},
	})
}

// addPhone adds a virtual phone.
func (s *Server) addPhone(c echo.Context) error {
	typed, name := c.FormValue("number"), strings.TrimSpace(c.FormValue("name"))
	number, ok := phoneNumber(typed, s.cfg.PhoneRegion)
	var err error = &SandboxRefusal{Code: "phone_number"}
	if ok {
		err = s.cfg.Sandbox.AddPhone(number, name)
	}
	var refusal *SandboxRefusal
	if errors.As(err, &refusal) {
		page := s.phonesView(s.page(c), visitorOf(c).scope, visitorOf(c).zone)
		page.Path = "/phones"
		page.AddNumber, page.AddName, page.AddProblem = typed, name, page.Lang.Invalid(refusal.Code)
		return s.render(c, http.StatusUnprocessableEntity, views.Phones(page))
	}
	return s.phoneDone(c, err, views.NoticePhoneAdded, name)
}

// phoneScan has a virtual phone scan what a device shows.
func (s *Server) phoneScan(c echo.Context) error {
	snap, err := s.manager.Snapshot(c.FormValue(deviceField))
	if err != nil {
		return err
	}
	code := currentQR(snap)
	if code == nil {
		return s.phoneDone(c, &SandboxRefusal{Code: "qr_expired"}, "", "")
	}
	err = s.cfg.Sandbox.Scan(c.Request().Context(), c.Param("number"), code.Text)
	return s.phoneDone(c, err, views.NoticePhoneLinked, snap.Name)
}

// phoneCode has a virtual phone enter a linking code.
func (s *Server) phoneCode(c echo.Context) error {
	code := strings.ToUpper(strings.TrimSpace(c.FormValue("code")))
	name := code
	for _, snap := range s.manager.Snapshots() {
		if snap.Phone == nil || snap.Phone.Text != code {
			continue
		}
		if !visitorOf(c).scope.sees(snap.ID) {
			return s.phoneDone(c, &SandboxRefusal{Code: "code_wrong"}, "", "")
		}
		name = snap.Name
	}
	err := s.cfg.Sandbox.EnterCode(c.Request().Context(), c.Param("number"), code)
	return s.phoneDone(c, err, views.NoticePhoneLinked, name)
}

// phoneUnlink removes a linked device on the phone's side.
func (s *Server) phoneUnlink(c echo.Context) error {
	if err := s.phoneSeen(c, c.FormValue("jid")); err != nil {
		return err
	}
	err := s.cfg.Sandbox.Unlink(c.Param("number"), c.FormValue("jid"))
	return s.phoneDone(c, err, views.NoticePhoneUnlinked, s.phoneName(c))
}

// phoneOnline takes a virtual phone on or off line.
func (s *Server) phoneOnline(c echo.Context) error {
	if err := s.phoneSeen(c, ""); err != nil {
		return err
	}
	err := s.cfg.Sandbox.SetOnline(c.Param("number"), c.FormValue("online") == "true")
	return s.phoneDone(c, err, "", "")
}

// phoneFault makes something go wrong for the devices of a phone.
func (s *Server) phoneFault(c echo.Context) error {
	kind, target := c.FormValue("kind"), c.FormValue("target")
	if !slices.Contains(views.FaultKinds(), kind) {
		return echo.ErrBadRequest
	}
	if err := s.phoneSeen(c, target); err != nil {
		return err
	}
	if target == "" {
		target = c.Param("number")
	}
	return s.phoneDone(c, s.cfg.Sandbox.Fault(target, kind), views.NoticeFaultDone, "")
}

// setOutage takes the simulated service out of reach, or brings it back.
func (s *Server) setOutage(c echo.Context) error {
	mode := c.FormValue("mode")
	if !slices.Contains(views.OutageModes(), mode) {
		return echo.ErrBadRequest
	}
	notice := views.NoticeOutageOn
	if mode == "none" {
		notice = views.NoticeOutageOff
	}
	return s.phoneDone(c, s.cfg.Sandbox.SetOutage(mode), notice, "")
}

// phoneDone goes back to the phones, with a notice or with the refusal.
func (s *Server) phoneDone(c echo.Context, err error, notice views.Notice, name string) error {
	var refusal *SandboxRefusal
	switch {
	case errors.As(err, &refusal):
		s.setProblem(c, refusal.Code)
	case err != nil:
		return err
	case notice != "":
		s.setFlash(c, notice, name)
	}
	return c.Redirect(http.StatusSeeOther, "/phones")
}

// phoneSeen refuses to act on the link of a device the visitor may not see. target is
// a JID or, for all links of a phone, its number; "" is the phone of the address.
func (s *Server) phoneSeen(c echo.Context, target string) error {
	if target == "" {
		target = c.Param("number")
	}
	hidden := make(map[string]bool)
	for _, snap := range s.manager.Snapshots() {
		if snap.Linked() && !visitorOf(c).scope.sees(snap.ID) {
			hidden[snap.Account.JID] = true
		}
	}
	if hidden[target] {
		return session.ErrNoDevice
	}
	for _, p := range s.cfg.Sandbox.Phones() {
		for _, companion := range p.Companions {
			if p.Number == target && hidden[companion.JID] {
				return errForbidden
			}
		}
	}
	return nil
}

func (s *Server) phoneName(c echo.Context) string {
	for _, p := range s.cfg.Sandbox.Phones() {
		if p.Number == c.Param("number") {
			return p.Name
		}
	}
	return ""
}

// sandboxControl serves the simulated service's JSON API to programs on this machine.
func (s *Server) sandboxControl(c echo.Context) error {
	if !isLocal(c.Request()) {
		return writeJSON(c, http.StatusForbidden, errNotLocal.json())
	}
	http.StripPrefix("/sandbox", s.cfg.Sandbox.Control).ServeHTTP(c.Response(), c.Request())
	return nil
}

var errNotLocal = &failure{
	Status: http.StatusForbidden, Code: "not_local",
	Message: "The sandbox is controlled only from the machine it runs on, and by no web page.",
}
