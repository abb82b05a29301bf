package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"wadah/session/sandbox/stanza"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

// Linking by code (pair-code.go of the library). The device makes the code and
// wraps an ephemeral key with it; the person types it into the phone, which wraps
// its own. Only with the same code on both sides do the two agree on a secret, and
// the key bundle the device sends last shows whether they did.

const (
	codeAlphabet  = "123456789ABCDEFGHJKLMNPQRSTVWXYZ"
	codeLength    = 8
	wrappedLength = 80 // salt 32, counter 16, key 32
	codeTries     = 3  // wrong codes before the phone gives up on the device

	codeAnswerTimeout = 30 * time.Second
)

// codeLink is a device that waits for its code to be typed into a phone. It is
// guarded by Service.mu.
type codeLink struct {
	registration *registration
	number       string
	ref          string
	wrapped      []byte // the device's ephemeral key, wrapped with the code
	expires      time.Time
	tries        int
	entry        *codeEntry // of the code being tried now
}

// codeEntry is one try of a person at the phone.
type codeEntry struct {
	code      *codeLink
	phone     *phone
	ephemeral *keys.KeyPair
	device    []byte           // the device's ephemeral key as this code unwraps it
	finished  chan codeOutcome // of one
}

type codeOutcome struct {
	link *link
	err  error
}

// handleCodeStage deals with the two requests of a device that links by code.
func (c *conn) handleCodeStage(id string, node *waBinary.Node) error {
	registration := stanza.Child(node, "link_code_companion_reg")
	switch stanza.Attr(&registration, "stage") {
	case "companion_hello":
		return c.Send(c.codeHello(id, &registration))
	case "companion_finish":
		return c.codeFinish(id, &registration)
	default:
		return c.Send(stanza.Refusal(id, 400, "bad-request"))
	}
}

// codeHello accepts a wrapped key and gives the attempt a ref.
func (c *conn) codeHello(id string, node *waBinary.Node) waBinary.Node {
	jid, _ := node.Attrs["jid"].(types.JID)
	wrapped := stanza.Content(node, "link_code_pairing_wrapped_companion_ephemeral_pub")
	display := string(stanza.Content(node, "companion_platform_display"))
	switch {
	case c.s.takeRateLimit(jid.User):
		return stanza.Refusal(id, 429, "rate-overlimit")
	case jid.Server != types.DefaultUserServer || checkNumber(jid.User) != nil, len(wrapped) != wrappedLength,
		!slices.Equal(stanza.Content(node, "companion_server_auth_key_pub"), c.noiseKey[:]), !validDisplay(display):
		return stanza.Refusal(id, 400, "bad-request")
	}
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	r := c.registration
	if r == nil || r.over || r.link != nil {
		return stanza.Refusal(id, 400, "bad-request")
	}
	if s.phones[jid.User] == nil {
		return stanza.Refusal(id, 404, "item-not-found")
	}
	// A new code replaces an older one of the same device or for the same phone.
	if r.code != nil {
		s.dropCode(r.code, ErrCodeExpired)
	}
	if older := s.codes[jid.User]; older != nil {
		s.dropCode(older, ErrCodeExpired)
	}
	r.code = &codeLink{
		registration: r, number: jid.User, ref: newRef(), wrapped: wrapped, expires: time.Now().Add(s.cfg.CodeLife),
	}
	s.codes[jid.User] = r.code
	s.stats.codes++
	s.changed()
	return stanza.Result(id, stanza.New("link_code_companion_reg", waBinary.Attrs{"stage": "companion_hello"},
		stanza.Blob("link_code_pairing_ref", []byte(r.code.ref))))
}

// validDisplay checks a name of the form "Browser (OS)", as WhatsApp does.
func validDisplay(display string) bool {
	browser, system, found := strings.Cut(display, " (")
	browsers := []string{"Chrome", "Edge", "Firefox", "IE", "Opera", "Safari", "Electron", "UWP", "Android", "macOS"}
	return found && slices.Contains(browsers, browser) && len(system) > 1 && strings.HasSuffix(system, ")")
}

// EnterCode types a code into the phone with this number and waits until the
// device that shows it is linked. Letters may be small, and the hyphen is optional.
func (s *Service) EnterCode(ctx context.Context, number, code string) (Companion, error) {
	companion, err := s.enterCode(ctx, number, code)
	if err != nil && !errors.Is(err, ErrPasskeyAsked) {
		s.count(func(n *counters) { n.codesFailed++ })
	}
	return companion, err
}

func (s *Service) enterCode(ctx context.Context, number, code string) (Companion, error) {
	code = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(code), "-", ""))
	if len(code) != codeLength || strings.Trim(code, codeAlphabet) != "" {
		return Companion{}, ErrCodeFormat
	}
	entry, err := s.openEntry(number)
	if err != nil {
		return Companion{}, err
	}
	hello, err := entry.unwrap(code)
	if err == nil {
		err = entry.code.registration.conn.Send(hello)
	}
	if err != nil {
		s.closeEntry(entry)
		return Companion{}, fmt.Errorf("%w: %w", ErrDeviceGone, err)
	}
	return s.awaitFinish(ctx, entry)
}

// openEntry begins a try, if a device waits for one.
func (s *Service) openEntry(number string) (*codeEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.readyPhone(number)
	if err != nil {
		return nil, err
	}
	code := s.codes[number]
	switch {
	case code == nil:
		return nil, ErrCodeUnknown
	case code.entry != nil:
		return nil, ErrLinking
	case time.Now().After(code.expires):
		s.dropCode(code, ErrCodeExpired)
		return nil, ErrCodeExpired
	case p.places() >= s.cfg.MaxCompanions:
		return nil, ErrPhoneFull
	}
	code.tries++
	code.entry = &codeEntry{code: code, phone: p, ephemeral: keys.NewKeyPair(), finished: make(chan codeOutcome, 1)}
	return code.entry, nil
}

func (s *Service) closeEntry(entry *codeEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if entry.code.entry == entry {
		entry.code.entry = nil
	}
}

// awaitFinish waits for the device's key bundle and then for the link.
func (s *Service) awaitFinish(ctx context.Context, entry *codeEntry) (Companion, error) {
	defer s.closeEntry(entry)
	timeout := time.NewTimer(codeAnswerTimeout)
	defer timeout.Stop()
	select {
	case outcome := <-entry.finished:
		if outcome.err != nil {
			return Companion{}, outcome.err
		}
		return s.await(ctx, outcome.link)
	case <-timeout.C:
		return Companion{}, ErrDeviceSilent
	case <-ctx.Done():
		return Companion{}, ctx.Err()
	case <-s.done:
		return Companion{}, ErrClosed
	}
}

// codeFinish takes the device's key bundle. The service confirms it in any case;
// whether the code was right only the phone sees.
func (c *conn) codeFinish(id string, node *waBinary.Node) error {
	s := c.s
	s.mu.Lock()
	var entry *codeEntry
	if c.registration != nil && c.registration.code != nil {
		entry = c.registration.code.entry
	}
	if entry == nil || string(stanza.Content(node, "link_code_pairing_ref")) != entry.code.ref {
		s.mu.Unlock()
		return c.Send(stanza.Refusal(id, 400, "bad-request"))
	}
	s.mu.Unlock()
	if err := c.Send(stanza.Result(id)); err != nil {
		return err
	}
	secret, ok := entry.open(stanza.Content(node, "link_code_pairing_wrapped_key_bundle"), stanza.Content(node, "companion_identity_public"))
	if l := s.settle(entry, secret, ok); l != nil {
		return s.proceed(l)
	}
	return nil
}

// settle begins the link after a right code, or counts a wrong one, and tells the
// phone. It returns nil when there is nothing to link.
func (s *Service) settle(entry *codeEntry, secret []byte, ok bool) *link {
	s.mu.Lock()
	defer s.mu.Unlock()
	code := entry.code
	if code.entry != entry {
		return nil // the phone has given up or was told otherwise
	}
	code.entry = nil
	if !ok {
		s.log.Info("wrong code entered", slog.String("phone", stanza.MaskNumber(code.number)))
		if code.tries >= codeTries {
			s.dropCode(code, ErrCodeWrong)
		}
		entry.finished <- codeOutcome{err: ErrCodeWrong}
		return nil
	}
	l, err := s.beginLink(code.registration, entry.phone, secret)
	s.dropCode(code, nil)
	entry.finished <- codeOutcome{link: l, err: err}
	return l
}

// dropCode forgets a waiting code; a try under way fails with reason. The caller
// holds mu.
func (s *Service) dropCode(code *codeLink, reason error) {
	if s.codes[code.number] == code {
		delete(s.codes, code.number)
	}
	if code.registration.code == code {
		code.registration.code = nil
	}
	s.changed()
	if entry := code.entry; entry != nil && reason != nil {
		code.entry = nil
		entry.finished <- codeOutcome{err: reason}
	}
}
