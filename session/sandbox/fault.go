package sandbox

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/types"
)

// FaultKind names a fault. Its text is what the control API takes.
type FaultKind string

// Faults of live connections. They strike when they are injected.
const (
	FaultDrop           FaultKind = "drop"             // the TCP connection is closed without a word
	FaultReset          FaultKind = "reset"            // the TCP connection is reset
	FaultSilence        FaultKind = "silence"          // the socket stays open and nothing is answered, for Duration
	FaultSlow           FaultKind = "slow"             // every stanza waits for Latency, for Duration
	FaultGarbage        FaultKind = "garbage"          // a frame that does not decrypt; the connection goes on
	FaultMalformed      FaultKind = "malformed"        // a frame and a stanza that are not as agreed; the connection goes on
	FaultStreamError503 FaultKind = "stream_error_503" // the server restarts
	FaultStreamError500 FaultKind = "stream_error_500" // a stream error the library does not know
	FaultStreamError515 FaultKind = "stream_error_515" // please reconnect
	FaultStreamEnd      FaultKind = "stream_end"       // the stream ends without an error
	FaultReplaced       FaultKind = "replaced"         // another connection took over
	FaultDeviceRemoved  FaultKind = "device_removed"   // the phone unlinked the device; the link is removed
)

// Faults of the next logins, handshakes or links. They strike Count times.
const (
	// FaultConnectFailure refuses a login, or a registration if the target
	// covers it, with Reason. The reasons after which a device deletes its keys
	// (401, 403, 406) remove the link too.
	FaultConnectFailure       FaultKind = "connect_failure"
	FaultDropAfterHandshake   FaultKind = "drop_after_handshake"    // closed when the login arrives
	FaultHangHandshake        FaultKind = "hang_handshake"          // the first handshake message is never answered
	FaultDropAfterPairSuccess FaultKind = "drop_after_pair_success" // closed when the device learns its link
	FaultNoPairSignReply      FaultKind = "no_pair_sign_reply"      // linked, but the device is never told to reconnect
	FaultCodeRateLimit        FaultKind = "code_rate_limit"         // a device that asks for a phone code gets error 429
)

// TargetRegistering is the fault target for every device that is not linked yet.
const TargetRegistering = "registering"

// Fault is something that goes wrong on purpose.
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Count is how often a fault of the next logins, handshakes or links
	// strikes: 0 means once, a negative number until [Service.ClearFaults].
	Count int `json:"count,omitempty"`
	// Duration is how long silence and slow last; 0: as long as the connection.
	Duration time.Duration `json:"-"`
	// Latency is what slow adds before each stanza, and how late acknowledgements and
	// attachments come.
	Latency time.Duration `json:"-"`
	// Reason is the connect failure, or the error of a message or attachment: 400 to 599.
	Reason int `json:"reason,omitempty"`
	// Code and Expire describe the ban of connect failure 402.
	Code   int           `json:"code,omitempty"`
	Expire time.Duration `json:"-"`
}

// armedFault waits for its victims.
type armedFault struct {
	Fault
	target string
}

var (
	liveFaults = []FaultKind{
		FaultDrop, FaultReset, FaultSilence, FaultSlow, FaultGarbage, FaultMalformed, FaultStreamError503, FaultStreamError500,
		FaultStreamError515, FaultStreamEnd, FaultReplaced, FaultDeviceRemoved,
	}
	armedFaults = []FaultKind{
		FaultConnectFailure, FaultDropAfterHandshake, FaultHangHandshake, FaultDropAfterPairSuccess, FaultNoPairSignReply,
		FaultCodeRateLimit,
	}
)

// FaultKinds lists every fault of connections, for menus and messages.
func FaultKinds() []FaultKind { return slices.Concat(liveFaults, armedFaults) }

// Inject makes something go wrong. The target is "" for everything, a companion's
// JID, a phone number, a connection's id, or [TargetRegistering]. A fault of live
// connections needs one ([ErrTargetOffline]); the others wait for the next login,
// handshake or link.
func (s *Service) Inject(target string, f Fault) error {
	if err := f.check(target); err != nil {
		return err
	}
	s.mu.Lock()
	victims, known := s.victims(target)
	live := slices.Contains(liveFaults, f.Kind)
	switch {
	case !known:
		s.mu.Unlock()
		return ErrTargetUnknown
	case live && len(victims) == 0 && target != "":
		s.mu.Unlock()
		return ErrTargetOffline
	case !live:
		s.armory.add(&armedFault{Fault: f, target: s.lasting(target)})
	}
	s.stats.faults[string(f.Kind)]++
	s.mu.Unlock()
	s.log.Info("fault injected", slog.String("kind", string(f.Kind)), slog.Int("connections", len(victims)))
	if live {
		for _, c := range victims {
			s.strike(c, f)
		}
	}
	s.changed()
	return nil
}

// ClearFaults disarms every waiting fault and ends silence and slowness.
func (s *Service) ClearFaults() { s.ClearFaultsOf("") }

// ClearFaultsOf is [Service.ClearFaults] for what a target means: a phone's number
// covers its linked devices.
func (s *Service) ClearFaultsOf(target string) {
	s.armory.clear(func(f *armedFault) bool { return target == "" || f.target == target || f.isOf(target) })
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		if c.is(target) {
			c.SetSilent(false)
			c.latency.Store(0)
		}
	}
	s.changed()
}

// isOf says whether the fault waits for a device linked to the phone with this number.
func (f *armedFault) isOf(number string) bool {
	jid, err := types.ParseJID(f.target)
	return err == nil && f.target != "" && jid.User == number
}

// faultsOf lists the faults that wait for this phone's devices, and those that last,
// each kind once. The caller holds mu.
func (s *Service) faultsOf(p *phone) []FaultKind {
	found := append([]FaultKind{}, s.armory.kinds(func(f *armedFault) bool { return f.target == p.number || f.isOf(p.number) })...)
	for index := range p.companions {
		c := s.online[p.jidOf(index)]
		switch {
		case c == nil:
		case c.Silent():
			found = append(found, FaultSilence)
		case c.latency.Load() > 0:
			found = append(found, FaultSlow)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func (f *Fault) check(target string) error {
	switch {
	case !slices.Contains(FaultKinds(), f.Kind) && !slices.Contains(MessageFaultKinds(), f.Kind):
		return fmt.Errorf("%w: kind must be one of %v or %v", ErrFault, FaultKinds(), MessageFaultKinds())
	case slices.Contains(reasoned, f.Kind) && (f.Reason < 400 || f.Reason > 599):
		return fmt.Errorf("%w: %s needs a reason of 400 to 599", ErrFault, f.Kind)
	case slices.Contains(delaying, f.Kind) && f.Latency <= 0:
		return fmt.Errorf("%w: %s needs a latency", ErrFault, f.Kind)
	case f.Kind == FaultHangHandshake && target != "":
		return fmt.Errorf("%w: hang_handshake has no target, because nobody has said yet who he is", ErrFault)
	case f.Duration < 0 || f.Latency < 0 || f.Expire < 0:
		return fmt.Errorf("%w: a duration is negative", ErrFault)
	}
	if f.Count == 0 {
		f.Count = 1
	}
	return nil
}

// victims returns the live connections of a target, and whether there is such a
// target at all. The caller holds mu.
func (s *Service) victims(target string) (found []*conn, known bool) {
	for _, c := range s.conns {
		if c.stage != stageHandshake && c.is(target) {
			found = append(found, c)
		}
	}
	jid, err := types.ParseJID(target)
	p := s.phones[target]
	if p == nil && err == nil && s.phones[jid.User] != nil {
		known = jid.Device == 0 || s.phones[jid.User].companions[jid.Device] != nil
	}
	return found, known || p != nil || target == "" || target == TargetRegistering || len(found) > 0
}

// is says whether a target covers this connection. The caller holds s.mu.
func (c *conn) is(target string) bool {
	switch target {
	case "", c.id:
		return true
	case TargetRegistering:
		return c.stage == stageRegistering
	}
	return c.stage == stageOnline && covers(target, c.jid)
}

// covers says whether a target means this companion.
func covers(target string, jid types.JID) bool {
	return target == "" || target == jid.String() || target == jid.User
}

// lasting replaces a connection's id by what its next connection will have in
// common with it. The caller holds mu.
func (s *Service) lasting(target string) string {
	switch c := s.conns[target]; {
	case c == nil:
		return target
	case c.stage == stageOnline:
		return c.jid.String()
	default:
		return TargetRegistering
	}
}

// strike applies a live fault to one connection.
func (s *Service) strike(c *conn, f Fault) {
	linger := s.cfg.CloseLinger
	switch f.Kind {
	case FaultDrop, FaultReset:
		c.Close(f.Kind == FaultReset)
	case FaultSilence:
		c.SetSilent(true)
		if f.Duration > 0 {
			s.after(f.Duration, func() { c.SetSilent(false); s.changed() })
		}
	case FaultSlow:
		c.latency.Store(int64(f.Latency))
		if f.Duration > 0 {
			s.after(f.Duration, func() { c.latency.Store(0); s.changed() })
		}
	case FaultGarbage:
		c.SendGarbage()
	case FaultMalformed:
		if err := c.SendMalformed(); err != nil {
			s.log.Error("malformed stanza not sent", slog.String("conn", c.id), slog.Any("err", err))
		}
	case FaultStreamError503:
		c.End(0, streamError(503))
	case FaultStreamError500:
		c.End(linger, streamError(500)) // closed at once, the library may drop what it has not handled yet
	case FaultStreamError515:
		c.End(linger, streamError(515))
	case FaultStreamEnd:
		c.End(0)
	case FaultReplaced:
		c.End(linger, conflict(conflictReplaced))
	case FaultDeviceRemoved:
		s.removeOf(c)
		c.End(linger, conflict(conflictRemoved))
	default: // the others are armed, and strike elsewhere
	}
}

// removeOf unlinks the companion behind a connection.
func (s *Service) removeOf(c *conn) {
	s.mu.Lock()
	if p := s.phones[c.jid.User]; p != nil && c.stage == stageOnline {
		s.unlink(p, c.jid.Device)
	}
	s.mu.Unlock()
	if err := s.save(); err != nil {
		s.log.Error("state not saved", slog.Any("err", err))
	}
}
