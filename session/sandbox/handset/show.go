package handset

import (
	"crypto/sha256"
	"slices"
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/media"
	"wadah/session/sandbox/violation"
)

// show puts what somebody wrote into the chat.
func (p *Phone) show(in *incoming, message *waE2E.Message) {
	m := inner(message)
	p.meet(in)
	switch {
	case m.ReactionMessage != nil:
		p.showReaction(in, m.ReactionMessage)
	case m.PollUpdateMessage != nil:
		p.showVote(in, m.PollUpdateMessage)
	case m.ProtocolMessage != nil:
		p.showProtocol(in, m.ProtocolMessage)
	case m.SenderKeyDistributionMessage != nil && empty(m):
		// Nothing but the key, which has been taken.
	default:
		shown := p.frame(in, chat.Unknown)
		fill(&shown, message)
		shown.Raw, _ = proto.Marshal(message) // it was unmarshalled just now
		p.keep(in, shown)
	}
}

// empty says whether a message holds nothing but a sender key.
func empty(m *waE2E.Message) bool {
	rest := &waE2E.Message{SenderKeyDistributionMessage: m.SenderKeyDistributionMessage, MessageContextInfo: m.MessageContextInfo}
	return proto.Equal(m, rest)
}

// meet keeps who a chat is with.
func (p *Phone) meet(in *incoming) {
	if in.chat.Server == types.GroupServer {
		return
	}
	name, number := in.name, in.number
	if in.mine {
		name, number = "", ""
		if peer, known := p.cfg.Router.Number(in.chat); known {
			number = peer.User
		}
	}
	p.book.Describe(in.chat.String(), number, name, false)
}

// frame is what every message has.
func (p *Phone) frame(in *incoming, kind chat.Kind) chat.Message {
	m := chat.Message{
		ID: in.id, Chat: in.chat.String(), Sender: in.sender.ToNonAD().String(), Number: in.number, Name: in.name,
		FromMe: in.mine, Time: in.time, Kind: kind,
	}
	if in.mine {
		m.Status = chat.Sent
	}
	return m
}

// keep adds a message to its chat. The same id with another content is something that no
// client may do; with the same content it came again.
func (p *Phone) keep(in *incoming, shown chat.Message) {
	older, known := p.book.Add(shown)
	if known {
		if !sameContent(older.Raw, shown.Raw) {
			p.note(violation.TwoContents, in, "the id of a message with another content")
		}
		return
	}
	if !in.mine {
		p.react(in, shown)
	}
}

// sameContent compares what people see of two messages.
func sameContent(one, other []byte) bool {
	var a, b waE2E.Message
	if proto.Unmarshal(one, &a) != nil || proto.Unmarshal(other, &b) != nil {
		return false
	}
	for _, m := range []*waE2E.Message{&a, &b} {
		m.SenderKeyDistributionMessage, m.MessageContextInfo = nil, nil
	}
	return proto.Equal(&a, &b)
}

// showReaction puts an emoji under a message, or takes it away.
func (p *Phone) showReaction(in *incoming, reaction *waE2E.ReactionMessage) {
	who := in.sender.ToNonAD().String()
	p.book.Change(in.chat.String(), "", reaction.GetKey().GetID(), func(m *chat.Message) {
		m.Reactions = slices.DeleteFunc(slices.Clone(m.Reactions), func(r chat.Reaction) bool { return r.Sender == who })
		if reaction.GetText() != "" {
			m.Reactions = append(m.Reactions, chat.Reaction{Sender: who, Emoji: reaction.GetText()})
		}
	})
}

// showProtocol does what a message about messages says.
func (p *Phone) showProtocol(in *incoming, m *waE2E.ProtocolMessage) {
	switch m.GetType() {
	case waE2E.ProtocolMessage_REVOKE:
		p.book.Change(in.chat.String(), "", m.GetKey().GetID(), func(shown *chat.Message) {
			shown.Revoked, shown.Text, shown.Media = true, "", nil
		})
	case waE2E.ProtocolMessage_MESSAGE_EDIT:
		var edited chat.Message
		fill(&edited, m.GetEditedMessage())
		sender := in.sender.ToNonAD().String()
		p.book.Change(in.chat.String(), sender, m.GetKey().GetID(), func(shown *chat.Message) {
			shown.Text, shown.Mentions, shown.Edited = edited.Text, edited.Mentions, true
		})
	default: // settings of chats and keys, which this phone does not show
	}
}

// fill reads what a message says.
func fill(shown *chat.Message, message *waE2E.Message) {
	m := inner(message)
	shown.ViewOnce = viewOnce(message)
	var about *waE2E.ContextInfo
	switch {
	case m.Conversation != nil:
		shown.Kind, shown.Text = chat.Text, m.GetConversation()
	case m.ExtendedTextMessage != nil:
		shown.Kind, shown.Text, about = chat.Text, m.ExtendedTextMessage.GetText(), m.ExtendedTextMessage.GetContextInfo()
	case m.LocationMessage != nil:
		l := m.LocationMessage
		shown.Kind, shown.Text, about = chat.Location, l.GetComment(), l.GetContextInfo()
		shown.Place = &chat.Place{Latitude: l.GetDegreesLatitude(), Longitude: l.GetDegreesLongitude(), Name: l.GetName(), Address: l.GetAddress()}
	case m.LiveLocationMessage != nil:
		l := m.LiveLocationMessage
		shown.Kind, shown.Text, about = chat.Location, l.GetCaption(), l.GetContextInfo()
		shown.Place = &chat.Place{Latitude: l.GetDegreesLatitude(), Longitude: l.GetDegreesLongitude(), Live: true}
	case m.ContactMessage != nil:
		shown.Kind, about = chat.Contact, m.ContactMessage.GetContextInfo()
		shown.Card = &chat.Card{Name: m.ContactMessage.GetDisplayName(), Vcard: m.ContactMessage.GetVcard()}
	case pollOf(m) != nil:
		poll := pollOf(m)
		shown.Kind, shown.Text, about = chat.Poll, poll.GetName(), poll.GetContextInfo()
		shown.Question = &chat.Question{Most: int(poll.GetSelectableOptionsCount())}
		for _, option := range poll.GetOptions() {
			shown.Question.Options = append(shown.Question.Options, option.GetOptionName())
		}
	default:
		about = fillMedia(shown, m)
	}
	fillContext(shown, about)
}

func pollOf(m *waE2E.Message) *waE2E.PollCreationMessage {
	for _, poll := range []*waE2E.PollCreationMessage{m.PollCreationMessage, m.PollCreationMessageV2, m.PollCreationMessageV3} {
		if poll != nil {
			return poll
		}
	}
	return nil
}

// fillMedia reads an attachment, if there is one.
func fillMedia(shown *chat.Message, m *waE2E.Message) *waE2E.ContextInfo {
	switch {
	case m.ImageMessage != nil:
		i := m.ImageMessage
		shown.Kind, shown.Text, shown.Media = chat.Picture, i.GetCaption(), attachment(i, media.Image)
		shown.Media.Width, shown.Media.Height, shown.Media.Preview = int(i.GetWidth()), int(i.GetHeight()), i.GetJPEGThumbnail()
		return i.GetContextInfo()
	case m.VideoMessage != nil:
		v := m.VideoMessage
		shown.Kind, shown.Text, shown.Media = chat.Video, v.GetCaption(), attachment(v, media.Video)
		shown.Media.Width, shown.Media.Height, shown.Media.Preview = int(v.GetWidth()), int(v.GetHeight()), v.GetJPEGThumbnail()
		shown.Media.Seconds = int(v.GetSeconds())
		return v.GetContextInfo()
	case m.AudioMessage != nil:
		a := m.AudioMessage
		shown.Kind, shown.Media = chat.Audio, attachment(a, media.Audio)
		if a.GetPTT() {
			shown.Kind = chat.Voice
		}
		shown.Media.Seconds = int(a.GetSeconds())
		return a.GetContextInfo()
	case m.DocumentMessage != nil:
		d := m.DocumentMessage
		shown.Kind, shown.Text, shown.Media = chat.Document, d.GetCaption(), attachment(d, media.Document)
		shown.Media.Name, shown.Media.Preview = d.GetFileName(), d.GetJPEGThumbnail()
		return d.GetContextInfo()
	case m.StickerMessage != nil:
		shown.Kind, shown.Media = chat.Sticker, attachment(m.StickerMessage, media.Image)
		return m.StickerMessage.GetContextInfo()
	default:
		return nil
	}
}

// attached is what all attachments have.
type attached interface {
	GetMimetype() string
	GetFileLength() uint64
	GetDirectPath() string
	GetMediaKey() []byte
	GetFileSHA256() []byte
	GetFileEncSHA256() []byte
}

func attachment(a attached, use media.Use) *chat.Media {
	return &chat.Media{
		Type: a.GetMimetype(), Size: int64(a.GetFileLength()),
		Ref: chat.Ref{Path: a.GetDirectPath(), Key: a.GetMediaKey(), Hash: a.GetFileSHA256(), EncHash: a.GetFileEncSHA256(), Use: string(use)},
	}
}

// fillContext reads which message is answered, and who is mentioned.
func fillContext(shown *chat.Message, about *waE2E.ContextInfo) {
	if about == nil {
		return
	}
	shown.Mentions = about.GetMentionedJID()
	if about.GetStanzaID() == "" {
		return
	}
	var quoted chat.Message
	if about.GetQuotedMessage() != nil {
		fill(&quoted, about.GetQuotedMessage())
	}
	shown.Quote = &chat.Quote{ID: about.GetStanzaID(), Sender: about.GetParticipant(), Text: quoted.Text}
}

// showVote counts a vote, which is encrypted with the secret of the poll.
func (p *Phone) showVote(in *incoming, update *waE2E.PollUpdateMessage) {
	poll, ok := p.book.Find(in.chat.String(), "", update.GetPollCreationMessageKey().GetID())
	if !ok || poll.Question == nil {
		return
	}
	vote, ok := p.openVote(in, &poll, update)
	if !ok {
		p.note(violation.Ciphertext, in, "a vote that does not open with the poll's secret")
		return
	}
	var chosen []string
	for _, option := range poll.Question.Options {
		hash := sha256.Sum256([]byte(option))
		if slices.ContainsFunc(vote.GetSelectedOptions(), func(h []byte) bool { return string(h) == string(hash[:]) }) {
			chosen = append(chosen, option)
		}
	}
	who := in.sender.ToNonAD().String()
	p.book.Change(in.chat.String(), poll.Sender, poll.ID, func(m *chat.Message) {
		question := *m.Question
		question.Votes = slices.DeleteFunc(slices.Clone(question.Votes), func(v chat.Vote) bool { return v.Sender == who })
		if len(chosen) > 0 {
			question.Votes = append(question.Votes, chat.Vote{Sender: who, Options: chosen})
		}
		m.Question = &question
	})
}

// react does what the person at the phone does without being told.
func (p *Phone) react(in *incoming, shown chat.Message) {
	policy := p.Policy()
	if policy.Read {
		p.cfg.Go(func() { p.markRead(shown.Chat) })
	}
	// An answer quotes what it answers; nobody answers that, or two phones would go on for
	// ever.
	if policy.Answer == "" || shown.Quote != nil || in.chat.Server == types.GroupServer {
		return
	}
	text := policy.Answer
	if text == "echo" {
		text = shown.Text
	}
	if strings.TrimSpace(text) != "" {
		p.cfg.Go(func() { p.answer(shown, text) })
	}
}
