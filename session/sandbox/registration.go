package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"time"

	"wadah/session/sandbox/stanza"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waWa6"
)

const (
	refBytes = 64 // gives refs about as long as WhatsApp's, so that the QR is as dense

	// A code is accepted a little after its time, because the device that shows
	// it began to count when the codes reached it.
	refGraceShare = 10
	refGraceMax   = 2 * time.Second
)

// registration is a connection of a device that is not linked yet: it holds a
// round of refs and, once a phone took one, the link under way. It is guarded by
// Service.mu.
type registration struct {
	conn    *conn
	keys    deviceKeys
	refs    []string
	started time.Time
	timer   *time.Timer // ends the round
	over    bool
	link    *link // nil until a phone scanned or entered the code
	code    *codeLink
}

// register admits a device that wants to be linked and gives it its round of refs.
func (c *conn) register(data *waWa6.ClientPayload_DevicePairingRegistrationData, version [3]uint32) error {
	keys, ok := checkRegistration(data, version)
	if !ok {
		c.refuse(codeBadRequest, nil)
		return nil
	}
	if fault := c.s.takeRegistrationFault(); fault != nil {
		return c.sufferRegistration(*fault)
	}
	r := &registration{conn: c, keys: keys}
	children := make([]waBinary.Node, 0, refsPerRound)
	for range refsPerRound {
		ref := newRef()
		r.refs = append(r.refs, ref)
		children = append(children, stanza.Blob("ref", []byte(ref)))
	}
	c.s.openRegistration(r)
	return c.Send(stanza.Request(c.newID(), stanza.New("pair-device", nil, children...)))
}

func (s *Service) openRegistration(r *registration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.conn.stage, r.conn.registration = stageRegistering, r
	r.started = time.Now()
	for _, ref := range r.refs {
		s.refs[ref] = r
	}
	round := s.cfg.RefFirst + s.cfg.RefNext*(refsPerRound-1)
	r.timer = s.after(round, func() { s.endRound(r) })
	s.stats.registrations++
	s.log.Info("device registers", slog.String("conn", r.conn.id), slog.String("os", r.keys.osName))
}

// endRound closes the stream of a device whose codes are used up, unless it is
// just being linked.
func (s *Service) endRound(r *registration) {
	s.mu.Lock()
	if r.over || r.link != nil {
		s.mu.Unlock()
		return
	}
	s.dropRegistration(r, ErrCodeExpired)
	s.mu.Unlock()
	s.log.Info("round of codes used up", slog.String("conn", r.conn.id))
	r.conn.End(0)
}

// dropRegistration forgets a registration; a link under way fails with reason.
// The caller holds mu. A nil registration is none.
func (s *Service) dropRegistration(r *registration, reason error) {
	if r == nil || r.over {
		return
	}
	r.over = true
	r.timer.Stop()
	for _, ref := range r.refs {
		delete(s.refs, ref)
	}
	if r.code != nil {
		s.dropCode(r.code, reason)
	}
	if r.link != nil {
		s.failLink(r.link, reason)
	}
}

// current returns which ref is valid at a time; len(refs) after the round.
func (r *registration) current(s *Service, now time.Time) int {
	age := now.Sub(r.started) - s.cfg.RefFirst
	if age < 0 {
		return 0
	}
	return min(1+int(age/s.cfg.RefNext), len(r.refs))
}

// checkRef says whether a phone may take this ref now.
func (r *registration) checkRef(s *Service, ref string, now time.Time) error {
	// The newest ref whose time has come, and the one before it while its grace
	// lasts.
	grace := min(s.cfg.RefNext/refGraceShare, refGraceMax)
	first, last := r.current(s, now.Add(-grace)), r.current(s, now)
	for i, known := range r.refs {
		switch {
		case known != ref:
		case i < first:
			return ErrQRExpired
		case i > last:
			return ErrQRTooEarly
		default:
			return nil
		}
	}
	return ErrQRUnknown
}

// newRef makes an unguessable ref. It holds no comma, which separates the parts
// of the QR text.
func newRef() string {
	random := make([]byte, refBytes)
	_, _ = rand.Read(random) // never fails, by its documentation
	return "2@" + base64.StdEncoding.EncodeToString(random)
}
