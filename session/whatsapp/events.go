package whatsapp

import (
	"errors"
	"fmt"
	"net/http"

	"go.mau.fi/whatsmeow/types/events"

	"wadah/session"
)

// Errors that signals carry.
var (
	// ErrNoMultiDevice: the QR code was scanned by a phone whose WhatsApp does not know
	// linked devices.
	ErrNoMultiDevice = errors.New("the phone's WhatsApp is too old to link devices")
	// ErrRestart: WhatsApp asked for a new connection.
	ErrRestart = errors.New("WhatsApp asked for a new connection")

	errDisconnected = errors.New("the connection ended")
)

// event turns the library's events into signals, and has stored what arrives. The
// library calls it on many goroutines and holds up its next stanza meanwhile. What it
// returns decides whether the library acknowledges the stanza.
func (c *conn) event(raw any) bool {
	if c.signalled(raw) {
		return true
	}
	switch raw.(type) {
	case *events.OfflineSyncPreview, *events.Message, *events.UndecryptableMessage, *events.Receipt:
		c.loggedIn()
	}
	return c.accept(raw)
}

// signalled tells what an event means for the connection. It reports whether the event
// was of that kind.
func (c *conn) signalled(raw any) bool {
	switch e := raw.(type) {
	case *events.QR:
		c.gotCodes(e.Codes)
	case *events.PairPasskeyRequest:
		c.gotPasskey(e.PublicKey)
	case *events.PairPasskeyConfirmation:
		c.gotPasskeyCode(e.Code, e.SkipHandoffUX)
	case *events.PairPasskeyError:
		c.tell(session.SignalLinkFailed{Err: fmt.Errorf("passkey: %w", plainIQError(e.Error))}, true)
	case *events.PairSuccess:
		c.pairSucceeded(e)
	case *events.PairError:
		c.pairFailed(e.Error)
	case *events.QRScannedWithoutMultidevice:
		c.tell(session.SignalLinkFailed{Err: ErrNoMultiDevice}, true)
	case *events.ManualLoginReconnect:
		c.restartAsked()
	case *events.Connected:
		c.loggedIn()
	case *events.PushNameSetting:
		c.renamed(e.Action.GetName())
	case *events.KeepAliveTimeout:
		c.silent()
	case *events.Disconnected:
		c.lineEnded(errDisconnected)
	case *events.StreamError:
		c.tell(session.SignalClosed{Err: fmt.Errorf("WhatsApp ended the connection: stream error %q", shorten(redact(e.Code), 40))}, true)
	case *events.StreamReplaced:
		c.tell(session.SignalReplaced{}, true)
	case *events.LoggedOut:
		c.loggedOut(loggedOutCode(e))
	case *events.TemporaryBan:
		c.tell(session.SignalBanned{Code: int(e.Code), Expire: e.Expire}, true)
	case *events.ClientOutdated:
		c.tell(session.SignalOutdated{}, true)
	case *events.ConnectFailure:
		c.tell(session.SignalRefused{Code: int(e.Reason), Message: shorten(redact(e.Message), 200)}, true)
	case *events.CATRefreshError:
		c.tell(session.SignalRefused{Code: int(events.ConnectFailureCATExpired), Message: e.Error.Error()}, true)
	default:
		return false
	}
	return true
}

// loggedOutCode is WhatsApp's code; a phone that unlinks a live connection sends 401.
func loggedOutCode(e *events.LoggedOut) int {
	if e.Reason == 0 {
		return http.StatusUnauthorized
	}
	return int(e.Reason)
}
