package whatsapp

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/message"
)

// settings are the people and chats whose settings the library has stored on a connection
// since they were last told.
type settings struct {
	mu     sync.Mutex
	people map[types.JID]bool
	chats  map[types.JID]bool
}

func (s *settings) touchPeople(jids ...types.JID) {
	if s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.people = with(s.people, jids)
	}
}

func (s *settings) touchChat(jid types.JID) {
	if s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.chats = with(s.chats, []types.JID{jid})
	}
}

func with(set map[types.JID]bool, jids []types.JID) map[types.JID]bool {
	if set == nil {
		set = make(map[types.JID]bool)
	}
	for _, jid := range jids {
		set[jid] = true
	}
	return set
}

// take returns whose settings have changed since the last call.
func (s *settings) take() (people, chats map[types.JID]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	people, chats = s.people, s.chats
	s.people, s.chats = nil, nil
	return people, chats
}

const (
	bookQuery         = `SELECT their_jid, COALESCE(full_name, '') FROM whatsmeow_contacts WHERE our_jid=$1`
	chatSettingsQuery = `SELECT chat_jid, muted_until, pinned, archived FROM whatsmeow_chat_settings WHERE our_jid=$1`
)

// settingsDigest tells what the library has stored of people and chats: of all, or of
// those whose settings have changed.
func (c *conn) settingsDigest(ctx context.Context, all bool) (digest message.Digest, err error) {
	people, chats := c.settings.take()
	if all || len(people) > 0 {
		if digest.Book, err = c.book(ctx, all, people); err != nil {
			return digest, err
		}
	}
	if all || len(chats) > 0 {
		digest.Chats, err = c.chatSettings(ctx, all, chats)
	}
	return digest, err
}

// book is what the account's address book calls people, by both of their addresses where
// the library knows them.
func (c *conn) book(ctx context.Context, all bool, people map[types.JID]bool) (book []message.Named, err error) {
	names := make(map[types.JID]string)
	err = c.rows(ctx, bookQuery, func(scan func(...any) error) error {
		var jid types.JID
		var name string
		err := scan(&jid, &name)
		if people[jid] || all && name != "" {
			names[jid] = name
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var numbers []types.JID
	for jid := range maps.Keys(names) {
		if jid.Server == types.DefaultUserServer {
			numbers = append(numbers, jid)
		}
	}
	lids, err := c.cli.Store.LIDs.GetManyLIDsForPNs(ctx, numbers)
	if err != nil {
		return nil, err
	}
	for jid, name := range names {
		if person := message.PartyOf(jid.String(), lids[jid].String()); person.Known() {
			book = append(book, message.Named{Person: person, Name: name})
		}
	}
	return book, nil
}

func (c *conn) chatSettings(ctx context.Context, all bool, chats map[types.JID]bool) (list []message.ChatDigest, err error) {
	err = c.rows(ctx, chatSettingsQuery, func(scan func(...any) error) error {
		var jid types.JID
		var muted int64
		set := message.ChatDigest{Set: true}
		err := scan(&jid, &muted, &set.Pinned, &set.Archived)
		set.Chat = message.ChatAt(jid.String())
		if err != nil || set.Chat.Key() == "" || !all && !chats[jid] {
			return err
		}
		switch {
		case muted < 0:
			set.MutedTo = store.MutedForever.Truncate(time.Second)
		case muted > 0:
			set.MutedTo = time.Unix(muted, 0)
		}
		list = append(list, set)
		return nil
	})
	return list, err
}

// rows reads rows of the library's that belong to the device.
func (c *conn) rows(ctx context.Context, query string, each func(scan func(...any) error) error) (err error) {
	rows, err := c.d.store.db.Query(ctx, query, c.self.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
