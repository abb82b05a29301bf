package convert

import (
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"wadah/session/message"
)

// keep gives the protobuf that is stored of a message: without previews, which are ten
// times as long as all the rest, without keys, and without quotes in quotes. It is nil
// where even that is longer than MaxRaw.
func keep(m *waE2E.Message) []byte {
	info := m.GetMessageContextInfo()
	if inner := m.GetDeviceSentMessage().GetMessage(); inner != nil {
		m = inner
	}
	kept := proto.CloneOf(m)
	if kept == nil {
		return nil
	}
	if kept.MessageContextInfo == nil {
		kept.MessageContextInfo = proto.CloneOf(info)
	}
	kept.SenderKeyDistributionMessage = nil
	kept.FastRatchetKeySenderKeyDistributionMessage = nil
	trim(kept.ProtoReflect(), 0, 0)
	raw, err := marshal(kept)
	if err != nil || len(raw) > message.MaxRaw {
		return nil
	}
	return raw
}

// marshal writes the same bytes for the same message. Strangers may leave out what the
// schema calls required.
func marshal(m proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true, AllowPartial: true}.Marshal(m)
}

func unmarshal(raw []byte) (*waE2E.Message, error) {
	m := &waE2E.Message{}
	err := proto.UnmarshalOptions{AllowPartial: true, RecursionLimit: 4 * maxNesting}.Unmarshal(raw, m)
	return m, err
}

// maxNesting is how deep parts of a message may stand in each other. WhatsApp's own go
// to about ten.
const maxNesting = 64

// trim takes previews, quotes in quotes and what is nested too deep out of m.
func trim(m protoreflect.Message, depth, quotes int) {
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		quoted := quotes
		if field.Name() == "quotedMessage" {
			quoted++
		}
		switch {
		case isPreview(field), quoted > 1, depth >= maxNesting && field.Message() != nil:
			m.Clear(field)
		case field.Message() == nil || field.IsMap():
		case field.IsList():
			for i := range value.List().Len() {
				trim(value.List().Get(i).Message(), depth+1, quoted)
			}
		default:
			trim(value.Message(), depth+1, quoted)
		}
		return true
	})
}

// isPreview reports whether a field holds a small picture, or what is needed to show a
// film or picture before all of it is there.
func isPreview(field protoreflect.FieldDescriptor) bool {
	if field.Kind() != protoreflect.BytesKind {
		return false
	}
	name := strings.ToLower(string(field.Name()))
	return strings.Contains(name, "thumb") && !strings.Contains(name, "sha256") && !strings.Contains(name, "hash") ||
		strings.HasSuffix(name, "sidecar")
}
