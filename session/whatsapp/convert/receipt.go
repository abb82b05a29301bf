package convert

import (
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/message"
)

// Receipt gives what a receipt says about the messages of the account, or what the
// account read elsewhere. Most say nothing to anybody: that another device of the
// account has a message, that a device which nobody looks at has it (phones do not show
// that either), that something is to be sent again, which the library does.
func (c *Converter) Receipt(e *events.Receipt) []message.Incoming {
	ids := make([]string, 0, len(e.MessageIDs))
	for _, s := range e.MessageIDs {
		if s = id(s); s != "" && len(ids) < message.MaxIDs {
			ids = append(ids, s)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if e.IsFromMe {
		return c.ownReceipt(e, ids)
	}
	var status message.Status
	switch e.Type {
	case types.ReceiptTypeDelivered:
		status = message.StatusDelivered
	case types.ReceiptTypeRead:
		status = message.StatusRead
	case types.ReceiptTypePlayed:
		status = message.StatusPlayed
	case types.ReceiptTypeSender, types.ReceiptTypeInactive, types.ReceiptTypeRetry, types.ReceiptTypeReadSelf,
		types.ReceiptTypePlayedSelf, types.ReceiptTypeServerError, types.ReceiptTypePeerMsg, types.ReceiptTypeHistorySync:
		fallthrough
	default:
		return nil
	}
	return one(message.Receipt{
		IDs:    ids,
		Chat:   c.chat(&e.MessageSource),
		By:     c.sender(&e.MessageSource),
		Status: status,
		At:     cleanTime(e.Timestamp),
	})
}

// ownReceipt comes from another device of the account.
func (c *Converter) ownReceipt(e *events.Receipt, ids []string) []message.Incoming {
	read := message.OwnRead{
		IDs:    ids,
		Chat:   c.chat(&e.MessageSource),
		Sender: c.party(e.MessageSender),
		At:     cleanTime(e.Timestamp),
	}
	switch e.Type {
	case types.ReceiptTypeRead, types.ReceiptTypeReadSelf:
	case types.ReceiptTypePlayed, types.ReceiptTypePlayedSelf:
		read.Played = true
	case types.ReceiptTypeDelivered, types.ReceiptTypeSender, types.ReceiptTypeInactive, types.ReceiptTypeRetry,
		types.ReceiptTypeServerError, types.ReceiptTypePeerMsg, types.ReceiptTypeHistorySync:
		fallthrough
	default:
		return nil
	}
	return one(read)
}
