package whatsapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session"
)

const (
	// A round has six codes; WhatsApp takes the first for 60 s and each other for 20 s,
	// and ends the connection after the last.
	firstCodeLife = 60 * time.Second
	nextCodeLife  = 20 * time.Second
	// phoneCodeRound is when WhatsApp ends a connection that waits for a link, which
	// ends its phone code too.
	phoneCodeRound = firstCodeLife + 5*nextCodeLife

	// pairClientName is checked by WhatsApp: browser and system must be known ones.
	pairClientName = "Chrome (Linux)"

	// Telephone numbers in international form (ITU-T E.164) have up to 15 digits; the
	// library refuses fewer than 7.
	minNumber, maxNumber = 7, 15
)

var (
	errNotLinking  = errors.New("this connection is not one to link with")
	errOwnerFailed = errors.New("the link could not be claimed")
)

func (c *conn) gotCodes(texts []string) {
	c.mu.Lock()
	c.codesAt = time.Now()
	c.mu.Unlock()
	codes := make([]session.Code, len(texts))
	for i, text := range texts {
		codes[i] = session.Code{Text: text, Valid: nextCodeLife}
	}
	if len(codes) > 0 {
		codes[0].Valid = firstCodeLife
	}
	c.tell(session.SignalCodes{Codes: codes}, false)
	c.watchCodes()
}

// isPairSuccess reports whether the library finishes a link because of this stanza
// (handleIQ in its pair.go).
func isPairSuccess(node *waBinary.Node) bool {
	children := node.GetChildren()
	return node.Tag == "iq" && node.Attrs["from"] == types.ServerJID && len(children) == 1 && children[0].Tag == "pair-success"
}

// pairBegins says that the phone has accepted: what follows waits until the library has
// finished the link, or has refused it and disconnected.
func (c *conn) pairBegins() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.linking && c.pairing == nil {
		c.pairing = make(chan struct{})
	}
}

// claim is called by the library before it saves the credentials of a new link.
func (c *conn) claim(jid types.JID, platform, business string) bool {
	c.pairBegins()
	c.mu.Lock()
	if c.closing || c.claimed {
		c.claimErr = errClosed
		c.mu.Unlock()
		return false
	}
	c.claimed = true
	c.account = session.Account{JID: jid.String(), Name: business, Platform: platform}
	c.mu.Unlock()
	err := c.ask(jid.String())
	c.mu.Lock()
	c.claimErr = err
	c.mu.Unlock()
	return err == nil
}

// ask lets the owner decide; an owner that panics refuses (see hand).
func (c *conn) ask(jid string) (err error) {
	if c.on.Claim == nil {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			c.log.Error("recovered from a panic", "in", "claim", "panic", r)
			err = errOwnerFailed
		}
	}()
	return c.on.Claim(jid)
}

// pairOver says that the outcome of a link has been told, and returns the end of the
// connection if it came before: until now it was held back (see lineEnded).
func (c *conn) pairOver(linked bool) (ended error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pairing != nil && !isClosed(c.pairing) {
		close(c.pairing)
	}
	c.linked = linked
	if c.restart && c.lateEnd == nil {
		c.lateEnd = ErrRestart
	}
	return c.lateEnd
}

func (c *conn) pairSucceeded(e *events.PairSuccess) {
	account := session.Account{JID: e.ID.String(), Name: e.BusinessName, Platform: e.Platform}
	c.tell(session.SignalLinked{Account: account}, false)
	if ended := c.pairOver(true); ended != nil {
		c.tell(session.SignalClosed{Err: ended}, true)
	}
}

func (c *conn) pairFailed(err error) {
	c.mu.Lock()
	refused := c.claimErr
	c.mu.Unlock()
	var database *whatsmeow.PairDatabaseError
	switch {
	case errors.Is(err, whatsmeow.ErrPairRejectedLocally) && refused != nil:
		err = fmt.Errorf("the link was refused: %w", refused)
	case errors.As(err, &database):
		err = fmt.Errorf("%w: %w", session.ErrStorage, err)
	}
	c.tell(session.SignalLinkFailed{Err: err}, true)
	_ = c.pairOver(false) // the end of a connection that failed is no news
}

// restartAsked handles stream error 515. After a link it says that the first login
// may begin; it can overtake the library's own news of the link.
func (c *conn) restartAsked() {
	c.mu.Lock()
	early := c.linking && !c.linked
	c.restart = true
	c.mu.Unlock()
	if !early {
		c.tell(session.SignalClosed{Err: ErrRestart}, true)
	}
}

// PairPhone asks for a code to type on the phone.
func (c *conn) PairPhone(ctx context.Context, number string) (session.Code, error) {
	if !isNumber(number) {
		return session.Code{}, session.ErrBadNumber
	}
	c.mu.Lock()
	began := c.codesAt
	c.mu.Unlock()
	if began.IsZero() {
		return session.Code{}, errNotLinking
	}
	text, err := c.cli.PairPhone(ctx, number, true, whatsmeow.PairClientChrome, pairClientName)
	if err != nil {
		return session.Code{}, pairPhoneError(err)
	}
	return session.Code{Text: text, Valid: max(phoneCodeRound-time.Since(began), 0)}, nil
}

func isNumber(number string) bool {
	if len(number) < minNumber || len(number) > maxNumber || number[0] == '0' {
		return false
	}
	for _, r := range number {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

func pairPhoneError(err error) error {
	var iq *whatsmeow.IQError
	if errors.As(err, &iq) {
		switch iq.Code {
		case http.StatusTooManyRequests:
			return session.ErrRateLimited
		case http.StatusBadRequest, http.StatusNotFound, http.StatusNotAcceptable:
			return session.ErrBadNumber // nothing else in the request varies
		}
	}
	return fmt.Errorf("asking for a phone code: %w", plainIQError(err))
}

// passkeyRequest is PublicKeyCredentialRequestOptionsJSON (WebAuthn Level 3, 5.1.10)
// without the members that WhatsApp left out: browsers do not take null for them.
type passkeyRequest struct {
	Challenge        any            `json:"challenge"`
	Timeout          int            `json:"timeout,omitempty"`
	RPID             string         `json:"rpId,omitempty"`
	AllowCredentials []passkeyRef   `json:"allowCredentials,omitempty"`
	UserVerification string         `json:"userVerification,omitempty"`
	Extensions       map[string]any `json:"extensions,omitempty"`
}

// passkeyRef names a passkey that would do.
type passkeyRef struct {
	ID         any      `json:"id"`
	Type       string   `json:"type"`
	Transports []string `json:"transports,omitempty"`
}

func (c *conn) gotPasskey(key *types.WebAuthnPublicKey) {
	req := passkeyRequest{
		Challenge: key.Challenge, Timeout: key.Timeout, RPID: key.RelyingPartID,
		UserVerification: key.UserVerification, Extensions: key.Extensions,
	}
	for _, allowed := range key.AllowCredentials {
		req.AllowCredentials = append(req.AllowCredentials, passkeyRef{ID: allowed.ID, Type: allowed.Type, Transports: allowed.Transports})
	}
	text, err := json.Marshal(req)
	if err != nil {
		c.tell(session.SignalLinkFailed{Err: fmt.Errorf("passkey request: %w", err)}, true)
		return
	}
	c.tell(session.SignalPasskey{Request: text}, false)
}

// gotPasskeyCode shows the code. WhatsApp waits for the confirmation even when
// nobody has to compare anything; it is then given here.
func (c *conn) gotPasskeyCode(code string, skip bool) {
	c.tell(session.SignalPasskeyCode{Code: code, Confirm: !skip}, false)
	if !skip {
		return
	}
	c.aside(func(ctx context.Context) session.Signal {
		if err := c.ConfirmPasskey(ctx); err != nil {
			return session.SignalLinkFailed{Err: err}
		}
		return nil
	})
}

// AnswerPasskey passes the browser's assertion on.
func (c *conn) AnswerPasskey(ctx context.Context, response []byte) error {
	var answer types.WebAuthnResponse
	if err := json.Unmarshal(response, &answer); err != nil {
		return &session.BadAnswerError{Err: err}
	}
	r := answer.Response
	if answer.ID == "" || len(answer.RawID) == 0 || len(r.ClientDataJSON) == 0 || len(r.AuthenticatorData) == 0 || len(r.Signature) == 0 {
		return &session.BadAnswerError{Err: errors.New("parts of the assertion are missing")}
	}
	if err := c.cli.SendPasskeyResponse(ctx, &answer); err != nil {
		return fmt.Errorf("answering the passkey request: %w", plainIQError(err))
	}
	return nil
}

// ConfirmPasskey confirms that the codes are the same.
func (c *conn) ConfirmPasskey(ctx context.Context) error {
	if err := c.cli.SendPasskeyConfirmation(ctx); err != nil {
		return fmt.Errorf("confirming the passkey code: %w", plainIQError(err))
	}
	return nil
}
