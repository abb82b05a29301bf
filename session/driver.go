package session

import (
	"context"
	"errors"
	"time"

	"wadah/session/message"
)

// Driver is the one seam of the product: what talks to WhatsApp. The real one is
// session/whatsapp, the in-memory one of the tests is session/sessiontest.
//
// A driver keeps the credentials ("links") that linking produced, by the full JID
// of the linked device. It never reconnects by itself and never decides about
// states: it reports Signals, and Manager decides.
type Driver interface {
	// Dial opens one connection. It blocks until the socket is up and the handshake
	// is done, until it fails, or until ctx ends; the driver bounds it (20 s) even
	// when ctx does not. Signals may arrive before Dial returns, on any goroutine.
	// After a failed Dial nothing of the connection is left.
	//
	// Errors: ErrNoLink when to.JID names credentials that are not there;
	// *ProxyError when the proxy of the device does not let us through;
	// ErrStorage when the driver's store cannot be used; anything else means
	// "WhatsApp out of reach" and may be tried again.
	Dial(ctx context.Context, to Target, on Handler) (Conn, error)

	// Links lists the JIDs of all credentials the driver holds.
	Links(ctx context.Context) ([]string, error)

	// Encode makes WhatsApp's protobuf of a message that the account of these credentials
	// shall send; "" when it is not linked. Errors: *message.Invalid.
	Encode(ctx context.Context, jid string, out message.Outgoing) ([]byte, error)

	// Forget deletes the credentials of jid without asking WhatsApp. It is no
	// error when there are none.
	Forget(ctx context.Context, jid string) error

	// Erase deletes what the driver holds of a person beside keys of encryption, for the
	// accounts of these credentials. Addresses are JIDs. With pair set it also forgets which
	// of them belong together, for all accounts.
	Erase(ctx context.Context, jids, addresses []string, pair bool) error

	// Version is the WhatsApp Web version that new connections present.
	Version() Version

	// UseVersion makes new connections present v, unless v is older than the one the
	// driver was built with.
	UseVersion(v Version)

	// RefreshVersion asks WhatsApp for its current version and uses it for new
	// connections. On failure the old version stays in use.
	RefreshVersion(ctx context.Context) (Version, error)

	// Close releases what the driver itself holds. Every Conn must be closed before.
	Close() error
}

// Version is a WhatsApp Web version such as 2.3000.1027934701.
type Version [3]uint32

// Target says for whom a connection is opened.
type Target struct {
	DeviceID string // ours, for logs
	JID      string // credentials to log in with; "" opens a linking attempt
	Proxy    string // URL (http, https, socks5); "" connects directly
	Name     string // what the phone calls a device that it links; "" for the product's name
}

// Handler receives what happens on one connection.
type Handler struct {
	// Signal is called for each thing that happens, on any goroutine, perhaps
	// concurrently. It never blocks for long and may be called after Close.
	Signal func(Signal)

	// Claim is called once while linking, before the driver saves the credentials
	// of jid. The owner stores the link first; when it returns an error the driver
	// refuses the link. That order is what makes linking crash-safe: credentials
	// nobody claimed and claims without credentials are both recognisable at start.
	Claim func(jid string) error

	// Accept stores one thing that WhatsApp handed over on a connection that has logged
	// in; nil receives nothing. It returns nil only when that survives a power cut: until
	// then the driver must not let WhatsApp be told that it arrived. After an error the
	// driver refuses everything else of the connection, closes its socket and tells
	// SignalStorage; WhatsApp then repeats on the next connection what was not
	// acknowledged, so the same thing may arrive twice. Accept may be called
	// concurrently, never calls the Conn, and does not wait for the network.
	Accept func(message.Incoming) error

	// Sent returns what the account sent under this ID, as Encode made it; nil when that
	// is not known (any more). It is asked when a recipient could not read a message.
	Sent func(id string) ([]byte, error)
}

// Conn is one connection to WhatsApp. Its methods may be called concurrently.
type Conn interface {
	// PairPhone asks for a code to link with by phone number instead of QR. Number
	// is international digits without plus. Only after SignalCodes.
	// Errors: ErrRateLimited, ErrBadNumber, or a network error.
	PairPhone(ctx context.Context, number string) (Code, error)

	// AnswerPasskey passes on what the browser made of SignalPasskey.Request, the
	// JSON of a WebAuthn assertion. Errors: *BadAnswerError when it is unusable.
	AnswerPasskey(ctx context.Context, response []byte) error

	// ConfirmPasskey continues after SignalPasskeyCode was shown to the person.
	ConfirmPasskey(ctx context.Context) error

	// ReadHistory fetches the piece of the phone's history that message.History.Notice
	// announced, and keeps what the driver itself needs of it. Errors: ErrGone when it
	// cannot be had any more; anything else may be tried again.
	ReadHistory(ctx context.Context, notice []byte) (message.Digest, error)

	// HistoryRead tells the phone that the piece announced by the message with this ID was
	// read and stored.
	HistoryRead(ctx context.Context, id string, notice []byte)

	// ReadAppState fetches what is new in a collection of the account's settings, and tells
	// what they say now of people and chats; see message.AppState. Afresh: all of it,
	// because nobody knows how much of an earlier reading was stored. Errors: ErrGone when
	// it can never be read; anything else may be tried again.
	ReadAppState(ctx context.Context, name string, keys []byte, afresh bool) (message.Digest, error)

	// Reread reads a stored message anew that was sealed when it came; see
	// message.Content.Sealed. One that cannot be opened stays as it is.
	Reread(ctx context.Context, m message.Message) message.Message

	// Send hands a message over and waits for WhatsApp's acknowledgement; see
	// message.Sender for what it must survive and its errors.
	Send(ctx context.Context, m message.Ready) (message.Ack, error)

	// Typing shows the recipient that the account is writing, or no longer is. Around it
	// the account is available, because WhatsApp passes on nothing of others.
	Typing(ctx context.Context, to message.Chat, on bool) error

	// MarkRead tells the sender of messages, and the account's other devices, that they
	// were read. All are of one sender, who is named in groups only.
	// Errors: message.ErrOffline when nothing has left; it is not acknowledged.
	MarkRead(ctx context.Context, r message.ReadMessages) error

	// SetPresence shows the account as available or not until the connection ends; it
	// begins unavailable. Errors: message.ErrOffline.
	SetPresence(ctx context.Context, available bool) error

	// RejectCall declines a call that rings. Errors: message.ErrOffline.
	RejectCall(ctx context.Context, from message.Party, callID string) error

	// CheckNumbers asks WhatsApp who has these numbers: digits without plus, at most
	// message.MaxCheck. Errors: message.ErrOffline, *message.RefusedError (rate_limited).
	CheckNumbers(ctx context.Context, numbers []string) ([]message.NumberCheck, error)

	// Groups asks WhatsApp for all groups of the account, with their members.
	// Errors: message.ErrOffline, *message.RefusedError (rate_limited).
	Groups(ctx context.Context) ([]message.Group, error)

	// Group asks about one group. Errors: message.ErrOffline, *message.RefusedError
	// (not_in_group, rate_limited).
	Group(ctx context.Context, jid string) (message.Group, error)

	// InvitedTo asks to which group the code of an invitation leads; little may be told of
	// it. Errors: message.ErrOffline, *message.RefusedError (invite_invalid, rate_limited).
	InvitedTo(ctx context.Context, code string) (message.Group, error)

	// Check asks WhatsApp for a sign of life, without waiting for it: SignalSilent follows
	// when none comes within 8 s.
	Check()

	// LastHeard is when WhatsApp last sent anything on this connection.
	LastHeard() time.Time

	// Logout asks WhatsApp to unlink this device, and nothing else: the credentials are
	// Forget's. An error means that WhatsApp did not confirm; otherwise the connection is
	// of no further use.
	Logout(ctx context.Context) error

	// Close ends the connection and returns when nothing of it is left, which may
	// take 5 s on a connection whose other side is silent. Idempotent. No signal
	// that matters follows, but late ones may still be delivered.
	Close()
}

// Errors of drivers.
var (
	ErrNoLink      = errors.New("no credentials for this link")
	ErrRateLimited = errors.New("WhatsApp refuses more attempts for now")
	ErrBadNumber   = errors.New("WhatsApp does not accept this phone number")
	ErrStorage     = errors.New("the store cannot be used")
	ErrGone        = errors.New("WhatsApp does not have this any more")
)

// ProxyError says that a device's proxy failed. Wadah never goes around a proxy.
type ProxyError struct{ Err error }

func (e *ProxyError) Error() string { return "proxy failed: " + e.Err.Error() }
func (e *ProxyError) Unwrap() error { return e.Err }

// BadAnswerError says why the answer to a passkey request cannot be used.
type BadAnswerError struct{ Err error }

func (e *BadAnswerError) Error() string { return "unusable passkey answer: " + e.Err.Error() }
func (e *BadAnswerError) Unwrap() error { return e.Err }

// Code is something a phone can be linked with while it is valid.
type Code struct {
	Text  string        // what the QR shows, or the 8 characters to type (ABCD-EFGH)
	Valid time.Duration // counted from the moment the one before it ends
}

// Signal is something that happened on a connection.
type Signal interface{ signal() }

type (
	// SignalCodes brings the QR codes of a round, in the order they become valid.
	SignalCodes struct{ Codes []Code }

	// SignalPasskey says that WhatsApp wants a passkey before it links. Request is the
	// JSON of PublicKeyCredentialRequestOptions for navigator.credentials.get.
	SignalPasskey struct{ Request []byte }

	// SignalPasskeyCode brings the code the person compares with the phone's. When
	// Confirm is false nothing needs to be confirmed.
	SignalPasskeyCode struct {
		Code    string
		Confirm bool
	}

	// SignalLinked says that the phone accepted and the credentials are saved. The
	// connection is of no further use: close it and dial again with the JID.
	SignalLinked struct{ Account Account }

	// SignalLinkFailed says that linking failed on this connection; it may be tried anew.
	// Err is ErrStorage where the driver's store could not keep the link.
	SignalLinkFailed struct{ Err error }

	// SignalOnline says that the login is complete.
	SignalOnline struct{ Account Account }

	// SignalSilent says that WhatsApp did not answer a keepalive in time.
	SignalSilent struct{}

	// SignalStorage says that the driver's store failed, and that the connection was cut
	// before WhatsApp was told of anything that was not stored. It is the last signal.
	SignalStorage struct{ Err error }

	// SignalClosed says that the connection ended and may be made again at once. After
	// SignalLinked it says that WhatsApp is ready for the first login.
	SignalClosed struct{ Err error }

	// SignalLoggedOut says that the link is gone; the driver has deleted, or is about
	// to delete, the credentials. Code is WhatsApp's (401, 403, 406).
	SignalLoggedOut struct{ Code int }

	// SignalReplaced says that the same link was used elsewhere.
	SignalReplaced struct{}

	// SignalBanned says that WhatsApp locked the account for a time. Expire 0 means
	// that WhatsApp gave no end.
	SignalBanned struct {
		Code   int
		Expire time.Duration
	}

	// SignalOutdated says that WhatsApp no longer accepts our version.
	SignalOutdated struct{}

	// SignalRefused says that WhatsApp refused the login for another reason.
	SignalRefused struct {
		Code    int
		Message string
	}
)

// Account is what is known of the WhatsApp account behind a link.
type Account struct {
	JID      string // full device JID, e.g. 6281234567890:3@s.whatsapp.net
	Name     string // push name or business name; may be empty
	Platform string // e.g. "android", "iphone"; may be empty
}

func (SignalCodes) signal()       {}
func (SignalPasskey) signal()     {}
func (SignalPasskeyCode) signal() {}
func (SignalLinked) signal()      {}
func (SignalLinkFailed) signal()  {}
func (SignalOnline) signal()      {}
func (SignalSilent) signal()      {}
func (SignalStorage) signal()     {}
func (SignalClosed) signal()      {}
func (SignalLoggedOut) signal()   {}
func (SignalReplaced) signal()    {}
func (SignalBanned) signal()      {}
func (SignalOutdated) signal()    {}
func (SignalRefused) signal()     {}
