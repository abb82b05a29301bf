package messages

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"wadah/handlers/web"
	"wadah/models"
	"wadah/session/message"
	"wadah/views"
	messageviews "wadah/views/messages"
)

// names are those of people and keys that wrote something here, looked up once.
type names map[string]string

// rows are conversations of the list.
func (s *Pages) rows(ctx context.Context, l look, search string, after models.ChatPlace) (messageviews.List, error) {
	list := messageviews.List{Base: messageviews.ChatsOf(l.snap.ID), Search: search}
	chats, err := s.store.Chats(ctx, models.ChatFilter{DeviceID: l.snap.ID, Account: l.account, Search: search, After: after, Limit: listLength + 1})
	if err != nil {
		return list, err
	}
	if len(chats) > listLength {
		chats = chats[:listLength]
		last := chats[listLength-1].Place()
		list.More = strconv.FormatInt(last.LastAt, 10) + "." + last.ID
	}
	for _, chat := range chats {
		row, err := l.row(chat)
		if err != nil {
			return list, err
		}
		list.Rows = append(list.Rows, row)
	}
	return list, nil
}

// row is a conversation of the list.
func (l look) row(chat models.ListedChat) (messageviews.Row, error) {
	z := l.v.Zone
	row := messageviews.Row{
		ID: chat.ID, Name: chatName(chat.Chat), Number: message.PartyOfStored(chat.Contact.Person).Number(),
		Group: chat.JID != "", Unread: chat.Unread, At: z.At(time.UnixMilli(chat.LastAt)), Now: z.At(time.Now()),
	}
	if chat.Last.ID == "" {
		return row, nil
	}
	record, err := message.DecodeRecord(chat.Last.Body)
	if err != nil {
		return row, err
	}
	row.Last = l.bubble(chat.Last, record)
	return row, nil
}

func chatName(chat models.Chat) string {
	switch {
	case chat.Name != "":
		return chat.Name
	case chat.JID != "":
		return ""
	}
	return contactName(chat.Contact)
}

func contactName(c models.Contact) string {
	if c.FullName != "" {
		return c.FullName
	}
	return c.PushName
}

// called is what somebody is called in a conversation.
func (l look) called(c models.Contact) string {
	if name := contactName(c); name != "" {
		return name
	}
	return l.calledParty(message.PartyOfStored(c.Person))
}

func (l look) calledParty(p message.Party) string {
	if number := p.Number(); number != "" {
		return views.FormatNumber(number)
	}
	return l.v.Lang.T("messages.hidden_number")
}

// conversation is a chat with the newest messages, or those before one.
func (s *Pages) conversation(ctx context.Context, l *look, chat models.Chat, before string) (messageviews.Conversation, error) {
	row, err := l.row(models.ListedChat{Chat: chat})
	if err != nil {
		return messageviews.Conversation{}, err
	}
	talk := messageviews.Conversation{Row: row, Base: messageviews.ChatsOf(l.snap.ID)}
	rows, err := s.store.Messages(ctx, models.MessageFilter{DeviceID: l.snap.ID, ChatID: chat.ID, Before: before, Limit: pageLength + 1})
	if err != nil {
		return talk, err
	}
	slices.Reverse(rows)
	first := time.Time{} // when the message before those that are shown was written
	if len(rows) > pageLength {
		first, rows = rows[0].At, rows[1:]
		talk.Older = rows[0].ID
	}
	talk.Bubbles, err = s.bubbles(ctx, l, chat, rows, first)
	return talk, err
}

// bubbles are messages of one chat, oldest first, with what was said about them. The one
// before the first was written at a time; zero for none.
func (s *Pages) bubbles(ctx context.Context, l *look, chat models.Chat, rows []models.Message, before time.Time) ([]messageviews.Bubble, error) {
	ids := make([]string, 0, len(rows))
	for _, m := range rows {
		ids = append(ids, m.WAID)
	}
	said, err := s.store.MessagesAbout(ctx, chat.ID, ids)
	if err != nil {
		return nil, err
	}
	about := make(map[string][]models.Message)
	for _, m := range said {
		about[m.Target] = append(about[m.Target], m)
	}
	if err := s.lookUp(ctx, l, rows); err != nil {
		return nil, err
	}
	bubbles := make([]messageviews.Bubble, 0, len(rows))
	for _, m := range rows {
		record, err := message.DecodeRecord(m.Body)
		if err != nil {
			return nil, err
		}
		b := l.bubble(m, record)
		if err := l.add(&b, record.Content, about[m.WAID]); err != nil {
			return nil, err
		}
		at := l.v.Zone.At(before)
		b.Day = before.IsZero() || !messageviews.SameDay(at, b.At)
		before = m.At
		bubbles = append(bubbles, b)
	}
	return bubbles, nil
}

// lookUp finds out who wrote what is the account's own.
func (s *Pages) lookUp(ctx context.Context, l *look, rows []models.Message) error {
	for _, m := range rows {
		if _, known := l.names[m.Author]; known || m.Author == "" {
			continue
		}
		if l.names == nil {
			keys, err := s.store.Keys(ctx, l.snap.ID)
			if err != nil {
				return err
			}
			l.names = make(names, len(keys))
			for _, key := range keys {
				l.names[key.ID] = key.Name
			}
		}
		if m.Source != message.SourcePanel {
			continue
		}
		user, err := s.store.User(ctx, m.Author)
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return err
		}
		l.names[m.Author] = user.Name
	}
	return nil
}

// bubble is a message by itself.
func (l look) bubble(m models.Message, record message.Record) messageviews.Bubble {
	c := record.Content
	b := messageviews.Bubble{
		ID: m.ID, Base: messageviews.ChatsOf(m.DeviceID), ChatID: m.Chat.ID, Mine: m.FromMe, At: l.v.Zone.At(m.At), Named: m.Chat.JID != "",
		Kind: m.Kind, Note: c.Note, Text: c.Text, Forwarded: c.Forwarded, ViewOnce: c.ViewOnce,
		Edited: !m.EditedAt.IsZero(), Revoked: !m.RevokedAt.IsZero(), Lacking: m.Lacking != "",
		Gone: m.Body == nil && m.Lacking == "", Status: m.Status, Error: m.Error, Code: m.Code,
		CanAct: l.linked && l.v.May(web.Operator) && m.Chat.Account == l.account,
	}
	if m.FromMe {
		b.By = messageviews.Author{Kind: m.Source, Name: l.names[m.Author]}
	} else {
		b.Sender = l.called(m.Sender)
	}
	if b.Named {
		b.Delivered, b.Seen = m.Delivered, m.Seen
	}
	b.CanRepeat = b.CanAct && m.Status == models.StatusFailed && !b.Gone
	if q := c.Quote; q != nil {
		b.Quote = &messageviews.Quote{Kind: string(q.Kind), Text: q.Text, Sender: l.calledParty(q.Sender)}
		switch {
		case q.FromMe:
			b.Quote.Sender = l.v.Lang.T("messages.we")
		case m.Chat.JID == "":
			b.Quote.Sender = l.called(m.Chat.Contact)
		}
	}
	l.addParts(&b, c)
	return b
}

// addParts adds what a message holds beside words.
func (l look) addParts(b *messageviews.Bubble, c message.Content) {
	if f := c.Media; f != nil {
		b.File = &messageviews.File{
			Name: f.FileName, MIME: f.MIME, Size: f.Size, Seconds: f.Seconds, Width: f.Width, Height: f.Height, Pages: f.Pages,
		}
	}
	if p := c.Location; p != nil {
		b.Place = &messageviews.Place{Name: p.Name, Address: p.Address, Latitude: p.Latitude, Longitude: p.Longitude}
	}
	for _, card := range c.Contacts {
		b.Cards = append(b.Cards, messageviews.Card{Name: card.Name, Numbers: card.Numbers})
	}
	for _, choice := range c.Choices {
		b.Choices = append(b.Choices, choice.Text)
	}
	if p := c.Poll; p != nil {
		b.Poll = &messageviews.Poll{Question: p.Question}
		for _, option := range p.Options {
			b.Poll.Options = append(b.Poll.Options, messageviews.PollOption{Text: option})
		}
	}
}

// add adds what was said about a message: of each person what they said last.
func (l look) add(b *messageviews.Bubble, c message.Content, about []models.Message) error {
	emojis, votes, order := map[string]string{}, map[string][]string{}, []models.Message{}
	for _, m := range about {
		if m.Lacking != "" || m.Status == models.StatusFailed || m.Body == nil {
			continue
		}
		record, err := message.DecodeRecord(m.Body)
		if err != nil {
			return err
		}
		switch message.Kind(m.Kind) {
		case message.KindReaction:
			if _, before := emojis[m.Sender.ID]; !before {
				order = append(order, m)
			}
			emojis[m.Sender.ID] = record.Content.Emoji
		case message.KindVote:
			votes[m.Sender.ID] = record.Content.Votes
		default:
		}
	}
	for _, m := range order {
		if emoji := emojis[m.Sender.ID]; emoji != "" {
			l.addReaction(b, emoji, m)
		}
	}
	if b.Poll == nil {
		return nil
	}
	for _, chosen := range votes {
		if len(chosen) > 0 {
			b.Poll.Voters++
		}
		for _, option := range c.Poll.Chosen(chosen) {
			for i := range b.Poll.Options {
				if b.Poll.Options[i].Text == option {
					b.Poll.Options[i].Votes++
				}
			}
		}
	}
	return nil
}

func (l look) addReaction(b *messageviews.Bubble, emoji string, by models.Message) {
	who := l.v.Lang.T("messages.we")
	if !by.FromMe {
		who = l.called(by.Sender)
	}
	for i := range b.Reactions {
		r := &b.Reactions[i]
		if r.Emoji == emoji {
			r.Count, r.Mine, r.Who = r.Count+1, r.Mine || by.FromMe, strings.Join([]string{r.Who, who}, ", ")
			return
		}
	}
	b.Reactions = append(b.Reactions, messageviews.Reaction{Emoji: emoji, Count: 1, Mine: by.FromMe, Who: who})
}
