package convert

import (
	"context"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/message"
)

// sealed is what is encrypted with the secret of an earlier message.
type sealed interface {
	GetEncIV() []byte
	GetEncPayload() []byte
}

// open decrypts what m holds, or gives nil. The library panics where the nonce has not
// 12 bytes, and senders choose it.
func open[T any](r *reader, s sealed, m *waE2E.Message, with func(Opener, context.Context, *events.Message) (*T, error)) (opened *T) {
	if r.Open == nil || r.depth > 0 || len(s.GetEncIV()) != 12 {
		return nil
	}
	evt := *r.evt
	evt.Message = m
	opened, err := with(r.Open, r.ctx, &evt)
	if err != nil {
		return nil
	}
	return opened
}

// comment is an answer in a community's announcements.
func (r *reader) comment(m *waE2E.Message) message.Content {
	c := m.GetCommentMessage()
	content, ok := r.inner(c.GetMessage())
	if !ok {
		content = message.Content{Kind: message.KindUnknown, Note: "commentMessage"}
	}
	r.answer(&content, r.target(&r.evt.Info, c.GetTargetMessageKey()))
	return content
}

func (r *reader) sealedComment(m *waE2E.Message) message.Content {
	e := m.GetEncCommentMessage()
	content := message.Content{Kind: message.KindUnknown, Note: "encCommentMessage", Sealed: true}
	if said := open(r, e, m, Opener.DecryptComment); said != nil {
		if inner, ok := r.inner(said); ok {
			content, r.opened = inner, said
		}
	}
	r.answer(&content, r.target(&r.evt.Info, e.GetTargetMessageKey()))
	return content
}

func (r *reader) answer(content *message.Content, to *message.Ref) {
	if to != nil {
		content.Quote = &message.Quote{Ref: *to}
	}
}

// sealedEdit is an edit as newer clients send it.
func (r *reader) sealedEdit(m *waE2E.Message) message.Content {
	e := m.GetSecretEncryptedMessage()
	content := message.Content{Kind: message.KindEdit, Target: r.own(&r.evt.Info, e.GetTargetMessageKey()), Sealed: true}
	switch e.GetSecretEncType() {
	case waE2E.SecretEncryptedMessage_MESSAGE_EDIT, waE2E.SecretEncryptedMessage_EVENT_EDIT, waE2E.SecretEncryptedMessage_POLL_EDIT:
	case waE2E.SecretEncryptedMessage_POLL_ADD_OPTION, waE2E.SecretEncryptedMessage_MESSAGE_SCHEDULE, waE2E.SecretEncryptedMessage_UNKNOWN:
		fallthrough
	default:
		// Anybody may add an option to a poll; of the others nothing is known.
		content.Kind, content.Note = message.KindUnknown, "secretEncryptedMessage"
		content.Target = r.target(&r.evt.Info, e.GetTargetMessageKey())
	}
	said := open(r, e, m, Opener.DecryptSecretEncryptedMessage)
	if said == nil {
		return content
	}
	changed, ok := r.inner(said)
	if !ok {
		return content
	}
	r.opened = said
	if content.Kind != message.KindEdit {
		return changed
	}
	if changed.Kind == message.KindEdit && changed.New != nil {
		changed = *changed.New
	}
	content.Sealed, content.New = false, &changed
	return content
}
