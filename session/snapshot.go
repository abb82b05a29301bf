package session

import "time"

// State is one of the four names every surface shows. They are the spec's.
type State string

// The four states; Reason says why.
const (
	StateOff       State = "SERVICE_OFF"
	StatePairing   State = "PAIRING"
	StateScan      State = "SERVICE_SCAN"
	StateConnected State = "CONNECTED"
)

// Reason says why a device is in its state. It is machine-readable and stable;
// views turns it into sentences.
type Reason string

// Reasons of StateOff.
const (
	ReasonNeverStarted Reason = "never_started"
	ReasonStopped      Reason = "stopped"
	ReasonNotScanned   Reason = "not_scanned"
	ReasonLoggedOut    Reason = "logged_out"
	ReasonBanned       Reason = "banned" // until Snapshot.Until
	ReasonOutdated     Reason = "outdated"
	ReasonReplaced     Reason = "replaced"
	ReasonRejected     Reason = "rejected"     // still retrying; Detail is WhatsApp's code
	ReasonProxyFailed  Reason = "proxy_failed" // still retrying
	ReasonNetwork      Reason = "network"      // still retrying
	ReasonStorage      Reason = "storage"      // still retrying
)

// Reasons of StatePairing.
const (
	ReasonConnecting     Reason = "connecting"
	ReasonAuthenticating Reason = "authenticating"
	ReasonReconnecting   Reason = "reconnecting"
	ReasonRestoring      Reason = "restoring"
	ReasonPasskey        Reason = "passkey"
)

// Reasons of StateScan and StateConnected.
const (
	ReasonQR    Reason = "qr"
	ReasonCode  Reason = "code"
	ReasonReady Reason = "ready"
)

// ReasonServerDown stands in the timeline alone, for the time in which this program did
// not run. No device is ever seen with it: who could look needs a running program.
const ReasonServerDown Reason = "server_down"

// Snapshot is everything the outside may know of a device at one moment. It is
// immutable: share it freely, never change what its pointers lead to.
type Snapshot struct {
	ID      string
	Name    string
	Note    string // the owner's remark; may be empty
	Default bool

	State  State
	Reason Reason
	Detail string    // machine-readable addition to the reason (WhatsApp's code, …); may be empty
	Since  time.Time // when this State began; a change of reason alone does not restart it
	Until  time.Time // when this is expected to end: the code's expiry, the ban's end; zero when unknown

	// NextTry is when the next connection is tried, while a delay before it runs. The
	// try itself is no change: a moment that is past means that it is under way.
	NextTry time.Time

	// Unsaved says that the database does not know all of this yet, because it could not be
	// written: a start of the program would see the device as it was before.
	Unsaved bool

	Desired  bool // whether the owner wants it on
	Retrying bool // an off device that still tries by itself (network, storage, rejected, proxy_failed)

	QR      *ShownCode // the QR code to show now; nil outside StateScan
	Phone   *ShownCode // the phone code to type now; nil outside StateScan/code
	Passkey *Passkey

	Account   Account   // zero when not linked
	LinkedAt  time.Time // zero when not linked
	LastAlive time.Time // when WhatsApp last answered; zero when never
	CreatedAt time.Time

	// Deleted marks the last snapshot of a device that is gone.
	Deleted bool

	// Rev grows with every change of the device in this process.
	Rev uint64
}

// Linked reports whether the device holds WhatsApp credentials.
func (s Snapshot) Linked() bool { return s.Account.JID != "" }

// Number is the phone number of the linked account in international digits, or "".
func (s Snapshot) Number() string { return accountOf(s.Account.JID) }

// ShownCode is a code that can be scanned or typed now.
type ShownCode struct {
	Text    string
	Number  string    // whose phone a phone code is for, in digits; "" of a QR
	From    time.Time // when it began to be valid
	Expires time.Time
}

// Passkey is the passkey step WhatsApp asks for while linking.
type Passkey struct {
	Request  []byte // JSON for navigator.credentials.get; nil once answered
	Code     string // to be compared with the phone's; "" before
	Confirm  bool   // whether ConfirmPasskey is awaited
	Deadline time.Time
}
