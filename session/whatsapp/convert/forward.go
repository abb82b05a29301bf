package convert

import (
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"wadah/session/message"
)

// passable reports whether what stands in a field may be passed on. What WhatsApp's
// clients do not pass on, we do not either.
func passable(field protoreflect.Name) bool {
	switch field {
	case "conversation", "extendedTextMessage", "imageMessage", "videoMessage", "ptvMessage", "audioMessage", "documentMessage",
		"stickerMessage", "locationMessage", "contactMessage", "contactsArrayMessage":
		return true
	}
	return false
}

// quotable reports whether what stands in a field can be shown above an answer: all but
// what says something about another message.
func quotable(field protoreflect.Name) bool {
	switch field {
	case "protocolMessage", "reactionMessage", "encReactionMessage", "pinInChatMessage", "keepInChatMessage", "pollUpdateMessage",
		"pollAddOptionMessage", "secretEncryptedMessage", "encCommentMessage", "encEventResponseMessage":
		return false
	}
	return true
}

// original is the stored message without its wrappers, and the field of its content; nil
// where there is none that may be used so. What was to be seen once is not shown again.
func (b *builder) original(allowed func(protoreflect.Name) bool) (*waE2E.Message, protoreflect.FieldDescriptor) {
	if len(b.out.Original) == 0 {
		return nil, nil
	}
	m, err := unmarshal(b.out.Original)
	if err != nil {
		return nil, nil
	}
	m, wrap := unwrap(m)
	field := contentField(m)
	if field == nil || wrap.viewOnce || !allowed(field.Name()) {
		return nil, nil
	}
	if once, ok := part(m, field).(interface{ GetViewOnce() bool }); ok && once.GetViewOnce() {
		return nil, nil
	}
	return m, field
}

func part(m *waE2E.Message, field protoreflect.FieldDescriptor) any {
	if field.Message() == nil {
		return nil
	}
	return m.ProtoReflect().Get(field).Message().Interface()
}

// bare is a message with that content alone: nothing beside it, neither quotes nor
// secrets, and nothing that was not understood.
func bare(m *waE2E.Message, field protoreflect.FieldDescriptor) *waE2E.Message {
	only := &waE2E.Message{}
	only.ProtoReflect().Set(field, m.ProtoReflect().Get(field))
	only = proto.CloneOf(only)
	trim(only.ProtoReflect(), 0, 0)
	setContext(only, field, nil)
	return only
}

// setContext gives the content of m that context.
func setContext(m *waE2E.Message, field protoreflect.FieldDescriptor, info *waE2E.ContextInfo) {
	if field.Message() == nil {
		return
	}
	content := m.ProtoReflect().Mutable(field).Message()
	content.SetUnknown(nil)
	context := content.Descriptor().Fields().ByName("contextInfo")
	switch {
	case context == nil:
	case info == nil:
		content.Clear(context)
	default:
		content.Set(context, protoreflect.ValueOfMessage(info.ProtoReflect()))
	}
}

// forward passes a message on. It is marked as forwarded and counted, unless it was the
// account's own and nobody else's before.
func (b *builder) forward() (*waE2E.Message, error) {
	m, field := b.original(passable)
	if field == nil {
		return nil, &message.Invalid{Field: "original", Problem: message.ProblemUnsendable}
	}
	score := forwardings(part(m, field))
	if !b.out.Forward.FromMe {
		score++
	}
	info := &waE2E.ContextInfo{}
	if score > 0 {
		info.IsForwarded, info.ForwardingScore = proto.Bool(true), proto.Uint32(score)
	}
	addTimer(info, b.out.Content)
	only := bare(m, field)
	if only.Conversation != nil { // has no place for what stands beside it
		only = &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: only.Conversation}}
		field = contentField(only)
	}
	if proto.Size(info) > 0 {
		setContext(only, field, info)
	}
	if d := only.DocumentMessage; d.GetCaption() != "" {
		only = captioned(d)
	}
	return only, nil
}

// maxForwardings is where WhatsApp's clients stop counting.
const maxForwardings = 127

func forwardings(content any) uint32 {
	c, ok := content.(contextual)
	if !ok {
		return 0
	}
	return min(c.GetContextInfo().GetForwardingScore(), maxForwardings-1)
}
