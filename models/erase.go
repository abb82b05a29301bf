package models

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// EventErased is the type of an event whose message was erased: it keeps its number and time,
// so that a log has no gap, and says nothing else.
const EventErased = "erased"

// Erasure is how much erasing a person concerns, over all devices that were named.
type Erasure struct {
	Contacts   int64 // rows of the person: one for each device and account that knows them
	Chats      int64
	Messages   int64 // in these chats, and theirs in groups
	Queued     int64 // of these, what waits to be sent: it will not be
	Texts      int64 // messages of others that name the person, which lose what they say
	Events     int64
	Deliveries int64 // that wait for an endpoint: they are skipped
}

// Empty reports whether nothing is kept of the person.
func (e Erasure) Empty() bool { return e == Erasure{} }

func (e *Erasure) add(o Erasure) {
	e.Contacts += o.Contacts
	e.Chats += o.Chats
	e.Messages += o.Messages
	e.Queued += o.Queued
	e.Texts += o.Texts
	e.Events += o.Events
	e.Deliveries += o.Deliveries
}

// traces are where a device's rows speak of a person.
type traces struct {
	device          string
	contacts, chats []string
	texts           []string // messages of others that name them
	seqs            []int64  // events that name them beside those of the above
}

// mine chooses the messages of the person: all in their chats, and theirs in groups.
const mine = `device_id = ? AND (chat_id IN ? OR sender_id IN ?)`

func (t traces) mine() []any { return []any{t.device, some(t.chats), some(t.contacts)} }

// told chooses the events about the person and their messages; the second part is for those
// of a message that somebody else has caused, as a receipt.
const told = `device_id = ? AND type <> '` + EventErased + `' AND (chat_id IN ? OR sender_id IN ? OR
	message_id <> '' AND message_id IN (SELECT id FROM messages WHERE ` + mine + `))`

func (t traces) told() []any { return append(t.mine(), t.mine()...) }

// some is a list for IN, which SQL does not allow to be empty; nothing has the ID "-".
func some(ids []string) []string {
	if len(ids) == 0 {
		return []string{"-"}
	}
	return ids
}

// CountErase counts what Erase would delete of a person, on these devices.
func (s *Store) CountErase(ctx context.Context, deviceIDs []string, who Person) (Erasure, error) {
	const doing = "count what is to be erased"
	var all Erasure
	for _, id := range deviceIDs {
		t, _, err := s.traces(ctx, id, who)
		if err != nil {
			return all, err
		}
		n, err := t.count(s.read(ctx))
		if err != nil {
			return all, wrap(ctx, doing, err)
		}
		all.add(n)
	}
	return all, nil
}

// Erase deletes all that is kept of a person on these devices: their contact, chat, messages
// and what waits to be sent, what is known of deliveries and calls about them. Their events
// say EventErased from now on. It returns what was deleted, and all addresses by which the
// person was known. What one device had is deleted together; Scrub is to follow.
func (s *Store) Erase(ctx context.Context, deviceIDs []string, who Person) (all Erasure, addresses []string, err error) {
	addresses = known(who)
	for _, id := range deviceIDs {
		t, more, err := s.traces(ctx, id, who)
		if err != nil {
			return all, addresses, err
		}
		for _, address := range more {
			if !slices.Contains(addresses, address) {
				addresses = append(addresses, address)
			}
		}
		var n Erasure
		err = s.durably(ctx, "erase a person", func(tx *gorm.DB) error {
			if n, err = t.count(tx); err != nil {
				return err
			}
			return t.erase(tx, s.nowMilli(), addresses)
		})
		if err != nil {
			return all, addresses, err
		}
		all.add(n)
	}
	return all, addresses, nil
}

// Scrub makes the bytes of what was deleted disappear, as far as the database can.
// ErrBusy when somebody reads for too long: then they go with the next writes.
func (s *Store) Scrub(ctx context.Context) error {
	return wrap(ctx, "clean the database", s.engine.Scrub(ctx))
}

// KnownAnywhere reports whether any device has a contact with one of these addresses.
func (s *Store) KnownAnywhere(ctx context.Context, addresses []string) (bool, error) {
	var n int64
	err := s.read(ctx).Model(&contactRow{}).Where("lid IN ? OR pn IN ?", some(addresses), some(addresses)).Count(&n).Error
	return n > 0, wrap(ctx, "look for a contact", err)
}

// PersonHash recognises a person in the audit without naming them: whoever has the number
// and the server key can say that it was them.
func (s *Store) PersonHash(who Person) string {
	hash := s.vault.KeyHash("person " + first(who.PN, who.LID))
	return hex.EncodeToString(hash[:8])
}

func known(who Person) (addresses []string) {
	for _, address := range []string{who.LID, who.PN} {
		if address != "" {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// traces finds where a device's rows speak of a person, and by which addresses.
func (s *Store) traces(ctx context.Context, deviceID string, who Person) (t traces, addresses []string, err error) {
	const doing = "look for a person"
	t.device, addresses = deviceID, known(who)
	for { // what one row knows leads to others
		var rows []contactRow
		err := s.read(ctx).Where("device_id = ? AND (lid IN ? OR pn IN ?)", deviceID, some(addresses), some(addresses)).Find(&rows).Error
		if err != nil {
			return t, nil, wrap(ctx, doing, err)
		}
		t.contacts = t.contacts[:0]
		before := len(addresses)
		for _, row := range rows {
			t.contacts = append(t.contacts, row.ID)
			for _, address := range known(row.contact().Person) {
				if !slices.Contains(addresses, address) {
					addresses = append(addresses, address)
				}
			}
		}
		if len(addresses) == before {
			break
		}
	}
	err = s.read(ctx).Model(&chatRow{}).Where("device_id = ? AND contact_id IN ?", deviceID, some(t.contacts)).Pluck("id", &t.chats).Error
	if err != nil {
		return t, nil, wrap(ctx, doing, err)
	}
	return t, addresses, wrap(ctx, doing, s.named(ctx, &t, addresses))
}

// namedAtOnce is how many bodies are looked through at once.
const namedAtOnce = 500

// named finds the messages and events of others that name the person: quotes, mentions,
// members of groups. Bodies are sealed, so each has to be opened.
func (s *Store) named(ctx context.Context, t *traces, addresses []string) error {
	var names [][]byte
	for _, address := range addresses {
		if user, _, _ := strings.Cut(address, "@"); len(user) >= 7 { // shorter ones would be found in anything
			names = append(names, []byte(user))
		}
	}
	speaks := func(owner string, sealed []byte) bool {
		body, err := s.vault.OpenData(t.device, owner, sealed)
		return err == nil && slices.ContainsFunc(names, func(name []byte) bool { return bytes.Contains(body, name) })
	}
	for after := ""; ; {
		var rows []messageRow
		err := s.read(ctx).Select("id", "body").Where("device_id = ? AND id > ? AND body IS NOT NULL AND NOT (chat_id IN ? OR sender_id IN ?)",
			t.device, after, some(t.chats), some(t.contacts)).Order("id").Limit(namedAtOnce).Find(&rows).Error
		if err != nil {
			return err
		}
		for _, row := range rows {
			if after = row.ID; speaks(row.ID, row.Body) {
				t.texts = append(t.texts, row.ID)
			}
		}
		if len(rows) < namedAtOnce {
			break
		}
	}
	for after := int64(0); ; {
		var rows []eventRow
		err := s.read(ctx).Select("seq", "id", "body").Where("device_id = ? AND seq > ? AND body IS NOT NULL AND (chat_id IS NULL OR chat_id NOT IN ?) AND sender_id NOT IN ?",
			t.device, after, some(t.chats), some(t.contacts)).Order("seq").Limit(namedAtOnce).Find(&rows).Error
		if err != nil {
			return err
		}
		for _, row := range rows {
			if after = row.Seq; speaks(row.ID, row.Body) {
				t.seqs = append(t.seqs, row.Seq)
			}
		}
		if len(rows) < namedAtOnce {
			return nil
		}
	}
}

func (t traces) count(db *gorm.DB) (n Erasure, err error) {
	n.Contacts, n.Chats, n.Texts = int64(len(t.contacts)), int64(len(t.chats)), int64(len(t.texts))
	waiting := []any{t.device, []string{DeliveryPending, DeliveryLate, DeliveryDead}}
	for _, part := range []struct {
		into  *int64
		query string
		args  []any
	}{
		{&n.Messages, `SELECT COUNT(*) FROM messages WHERE ` + mine, t.mine()},
		{&n.Queued, `SELECT COUNT(*) FROM sends WHERE message_id IN (SELECT id FROM messages WHERE ` + mine + `)`, t.mine()},
		{&n.Events, `SELECT COUNT(*) FROM event_log WHERE ` + told, t.told()},
		{
			&n.Deliveries, `SELECT COUNT(*) FROM deliveries WHERE device_id = ? AND state IN ? AND seq IN (SELECT seq FROM event_log WHERE ` + told + `)`,
			append(waiting, t.told()...),
		},
	} {
		if err := db.Raw(part.query, part.args...).Scan(part.into).Error; err != nil {
			return n, err
		}
	}
	// Of those that only name the person, the ones that are not counted yet.
	for seqs := range slices.Chunk(t.seqs, namedAtOnce) {
		var events, deliveries int64
		err := db.Raw(`SELECT COUNT(*) FROM event_log WHERE device_id = ? AND seq IN ? AND seq NOT IN (SELECT seq FROM event_log WHERE `+told+`)`, append([]any{t.device, seqs}, t.told()...)...).Scan(&events).Error
		if err != nil {
			return n, err
		}
		err = db.Raw(`SELECT COUNT(*) FROM deliveries WHERE device_id = ? AND state IN ? AND seq IN ? AND seq NOT IN (SELECT seq FROM event_log WHERE `+told+`)`,
			append(append(slices.Clone(waiting), seqs), t.told()...)...).Scan(&deliveries).Error
		if err != nil {
			return n, err
		}
		n.Events, n.Deliveries = n.Events+events, n.Deliveries+deliveries
	}
	return n, nil
}

// erase deletes the rows: first what refers to messages, then these, then the person.
func (t traces) erase(tx *gorm.DB, now int64, addresses []string) error {
	const (
		blank  = `UPDATE event_log SET type = '` + EventErased + `', chat_id = NULL, sender_id = '', message_id = '', wa_id = '', body = NULL WHERE `
		erased = `device_id = ? AND (chat_id IN ? OR seq IN (SELECT seq FROM event_log WHERE device_id = ? AND type = '` + EventErased + `'))`
		theirs = `device_id = ? AND `
		ids    = `IN (SELECT id FROM messages WHERE ` + mine + `)`
		groups = `chat_id IN (SELECT id FROM chats WHERE device_id = ?)`
	)
	type step struct {
		query string
		args  []any
	}
	steps := []step{{blank + told, t.told()}}
	for seqs := range slices.Chunk(t.seqs, namedAtOnce) {
		steps = append(steps, step{blank + `device_id = ? AND seq IN ?`, []any{t.device, seqs}})
	}
	for texts := range slices.Chunk(t.texts, namedAtOnce) {
		steps = append(steps, step{`UPDATE messages SET body = NULL WHERE id IN ?`, []any{texts}})
	}
	gone := []any{t.device, some(t.chats), t.device}
	device := []any{t.device}
	steps = append(steps,
		step{`DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE ` + erased + `)`, gone},
		step{
			`UPDATE deliveries SET state = ?, done_at = ? WHERE state IN ? AND ` + erased,
			append([]any{DeliverySkipped, now, []string{DeliveryPending, DeliveryLate, DeliveryDead}}, gone...),
		},
		step{`UPDATE deliveries SET chat_id = '', type = '` + EventErased + `' WHERE ` + erased, gone},
		step{`DELETE FROM idempotency WHERE ` + theirs + `message_id ` + ids, append(device, t.mine()...)},
		step{`DELETE FROM expected WHERE ` + theirs + `kind = '` + ExpectSecret + `' AND name ` + ids, append(device, t.mine()...)},
		step{`DELETE FROM messages WHERE ` + mine, t.mine()},
		step{`DELETE FROM message_receipts WHERE contact_id IN ?`, []any{some(t.contacts)}},
		step{`DELETE FROM chats WHERE id IN ?`, []any{some(t.chats)}},
		step{`DELETE FROM contacts WHERE id IN ?`, []any{some(t.contacts)}},
		step{`UPDATE group_chats SET owner_lid = '', owner_pn = '' WHERE (owner_lid IN ? OR owner_pn IN ?) AND ` + groups, []any{addresses, addresses, t.device}},
		step{`UPDATE group_chats SET subject_lid = '', subject_pn = '' WHERE (subject_lid IN ? OR subject_pn IN ?) AND ` + groups, []any{addresses, addresses, t.device}},
		// Groups in which they wrote last show what was written before.
		step{`UPDATE chats SET last_id = COALESCE((SELECT MAX(m.id) FROM messages m WHERE m.chat_id = chats.id AND m.target = '' AND NOT m.hidden), '')
			WHERE device_id = ? AND last_id <> '' AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = chats.last_id)`, device},
	)
	for _, s := range steps {
		if err := tx.Exec(s.query, s.args...).Error; err != nil {
			return err
		}
	}
	return nil
}
