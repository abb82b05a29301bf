package convert

import (
	"fmt"
	"io"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
)

// Encode makes the protobuf of a message that shall be sent. It is stored before it is
// sent, and sent again as it is: only the first time is anything random in it, which
// comes from random. An error is a *message.Invalid, or random's.
func (c *Converter) Encode(out message.Outgoing, random io.Reader) ([]byte, error) {
	m, err := c.Build(out, random)
	if err != nil {
		return nil, err
	}
	raw, err := marshal(m)
	if err != nil {
		return nil, fmt.Errorf("writing the message: %w", err)
	}
	return raw, nil
}

// Decode reads what Encode made, for the library to send. Each call gives a message of
// its own: the library changes what it is given.
func Decode(raw []byte) (*waE2E.Message, error) {
	m, err := unmarshal(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the stored message: %w", err)
	}
	return m, nil
}

// secretSize is how long the secret of a message is, with which votes, comments and
// later edits of it are sealed.
const secretSize = 32

// Build makes the message that Encode writes.
func (c *Converter) Build(out message.Outgoing, random io.Reader) (*waE2E.Message, error) {
	if err := out.Check(); err != nil {
		return nil, err
	}
	b := &builder{self: c.Self, out: out}
	m, err := b.build()
	if err != nil {
		return nil, err
	}
	if m.ReactionMessage != nil {
		return m, nil // the library gives reactions no secret
	}
	// Otherwise the library would add one while sending, and what is repeated later from
	// our table would be another message.
	secret := make([]byte, secretSize)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, fmt.Errorf("making the secret of a message: %w", err)
	}
	m.MessageContextInfo = &waE2E.MessageContextInfo{MessageSecret: secret}
	return m, nil
}

// builder makes one message.
type builder struct {
	self message.Party
	out  message.Outgoing
}

func (b *builder) build() (*waE2E.Message, error) {
	if b.out.Forward != nil {
		return b.forward()
	}
	content := b.out.Content
	switch content.Kind {
	case message.KindReaction:
		return b.react(content), nil
	case message.KindRevoke:
		return b.takeBack(content), nil
	case message.KindEdit:
		return b.change(content)
	case message.KindText, message.KindImage, message.KindVideo, message.KindAudio, message.KindVoice, message.KindDocument,
		message.KindSticker, message.KindLocation, message.KindContact, message.KindPoll:
	case message.KindLiveLocation, message.KindButton, message.KindSystem, message.KindUnknown, message.KindVote,
		message.KindPin, message.KindKeep:
		fallthrough
	default:
		return nil, &message.Invalid{Field: "kind", Problem: message.ProblemUnsendable}
	}
	return b.say(content, b.context(content)), nil
}

// say makes the message of a content that stands for itself.
func (b *builder) say(content message.Content, info *waE2E.ContextInfo) *waE2E.Message {
	switch content.Kind {
	case message.KindLocation:
		return sendLocation(content, info)
	case message.KindContact:
		return sendContacts(content, info)
	case message.KindPoll:
		return sendPoll(content, info)
	case message.KindImage, message.KindVideo, message.KindAudio, message.KindVoice, message.KindDocument, message.KindSticker:
		return b.sendMedia(content, info)
	default:
		return b.sendText(content, info)
	}
}

// context is what stands beside the content: the quote, who is mentioned, and after how
// long it disappears, without which it would stay where all others go.
func (b *builder) context(content message.Content) *waE2E.ContextInfo {
	info := &waE2E.ContextInfo{}
	if q := content.Quote; q != nil {
		b.addQuote(info, q)
	}
	for _, who := range content.Mentions {
		if jid := who.In(b.addressing()); jid != "" {
			info.MentionedJID = append(info.MentionedJID, jid)
		}
	}
	if content.Everyone {
		info.NonJIDMentions = proto.Uint32(1)
	}
	addTimer(info, content)
	if proto.Size(info) == 0 {
		return nil
	}
	return info
}

func addTimer(info *waE2E.ContextInfo, content message.Content) {
	if content.Timer <= 0 {
		return
	}
	info.Expiration = proto.Uint32(uint32(content.Timer / time.Second))
	if content.TimerAt > 0 {
		info.EphemeralSettingTimestamp = proto.Int64(content.TimerAt)
	}
}

func (b *builder) addQuote(info *waE2E.ContextInfo, q *message.Quote) {
	sender := q.Sender
	if q.FromMe {
		sender = b.self
	} else if !sender.Known() && b.out.To.Kind == message.ChatPerson {
		sender = b.out.To.Person
	}
	info.StanzaID = proto.String(q.ID)
	info.Participant = given(sender.In(b.addressing()))
	info.QuotedMessage = b.quoted(q)
	info.QuotedType = waE2E.ContextInfo_EXPLICIT.Enum()
	if q.Chat != "" {
		info.RemoteJID = proto.String(q.Chat)
	}
}

// quoted is the message that is answered, as recipients see it above the answer. One that
// is longer than an answer may be is shown by its text.
func (b *builder) quoted(q *message.Quote) *waE2E.Message {
	if m, field := b.original(quotable); field != nil {
		if m = bare(m, field); proto.Size(m) <= message.MaxText {
			return m
		}
	}
	shown, _ := text(q.Text, message.MaxQuote)
	return &waE2E.Message{Conversation: proto.String(shown)}
}

// addressing is how people are called in the chat: in private chats by LID, whatever
// the program called them, because the library sends there.
func (b *builder) addressing() message.Addressing {
	if b.out.To.Kind == message.ChatPerson {
		return message.AddressingLID
	}
	return b.out.Addressing
}

// key names a message of this chat.
func (b *builder) key(ref *message.Ref) *waCommon.MessageKey {
	key := &waCommon.MessageKey{
		RemoteJID: proto.String(b.out.To.Key()),
		FromMe:    proto.Bool(ref.FromMe),
		ID:        proto.String(ref.ID),
	}
	if who := ref.Sender.In(b.addressing()); b.out.To.Kind != message.ChatPerson && !ref.FromMe && who != "" {
		key.Participant = proto.String(who)
	}
	return key
}

// at is when the message was handed over, as recipients see it on reactions and edits.
func (b *builder) at() *int64 {
	if b.out.At.IsZero() {
		return nil
	}
	return proto.Int64(b.out.At.UnixMilli())
}
