package convert

import (
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
)

// words keeps a text and notes whether it was cut.
func (r *reader) words(s string) string {
	s, cut := text(s, message.MaxText)
	r.cut = r.cut || cut
	return s
}

func (r *reader) text(m *waE2E.Message) message.Content {
	said := m.GetConversation()
	if e := m.GetExtendedTextMessage(); e != nil && said == "" {
		return message.Content{Kind: message.KindText, Text: r.words(e.GetText()), ViewOnce: e.GetViewOnce()}
	}
	return message.Content{Kind: message.KindText, Text: r.words(said)}
}

// sendText makes a text. It has no preview of links: making one would fetch addresses
// that strangers choose.
func (b *builder) sendText(content message.Content, info *waE2E.ContextInfo) *waE2E.Message {
	said := b.calling(content)
	if info == nil {
		return &waE2E.Message{Conversation: proto.String(said)}
	}
	return &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String(said), ContextInfo: info}}
}

// calling writes "@" and the address for who is mentioned, in the form that clients look
// for there: programs mostly know numbers, groups mostly LIDs.
func (b *builder) calling(content message.Content) string {
	said := content.Text
	for _, who := range content.Mentions {
		used, _, _ := strings.Cut(who.In(b.addressing()), "@")
		for _, known := range []string{who.LID, who.PN} {
			user, _, _ := strings.Cut(known, "@")
			if used != "" && user != "" && user != used {
				said = replaceMention(said, user, used)
			}
		}
	}
	return said
}

// replaceMention replaces "@user" where no further digit follows.
func replaceMention(said, user, with string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(said, "@"+user)
		b.WriteString(before)
		switch {
		case !found:
			return b.String()
		case after != "" && after[0] >= '0' && after[0] <= '9':
			b.WriteString("@" + user)
		default:
			b.WriteString("@" + with)
		}
		said = after
	}
}
