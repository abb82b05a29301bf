package api

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"

	"wadah/handlers/number"
	"wadah/handlers/web"
	"wadah/session/message"
)

// What the calls that send take, each for itself.
var (
	toPhone = &parameter{name: "phone", also: []string{"number", "to"}, kind: kindPerson}
	toGroup = &parameter{name: "id_group", kind: kindGroup}

	textMessage = &parameter{name: "message", also: []string{"text"}, kind: kindExact, to: message.MaxText, missing: needed("the text as message")}

	placeLatitude  = &parameter{name: "latitude", also: []string{"lat"}, kind: kindReal, from: -90, to: 90, missing: needed("the latitude in degrees as latitude, for example latitude=-6.2")}
	placeLongitude = &parameter{name: "longitude", also: []string{"lng", "long"}, kind: kindReal, from: -180, to: 180, missing: needed("the longitude in degrees as longitude, for example longitude=106.8")}
	placeName      = &parameter{name: "name", kind: kindExact, to: message.MaxName}
	placeAddress   = &parameter{name: "address", kind: kindExact, to: message.MaxLabel}

	cardName    = &parameter{name: "name", kind: kindExact, to: message.MaxName}
	cardNumbers = &parameter{name: "contact", kind: kindList, to: message.MaxNumbers}
	cardVCard   = &parameter{name: "vcard", kind: kindExact, to: message.MaxVCard}

	pollQuestion = &parameter{name: "question", kind: kindExact, to: message.MaxPollQuestion, missing: needed("what is asked as question")}
	pollOptions  = &parameter{name: "options", kind: kindList, to: message.MaxPollOptions, missing: needed("2 to 12 answers to choose from as options")}
	pollMost     = &parameter{name: "most", kind: kindWhole, from: 0, to: message.MaxPollOptions}

	targetID  = &parameter{name: "id_message", kind: kindWord, to: message.MaxID, missing: needed("the message's ID as id_message")}
	emoji     = &parameter{name: "reaction", also: []string{"emoji"}, kind: kindText, to: message.MaxEmoji}
	bodyText  = &parameter{name: "body_message", kind: kindExact, to: message.MaxText, missing: needed("the text as body_message")}
	footer    = &parameter{name: "footer", kind: kindExact, to: message.MaxLabel}
	template  = &parameter{name: "template", kind: kindExact, to: 16 << 10}
	fileURL   = &parameter{name: "url_file", kind: kindText, to: message.MaxURL}
	toAnybody = []*parameter{toPhone, toGroup}
)

var errNoRecipient = needed("the recipient as phone, or a group as id_group")

// groupAddress is WhatsApp's address of a group.
var groupAddress = regexp.MustCompile(`(?i)^([0-9]{5,25}(?:-[0-9]{5,15})?)(?:@g\.us)?$`)

// recipient is the chat that a call names.
func (s *Calls) recipient(ctx context.Context, call deviceCall, phone, group *parameter) (message.Chat, query, error) {
	switch {
	case call.in.has(phone):
		return message.ChatAt(call.in.text(phone)), query{To: call.in.text(phone)}, nil
	case call.in.has(group):
		jid, err := s.groupOf(ctx, call, group)
		return message.ChatAt(jid), query{To: jid}, err
	}
	return message.Chat{}, query{}, errNoRecipient
}

func (s *Calls) composeText(ctx context.Context, call deviceCall) (message.Outgoing, query, error) {
	to, asked, err := s.recipient(ctx, call, sendPhone, sendGroup)
	asked.Message = call.in.text(textMessage)
	return message.Outgoing{To: to, Content: message.Content{Kind: message.KindText, Text: asked.Message}}, asked, err
}

func (s *Calls) composeLocation(ctx context.Context, call deviceCall) (message.Outgoing, query, error) {
	to, asked, err := s.recipient(ctx, call, toPhone, toGroup)
	return message.Outgoing{To: to, Content: message.Content{Kind: message.KindLocation, Location: &message.Location{
		Latitude: call.in.real(placeLatitude), Longitude: call.in.real(placeLongitude),
		Name: call.in.text(placeName), Address: call.in.text(placeAddress),
	}}}, asked, err
}

func (s *Calls) composeContact(ctx context.Context, call deviceCall) (message.Outgoing, query, error) {
	to, asked, err := s.recipient(ctx, call, toPhone, toGroup)
	if err != nil {
		return message.Outgoing{}, asked, err
	}
	card := message.Contact{Name: call.in.text(cardName), VCard: call.in.text(cardVCard)}
	for _, text := range call.in.list(cardNumbers) {
		digits, ok := number.Parse(text, s.region)
		if !ok {
			return message.Outgoing{}, asked, (&parameter{name: cardNumbers.name, kind: kindNumber}).refusal()
		}
		card.Numbers = append(card.Numbers, digits)
	}
	if card.VCard == "" && (card.Name == "" || len(card.Numbers) == 0) {
		return message.Outgoing{}, asked, needed("the card's name as name and its numbers as contact, or a whole card as vcard")
	}
	return message.Outgoing{To: to, Content: message.Content{Kind: message.KindContact, Contacts: []message.Contact{card}}}, asked, nil
}

func (s *Calls) composePoll(ctx context.Context, call deviceCall) (message.Outgoing, query, error) {
	to, asked, err := s.recipient(ctx, call, toPhone, toGroup)
	return message.Outgoing{To: to, Content: message.Content{Kind: message.KindPoll, Poll: &message.Poll{
		Question: call.in.text(pollQuestion), Options: call.in.list(pollOptions), Most: call.in.whole(pollMost, 1),
	}}}, asked, err
}

// composeReaction sets a reaction, or takes it back when none is given.
func (s *Calls) composeReaction(ctx context.Context, call deviceCall) (message.Outgoing, query, error) {
	out, asked, err := s.about(ctx, call, message.KindReaction)
	out.Content.Emoji = call.in.text(emoji)
	return out, asked, err
}

func (s *Calls) composeRevoke(ctx context.Context, call deviceCall) (message.Outgoing, query, error) {
	return s.about(ctx, call, message.KindRevoke)
}

// about makes a message about another one, in the chat of that.
func (s *Calls) about(ctx context.Context, call deviceCall, kind message.Kind) (message.Outgoing, query, error) {
	row, _, err := s.known(ctx, call, call.in.text(targetID))
	if err != nil {
		return message.Outgoing{}, query{}, err
	}
	to, ref := message.OfChat(row.Chat), refOf(row)
	return message.Outgoing{To: to, Content: message.Content{Kind: kind, Target: &ref}}, query{To: to.Key()}, nil
}

// editWindow is for how long WhatsApp takes changes of a message (whatsmeow send.go,
// EditWindow).
const editWindow = 20 * time.Minute

var errEditOver = &web.Failure{
	Status: http.StatusConflict, Code: "edit_window_over",
	Message: "A message can be changed for 20 minutes. This one is older.",
}

func (s *Calls) composeEdit(ctx context.Context, call deviceCall) (message.Outgoing, query, error) {
	row, record, err := s.known(ctx, call, call.in.text(targetID))
	if err != nil {
		return message.Outgoing{}, query{}, err
	}
	if row.FromMe && time.Since(row.At) > editWindow {
		return message.Outgoing{}, query{}, errEditOver
	}
	to, ref := message.OfChat(row.Chat), refOf(row)
	return message.Outgoing{To: to, Original: record.Raw, Content: message.Content{
		Kind: message.KindEdit, Target: &ref, New: &message.Content{Kind: record.Content.Kind, Text: call.in.text(textMessage)},
	}}, query{To: to.Key(), Message: call.in.text(textMessage)}, nil
}

func (s *Calls) composeForward(ctx context.Context, call deviceCall) (message.Outgoing, query, error) {
	to, asked, err := s.recipient(ctx, call, toPhone, toGroup)
	if err != nil {
		return message.Outgoing{}, asked, err
	}
	row, record, err := s.known(ctx, call, call.in.text(targetID))
	if err != nil {
		return message.Outgoing{}, asked, err
	}
	ref, content := refOf(row), record.Content
	content.Quote, content.Mentions, content.Forwarded = nil, nil, true
	return message.Outgoing{To: to, Forward: &ref, Original: record.Raw, Content: content}, asked, nil
}

// composeTemplate sends what was a message with buttons, which WhatsApp does not show any
// more, as a text with the buttons' words and addresses below.
func (s *Calls) composeTemplate(ctx context.Context, call deviceCall) (message.Outgoing, query, error) {
	to, asked, err := s.recipient(ctx, call, sendPhone, sendGroup)
	lines := []string{call.in.text(bodyText)}
	for _, line := range templateLines(call.in.text(template)) {
		lines = append(lines, "", line)
	}
	for _, p := range []*parameter{fileURL, footer} {
		if text := call.in.text(p); text != "" {
			lines = append(lines, "", text)
		}
	}
	asked.Message, asked.SentAs = strings.Join(lines, "\n"), "text"
	return message.Outgoing{To: to, Content: message.Content{Kind: message.KindText, Text: asked.Message}}, asked, err
}

// templateLines are the buttons of a template as text; what is no list of them is left out.
func templateLines(template string) (lines []string) {
	type button struct {
		Text  string `json:"displayText"`
		URL   string `json:"url"`
		Phone string `json:"phoneNumber"`
	}
	var list []map[string]json.RawMessage
	if json.Unmarshal([]byte(template), &list) != nil {
		return nil
	}
	for _, entry := range list {
		for _, kind := range []string{"urlButton", "callButton", "quickReplyButton"} {
			var b button
			if json.Unmarshal(entry[kind], &b) != nil || b.Text == "" {
				continue
			}
			lines = append(lines, strings.TrimSuffix(b.Text+": "+b.URL+b.Phone, ": "))
		}
	}
	return lines
}
