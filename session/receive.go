package session

import (
	"context"
	"strings"

	"wadah/models"
	"wadah/session/message"
)

// accept is the driver's way in for what WhatsApp handed over. It takes no lock of the
// device: the library holds up everything else of the connection meanwhile. What an
// attempt that is no longer current still brings is as good as any other; nobody else
// has it.
func (a *attempt) accept(in message.Incoming) error {
	account := accountOf(a.jid)
	if m, ok := in.(message.Message); ok && m.Content.Kind == message.KindVote {
		if err := a.nameVotes(account, &m.Content); err != nil {
			return err
		}
		in = m
	}
	out, err := a.d.m.inbox.Accept(a.d.id, account, in)
	if err != nil {
		return err
	}
	if out.Expects {
		a.expect()
	}
	if limit, ok := in.(message.Limit); ok {
		a.d.m.outbox.Limited(a.d.id, limit)
	}
	return nil
}

// nameVotes puts the options of its poll into a vote, which names them by hash. The poll
// may be forgotten sooner than the vote.
func (a *attempt) nameVotes(account string, vote *message.Content) error {
	if vote.Target == nil || len(vote.Votes) == 0 {
		return nil
	}
	list, err := a.d.m.store.Messages(context.Background(), models.MessageFilter{DeviceID: a.d.id, WAID: vote.Target.ID, Limit: 10})
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.Kind != string(message.KindPoll) || m.Chat.Account != account {
			continue
		}
		record, err := message.DecodeRecord(m.Body)
		if err == nil && record.Content.Poll != nil {
			vote.Chosen = record.Content.Poll.Chosen(vote.Votes)
			return nil
		}
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
