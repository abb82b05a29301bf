package convert

import (
	"context"
	"strconv"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"wadah/session/message"
)

// reader reads one message.
type reader struct {
	*Converter
	ctx  context.Context
	evt  *events.Message
	wrap wrapping
	// depth counts the contents around this one: an edit holds a content, a quote is read
	// like one.
	depth int
	// quoting says that the content stands in a quote, of which no further quote is read.
	quoting bool
	cut     bool
	// opened takes the place of the message in what is kept, once it was decrypted.
	opened *waE2E.Message
	// changed is the innermost message that was read in this one: what an edit puts in.
	changed *waE2E.Message
	// extra is what the message brings besides itself, or in its place.
	extra []message.Incoming
}

// Message gives what a message brings: itself, or nothing where it is WhatsApp's own
// plumbing, or history and pairs of addresses that the account's phone sends so.
func (c *Converter) Message(ctx context.Context, evt *events.Message) []message.Incoming {
	if evt == nil {
		return nil
	}
	root := evt.Message
	if root == nil {
		root = evt.RawMessage
	}
	r := &reader{Converter: c, ctx: ctx, evt: evt}
	content, ok := r.read(root)
	if !ok {
		return r.extra
	}
	m := message.Message{Envelope: c.envelope(&evt.Info), Content: content, Raw: keep(r.original(root))}
	if content.New != nil {
		m.NewRaw = keep(r.changed)
	}
	r.channelEdit(&m)
	r.botEdit(&m)
	return append(r.extra, m)
}

// Plumbing gives what a message of the account's own phone hands over beside what people
// say: history, keys, pairs of addresses.
func (c *Converter) Plumbing(evt *events.Message) []message.Incoming {
	r := &reader{Converter: c, ctx: context.Background(), evt: evt}
	r.plumbing(evt.Message.GetProtocolMessage())
	return r.extra
}

// Outside is what can be said of a message whose content cannot be read. It is false of
// other events.
func (c *Converter) Outside(event any) (in message.Incoming, ok bool) {
	defer func() {
		if recover() != nil {
			in, ok = nil, false
		}
	}()
	evt, ok := event.(*events.Message)
	if !ok || evt == nil {
		return nil, false
	}
	return message.Message{Envelope: c.envelope(&evt.Info), Content: message.Content{Kind: message.KindUnknown, Note: message.NoteOdd}}, true
}

// Reread reads a stored message anew. What was sealed when it came may be opened once the
// message it is about has come: a poll that could be read only at the second try, after
// the first votes. What was not sealed, or is not kept, stays as it is.
func (c *Converter) Reread(ctx context.Context, m message.Message) message.Message {
	root, err := unmarshal(m.Raw)
	if err != nil || !m.Content.Sealed {
		return m
	}
	r := &reader{Converter: c, ctx: ctx, evt: &events.Message{Info: Info(m.Envelope), RawMessage: root}}
	if content, ok := r.read(root); ok {
		m.Content, m.Raw = content, keep(r.original(root))
		if content.New != nil {
			m.NewRaw = keep(r.changed)
		}
	}
	return m
}

// original is what is kept of the message: with its wrappers, but those that carry it
// between one's own devices.
func (r *reader) original(root *waE2E.Message) *waE2E.Message {
	if r.opened != nil {
		return r.opened
	}
	if r.evt.RawMessage != nil && r.evt.SourceWebMsg == nil {
		root = r.evt.RawMessage
	}
	return root
}

// read gives the content of m. It is false where nothing is said to anybody.
func (r *reader) read(m *waE2E.Message) (message.Content, bool) {
	m, wrap := unwrap(m)
	r.wrap = wrap
	field := contentField(m)
	if field == nil {
		return r.nameless(m)
	}
	if p := m.GetProtocolMessage(); p != nil && field.Name() == "protocolMessage" && r.plumbing(p) {
		return message.Content{}, false
	}
	content := r.field(m, field)
	if r.depth == 0 {
		content = r.associated(content)
	}
	content.Cut = content.Cut || r.cut
	return content, true
}

// field reads the content in one field of m and what stands beside it.
func (r *reader) field(m *waE2E.Message, field protoreflect.FieldDescriptor) message.Content {
	var content message.Content
	if read := readerOf(field.Name()); read != nil && r.depth < maxDepth {
		content = read(r, m)
	} else {
		content = r.unknown(m, field)
	}
	r.beside(&content, m, field)
	content.ViewOnce = content.ViewOnce || r.wrap.viewOnce || r.evt.IsViewOnce && r.depth == 0
	if content.Note == "" {
		content.Note = r.wrap.note
	}
	return content
}

// maxDepth is how many contents may stand inside each other.
const maxDepth = 3

// inner reads a message inside this one: what an edit puts in, what is answered, a
// comment. Nothing inside is decrypted.
func (r *reader) inner(m *waE2E.Message) (message.Content, bool) {
	in := &reader{Converter: r.Converter, ctx: r.ctx, evt: r.evt, depth: r.depth + 1, quoting: r.quoting, changed: m}
	content, ok := in.read(m)
	r.changed = in.changed
	return content, ok
}

// readerOf gives what reads the content in a field of that name. What is not here and
// not in carriers is KindUnknown.
func readerOf(field protoreflect.Name) func(*reader, *waE2E.Message) message.Content {
	switch field {
	case "conversation", "extendedTextMessage":
		return (*reader).text
	case "imageMessage":
		return (*reader).image
	case "videoMessage", "ptvMessage":
		return (*reader).video
	case "audioMessage":
		return (*reader).audio
	case "documentMessage":
		return (*reader).document
	case "stickerMessage":
		return (*reader).sticker
	case "stickerPackMessage":
		return (*reader).stickerPack
	case "albumMessage":
		return (*reader).album
	case "locationMessage":
		return (*reader).location
	case "liveLocationMessage":
		return (*reader).liveLocation
	case "contactMessage":
		return (*reader).contact
	case "contactsArrayMessage":
		return (*reader).contacts
	case "pollCreationMessage", "pollCreationMessageV2", "pollCreationMessageV3", "pollCreationMessageV5", "pollCreationMessageV6":
		return (*reader).poll
	case "pollUpdateMessage":
		return (*reader).vote
	case "pollResultSnapshotMessage", "pollResultSnapshotMessageV3":
		return (*reader).pollResult
	case "pollAddOptionMessage":
		return (*reader).pollOption
	case "reactionMessage":
		return (*reader).reaction
	case "encReactionMessage":
		return (*reader).sealedReaction
	case "pinInChatMessage":
		return (*reader).pin
	case "keepInChatMessage":
		return (*reader).keep
	case "commentMessage":
		return (*reader).comment
	case "encCommentMessage":
		return (*reader).sealedComment
	case "secretEncryptedMessage":
		return (*reader).sealedEdit
	case "protocolMessage":
		return (*reader).protocol
	}
	if read := businessReader(field); read != nil {
		return read
	}
	return noteReader(field)
}

// carriers are the fields that say nothing to anybody: keys and lists of devices. Such a
// message may come beside the true one, under the same id.
var carriers = map[protoreflect.Name]bool{
	"senderKeyDistributionMessage":               true,
	"fastRatchetKeySenderKeyDistributionMessage": true,
	"messageContextInfo":                         true,
	"stickerSyncRmrMessage":                      true,
	"messageHistoryBundle":                       true,
	"groupRootKeyShare":                          true,
	"rootSecretDistributeMessage":                true,
	"statusLinkPreviewMetadata":                  true,
}

// contentField is the field of m that holds its content, or nil. Of several, which no
// genuine client sends, the one that is read best.
func contentField(m *waE2E.Message) (best protoreflect.FieldDescriptor) {
	better := func(a, b protoreflect.FieldDescriptor) bool {
		aKnown, bKnown := readerOf(a.Name()) != nil, readerOf(b.Name()) != nil
		if aKnown != bKnown {
			return aKnown
		}
		return a.Number() < b.Number()
	}
	m.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		empty := field.Kind() == protoreflect.StringKind && value.String() == ""
		if !empty && !carriers[field.Name()] && (best == nil || better(field, best)) {
			best = field
		}
		return true
	})
	return best
}

// nameless is a message of which no field is known. One that carries keys says nothing;
// otherwise it is of a kind that WhatsApp invented later.
func (r *reader) nameless(m *waE2E.Message) (message.Content, bool) {
	if m == nil || m.SenderKeyDistributionMessage != nil {
		return message.Content{}, false
	}
	number, _, n := protowire.ConsumeTag(m.ProtoReflect().GetUnknown())
	if n < 0 {
		return message.Content{}, false
	}
	return message.Content{Kind: message.KindUnknown, Note: "new." + strconv.Itoa(int(number))}, true
}

// channelEdit: in channels an edited message comes again as a whole, under the same id.
// It gets one of its own, so that it is not taken for a repetition.
func (r *reader) channelEdit(m *message.Message) {
	meta := r.evt.NewsletterMeta
	if meta == nil || meta.EditTS.IsZero() || meta.EditTS.Unix() <= 0 {
		return
	}
	edited := m.Content
	m.Content = message.Content{
		Kind:   message.KindEdit,
		Target: &message.Ref{ID: m.ID, FromMe: m.FromMe, Sender: m.Sender},
		New:    &edited,
	}
	m.NewRaw = m.Raw
	m.ID += "/" + meta.EditTS.UTC().Format("20060102150405.000")
	m.At = cleanTime(meta.EditTS)
}

// botEdit: bots say their answer piece by piece, each time the whole of it so far.
func (r *reader) botEdit(m *message.Message) {
	bot := r.evt.Info.MsgBotInfo
	if bot.EditTargetID == "" || bot.EditType != types.EditTypeInner && bot.EditType != types.EditTypeLast {
		return
	}
	said := m.Content
	m.Content = message.Content{
		Kind:   message.KindEdit,
		Target: &message.Ref{ID: id(bot.EditTargetID), FromMe: m.FromMe, Sender: m.Sender},
		New:    &said,
	}
	m.NewRaw = m.Raw
}
