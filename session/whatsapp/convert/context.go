package convert

import (
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/reflect/protoreflect"

	"wadah/session/message"
)

// contextual is a part of a message that may answer, mention and disappear.
type contextual interface{ GetContextInfo() *waE2E.ContextInfo }

// beside reads what stands beside the content in its field: what it answers, whom it
// mentions, when it disappears.
func (r *reader) beside(content *message.Content, m *waE2E.Message, field protoreflect.FieldDescriptor) {
	if field.Message() == nil {
		return
	}
	part, ok := m.ProtoReflect().Get(field).Message().Interface().(contextual)
	if !ok {
		return
	}
	info := part.GetContextInfo()
	if info == nil {
		return
	}
	content.Forwarded = info.GetIsForwarded() || info.GetForwardingScore() > 0
	content.Mentions = r.mentions(info)
	content.Everyone = info.GetNonJIDMentions() > 0
	if content.Timer == 0 && content.TimerAt == 0 {
		content.Timer = timer(info.GetExpiration())
		content.TimerAt = unix(info.GetEphemeralSettingTimestamp())
	}
	if content.Quote == nil && !r.quoting {
		content.Quote = r.quote(info)
	}
}

func (r *reader) mentions(info *waE2E.ContextInfo) []message.Party {
	jids, cut := firstN(info.GetMentionedJID(), message.MaxMentions)
	r.cut = r.cut || cut
	var mentions []message.Party
	for _, jid := range jids {
		if p := r.named(jid); p.Known() {
			mentions = append(mentions, p)
		}
	}
	return mentions
}

// quote reads the message that is answered. What that one answered is of no interest:
// of quotes in quotes only the first is read.
func (r *reader) quote(info *waE2E.ContextInfo) *message.Quote {
	if info.GetStanzaID() == "" {
		return nil
	}
	q := &message.Quote{Ref: message.Ref{ID: id(info.GetStanzaID()), Sender: r.named(info.GetParticipant())}}
	q.FromMe = q.Sender.Is(r.Self)
	if chat := message.ChatAt(info.GetRemoteJID()); chat.Key() != "" && !r.here(chat) {
		q.Chat = chat.Key()
	}
	in := &reader{Converter: r.Converter, ctx: r.ctx, evt: r.evt, depth: r.depth + 1, quoting: true}
	if quoted, ok := in.read(info.GetQuotedMessage()); ok {
		q.Kind = quoted.Kind
		q.Text, _ = text(quoted.Text, message.MaxQuote)
	}
	return q
}

// here reports whether chat is the one that the message stands in.
func (r *reader) here(chat message.Chat) bool {
	here := r.chat(&r.evt.Info.MessageSource)
	if chat.Kind == message.ChatPerson {
		return here.Kind == message.ChatPerson && (here.Person.Is(chat.Person) || chat.Person.Is(r.Self))
	}
	return here.JID == chat.JID
}

func timer(seconds uint32) time.Duration {
	return time.Duration(within(seconds, maxSeconds)) * time.Second
}

func unix(seconds int64) int64 {
	if unixTime(seconds).IsZero() {
		return 0
	}
	return seconds
}
