package router

import (
	"time"

	"go.mau.fi/whatsmeow/types"
)

// Trouble is asked what goes wrong on purpose. Its methods are called under the
// router's lock and call nothing of it.
type Trouble interface {
	// Sending is asked about each message that a device sends.
	Sending(from types.JID) SendTrouble
	// Delivering is asked about each message that a device is to get.
	Delivering(to types.JID) DeliverTrouble
}

// SendTrouble is what happens to a message on its way in.
type SendTrouble struct {
	Refuse    int           // error of the acknowledgement; nothing is delivered
	LoseAck   bool          // delivered and not acknowledged
	DoubleAck bool          // acknowledged twice
	AckDelay  time.Duration // acknowledged late
}

// DeliverTrouble is what happens to a message on its way out to one device.
type DeliverTrouble struct {
	Undecryptable bool // the ciphertext is damaged
	Unavailable   bool // a placeholder comes instead, as for a view-once message
	Duplicate     bool // it comes twice
}

type noTrouble struct{}

func (noTrouble) Sending(types.JID) SendTrouble       { return SendTrouble{} }
func (noTrouble) Delivering(types.JID) DeliverTrouble { return DeliverTrouble{} }
