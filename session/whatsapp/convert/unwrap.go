package convert

import (
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/reflect/protoreflect"

	"wadah/session/message"
)

// wrapping is what the wrappers around a message said.
type wrapping struct {
	viewOnce bool
	note     string
	context  *waE2E.MessageContextInfo // may stand on any of them
}

// maxWraps is how many wrappers are taken off. WhatsApp uses up to three; one that is
// still there then is the content, of unknown kind.
const maxWraps = 16

var futureProof = (&waE2E.FutureProofMessage{}).ProtoReflect().Descriptor().FullName()

// unwrap takes off what only says how a message is to be treated: that it is seen once,
// disappears, belongs to another one. New wrappers need no change here.
func unwrap(m *waE2E.Message) (*waE2E.Message, wrapping) {
	var w wrapping
	for range maxWraps {
		if info := m.GetMessageContextInfo(); info != nil {
			w.context = info
		}
		name, inner := wrapped(m)
		if inner == nil {
			break
		}
		switch name {
		case "viewOnceMessage", "viewOnceMessageV2", "viewOnceMessageV2Extension":
			w.viewOnce = true
		case "groupStatusMessage", "groupStatusMessageV2":
			w.note = message.NoteStory
		}
		m = inner
	}
	return m, w
}

// wrapped gives the message inside m and the name of the wrapper, or nil.
func wrapped(m *waE2E.Message) (name protoreflect.Name, inner *waE2E.Message) {
	if m == nil {
		return "", nil
	}
	if inner = m.GetDeviceSentMessage().GetMessage(); inner != nil {
		return "deviceSentMessage", inner
	}
	m.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Message() == nil || field.Message().FullName() != futureProof {
			return true
		}
		wrapper, _ := value.Message().Interface().(*waE2E.FutureProofMessage)
		if wrapper.GetMessage() != nil {
			name, inner = field.Name(), wrapper.GetMessage()
		}
		return inner == nil
	})
	return name, inner
}
