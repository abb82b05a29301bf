package convert

import (
	"encoding/json"
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/reflect/protoreflect"

	"wadah/session/message"
)

// businessReader reads what companies send and what is answered by pressing: text with a
// picture above and buttons below, in half a dozen shapes.
func businessReader(field protoreflect.Name) func(*reader, *waE2E.Message) message.Content {
	switch field {
	case "templateMessage":
		return func(r *reader, m *waE2E.Message) message.Content { return r.template(m.GetTemplateMessage()) }
	case "highlyStructuredMessage":
		return func(r *reader, m *waE2E.Message) message.Content { return r.structured(m.GetHighlyStructuredMessage()) }
	case "buttonsMessage":
		return func(r *reader, m *waE2E.Message) message.Content { return r.buttons(m.GetButtonsMessage()) }
	case "listMessage":
		return func(r *reader, m *waE2E.Message) message.Content { return r.list(m.GetListMessage()) }
	case "interactiveMessage":
		return func(r *reader, m *waE2E.Message) message.Content { return r.interactive(m.GetInteractiveMessage()) }
	case "templateButtonReplyMessage", "buttonsResponseMessage", "listResponseMessage", "interactiveResponseMessage":
		return (*reader).pressed
	}
	return nil
}

// card is a text with what stands above it.
func (r *reader) card(header *waE2E.Message, text ...string) message.Content {
	content := message.Content{Kind: message.KindText}
	if field := contentField(header); field != nil {
		content = r.field(header, field)
	}
	content.Text = r.lines(append([]string{content.Text}, text...)...)
	return content
}

// lines joins what is said, each thing in a paragraph of its own.
func (r *reader) lines(said ...string) string {
	kept := said[:0:0]
	for _, s := range said {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return r.words(strings.Join(kept, "\n\n"))
}

func (r *reader) choices(content *message.Content, list []message.Choice) {
	list, cut := firstN(list, message.MaxOptions)
	r.cut = r.cut || cut
	for _, c := range list {
		if c != (message.Choice{}) {
			content.Choices = append(content.Choices, c)
		}
	}
}

func choice(id, text, hint, url string) message.Choice {
	return message.Choice{ID: label(id), Text: label(text), Hint: label(hint), URL: link(url)}
}

func (r *reader) template(t *waE2E.TemplateMessage) message.Content {
	four := t.GetHydratedTemplate()
	if four == nil {
		four = t.GetHydratedFourRowTemplate()
	}
	if four == nil {
		if i := t.GetInteractiveMessageTemplate(); i != nil {
			return r.interactive(i)
		}
		return r.unfilled(t.GetFourRowTemplate())
	}
	header := &waE2E.Message{
		DocumentMessage: four.GetDocumentMessage(),
		ImageMessage:    four.GetImageMessage(),
		VideoMessage:    four.GetVideoMessage(),
		LocationMessage: four.GetLocationMessage(),
	}
	content := r.card(header, four.GetHydratedTitleText(), four.GetHydratedContentText(), four.GetHydratedFooterText())
	var list []message.Choice
	for _, b := range four.GetHydratedButtons() {
		switch {
		case b.GetQuickReplyButton() != nil:
			list = append(list, choice(b.GetQuickReplyButton().GetID(), b.GetQuickReplyButton().GetDisplayText(), "", ""))
		case b.GetUrlButton() != nil:
			list = append(list, choice("", b.GetUrlButton().GetDisplayText(), "", b.GetUrlButton().GetURL()))
		case b.GetCallButton() != nil:
			list = append(list, choice("", b.GetCallButton().GetDisplayText(), "", "tel:"+b.GetCallButton().GetPhoneNumber()))
		}
	}
	r.choices(&content, list)
	return content
}

// unfilled is a template that the phone would fill in by itself.
func (r *reader) unfilled(four *waE2E.TemplateMessage_FourRowTemplate) message.Content {
	return message.Content{Kind: message.KindUnknown, Note: "templateMessage", Text: r.lines(
		strings.Join(four.GetContent().GetParams(), "\n"), strings.Join(four.GetFooter().GetParams(), "\n"))}
}

func (r *reader) structured(s *waE2E.HighlyStructuredMessage) message.Content {
	if t := s.GetHydratedHsm(); t != nil {
		return r.template(t)
	}
	return message.Content{Kind: message.KindUnknown, Note: "highlyStructuredMessage", Text: r.words(strings.Join(s.GetParams(), "\n"))}
}

func (r *reader) buttons(b *waE2E.ButtonsMessage) message.Content {
	header := &waE2E.Message{
		DocumentMessage: b.GetDocumentMessage(),
		ImageMessage:    b.GetImageMessage(),
		VideoMessage:    b.GetVideoMessage(),
		LocationMessage: b.GetLocationMessage(),
	}
	content := r.card(header, b.GetText(), b.GetContentText(), b.GetFooterText())
	var list []message.Choice
	for _, one := range b.GetButtons() {
		list = append(list, choice(one.GetButtonID(), one.GetButtonText().GetDisplayText(), "", ""))
	}
	r.choices(&content, list)
	return content
}

func (r *reader) list(l *waE2E.ListMessage) message.Content {
	content := r.card(nil, l.GetTitle(), l.GetDescription(), l.GetFooterText())
	var list []message.Choice
	for _, section := range l.GetSections() {
		for _, row := range section.GetRows() {
			list = append(list, choice(row.GetRowID(), row.GetTitle(), row.GetDescription(), ""))
		}
	}
	r.choices(&content, list)
	return content
}

func (r *reader) interactive(i *waE2E.InteractiveMessage) message.Content {
	h := i.GetHeader()
	header := &waE2E.Message{
		DocumentMessage: h.GetDocumentMessage(),
		ImageMessage:    h.GetImageMessage(),
		VideoMessage:    h.GetVideoMessage(),
		LocationMessage: h.GetLocationMessage(),
		ProductMessage:  h.GetProductMessage(),
	}
	content := r.card(header, h.GetTitle(), h.GetSubtitle(), i.GetBody().GetText(), i.GetFooter().GetText())
	if content.Kind == message.KindUnknown {
		content.Kind, content.Note = message.KindText, ""
	}
	var list []message.Choice
	for _, b := range i.GetNativeFlowMessage().GetButtons() {
		list = append(list, nativeButton(b))
	}
	for _, c := range i.GetCarouselMessage().GetCards() {
		content.Text = r.lines(content.Text, c.GetHeader().GetTitle(), c.GetBody().GetText())
	}
	r.choices(&content, list)
	return content
}

// pressed is the answer to such a message.
func (r *reader) pressed(m *waE2E.Message) message.Content {
	var c message.Choice
	switch {
	case m.GetTemplateButtonReplyMessage() != nil:
		t := m.GetTemplateButtonReplyMessage()
		c = choice(t.GetSelectedID(), t.GetSelectedDisplayText(), "", "")
	case m.GetButtonsResponseMessage() != nil:
		b := m.GetButtonsResponseMessage()
		c = choice(b.GetSelectedButtonID(), b.GetSelectedDisplayText(), "", "")
	case m.GetListResponseMessage() != nil:
		l := m.GetListResponseMessage()
		c = choice(l.GetSingleSelectReply().GetSelectedRowID(), l.GetTitle(), l.GetDescription(), "")
	default:
		i := m.GetInteractiveResponseMessage()
		flow := i.GetNativeFlowResponseMessage()
		c = choice(flow.GetName(), i.GetBody().GetText(), "", "")
		if answer := nativeAnswer(flow.GetParamsJSON()); answer != "" {
			c.ID = label(answer)
		}
	}
	return message.Content{Kind: message.KindButton, Text: c.Text, Choices: []message.Choice{c}}
}

// nativeButton reads a button whose details are JSON inside the protobuf.
func nativeButton(b *waE2E.InteractiveMessage_NativeFlowMessage_NativeFlowButton) message.Choice {
	var params struct {
		ID    string `json:"id"`
		Text  string `json:"display_text"`
		Title string `json:"title"` // of a list
		URL   string `json:"url"`
		Phone string `json:"phone_number"`
		Code  string `json:"copy_code"`
	}
	if len(b.GetButtonParamsJSON()) <= message.MaxText {
		_ = json.Unmarshal([]byte(b.GetButtonParamsJSON()), &params) // what cannot be read stays empty
	}
	switch {
	case params.Text != "":
	case params.Title != "":
		params.Text = params.Title
	default:
		params.Text = b.GetName()
	}
	if params.Phone != "" && params.URL == "" {
		params.URL = "tel:" + params.Phone
	}
	return choice(params.ID, params.Text, params.Code, params.URL)
}

// nativeAnswer gives the id of what was chosen.
func nativeAnswer(params string) string {
	var answer struct {
		ID string `json:"id"`
	}
	if len(params) <= message.MaxText {
		_ = json.Unmarshal([]byte(params), &answer)
	}
	return answer.ID
}
