package sandbox

import (
	"time"

	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/router"
)

// Faults of messages and attachments. They strike Count times. The target is the device
// (or all of a phone's) that sends, or that is to get the message; the phone itself is
// meant by its number as an address, such as 6281234567890@s.whatsapp.net.
const (
	FaultMessageRefused FaultKind = "message_refused" // acknowledged with the error Reason, such as 463, 479 or 429
	FaultAckLost        FaultKind = "ack_lost"        // delivered and never acknowledged
	FaultAckLate        FaultKind = "ack_late"        // delivered and acknowledged after Latency
	FaultAckDouble      FaultKind = "ack_double"      // acknowledged twice
	FaultUndecryptable  FaultKind = "undecryptable"   // the recipient gets a damaged ciphertext
	FaultUnavailable    FaultKind = "unavailable"     // the recipient gets a placeholder, as for view-once messages
	FaultDuplicate      FaultKind = "duplicate"       // the recipient gets it twice
	FaultMediaRefused   FaultKind = "media_refused"   // a download is answered with the status Reason, such as 403, 404 or 410
	FaultMediaSlow      FaultKind = "media_slow"      // a download is answered after Latency
)

var (
	// reasoned are the faults that need a reason, delaying those that need a latency.
	reasoned = []FaultKind{FaultConnectFailure, FaultMessageRefused, FaultMediaRefused}
	delaying = []FaultKind{FaultSlow, FaultAckLate, FaultMediaSlow}
)

// MessageFaultKinds lists every fault of messages, for menus and messages.
func MessageFaultKinds() []FaultKind {
	return []FaultKind{
		FaultMessageRefused, FaultAckLost, FaultAckLate, FaultAckDouble, FaultUndecryptable, FaultUnavailable, FaultDuplicate,
		FaultMediaRefused, FaultMediaSlow,
	}
}

// trouble tells the router and the media server which faults strike.
type trouble struct{ armory *armory }

// takeFor takes a stroke of a fault of this kind that covers a device.
func (t trouble) takeFor(kind FaultKind, jid types.JID) *Fault {
	found, _ := t.armory.take(func(f *armedFault) bool { return f.Kind == kind && covers(f.target, jid) })
	return found
}

// Sending says what happens to a message of a device.
func (t trouble) Sending(from types.JID) (happens router.SendTrouble) {
	if f := t.takeFor(FaultMessageRefused, from); f != nil {
		happens.Refuse = f.Reason
	}
	if f := t.takeFor(FaultAckLate, from); f != nil {
		happens.AckDelay = f.Latency
	}
	happens.LoseAck = t.takeFor(FaultAckLost, from) != nil
	happens.DoubleAck = t.takeFor(FaultAckDouble, from) != nil
	return happens
}

// Delivering says what happens to a message for a device.
func (t trouble) Delivering(to types.JID) router.DeliverTrouble {
	return router.DeliverTrouble{
		Undecryptable: t.takeFor(FaultUndecryptable, to) != nil,
		Unavailable:   t.takeFor(FaultUnavailable, to) != nil,
		Duplicate:     t.takeFor(FaultDuplicate, to) != nil,
	}
}

// Fetching says what happens to a download of an attachment that an account has uploaded.
func (t trouble) Fetching(owner string) (status int, delay time.Duration) {
	jid := types.NewJID(owner, types.DefaultUserServer)
	if f := t.takeFor(FaultMediaRefused, jid); f != nil {
		status = f.Reason
	}
	if f := t.takeFor(FaultMediaSlow, jid); f != nil {
		delay = f.Latency
	}
	return status, delay
}
