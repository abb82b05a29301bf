package phones

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/visitor"
	"wadah/session/sandbox"
	"wadah/views"
)

// fault makes something go wrong for the devices of a phone, or for one of them.
func (s *Pages) fault(c echo.Context) error {
	fault, err := faultAsked(c)
	if err != nil {
		return err
	}
	target := c.FormValue("target")
	if err := s.mayTouch(c, target); err != nil {
		return err
	}
	if target == "" || views.FaultOfLinking(c.FormValue("kind")) { // nothing is linked yet that it could be aimed at
		target = c.Param("number")
	}
	return s.faultDone(c, target, s.name(c), fault)
}

// faultForAll makes something go wrong for whoever comes next.
func (s *Pages) faultForAll(c echo.Context) error {
	fault, err := faultAsked(c)
	if err != nil {
		return err
	}
	return s.faultDone(c, "", "", fault)
}

func (s *Pages) faultDone(c echo.Context, target, name string, fault sandbox.Fault) error {
	kind, err := c.FormValue("kind"), strike(s.service, target, fault)
	if err == nil {
		e := visitor.Entry(c, audit.PhoneFault, "", name)
		e.Detail = kind
		s.trail.Note(c, e)
	}
	notice := views.NoticeFaultDone
	if views.FaultWaits(kind) {
		notice = views.NoticeFaultWaits
	}
	return s.said(c, err, notice, visitor.Of(c).Lang.Fault(kind))
}

// longestBan bounds how long a ban that somebody tries out can be asked to last.
const longestBan = 30 * 24 * time.Hour

// calm ends what is wrong with the devices of a phone.
func (s *Pages) calm(c echo.Context) error {
	return s.change(c, audit.PhoneCalm, views.NoticePhoneCalm, func(number string) error {
		s.service.ClearFaultsOf(number)
		return nil
	})
}

// calmAll ends whatever is wrong, but an outage.
func (s *Pages) calmAll(c echo.Context) error {
	s.service.ClearFaults()
	s.note(c, audit.PhoneCalm, "", "")
	return s.said(c, nil, views.NoticeFaultsCleared, "")
}

// setOutage takes the simulated service out of reach, or brings it back.
func (s *Pages) setOutage(c echo.Context) error {
	mode := c.FormValue("mode")
	if !slices.Contains(views.OutageModes(), mode) {
		return echo.ErrBadRequest
	}
	notice := views.NoticeOutageOn
	if mode == "none" {
		notice = views.NoticeOutageOff
	}
	err := s.service.SetOutage(sandbox.OutageMode(mode))
	if err == nil {
		s.note(c, audit.PhoneOutage, "", mode)
	}
	return s.said(c, err, notice, "")
}

// strike makes a fault of the panel's menu happen now. A refused login, such as
// connect_failure_401, needs a login to refuse: the connection is dropped so that
// one follows.
func strike(s *sandbox.Service, target string, fault sandbox.Fault) error {
	if err := s.Inject(target, fault); err != nil {
		return err
	}
	if fault.Kind != sandbox.FaultConnectFailure && fault.Kind != sandbox.FaultDropAfterHandshake {
		return nil
	}
	err := s.Inject(target, sandbox.Fault{Kind: sandbox.FaultDrop})
	if errors.Is(err, sandbox.ErrTargetOffline) {
		return nil // the next login meets the fault
	}
	return err
}

// faultAsked is the fault that a form asks for.
func faultAsked(c echo.Context) (fault sandbox.Fault, err error) {
	kind := c.FormValue("kind")
	if !slices.Contains(views.FaultKinds(), kind) {
		return fault, echo.ErrBadRequest
	}
	var lasts time.Duration
	if text := c.FormValue("minutes"); text != "" {
		minutes, err := strconv.Atoi(text)
		if err != nil || minutes < 1 || minutes > int(longestBan/time.Minute) {
			return fault, echo.ErrBadRequest
		}
		lasts = time.Duration(minutes) * time.Minute
	}
	return faultOf(kind, lasts)
}

// What a fault that somebody tries out in the panel is like.
const (
	banCode     = 101
	banExpire   = 10 * time.Minute
	slowLatency = 3 * time.Second
	slowLasts   = time.Minute
)

// faultOf reads a kind of the panel's menu: for a refused login with its reason, and "twice"
// for one that strikes two times. Lasts is of a ban; 0 is the usual time.
func faultOf(kind string, lasts time.Duration) (sandbox.Fault, error) {
	kind, twice := strings.CutSuffix(kind, "_twice")
	fault := sandbox.Fault{Kind: sandbox.FaultKind(kind)}
	if twice {
		fault.Count = 2
	}
	if code, refuses := strings.CutPrefix(kind, string(sandbox.FaultConnectFailure)+"_"); refuses {
		reason, err := strconv.Atoi(code)
		if err != nil {
			return fault, sandbox.ErrFault
		}
		fault.Kind, fault.Reason = sandbox.FaultConnectFailure, reason
		fault.Code, fault.Expire = banCode, cmp.Or(lasts, banExpire)
	}
	if fault.Kind == sandbox.FaultSlow {
		fault.Latency, fault.Duration = slowLatency, slowLasts
	}
	return fault, nil
}
