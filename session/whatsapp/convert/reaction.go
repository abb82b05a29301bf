package convert

import (
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
)

func (r *reader) reaction(m *waE2E.Message) message.Content {
	return r.reactTo(m.GetReactionMessage().GetKey(), m.GetReactionMessage())
}

func (r *reader) reactTo(key *waCommon.MessageKey, reaction *waE2E.ReactionMessage) message.Content {
	emoji, cut := line(reaction.GetText(), message.MaxEmoji)
	r.cut = r.cut || cut
	return message.Content{Kind: message.KindReaction, Target: r.target(&r.evt.Info, key), Emoji: emoji}
}

// sealedReaction is a reaction in a community's announcements.
func (r *reader) sealedReaction(m *waE2E.Message) message.Content {
	e := m.GetEncReactionMessage()
	reaction := open(r, e, m, Opener.DecryptReaction)
	if reaction == nil {
		return message.Content{Kind: message.KindReaction, Target: r.target(&r.evt.Info, e.GetTargetMessageKey()), Sealed: true}
	}
	reaction.Key = e.GetTargetMessageKey()
	r.opened = &waE2E.Message{ReactionMessage: reaction, MessageContextInfo: r.wrap.context}
	return r.reactTo(e.GetTargetMessageKey(), reaction)
}

func (r *reader) pin(m *waE2E.Message) message.Content {
	p := m.GetPinInChatMessage()
	content := message.Content{Kind: message.KindPin, Target: r.target(&r.evt.Info, p.GetKey()), Note: message.NotePinned}
	if p.GetType() == waE2E.PinInChatMessage_UNPIN_FOR_ALL {
		content.Note = message.NoteUnpinned
	} else {
		content.Timer = timer(r.wrap.context.GetMessageAddOnDurationInSecs())
	}
	return content
}

func (r *reader) keep(m *waE2E.Message) message.Content {
	k := m.GetKeepInChatMessage()
	content := message.Content{Kind: message.KindKeep, Target: r.target(&r.evt.Info, k.GetKey()), Note: message.NoteKept}
	if k.GetKeepType() == waE2E.KeepType_UNDO_KEEP_FOR_ALL {
		content.Note = message.NoteUnkept
	}
	return content
}

func (b *builder) react(content message.Content) *waE2E.Message {
	return &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{
		Key:               b.key(content.Target),
		Text:              proto.String(content.Emoji),
		SenderTimestampMS: b.at(),
	}}
}
