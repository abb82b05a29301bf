package session

import (
	"strings"

	"wadah/models"
	"wadah/session/message"
)

// accept is the driver's way in for what WhatsApp handed over. It takes no lock of the
// device: the library holds up everything else of the connection meanwhile. What an
// attempt that is no longer current still brings is as good as any other; nobody else
// has it.
func (a *attempt) accept(in message.Incoming) error {
	err := a.d.m.inbox.Accept(a.d.id, accountOf(a.jid), in)
	if err != nil {
		return err
	}
	switch in := in.(type) {
	case message.History:
		a.expect()
	case message.Limit:
		a.d.m.outbox.Limited(a.d.id, in)
	}
	return nil
}

// sent is what the account sent under this ID, for recipients who could not read it.
func (a *attempt) sent(id string) ([]byte, error) {
	own := true
	list, err := a.d.m.store.Messages(a.ctx, models.MessageFilter{DeviceID: a.d.id, WAID: id, FromMe: &own, About: true, Limit: 1})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	record, err := message.DecodeRecord(list[0].Body)
	return record.Raw, err
}

// accountOf is the number of the account that a link belongs to.
func accountOf(jid string) string {
	user, _, _ := strings.Cut(jid, "@")
	number, _, _ := strings.Cut(user, ":")
	number, _, _ = strings.Cut(number, ".")
	return number
}
