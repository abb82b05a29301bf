package convert

import (
	"context"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/message"
)

// Converter turns the library's events into ours for one account.
type Converter struct {
	// Self is the account, by both of its addresses.
	Self message.Party
	// Open opens what is sealed with the secret of an earlier message. Without it, and
	// where it fails, such content is marked Sealed.
	Open Opener
}

// Opener decrypts what only those can read who have the message it is about. The
// library's client is one; it reads secrets from its store, and nothing else. Whether
// that failed because of the store is for whoever watches the store to know.
type Opener interface {
	DecryptReaction(context.Context, *events.Message) (*waE2E.ReactionMessage, error)
	DecryptComment(context.Context, *events.Message) (*waE2E.Message, error)
	DecryptPollVote(context.Context, *events.Message) (*waE2E.PollVoteMessage, error)
	DecryptSecretEncryptedMessage(context.Context, *events.Message) (*waE2E.Message, error)
}

// Incoming gives what an event of the library brings that must not be lost, in order.
// Most events bring nothing. The context is for Open.
func (c *Converter) Incoming(ctx context.Context, event any) []message.Incoming {
	switch e := event.(type) {
	case *events.Message:
		return c.Message(ctx, e)
	case *events.UndecryptableMessage:
		if e.Info.Category == categoryPeer {
			return nil // the account's phone speaks to its devices; nobody has written
		}
		return one(c.Undecryptable(e))
	case *events.Receipt:
		return c.Receipt(e)
	case *events.GroupInfo:
		return all(c.GroupChanges(e))
	case *events.JoinedGroup:
		return one(c.JoinedGroup(e))
	case *events.Picture:
		return all(c.Picture(e))
	case *events.NotifyAccountReachoutTimelock:
		return one(Limit(e))
	case *events.MarkChatAsRead:
		return all(c.ReadMark(e))
	}
	return all(c.Call(event))
}

// categoryPeer marks what the devices of an account tell each other: keys, parts of the
// history, answers to requests.
const categoryPeer = "peer"

func one(in message.Incoming) []message.Incoming { return []message.Incoming{in} }

func all[T message.Incoming](list []T) []message.Incoming {
	ins := make([]message.Incoming, len(list))
	for i, in := range list {
		ins[i] = in
	}
	return ins
}

// ReadMark is the mark on a chat. Marks from before the device was linked say nothing: the
// history brings what was unread then.
func (c *Converter) ReadMark(e *events.MarkChatAsRead) []message.ReadMark {
	chat := message.ChatAt(address(e.JID))
	if e.FromFullSync || chat.Key() == "" {
		return nil
	}
	chat.Person = c.whole(chat.Person)
	return []message.ReadMark{{Chat: chat, Read: e.Action.GetRead(), At: cleanTime(e.Timestamp)}}
}

// Limit says whether the account may open new chats.
func Limit(e *events.NotifyAccountReachoutTimelock) message.Limit {
	return message.Limit{
		Active: e.IsActive,
		Kind:   name(e.EnforcementType),
		Until:  cleanTime(e.TimeEnforcementEnds.Time),
	}
}
