package sandbox

import (
	"slices"
	"strconv"
	"sync"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// armory is the faults that wait. Its lock is taken last of all, because the router asks
// for faults under its own.
type armory struct {
	mu   sync.Mutex
	list []*armedFault
}

func (a *armory) add(f *armedFault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, f)
}

// clear disarms the faults that fit.
func (a *armory) clear(fits func(*armedFault) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = slices.DeleteFunc(a.list, fits)
}

// kinds lists the kinds of the faults that fit.
func (a *armory) kinds(fits func(*armedFault) bool) (found []FaultKind) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.list {
		if fits(f) {
			found = append(found, f.Kind)
		}
	}
	return found
}

// take removes one stroke of the first waiting fault that fits, and returns it; last when
// it was its last one.
func (a *armory) take(fits func(*armedFault) bool) (found *Fault, last bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.list, fits)
	if i < 0 {
		return nil, false
	}
	fault := a.list[i].Fault
	if a.list[i].Count > 0 {
		if a.list[i].Count--; a.list[i].Count == 0 {
			a.list = slices.Delete(a.list, i, i+1)
			last = true
		}
	}
	return &fault, last
}

// take is [armory.take], and tells watchers.
func (s *Service) take(fits func(*armedFault) bool) *Fault {
	found, last := s.armory.take(fits)
	if last {
		s.changed()
	}
	return found
}

// takeHandshakeFault says whether this handshake is to hang.
func (s *Service) takeHandshakeFault() bool {
	return s.take(func(f *armedFault) bool { return f.Kind == FaultHangHandshake }) != nil
}

func isLoginFault(f *armedFault) bool {
	return f.Kind == FaultConnectFailure || f.Kind == FaultDropAfterHandshake
}

func (s *Service) takeLoginFault(jid types.JID) *Fault {
	return s.take(func(f *armedFault) bool { return isLoginFault(f) && covers(f.target, jid) })
}

func (s *Service) takeRegistrationFault() *Fault {
	return s.take(func(f *armedFault) bool {
		return isLoginFault(f) && (f.target == "" || f.target == TargetRegistering)
	})
}

// takeRateLimit says whether a request for a phone code for this number is one
// too many.
func (s *Service) takeRateLimit(number string) bool {
	return s.take(func(f *armedFault) bool { return f.Kind == FaultCodeRateLimit && f.coversPhone(number) }) != nil
}

// coversPhone says whether the target means a device that this phone links.
func (f *armedFault) coversPhone(number string) bool {
	return f.target == number || f.target == "" || f.target == TargetRegistering
}

// takeLinkFault says whether the connection drops behind this phone's pair-success.
func (s *Service) takeLinkFault(number string) bool {
	return s.take(func(f *armedFault) bool {
		return f.Kind == FaultDropAfterPairSuccess && f.coversPhone(number)
	}) != nil
}

// takePairReplyFault says whether the device's confirmation stays unanswered.
func (s *Service) takePairReplyFault(number string) bool {
	return s.take(func(f *armedFault) bool {
		return f.Kind == FaultNoPairSignReply && f.coversPhone(number)
	}) != nil
}

// sufferLogin ends a login the way a fault wants it.
func (c *conn) sufferLogin(f Fault, jid types.JID) error {
	if f.Kind == FaultDropAfterHandshake {
		c.Close(false)
		return nil
	}
	if f.deletesKeys() {
		c.s.mu.Lock()
		if p := c.s.phones[jid.User]; p != nil {
			c.s.unlink(p, jid.Device)
		}
		c.s.mu.Unlock()
		if err := c.s.save(); err != nil {
			return err
		}
	}
	c.refuse(f.Reason, f.failureAttrs())
	return nil
}

// sufferRegistration does the same to a device that is not linked yet.
func (c *conn) sufferRegistration(f Fault) error {
	if f.Kind == FaultDropAfterHandshake {
		c.Close(false)
		return nil
	}
	c.refuse(f.Reason, f.failureAttrs())
	return nil
}

// deletesKeys says whether a device forgets its link when it is refused so
// (ConnectFailureReason.IsLoggedOut of the library).
func (f Fault) deletesKeys() bool {
	return f.Reason == 401 || f.Reason == 403 || f.Reason == 406
}

func (f Fault) failureAttrs() waBinary.Attrs {
	if f.Reason != codeBanned {
		return nil
	}
	code := f.Code
	if code == 0 {
		code = 101 // TempBanSentToTooManyPeople
	}
	return waBinary.Attrs{
		"code": strconv.Itoa(code), "expire": strconv.FormatInt(int64(f.Expire.Seconds()), 10),
	}
}
