package convert

import (
	"strconv"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/reflect/protoreflect"

	"wadah/session/message"
)

// noteReader reads kinds that have no shape of their own here but of which more can be
// said than their name.
func noteReader(field protoreflect.Name) func(*reader, *waE2E.Message) message.Content {
	switch field {
	case "callLogMesssage": // WhatsApp's spelling
		return (*reader).callLog
	case "placeholderMessage":
		return (*reader).placeholder
	case "requestPhoneNumberMessage":
		return func(*reader, *waE2E.Message) message.Content {
			return message.Content{Kind: message.KindSystem, Note: message.NoteNumberAsked}
		}
	case "orderMessage":
		return (*reader).order
	case "productMessage":
		return (*reader).product
	case "eventMessage":
		return (*reader).event
	case "sendPaymentMessage", "requestPaymentMessage":
		return (*reader).payment
	case "richResponseMessage":
		return (*reader).richResponse
	case "groupInviteMessage":
		return (*reader).groupInvite
	}
	return nil
}

// unknown says of a kind that is not read what can be said: WhatsApp's name of it, the
// texts it holds, and the message it is about.
func (r *reader) unknown(m *waE2E.Message, field protoreflect.FieldDescriptor) message.Content {
	content := message.Content{Kind: message.KindUnknown, Note: string(field.Name())}
	if field.Message() == nil {
		return content
	}
	part := m.ProtoReflect().Get(field).Message()
	var said []string
	for _, name := range []protoreflect.Name{
		"title", "eventTitle", "name", "groupName", "newsletterName", "text", "message", "body", "caption", "description", "note",
	} {
		f := part.Descriptor().Fields().ByName(name)
		if f != nil && f.Kind() == protoreflect.StringKind && !f.IsList() {
			said = append(said, part.Get(f).String())
		}
	}
	content.Text = r.lines(said...)
	content.Target = r.target(&r.evt.Info, keyIn(part))
	return content
}

// keyIn is the first key of a message in part, or nil.
func keyIn(part protoreflect.Message) (key *waCommon.MessageKey) {
	fields := part.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Message() == nil || f.IsList() || !part.Has(f) {
			continue
		}
		if key, ok := part.Get(f).Message().Interface().(*waCommon.MessageKey); ok {
			return key
		}
	}
	return nil
}

func (r *reader) callLog(m *waE2E.Message) message.Content {
	c := m.GetCallLogMesssage()
	note := message.NoteCall
	if c.GetIsVideo() {
		note = message.NoteVideoCall
	}
	return message.Content{Kind: message.KindSystem, Note: note + strings.ToLower(c.GetCallOutcome().String())}
}

func (r *reader) placeholder(*waE2E.Message) message.Content {
	return message.Content{Kind: message.KindSystem, Note: message.NoteMasked}
}

func (r *reader) order(m *waE2E.Message) message.Content {
	o := m.GetOrderMessage()
	return message.Content{Kind: message.KindUnknown, Note: "orderMessage", Text: r.lines(
		o.GetOrderTitle(), o.GetMessage(), amount(o.GetTotalAmount1000(), o.GetTotalCurrencyCode()))}
}

func (r *reader) product(m *waE2E.Message) message.Content {
	p := m.GetProductMessage()
	return message.Content{Kind: message.KindUnknown, Note: "productMessage", Text: r.lines(
		p.GetProduct().GetTitle(), p.GetProduct().GetDescription(),
		amount(p.GetProduct().GetPriceAmount1000(), p.GetProduct().GetCurrencyCode()),
		p.GetCatalog().GetTitle(), p.GetBody(), p.GetFooter())}
}

// amount writes thousandths of a currency ("IDR 15000").
func amount(thousandths int64, currency string) string {
	if thousandths <= 0 {
		return ""
	}
	return strings.TrimSpace(name(currency) + " " + strconv.FormatFloat(float64(thousandths)/1000, 'f', -1, 64))
}

func (r *reader) event(m *waE2E.Message) message.Content {
	e := m.GetEventMessage()
	content := message.Content{Kind: message.KindUnknown, Note: "eventMessage"}
	var when string
	if at := unixTime(e.GetStartTime()); !at.IsZero() {
		when = at.Format(time.RFC3339)
	}
	content.Text = r.lines(e.GetName(), when, e.GetDescription(), link(e.GetJoinLink()))
	if l := e.GetLocation(); l != nil {
		content.Location = place(l)
	}
	return content
}

func (r *reader) payment(m *waE2E.Message) message.Content {
	content := message.Content{Kind: message.KindUnknown, Note: "sendPaymentMessage"}
	note, sum := m.GetSendPaymentMessage().GetNoteMessage(), ""
	if p := m.GetRequestPaymentMessage(); p != nil {
		content.Note, note = "requestPaymentMessage", p.GetNoteMessage()
		sum = amount(within(p.GetAmount1000(), 1<<62), p.GetCurrencyCodeIso4217())
	}
	if said, ok := r.inner(note); ok {
		content.Text = said.Text
	}
	content.Text = r.lines(content.Text, sum)
	return content
}

// richResponse is what WhatsApp's own assistant answers.
func (r *reader) richResponse(m *waE2E.Message) message.Content {
	parts, cut := firstN(m.GetRichResponseMessage().GetSubmessages(), message.MaxOptions)
	r.cut = r.cut || cut
	said := make([]string, 0, len(parts))
	for _, part := range parts {
		said = append(said, part.GetMessageText())
	}
	return message.Content{Kind: message.KindText, Text: r.lines(said...)}
}

func (r *reader) groupInvite(m *waE2E.Message) message.Content {
	g := m.GetGroupInviteMessage()
	return message.Content{Kind: message.KindUnknown, Note: "groupInviteMessage", Text: r.lines(name(g.GetGroupName()), g.GetCaption())}
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
