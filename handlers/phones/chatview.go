package phones

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"wadah/session/sandbox/chat"
	"wadah/views"
	messageviews "wadah/views/messages"
)

// list is the chats of a phone, the newest first, and then whom it has not written with.
func (h *hand) list(open string) messageviews.List {
	list := messageviews.List{Base: messageviews.ChatsOfPhone(h.number), OpenID: open}
	known := make(map[string]bool)
	for _, one := range h.Book().Chats() {
		known[one.ID] = true
		list.Rows = append(list.Rows, h.row(one))
	}
	var others []messageviews.Row
	for lid := range h.people {
		if !known[lid] {
			others = append(others, h.row(chat.Chat{ID: lid}))
		}
	}
	slices.SortFunc(others, func(a, b messageviews.Row) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	list.Rows = append(list.Rows, others...)
	return list
}

// row is a chat of the list.
func (h *hand) row(one chat.Chat) messageviews.Row {
	z := h.v.Zone
	row := messageviews.Row{
		ID: one.ID, Name: one.Name, Number: one.Number, Group: one.Group, Self: one.ID == h.own,
		Unread: int64(one.Unread), Now: z.At(time.Now()),
	}
	if name := h.people[one.ID]; name != "" {
		row.Name = name
	}
	if one.Last.ID != "" {
		row.At, row.Last = z.At(one.Last.Time), h.bubble(one.Last)
	}
	return row
}

// called is what somebody is called on a phone.
func (h *hand) called(lid, name string) string {
	if lid == h.own {
		return h.v.Lang.T("messages.we")
	}
	if known := h.people[lid]; known != "" {
		return known
	}
	return name
}

// conversation is a chat with the newest messages.
func (h *hand) conversation(id string) messageviews.Conversation {
	one := chat.Chat{ID: id}
	for _, c := range h.Book().Chats() {
		if c.ID == id {
			one = c
		}
	}
	talk := messageviews.Conversation{
		Row: h.row(one), Base: messageviews.ChatsOfPhone(h.number), Typing: one.Typing != "", Online: one.Online,
	}
	before := time.Time{}
	for _, m := range h.Book().Messages(id, shownMessages) {
		b := h.bubble(m)
		b.Named = one.Group
		b.Day = before.IsZero() || !messageviews.SameDay(before, b.At)
		before = b.At
		talk.Bubbles = append(talk.Bubbles, b)
	}
	return talk
}

func (h *hand) composer(id string, typed messageviews.Composer) messageviews.Composer {
	typed.Base, typed.ChatID, typed.Can, typed.Picture = messageviews.ChatsOfPhone(h.number), id, true, true
	return typed
}

// bubbleKinds are the names that bubbles have for kinds of messages.
var bubbleKinds = map[chat.Kind]string{
	chat.Text: "text", chat.Picture: "image", chat.Video: "video", chat.Voice: "voice", chat.Audio: "audio",
	chat.Document: "document", chat.Sticker: "sticker", chat.Location: "location", chat.Contact: "contact",
	chat.Poll: "poll", chat.Notice: "system", chat.Call: "system", chat.Unknown: "unknown",
}

// bubble is a message as it stands in its chat.
func (h *hand) bubble(m chat.Message) messageviews.Bubble {
	b := messageviews.Bubble{
		ID: m.ID, Base: messageviews.ChatsOfPhone(h.number), ChatID: m.Chat, Mine: m.FromMe, At: h.v.Zone.At(m.Time),
		Kind: bubbleKinds[m.Kind], Text: m.Text, ViewOnce: m.ViewOnce, Edited: m.Edited, Revoked: m.Revoked,
		Lacking: m.Kind == chat.Waiting, Code: m.Error, CanAct: true, CanRevoke: m.FromMe && !m.Revoked,
	}
	if m.Kind == chat.Call {
		b.Note = "call_offer"
	}
	if m.FromMe {
		if b.Status = string(m.Status); m.Status == chat.Pending {
			b.Status = "queued"
		}
	} else if b.Sender = h.called(m.Sender, m.Name); b.Sender == "" {
		b.Sender = views.FormatNumber(m.Number)
	}
	if q := m.Quote; q != nil {
		b.Quote = &messageviews.Quote{Kind: "text", Text: q.Text, Sender: h.called(q.Sender, "")}
	}
	h.addParts(&b, m)
	h.addReactions(&b, m)
	return b
}

// cardNumber is how a visiting card tells a number on WhatsApp.
var cardNumber = regexp.MustCompile(`waid=(\d+)`)

// addParts adds what a message holds beside words.
func (h *hand) addParts(b *messageviews.Bubble, m chat.Message) {
	if f := m.Media; f != nil {
		b.File = &messageviews.File{Name: f.Name, MIME: f.Type, Size: f.Size, Seconds: f.Seconds, Width: f.Width, Height: f.Height}
		if slices.Contains(pictures, f.Type) && !m.ViewOnce {
			b.File.Picture = messageviews.Conversation{Row: messageviews.Row{ID: m.Chat}, Base: b.Base}.Path("media") + "?id=" + url.QueryEscape(m.ID)
		}
	}
	if p := m.Place; p != nil {
		b.Place = &messageviews.Place{Name: p.Name, Address: p.Address, Latitude: p.Latitude, Longitude: p.Longitude}
	}
	if m.Card != nil {
		card := messageviews.Card{Name: m.Card.Name}
		for _, found := range cardNumber.FindAllStringSubmatch(m.Card.Vcard, -1) {
			card.Numbers = append(card.Numbers, found[1])
		}
		b.Cards = append(b.Cards, card)
	}
	if m.Question == nil {
		return
	}
	b.Poll, b.Text = &messageviews.Poll{Question: m.Text, CanVote: true}, ""
	own := h.chosen(m)
	for _, option := range m.Question.Options {
		o := messageviews.PollOption{Text: option, Mine: slices.Contains(own, option)}
		for _, vote := range m.Question.Votes {
			if slices.Contains(vote.Options, option) {
				o.Votes++
			}
		}
		b.Poll.Options = append(b.Poll.Options, o)
	}
	for _, vote := range m.Question.Votes {
		if len(vote.Options) > 0 {
			b.Poll.Voters++
		}
	}
}

// chosen is what the person at the phone has chosen in a poll.
func (h *hand) chosen(m chat.Message) []string {
	for _, vote := range m.Question.Votes {
		if vote.Sender == h.own {
			return slices.Clone(vote.Options)
		}
	}
	return nil
}

func (h *hand) addReactions(b *messageviews.Bubble, m chat.Message) {
	for _, r := range m.Reactions {
		who, mine := h.called(r.Sender, b.Sender), r.Sender == h.own
		i := slices.IndexFunc(b.Reactions, func(known messageviews.Reaction) bool { return known.Emoji == r.Emoji })
		if i < 0 {
			b.Reactions = append(b.Reactions, messageviews.Reaction{Emoji: r.Emoji, Count: 1, Mine: mine, Who: who})
			continue
		}
		known := &b.Reactions[i]
		known.Count, known.Mine, known.Who = known.Count+1, known.Mine || mine, known.Who+", "+who
	}
}
