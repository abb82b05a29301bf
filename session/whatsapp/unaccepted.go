package whatsapp

import (
	"context"
	"encoding/hex"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

// The library confirms what the account's own phone hands over, keys and pieces of
// history, while its handlers are at work, not after them. A program that was killed in
// between has it in the buffer of what was decrypted, and nowhere else: WhatsApp may not
// repeat it. So that is looked through before a connection is made.

const unacceptedQuery = `SELECT ciphertext_hash, plaintext, server_timestamp FROM whatsmeow_event_buffer
	WHERE our_jid=$1 AND plaintext IS NOT NULL ORDER BY insert_timestamp`

// buffered is something that was decrypted and not accepted.
type buffered struct {
	hash  [32]byte
	plain []byte
	at    time.Time
}

// takeUp accepts what the phone handed over at the end of an earlier connection. Anything
// else in the buffer comes again by itself.
func (c *conn) takeUp(ctx context.Context) error {
	if c.converter == nil || c.d.vault == nil {
		return nil
	}
	list, err := c.unaccepted(ctx)
	if err != nil {
		return storage(ctx, "reading what was not accepted", err)
	}
	for _, one := range list {
		var msg waE2E.Message
		if proto.Unmarshal(unpadded(one.plain), &msg) != nil || msg.GetProtocolMessage() == nil {
			continue
		}
		evt := &events.Message{RawMessage: &msg, Info: types.MessageInfo{
			ID: "buffer/" + hex.EncodeToString(one.hash[:16]), Timestamp: one.at,
			MessageSource: types.MessageSource{IsFromMe: true, Chat: c.self.ToNonAD(), Sender: c.self},
		}}
		for _, in := range c.converter.Plumbing(evt.UnwrapRaw()) {
			if err := c.on.Accept(in); err != nil {
				return err
			}
		}
		if err := c.cli.Store.EventBuffer.ClearBufferedEventPlaintext(ctx, one.hash); err != nil {
			return storage(ctx, "clearing what was accepted", err)
		}
	}
	return nil
}

func (c *conn) unaccepted(ctx context.Context) (list []buffered, err error) {
	err = c.rows(ctx, unacceptedQuery, func(scan func(...any) error) error {
		var hash, sealed []byte
		var at int64
		if err := scan(&hash, &sealed, &at); err != nil {
			return err
		}
		plain, own, err := openBuffered(c.d.vault, c.device, hash, sealed)
		if len(hash) == 32 && own && err == nil {
			list = append(list, buffered{hash: [32]byte(hash), plain: plain, at: time.UnixMilli(at)})
		}
		return nil
	})
	return list, err
}

// unpadded takes off what the library's padMessage has put on: as many bytes as the last
// one says.
func unpadded(plain []byte) []byte {
	if len(plain) == 0 {
		return nil
	}
	return plain[:max(len(plain)-int(plain[len(plain)-1]), 0)]
}

// phoneAddresses are the addresses of the sessions with the account's own phone.
func phoneAddresses(device *store.Device) map[string]bool {
	addresses := make(map[string]bool)
	if device.ID != nil {
		for _, jid := range []types.JID{device.ID.ToNonAD(), device.LID.ToNonAD()} {
			addresses[jid.SignalAddress().String()] = true
		}
	}
	return addresses
}
