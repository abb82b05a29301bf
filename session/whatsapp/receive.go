package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/message"
	"wadah/session/whatsapp/convert"
)

// receive has the library hand over what arrives so that nothing is acknowledged before
// it is stored:
//
//   - the step of the ratchet and the plaintext are stored together, and a message that
//     comes again is answered from there (EnableDecryptedEventBuffer): otherwise a crash
//     between decrypting and storing would lose it for good;
//   - what is no message, receipts and news of groups, waits for its handler, too
//     (SynchronousAck, set by newClient);
//   - a message that cannot be decrypted is asked for again, from its sender and the phone;
//   - the phone is told that its history was read when it was.
func (c *conn) receive(device *store.Device) {
	if c.on.Accept == nil || device.ID == nil {
		return
	}
	c.cli.EnableDecryptedEventBuffer = true
	c.cli.AutomaticMessageRerequestFromPhone = true
	c.cli.DisableManualHistorySyncReceipt = true
	c.cli.SendReportingTokens = true // as WhatsApp's own clients
	c.cli.GetMessageForRetry = c.resend
	c.cli.SetMaxParallelRetryReceiptHandling(maxResends)
	self := message.PartyOf(device.ID.String(), device.LID.String())
	c.converter = &convert.Converter{Self: self, Open: c.cli}
	c.settings = &settings{}
}

// maxResends is how many answers to recipients who could not read a message are made at once.
const maxResends = 1

// errNotAccepted is what the guard of a connection is told when something that arrived
// could not be stored for no reason of the database's.
var errNotAccepted = errors.New("what arrived could not be stored")

// accept stores what an event brings, and reports whether the library may acknowledge
// it. After the first failure nothing is accepted any more on this connection, and the
// wire is cut before the library hears of it: some things it acknowledges whatever its
// handlers say.
func (c *conn) accept(event any) (stored bool) {
	if c.converter == nil {
		return true
	}
	defer func() {
		// The library takes a handler that panicked for one that succeeded.
		if r := recover(); r != nil {
			c.log.Error("recovered from a panic", "in", "accept", "event", fmt.Sprintf("%T", event), "panic", r)
			c.guard.trip(errNotAccepted)
			stored = false
		}
	}()
	for _, in := range c.incoming(event) {
		if c.guard.failure() != nil || c.guard.ended.Load() {
			return false
		}
		mark := c.durable.mark()
		if err := c.on.Accept(in); err != nil {
			c.guard.trip(err)
			return false
		}
		c.durable.settled(mark) // Accept's commit carries what was stored before
	}
	return true
}

// incoming is what an event brings. Strangers write what is read here: should reading it
// panic, it would do so whenever WhatsApp repeats it, and nothing else would come through;
// the outside of a message is then all that is told of it.
func (c *conn) incoming(event any) (list []message.Incoming) {
	defer func() {
		if r := recover(); r != nil {
			c.log.Error("recovered from a panic", "in", "convert", "event", fmt.Sprintf("%T", event), "panic", r, "stack", string(debug.Stack()))
			list = nil
			if in, ok := c.converter.Outside(event); ok {
				list = []message.Incoming{in}
			}
		}
	}()
	list = c.converter.Incoming(context.Background(), event)
	if _, ok := event.(*events.GroupInfo); ok {
		c.addNumbers(list)
	}
	return list
}

// addNumbers adds the numbers of people who joined a group. The library's event leaves
// them out, but it has stored before what the notice said of them.
func (c *conn) addNumbers(list []message.Incoming) {
	for _, in := range list {
		change, ok := in.(message.GroupChange)
		if !ok || change.Action != message.GroupJoined {
			continue
		}
		for i, m := range change.Members { // the slice is the change's own
			if m.PN != "" || m.LID == "" {
				continue
			}
			lid, err := types.ParseJID(m.LID)
			if err != nil {
				continue
			}
			if number, err := c.cli.Store.LIDs.GetPNForLID(context.Background(), lid); err == nil && !number.IsEmpty() {
				change.Members[i] = m.With(message.PartyOf(number.String()))
			}
		}
	}
}

// Reread reads a stored message anew; see session.Conn.
func (c *conn) Reread(ctx context.Context, m message.Message) message.Message {
	if c.converter == nil || !c.begin() {
		return m
	}
	defer c.work.Done()
	return c.converter.Reread(ctx, m)
}
