package handlers

import (
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/visitor"
	"wadah/views"
)

// phoneFault makes something go wrong for the devices of a phone, or for one of them.
func (s *Server) phoneFault(c echo.Context) error {
	fault, err := faultOf(c)
	if err != nil {
		return err
	}
	target := c.FormValue("target")
	if err := s.phoneSeen(c, target); err != nil {
		return err
	}
	if target == "" || views.FaultOfLinking(fault.Kind) { // nothing is linked yet that it could be aimed at
		target = c.Param("number")
	}
	return s.faultDone(c, target, s.phoneName(c), fault)
}

// faultForAll makes something go wrong for whoever comes next.
func (s *Server) faultForAll(c echo.Context) error {
	fault, err := faultOf(c)
	if err != nil {
		return err
	}
	return s.faultDone(c, "", "", fault)
}

func (s *Server) faultDone(c echo.Context, target, name string, fault Fault) error {
	err := s.cfg.Sandbox.Fault(target, fault)
	if err == nil {
		e := visitor.Entry(c, audit.PhoneFault, "", name)
		e.Detail = fault.Kind
		s.trail.Note(c, e)
	}
	notice := views.NoticeFaultDone
	if views.FaultWaits(fault.Kind) {
		notice = views.NoticeFaultWaits
	}
	return s.phoneSaid(c, err, notice, visitor.Of(c).Lang.Fault(fault.Kind))
}

// longestBan bounds how long a ban that somebody tries out can be asked to last.
const longestBan = 30 * 24 * time.Hour

// faultOf is the fault that a form asks for.
func faultOf(c echo.Context) (Fault, error) {
	fault := Fault{Kind: c.FormValue("kind")}
	if !slices.Contains(views.FaultKinds(), fault.Kind) {
		return fault, echo.ErrBadRequest
	}
	if text := c.FormValue("minutes"); text != "" {
		minutes, err := strconv.Atoi(text)
		if err != nil || minutes < 1 || minutes > int(longestBan/time.Minute) {
			return fault, echo.ErrBadRequest
		}
		fault.Lasts = time.Duration(minutes) * time.Minute
	}
	return fault, nil
}

// phoneCalm ends what is wrong with the devices of a phone.
func (s *Server) phoneCalm(c echo.Context) error {
	return s.phoneChange(c, audit.PhoneCalm, views.NoticePhoneCalm, func(number string) error {
		s.cfg.Sandbox.ClearFaults(number)
		return nil
	})
}

// calmAll ends whatever is wrong, but an outage.
func (s *Server) calmAll(c echo.Context) error {
	s.cfg.Sandbox.ClearFaults("")
	s.notePhone(c, audit.PhoneCalm, "", "")
	return s.phoneSaid(c, nil, views.NoticeFaultsCleared, "")
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
	err := s.cfg.Sandbox.SetOutage(mode)
	if err == nil {
		s.notePhone(c, audit.PhoneOutage, "", mode)
	}
	return s.phoneSaid(c, err, notice, "")
}
