package webhook

import (
	"encoding/json"
	"slices"

	"wadah/models"
	"wadah/session/message"
)

// The types of the product family's bodies.
const (
	whapiReady        = "ready"
	whapiChangeState  = "change_state"
	whapiDisconnected = "disconnected"
	whapiMessage      = "message"
	whapiAck          = "message_ack"
	whapiAckBrowser   = "message_ack_browser"
	whapiMedia        = "media"
	whapiStories      = "stories"
	whapiPoll         = "poll_update"
	whapiJoin         = "group_join"
	whapiLeave        = "group_leave"
	whapiUpdate       = "group_update"
	whapiSchedule     = "schedule"
)

// EventSchedule is the event of a scheduled message that was sent.
const EventSchedule = "schedule"

// whapiSources are the family's types, and the events that they are made from.
var whapiSources = map[string][]string{
	whapiReady: {models.EventState}, whapiChangeState: {models.EventState}, whapiDisconnected: {models.EventState},
	whapiMessage: {message.EventMessage, message.EventFilled, message.EventReaction},
	whapiMedia:   {message.EventMessage, message.EventFilled}, whapiStories: {message.EventMessage, message.EventFilled},
	whapiAck: {message.EventStatus}, whapiAckBrowser: {message.EventStatus}, whapiPoll: {message.EventVote},
	whapiJoin: {message.EventGroup}, whapiLeave: {message.EventGroup}, whapiUpdate: {message.EventGroup},
	whapiSchedule: {EventSchedule},
}

type whapiEnvelope struct {
	Type    string `json:"type"`
	Results any    `json:"results"`
}

// whapi are the bodies that the product family posts of an event. Fields of our own stand at
// the end of each, where its receivers do not look.
func whapi(to models.EndpointChoices, about About, e models.Event) (bodies []Body, err error) {
	add := func(kind string, results any) {
		if err != nil || !wants(to, kind) {
			return
		}
		var text []byte
		id := e.ID
		if len(bodies) > 0 {
			id += "-" + kind // one event, several bodies
		}
		text, err = json.Marshal(whapiEnvelope{kind, results})
		bodies = append(bodies, Body{id, kind, text})
	}
	switch e.Type {
	case models.EventState:
		if err := whapiState(e, about, add); err != nil {
			return nil, err
		}
	case message.EventMessage, message.EventFilled, message.EventReaction, message.EventVote:
		if err := whapiSaid(e, about, add); err != nil {
			return nil, err
		}
	case message.EventStatus:
		var news message.StatusNews
		if err := unpack(e, &news); err != nil {
			return nil, err
		}
		if level, told := whapiLevels[news.Status]; told {
			ack := whapiAckNews{APIKey: about.name()}
			ack.Ack.ID, ack.Ack.Ack = e.WAID, level
			ack.Error = news.Error
			add(whapiAck, ack)
			add(whapiAckBrowser, ack)
		}
	case message.EventGroup:
		if err := whapiGroup(e, about, add); err != nil {
			return nil, err
		}
	case EventSchedule:
		fields := map[string]any{}
		if err := unpack(e, &fields); err != nil {
			return nil, err
		}
		fields["apiKey"] = about.name()
		add(whapiSchedule, fields)
	}
	return bodies, err
}

// wants reports whether an endpoint wants the family's bodies of this type. The status that
// WhatsApp Web sees is the same as that of the device, and posted only where it is named.
func wants(to models.EndpointChoices, kind string) bool {
	if kind == whapiMedia && !to.Files {
		return false
	}
	if len(to.Kinds) == 0 {
		return kind != whapiAckBrowser
	}
	return slices.Contains(to.Kinds, kind)
}

// unpack reads the body of an event; one that is not kept any more says nothing.
func unpack(e models.Event, into any) error {
	if e.Body == nil {
		return nil
	}
	return json.Unmarshal(e.Body, into)
}

func whapiState(e models.Event, about About, add func(string, any)) error {
	var news struct{ State, From, Reason string }
	if err := unpack(e, &news); err != nil {
		return err
	}
	if news.State == "" {
		return nil
	}
	if news.State != news.From {
		add(whapiChangeState, struct {
			APIKey string `json:"apiKey"`
			State  string `json:"state"`
		}{about.name(), news.State})
	}
	const connected, pairing, loggedOut = "CONNECTED", "PAIRING", "logged_out"
	switch {
	case news.State == connected && news.From != connected:
		add(whapiReady, struct {
			APIKey  string `json:"apiKey"`
			Message string `json:"message"`
		}{about.name(), "Device connected successfully"})
	case news.State != connected && (news.From == connected || news.Reason == loggedOut):
		reason := news.Reason
		if reason == loggedOut {
			reason = "connection_logout"
		}
		add(whapiDisconnected, struct {
			APIKey    string `json:"apiKey"`
			State     string `json:"state"`
			Reason    string `json:"reason"`
			Reconnect bool   `json:"reconnect"`
		}{about.name(), news.State, reason, news.State == pairing || news.Reason == "network"})
	}
	return nil
}

// whapiLevels are the family's numbers of what became of a message.
var whapiLevels = map[message.Status]int{
	message.StatusFailed: 0, message.StatusSent: 2, message.StatusDelivered: 3, message.StatusRead: 4, message.StatusPlayed: 5,
}

type whapiAckNews struct {
	APIKey string `json:"apiKey"`
	Ack    struct {
		ID  string `json:"id"`
		Ack int    `json:"ack"`
	} `json:"ack"`
	Error string `json:"error,omitempty"`
}

func whapiGroup(e models.Event, about About, add func(string, any)) error {
	var news message.GroupNews
	if err := unpack(e, &news); err != nil || e.Chat == nil {
		return err
	}
	group := e.Chat.JID
	type members struct {
		ID           string   `json:"id"`
		Participants []string `json:"participants"`
		Action       string   `json:"action"`
	}
	people := func(action string) members {
		m := members{group, []string{}, action}
		for _, p := range news.Members {
			m.Participants = append(m.Participants, p.In(message.AddressingPN))
		}
		return m
	}
	update := func(field string, value any) {
		add(whapiUpdate, struct {
			APIKey string           `json:"apiKey"`
			Update []map[string]any `json:"update"`
		}{about.name(), []map[string]any{{"id": group, field: value}}})
	}
	switch news.Action {
	case message.GroupJoined:
		add(whapiJoin, struct {
			APIKey string  `json:"apiKey"`
			Join   members `json:"join"`
		}{about.name(), people("add")})
	case message.GroupLeft:
		add(whapiLeave, struct {
			APIKey string  `json:"apiKey"`
			Leave  members `json:"leave"`
		}{about.name(), people("remove")})
	case message.GroupSubject:
		update("subject", news.Value)
	case message.GroupAnnounce:
		update("announce", news.Value == "true")
	case message.GroupLocked:
		update("restrict", news.Value == "true")
	default: // nothing that the family tells
	}
	return nil
}

type whapiKey struct {
	RemoteJID   string `json:"remoteJid"`
	FromMe      bool   `json:"fromMe"`
	ID          string `json:"id"`
	Participant string `json:"participant,omitempty"` // who wrote it, in groups
	SenderLID   string `json:"senderLid,omitempty"`
	SenderPN    string `json:"senderPn,omitempty"`
}

// whapiWords are the results of a message: as the family's library has it, and then flat.
type whapiWords struct {
	Key       whapiKey       `json:"key"`
	Timestamp int64          `json:"messageTimestamp"`
	PushName  string         `json:"pushName"`
	Broadcast bool           `json:"broadcast"`
	Status    *int           `json:"status,omitempty"` // of what was sent through the API, as the next ten
	Message   map[string]any `json:"message"`
	*whapiSent

	APIKey      string       `json:"apiKey"`
	T           int64        `json:"t"`
	ID          string       `json:"id"`
	From        string       `json:"from"`
	FromMe      bool         `json:"fromMe"`
	ChatID      string       `json:"chatId"`
	IsGroup     bool         `json:"isGroupMsg"`
	IsStories   bool         `json:"isStories"`
	Sender      string       `json:"sender"`
	FlatName    string       `json:"pushname"`
	FlatTime    int64        `json:"timestamp"`
	Body        string       `json:"body"`
	IsMedia     bool         `json:"isMedia"`
	QuotedMsg   *whapiQuoted `json:"quotedMsg"`
	MIME        string       `json:"mimetype,omitempty"`
	Base64      *string      `json:"base64_file,omitempty"`
	FileName    string       `json:"filename,omitempty"`
	Votes       []string     `json:"votes,omitempty"`
	PollID      string       `json:"pollId,omitempty"`
	SenderPhone string       `json:"phone,omitempty"` // ours: the number where it is known
	Source      string       `json:"source,omitempty"`
}

type whapiSent struct {
	Stub     []any `json:"messageStubParameters"`
	Labels   []any `json:"labels"`
	Receipt  []any `json:"userReceipt"`
	Reacts   []any `json:"reactions"`
	Polls    []any `json:"pollUpdates"`
	Events   []any `json:"eventResponses"`
	Mentions []any `json:"statusMentions"`
	AddOns   []any `json:"messageAddOns"`
	Sources  []any `json:"statusMentionSources"`
	AI       []any `json:"supportAiCitations"`
}

type whapiQuoted struct {
	ID          string `json:"id"`
	Participant string `json:"participant"`
	Body        string `json:"body"`
	FromMe      bool   `json:"fromMe"`
}

// whapiSaid tells a message, a reaction or a vote. Of a message that cannot be read nothing
// is told: its content comes as a message of its own.
func whapiSaid(e models.Event, about About, add func(string, any)) error {
	record, err := message.DecodeRecord(e.Body)
	if err != nil || e.Chat == nil || e.Body == nil || record.Lacking != "" || record.Revoked {
		return err
	}
	content := record.Content
	chat, fromMe := message.OfChat(*e.Chat), e.Sender.ID == ""
	sender := message.PartyOfStored(e.Sender.Person)
	words := whapiWords{
		Key:       whapiKey{RemoteJID: whapiChat(*e.Chat), FromMe: fromMe, ID: e.WAID},
		Timestamp: e.At.Unix(), PushName: e.Sender.PushName, Message: whapiContent(content, about),
		APIKey: about.name(), FromMe: fromMe, Body: whapiText(content), Source: record.Source,
		IsGroup: e.Chat.Kind == "group", IsStories: chat.JID == message.StatusChat, IsMedia: content.Media != nil,
	}
	switch {
	case fromMe:
		words.Sender = about.Own
	default:
		words.Sender = sender.In(message.AddressingPN)
		words.Key.SenderLID, words.Key.SenderPN, words.SenderPhone = sender.LID, sender.PN, sender.Number()
	}
	words.Broadcast = words.IsStories
	words.From = words.Key.RemoteJID
	if words.IsGroup || words.IsStories {
		words.Key.Participant = words.Sender
	} else if fromMe {
		words.From = about.Own
	}
	words.T, words.FlatTime, words.FlatName = words.Timestamp, words.Timestamp, words.PushName
	words.ID, words.ChatID = e.WAID, words.Key.RemoteJID
	if record.Source == message.SourceAPI {
		words.Status = new(2)
		none := []any{}
		words.whapiSent = &whapiSent{none, none, none, none, none, none, none, none, none, none}
	}
	if q := content.Quote; q != nil {
		words.QuotedMsg = &whapiQuoted{q.ID, whapiAuthor(q.Ref, about), q.Text, q.FromMe}
	}
	kind := whapiMessage
	switch {
	case e.Type == message.EventVote:
		kind = whapiPoll
		words.Votes = content.Chosen
		if words.Votes == nil {
			words.Votes = content.Votes
		}
		if content.Target != nil {
			words.PollID = content.Target.ID
		}
	case words.IsStories:
		kind = whapiStories
	case content.Media != nil:
		kind = whapiMedia
	}
	if m := content.Media; m != nil {
		words.MIME, words.FileName = m.MIME, m.FileName
		words.Base64 = new("") // the family's field; files are not fetched for webhooks
	}
	add(kind, words)
	return nil
}

// whapiChat is the address of a chat, by number where that is known.
func whapiChat(c models.Chat) string {
	if c.JID != "" {
		return c.JID
	}
	return message.PartyOfStored(c.Contact.Person).In(message.AddressingPN)
}

// whapiText is what receivers answer to: the words, or the caption.
func whapiText(c message.Content) string {
	switch {
	case c.Text != "":
		return c.Text
	case c.Kind == message.KindReaction:
		return c.Emoji
	case c.Poll != nil:
		return c.Poll.Question
	case c.Location != nil:
		return c.Location.Name
	}
	return ""
}

// whapiContent is a message as the family's library has it.
func whapiContent(c message.Content, about About) map[string]any {
	switch c.Kind {
	case message.KindText, message.KindButton:
		if c.Quote == nil && len(c.Mentions) == 0 {
			return map[string]any{"conversation": c.Text}
		}
		return map[string]any{"extendedTextMessage": map[string]any{"text": c.Text, "contextInfo": whapiContext(c, about)}}
	case message.KindReaction:
		reaction := map[string]any{"text": c.Emoji}
		if c.Target != nil {
			reaction["key"] = map[string]any{"id": c.Target.ID, "fromMe": c.Target.FromMe}
		}
		return map[string]any{"reactionMessage": reaction}
	case message.KindVote:
		vote := map[string]any{"selectedOptions": c.Chosen}
		if c.Target != nil {
			vote["pollCreationMessageKey"] = map[string]any{"id": c.Target.ID, "fromMe": c.Target.FromMe}
		}
		return map[string]any{"pollUpdateMessage": vote}
	case message.KindImage, message.KindVideo, message.KindAudio, message.KindVoice, message.KindDocument, message.KindSticker:
		return whapiFile(c, about)
	case message.KindLocation, message.KindLiveLocation:
		if l := c.Location; l != nil {
			return map[string]any{"locationMessage": map[string]any{
				"degreesLatitude": l.Latitude, "degreesLongitude": l.Longitude, "name": l.Name, "address": l.Address,
			}}
		}
	case message.KindContact:
		var cards []any
		for _, card := range c.Contacts {
			cards = append(cards, map[string]any{"displayName": card.Name, "vcard": card.VCard})
		}
		if len(cards) == 1 {
			return map[string]any{"contactMessage": cards[0]}
		}
		return map[string]any{"contactsArrayMessage": map[string]any{"contacts": cards}}
	case message.KindPoll:
		if c.Poll != nil {
			var options []any
			for _, o := range c.Poll.Options {
				options = append(options, map[string]any{"optionName": o})
			}
			return map[string]any{"pollCreationMessage": map[string]any{"name": c.Poll.Question, "options": options, "selectableOptionsCount": c.Poll.Most}}
		}
	case message.KindSystem, message.KindUnknown, message.KindEdit, message.KindRevoke, message.KindPin, message.KindKeep:
	}
	return map[string]any{}
}

var whapiFiles = map[message.Kind]string{
	message.KindImage: "imageMessage", message.KindVideo: "videoMessage", message.KindAudio: "audioMessage", message.KindVoice: "audioMessage",
	message.KindDocument: "documentMessage", message.KindSticker: "stickerMessage",
}

func whapiFile(c message.Content, about About) map[string]any {
	file := map[string]any{}
	if m := c.Media; m != nil {
		for name, value := range map[string]any{
			"mimetype": m.MIME, "fileName": m.FileName, "fileLength": m.Size, "seconds": m.Seconds, "width": m.Width, "height": m.Height,
		} {
			if value != "" && value != 0 && value != int64(0) {
				file[name] = value
			}
		}
	}
	if c.Text != "" {
		file["caption"] = c.Text
	}
	if c.Kind == message.KindVoice {
		file["ptt"] = true
	}
	if c.Quote != nil || len(c.Mentions) > 0 {
		file["contextInfo"] = whapiContext(c, about)
	}
	return map[string]any{whapiFiles[c.Kind]: file}
}

func whapiContext(c message.Content, about About) map[string]any {
	out := map[string]any{}
	if q := c.Quote; q != nil {
		out["stanzaId"], out["participant"] = q.ID, whapiAuthor(q.Ref, about)
		out["quotedMessage"] = map[string]any{"conversation": q.Text}
	}
	var mentioned []string
	for _, p := range c.Mentions {
		mentioned = append(mentioned, p.In(message.AddressingPN))
	}
	if mentioned != nil {
		out["mentionedJid"] = mentioned
	}
	return out
}

// whapiAuthor is who wrote the message that is answered.
func whapiAuthor(r message.Ref, about About) string {
	if r.FromMe {
		return about.Own
	}
	return r.Sender.In(message.AddressingPN)
}

// own is WhatsApp's address of a device's account, without the number of the device.
func own(jid string) string { return message.PartyOf(jid).In(message.AddressingPN) }
