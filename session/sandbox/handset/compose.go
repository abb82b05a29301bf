package handset

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/media"
	"wadah/session/sandbox/stanza"
)

// Draft is what a person writes. One of the contents is set; Text goes with most of them.
type Draft struct {
	// ID is the id of the message; empty for a new one.
	ID         string
	Text       string
	Quote      string   // id of the message that is answered
	Mentions   []string // numbers or addresses
	ViewOnce   bool
	Attachment *Attachment
	Place      *chat.Place
	Card       *chat.Card
	Question   *chat.Question
}

// Attachment is a file to be sent.
type Attachment struct {
	Kind    chat.Kind // Picture, Video, Voice, Audio, Document or Sticker
	Data    []byte
	Type    string // MIME type
	Name    string // of a document
	Seconds int    // of a voice note, audio or video
}

// Write sends a message to a person (a number or an address) or a group, and shows it in
// the chat. The message that is returned says whether WhatsApp took it.
func (p *Phone) Write(ctx context.Context, to string, draft Draft) (chat.Message, error) {
	where, err := p.Resolve(to)
	if err != nil {
		return chat.Message{}, err
	}
	message, err := p.compose(where, draft)
	if err != nil {
		return chat.Message{}, err
	}
	return p.post(ctx, where, draft.ID, message, "")
}

// post sends a message and shows it, as one of the phone's own.
func (p *Phone) post(ctx context.Context, where types.JID, id string, message *waE2E.Message, edit types.EditAttribute) (chat.Message, error) {
	if id == "" {
		id = newID()
	}
	if message.MessageContextInfo == nil {
		message.MessageContextInfo = &waE2E.MessageContextInfo{MessageSecret: secret()}
	}
	now := time.Now().UTC().Truncate(time.Second)
	own := &incoming{id: id, chat: where, sender: p.lid, name: p.cfg.Name, number: p.number.User, time: now, mine: true}
	p.meet(own)
	shown := p.frame(own, chat.Unknown)
	shown.Status = chat.Pending
	fill(&shown, message)
	raw, err := proto.Marshal(message)
	if err != nil {
		return chat.Message{}, fmt.Errorf("marshal message: %w", err)
	}
	shown.Raw = raw
	visible := shown.Kind != chat.Unknown
	if visible {
		p.book.Add(shown)
	}
	shown.Status, shown.Error, err = p.send(ctx, parcel{id: id, chat: where, message: message, edit: edit, time: now})
	if visible {
		p.settle(&shown)
	}
	return shown, err
}

// settle writes what became of a message into the chat; a receipt may have been quicker.
func (p *Phone) settle(shown *chat.Message) {
	if shown.Status == chat.Failed {
		p.book.Change(shown.Chat, shown.Sender, shown.ID, func(m *chat.Message) {
			m.Status, m.Error = chat.Failed, shown.Error
		})
	} else {
		p.book.Advance(shown.Chat, shown.ID, shown.Status)
	}
	if now, ok := p.book.Find(shown.Chat, shown.Sender, shown.ID); ok && shown.Status != chat.Failed {
		*shown = now
	}
}

func secret() []byte {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails, by its documentation
	return random
}

// compose makes the message of a draft.
func (p *Phone) compose(where types.JID, draft Draft) (*waE2E.Message, error) {
	about, err := p.contextOf(where, draft)
	if err != nil {
		return nil, err
	}
	switch {
	case draft.Attachment != nil:
		message, err := p.attach(draft.Attachment, draft.Text, about)
		if err == nil && draft.ViewOnce {
			message = onlyOnce(message)
		}
		return message, err
	case draft.Place != nil:
		return &waE2E.Message{LocationMessage: &waE2E.LocationMessage{
			DegreesLatitude: proto.Float64(draft.Place.Latitude), DegreesLongitude: proto.Float64(draft.Place.Longitude),
			Name: text(draft.Place.Name), Address: text(draft.Place.Address), Comment: text(draft.Text), ContextInfo: about,
		}}, nil
	case draft.Card != nil:
		return &waE2E.Message{ContactMessage: &waE2E.ContactMessage{
			DisplayName: proto.String(draft.Card.Name), Vcard: proto.String(draft.Card.Vcard), ContextInfo: about,
		}}, nil
	case draft.Question != nil:
		return pollFor(draft, about)
	case draft.Text == "":
		return nil, fmt.Errorf("%w: there is nothing in it", ErrContent)
	case about != nil:
		return &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String(draft.Text), ContextInfo: about}}, nil
	default:
		return &waE2E.Message{Conversation: proto.String(draft.Text)}, nil
	}
}

func pollFor(draft Draft, about *waE2E.ContextInfo) (*waE2E.Message, error) {
	if draft.Text == "" || len(draft.Question.Options) < 2 {
		return nil, fmt.Errorf("%w: a poll needs a question and at least two options", ErrContent)
	}
	poll := &waE2E.PollCreationMessage{
		Name: proto.String(draft.Text), SelectableOptionsCount: proto.Uint32(uint32(draft.Question.Most)), ContextInfo: about,
	}
	for _, option := range draft.Question.Options {
		poll.Options = append(poll.Options, &waE2E.PollCreationMessage_Option{OptionName: proto.String(option)})
	}
	message := &waE2E.Message{
		PollCreationMessageV3: poll, MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: secret()},
	}
	if draft.Question.Most != 1 { // phones use the newer kind for polls with one answer
		message.PollCreationMessageV3, message.PollCreationMessage = nil, poll
	}
	return message, nil
}

// onlyOnce wraps a picture, video or voice note that is to be looked at once.
func onlyOnce(message *waE2E.Message) *waE2E.Message {
	switch {
	case message.ImageMessage != nil:
		message.ImageMessage.ViewOnce = proto.Bool(true)
	case message.VideoMessage != nil:
		message.VideoMessage.ViewOnce = proto.Bool(true)
	case message.AudioMessage != nil:
		message.AudioMessage.ViewOnce = proto.Bool(true)
	}
	return &waE2E.Message{
		ViewOnceMessageV2:  &waE2E.FutureProofMessage{Message: message},
		MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: secret()},
	}
}

// contextOf says which message a draft answers and whom it mentions; nil when neither.
func (p *Phone) contextOf(where types.JID, draft Draft) (*waE2E.ContextInfo, error) {
	if draft.Quote == "" && len(draft.Mentions) == 0 {
		return nil, nil //nolint:nilnil // most messages have no context
	}
	about := &waE2E.ContextInfo{}
	for _, mention := range draft.Mentions {
		jid, err := p.Resolve(mention)
		if err != nil {
			return nil, err
		}
		about.MentionedJID = append(about.MentionedJID, jid.String())
	}
	if draft.Quote == "" {
		return about, nil
	}
	quoted, ok := p.book.Find(where.String(), "", draft.Quote)
	if !ok {
		return nil, ErrMessage
	}
	about.StanzaID, about.Participant = proto.String(quoted.ID), proto.String(quoted.Sender)
	var message waE2E.Message
	if proto.Unmarshal(quoted.Raw, &message) == nil {
		message.MessageContextInfo = nil
		about.QuotedMessage = &message
	}
	return about, nil
}

func text(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}

// attach uploads a file and makes the message that carries it.
func (p *Phone) attach(a *Attachment, caption string, about *waE2E.ContextInfo) (*waE2E.Message, error) {
	use, ok := uses[a.Kind]
	if !ok || len(a.Data) == 0 {
		return nil, fmt.Errorf("%w: an attachment needs a kind and data", ErrContent)
	}
	sealed, err := media.Seal(a.Data, use)
	if err != nil {
		return nil, err
	}
	path, err := p.cfg.Media.Put(p.cfg.Number, use, sealed.Data)
	if err != nil {
		return nil, err
	}
	common := fields{path: &path, size: proto.Uint64(uint64(sealed.Size)), kind: proto.String(a.Type), sealed: sealed, now: time.Now().Unix()}
	switch a.Kind {
	case chat.Picture:
		return common.picture(a.Data, caption, about), nil
	case chat.Video:
		return common.video(a.Seconds, caption, about), nil
	case chat.Voice, chat.Audio:
		return common.audio(a.Kind == chat.Voice, a.Seconds, about), nil
	case chat.Sticker:
		return common.sticker(about), nil
	default:
		return common.document(a.Name, caption, about), nil
	}
}

var uses = map[chat.Kind]media.Use{
	chat.Picture: media.Image, chat.Sticker: media.Image, chat.Video: media.Video, chat.Voice: media.Audio, chat.Audio: media.Audio,
	chat.Document: media.Document,
}

// React puts an emoji under a message; an empty one takes it away.
func (p *Phone) React(ctx context.Context, where, id, emoji string) error {
	return p.about(ctx, where, id, func(target chat.Message, jid types.JID) (*waE2E.Message, types.EditAttribute, error) {
		edit := types.EditAttributeEmpty
		if emoji == "" {
			edit = types.EditAttributeSenderRevoke
		}
		return &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{
			Key: p.keyOf(target, jid), Text: proto.String(emoji), SenderTimestampMS: proto.Int64(time.Now().UnixMilli()),
		}}, edit, nil
	})
}

// Edit changes the text of one of the phone's own messages.
func (p *Phone) Edit(ctx context.Context, where, id, newText string) error {
	return p.about(ctx, where, id, func(target chat.Message, jid types.JID) (*waE2E.Message, types.EditAttribute, error) {
		if !target.FromMe {
			return nil, "", fmt.Errorf("%w: it is somebody else's message", ErrContent)
		}
		return p.edited(p.keyOf(target, jid), newText), types.EditAttributeMessageEdit, nil
	})
}

func (p *Phone) edited(key *waCommon.MessageKey, newText string) *waE2E.Message {
	return &waE2E.Message{EditedMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
		ProtocolMessage: &waE2E.ProtocolMessage{
			Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), TimestampMS: proto.Int64(time.Now().UnixMilli()),
			EditedMessage: &waE2E.Message{Conversation: proto.String(newText)},
		},
	}}}
}

// EditFirst sends the edit of a message before the message itself, as it can arrive after
// a disturbance, and then the message.
func (p *Phone) EditFirst(ctx context.Context, to, firstText, newText string) (chat.Message, error) {
	where, err := p.Resolve(to)
	if err != nil {
		return chat.Message{}, err
	}
	id := newID()
	key := &waCommon.MessageKey{RemoteJID: proto.String(where.String()), FromMe: proto.Bool(true), ID: proto.String(id)}
	if _, err := p.post(ctx, where, "", p.edited(key, newText), types.EditAttributeMessageEdit); err != nil {
		return chat.Message{}, err
	}
	return p.post(ctx, where, id, &waE2E.Message{Conversation: proto.String(firstText)}, "")
}

// Revoke deletes a message for everybody: one's own, or in a group as its admin.
func (p *Phone) Revoke(ctx context.Context, where, id string) error {
	return p.about(ctx, where, id, func(target chat.Message, jid types.JID) (*waE2E.Message, types.EditAttribute, error) {
		edit := types.EditAttributeSenderRevoke
		if !target.FromMe {
			edit = types.EditAttributeAdminRevoke
			if jid.Server != types.GroupServer {
				return nil, "", fmt.Errorf("%w: it is somebody else's message", ErrContent)
			}
		}
		return &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Key: p.keyOf(target, jid), Type: waE2E.ProtocolMessage_REVOKE.Enum(),
		}}, edit, nil
	})
}

// Vote chooses options of a poll; none takes the vote back.
func (p *Phone) Vote(ctx context.Context, where, id string, options []string) error {
	return p.about(ctx, where, id, func(poll chat.Message, jid types.JID) (*waE2E.Message, types.EditAttribute, error) {
		if poll.Question == nil {
			return nil, "", fmt.Errorf("%w: it is no poll", ErrContent)
		}
		for _, option := range options {
			if !slices.Contains(poll.Question.Options, option) {
				return nil, "", fmt.Errorf("%w: the poll has no option %q", ErrContent, option)
			}
		}
		var original waE2E.Message
		if err := proto.Unmarshal(poll.Raw, &original); err != nil {
			return nil, "", fmt.Errorf("read poll: %w", err)
		}
		vote, err := p.sealVote(&poll, original.GetMessageContextInfo().GetMessageSecret(), options)
		if err != nil {
			return nil, "", err
		}
		return &waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{
			PollCreationMessageKey: p.keyOf(poll, jid), Vote: vote, SenderTimestampMS: proto.Int64(time.Now().UnixMilli()),
		}}, "", nil
	})
}

// about sends a message that does something with another one, and does it here too.
func (p *Phone) about(ctx context.Context, where, id string,
	compose func(chat.Message, types.JID) (*waE2E.Message, types.EditAttribute, error),
) error {
	jid, err := p.Resolve(where)
	if err != nil {
		return err
	}
	target, ok := p.book.Find(jid.String(), "", id)
	if !ok {
		return ErrMessage
	}
	message, edit, err := compose(target, jid)
	if err != nil {
		return err
	}
	message.MessageContextInfo = &waE2E.MessageContextInfo{}
	sent, err := p.post(ctx, jid, "", message, edit)
	if err != nil {
		return err
	}
	if sent.Status == chat.Failed {
		return fmt.Errorf("%w: WhatsApp answers %d", ErrContent, sent.Error)
	}
	p.show(&incoming{id: sent.ID, chat: jid, sender: p.lid, mine: true, time: sent.Time, number: p.number.User}, message)
	return nil
}

// keyOf names a message for others.
func (p *Phone) keyOf(m chat.Message, where types.JID) *waCommon.MessageKey {
	key := &waCommon.MessageKey{RemoteJID: proto.String(m.Chat), FromMe: proto.Bool(m.FromMe), ID: proto.String(m.ID)}
	if where.Server == types.GroupServer && !m.FromMe {
		key.Participant = proto.String(m.Sender)
	}
	return key
}

// answer writes under a message.
func (p *Phone) answer(to chat.Message, words string) {
	if _, err := p.Write(context.Background(), to.Chat, Draft{Text: words, Quote: to.ID}); err != nil {
		p.cfg.Log.Info("a phone could not answer", "phone", stanza.MaskNumber(p.cfg.Number), "err", err)
	}
}

// Read makes the ticks of all unread messages of a chat blue.
func (p *Phone) Read(where string) error {
	jid, err := p.Resolve(where)
	if err != nil {
		return err
	}
	p.markRead(jid.String())
	return nil
}

// Play listens to a voice note, or looks at a view-once message.
func (p *Phone) Play(where, id string) error {
	jid, err := p.Resolve(where)
	if err != nil {
		return err
	}
	m, ok := p.book.Find(jid.String(), "", id)
	if !ok || m.FromMe {
		return ErrMessage
	}
	p.sendRead(m.Chat, m.Sender, []string{m.ID}, types.ReceiptTypePlayed)
	return nil
}

// Download opens the attachment of a message.
func (p *Phone) Download(where, id string) ([]byte, *chat.Media, error) {
	jid, err := p.Resolve(where)
	if err != nil {
		return nil, nil, err
	}
	m, ok := p.book.Find(jid.String(), "", id)
	if !ok || m.Media == nil {
		return nil, nil, ErrMessage
	}
	data, err := p.cfg.Media.Get(m.Media.Ref.Path)
	if err != nil {
		return nil, nil, err
	}
	plain, err := media.Open(data, m.Media.Ref.Key, media.Use(m.Media.Ref.Use))
	return plain, m.Media, err
}

// Resolve finds the address that the phone's chats have for a number, an address or a
// group.
func (p *Phone) Resolve(to string) (types.JID, error) {
	jid, err := types.ParseJID(to)
	if err != nil || jid.User == "" {
		jid = types.NewJID(onlyDigits(to), types.DefaultUserServer)
	}
	if jid.Server == types.GroupServer {
		return jid, nil
	}
	lid, ok := p.cfg.Router.LID(jid.ToNonAD())
	if !ok {
		return types.EmptyJID, ErrRecipient
	}
	return lid, nil
}

func onlyDigits(typed string) string {
	return string(slices.DeleteFunc([]byte(typed), func(c byte) bool { return c < '0' || c > '9' }))
}
