package models

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"
)

// ListedChat is a chat with what was said in it last.
type ListedChat struct {
	Chat
	// Last is the newest message that has a place in the chat; zero when it is not kept
	// any more.
	Last Message
}

// ChatPlace is where a chat stands in the order of chats: the newest message first.
type ChatPlace struct {
	LastAt int64
	ID     string
}

// Place is where the chat stands among the others.
func (c Chat) Place() ChatPlace { return ChatPlace{c.LastAt, c.ID} }

// ChatFilter chooses chats of one account of a device.
type ChatFilter struct {
	DeviceID string
	Account  string
	Search   string    // part of a name, or of a number; empty: all
	After    ChatPlace // only those that follow it; zero: from the first
	Limit    int       // 1 to 500; otherwise 50
}

// Chats returns chats that f chooses, those with the newest message first. Chats in which
// nothing was said yet are left out.
func (s *Store) Chats(ctx context.Context, f ChatFilter) ([]ListedChat, error) {
	const doing = "list chats"
	if f.Limit <= 0 || f.Limit > 500 {
		f.Limit = 50
	}
	q := s.read(ctx).Table("chats").Select("chats.*").Where("chats.device_id = ? AND chats.account = ? AND chats.last_at > 0", f.DeviceID, f.Account)
	if f.After.ID != "" {
		q = q.Where("(chats.last_at < ? OR chats.last_at = ? AND chats.id < ?)", f.After.LastAt, f.After.LastAt, f.After.ID)
	}
	if text := strings.TrimSpace(f.Search); text != "" {
		q = searchChats(q, text)
	}
	var rows []chatRow
	if err := q.Order("chats.last_at DESC, chats.id DESC").Limit(f.Limit).Find(&rows).Error; err != nil {
		return nil, wrap(ctx, doing, err)
	}
	return s.listed(ctx, rows)
}

// ChatsByID are chats of a device by our IDs of them, in the order of Chats. Those that do
// not exist are left out.
func (s *Store) ChatsByID(ctx context.Context, deviceID string, ids []string) ([]ListedChat, error) {
	var rows []chatRow
	err := inParts(ids, func(part []string) error {
		var some []chatRow
		err := s.read(ctx).Where("device_id = ? AND id IN ?", deviceID, part).Order("last_at DESC, id DESC").Find(&some).Error
		rows = append(rows, some...)
		return err
	})
	if err != nil {
		return nil, wrap(ctx, "read chats", err)
	}
	return s.listed(ctx, rows)
}

// listed adds whom chats are with, and what was said in them last.
func (s *Store) listed(ctx context.Context, rows []chatRow) ([]ListedChat, error) {
	ids, last := make([]string, 0, len(rows)), make([]string, 0, len(rows))
	for _, r := range rows {
		ids, last = append(ids, r.ID), append(last, r.LastID)
	}
	who, err := s.look(ctx, ids, nil)
	if err != nil {
		return nil, err
	}
	newest, err := s.MessagesByID(ctx, last)
	if err != nil {
		return nil, err
	}
	list := make([]ListedChat, 0, len(rows))
	for _, r := range rows {
		list = append(list, ListedChat{Chat: who.chats[r.ID], Last: newest[r.LastID]})
	}
	return list, nil
}

// searchChats narrows chats to those whose name or number has the text in it: in small and
// capital letters alike, beyond ASCII on SQLite only as it was typed.
func searchChats(q *gorm.DB, text string) *gorm.DB {
	const like = ` LIKE ? ESCAPE '!'`
	part := func(text string) string {
		return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text) + "%"
	}
	var where []string
	var args []any
	for _, column := range []string{"chats.name", "contacts.push_name", "contacts.full_name"} {
		where = append(where, "LOWER("+column+")"+like, column+like)
		args = append(args, part(strings.ToLower(text)), part(text))
	}
	if digits := onlyDigits(text); digits != "" {
		where = append(where, "contacts.pn"+like)
		args = append(args, part(digits))
	}
	return q.Joins("LEFT JOIN contacts ON contacts.id = chats.contact_id").Where("("+strings.Join(where, " OR ")+")", args...)
}

// onlyDigits is a number without what people write between its digits, and without the
// zero that stands for the country; "" when it is none.
func onlyDigits(text string) string {
	digits := strings.NewReplacer(" ", "", "-", "", "+", "", "(", "", ")", "", ".", "").Replace(text)
	if strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return strings.TrimPrefix(digits, "0")
}

// ChatByID returns a chat of a device. ErrNotFound when there is none with this ID.
func (s *Store) ChatByID(ctx context.Context, deviceID, id string) (Chat, error) {
	var row chatRow
	if err := s.read(ctx).Where("id = ? AND device_id = ?", id, deviceID).Take(&row).Error; err != nil {
		return Chat{}, wrap(ctx, "read a chat", err)
	}
	who, err := s.look(ctx, []string{row.ID}, nil)
	return who.chats[row.ID], err
}

// LatestAccount is the account under which a device has written last; "" when it never
// has. A device that is unlinked still has the chats of its account.
func (s *Store) LatestAccount(ctx context.Context, deviceID string) (string, error) {
	var accounts []string
	err := s.read(ctx).Model(&chatRow{}).Where("device_id = ?", deviceID).Group("account").Order("MAX(last_at) DESC").Limit(1).
		Pluck("account", &accounts).Error
	if err != nil || len(accounts) == 0 {
		return "", wrap(ctx, "find a device's account", err)
	}
	return accounts[0], nil
}

// MessagesByID returns messages by our IDs of them. Those that are not kept are left out.
func (s *Store) MessagesByID(ctx context.Context, ids []string) (map[string]Message, error) {
	byID := make(map[string]Message, len(ids))
	err := inParts(ids, func(part []string) error {
		var rows []messageRow
		if err := s.read(ctx).Where("id IN ?", part).Find(&rows).Error; err != nil {
			return err
		}
		list, err := s.fillMessages(ctx, rows)
		for _, m := range list {
			byID[m.ID] = m
		}
		return err
	})
	return byID, wrap(ctx, "read messages", err)
}

// MessagesAbout returns what was said about messages of a chat, which WhatsApp's IDs name:
// reactions, votes, edits and the like, in the order in which they came.
func (s *Store) MessagesAbout(ctx context.Context, chatID string, waIDs []string) ([]Message, error) {
	var rows []messageRow
	err := inParts(waIDs, func(part []string) error {
		var some []messageRow
		// That there is a target is said twice for the sake of the index, which is of those alone.
		err := s.read(ctx).Where("chat_id = ? AND target IN ? AND target <> ''", chatID, part).Order("at, id").Find(&some).Error
		rows = append(rows, some...)
		return err
	})
	if err != nil {
		return nil, wrap(ctx, "read what is about messages", err)
	}
	return s.fillMessages(ctx, rows)
}

// MessageCounts are how many messages there were of each status; "" is of those of others.
type MessageCounts map[string]int64

// CountMessages counts the messages of a device that were stored since a time and have a
// place in a chat.
func (s *Store) CountMessages(ctx context.Context, deviceID string, since time.Time) (MessageCounts, error) {
	var rows []struct {
		Status string
		Count  int64
	}
	err := s.read(ctx).Model(&messageRow{}).Select("status, COUNT(*) AS count").
		Where("device_id = ? AND stored_at >= ? AND target = '' AND NOT hidden", deviceID, since.UnixMilli()).Group("status").Find(&rows).Error
	counts := make(MessageCounts, len(rows))
	for _, r := range rows {
		counts[r.Status] = r.Count
	}
	return counts, wrap(ctx, "count messages", err)
}
