package models

import (
	"database/sql"
	"errors"
	"slices"
	"strings"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// The kinds of session/message that change another message.
const (
	kindEdit   = "edit"
	kindRevoke = "revoke"
)

// newMessageQuery leaves out what a new message does not have yet: edits, counts of receipts.
const newMessageQuery = `INSERT INTO messages (id, device_id, chat_id, sender_id, wa_id, kind, at, stored_at, status, status_at, error, code,
		target, lacking, hidden, any_sender, edited_at, revoked_at, source, author, delivered, seen, body)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, ?, ?, ?, ?, 0, 0, ?, ?, 0, 0, ?) ON CONFLICT DO NOTHING`

// message stores a message, or what a repeat of it brings.
func (b *batch) message(a *Arrival, chat *chatRow, ev eventRow, out *Outcome) error {
	m := a.Message
	row := messageRow{
		ID: b.s.ids.next(b.s.now()), DeviceID: a.DeviceID, ChatID: chat.ID, SenderID: ev.SenderID, WAID: rules.Clip(m.WAID, 120),
		Kind: rules.Clip(m.Kind, 20), At: ev.At, StoredAt: b.now, Status: m.Status, Target: rules.Clip(m.Target, 120),
		Lacking: rules.Clip(m.Lacking, 20), Hidden: m.Hidden, AnySender: m.AnySender, Source: m.Source, Author: rules.Clip(m.Author, 100),
	}
	var err error
	if a.Once != nil {
		if out.Answered, err = b.takeKey(a, row.ID); err != nil || out.Answered != nil {
			return err
		}
	}
	if row.Body, err = b.s.vault.SealData(a.DeviceID, row.ID, m.Body); err != nil {
		return err
	}
	isNew, err := b.insertMessage(&row)
	if err != nil {
		return err
	}
	seen := false // the log tells of it already
	if !isNew {
		if out.Repeated, seen, err = b.fill(m, &row); err != nil || out.Repeated {
			return err
		}
	}
	out.MessageID = row.ID
	if a.Send != nil {
		if err := b.enqueue(a, row.ID); err != nil {
			return err
		}
	}
	body, err := b.settleIn(a, chat, &row, !seen, out)
	if err != nil || a.Event == nil || m.Hidden || !isNew && row.Lacking != "" {
		return err
	}
	ev.MessageID, ev.WAID = row.ID, row.WAID
	switch {
	case seen && row.RevokedAt != 0:
		return nil // there is nothing to add: the log says that it was taken back
	case seen:
		return b.log(a.Event.Filled, body, ev)
	}
	return b.log(a.Event.Type, body, ev)
}

// insertMessage reports whether the message is new.
func (b *batch) insertMessage(row *messageRow) (bool, error) {
	if row.Status != "" {
		row.StatusAt = b.now
	}
	n, err := b.exec(newMessageQuery, row.ID, row.DeviceID, row.ChatID, row.SenderID, row.WAID, row.Kind, row.At, row.StoredAt, row.Status,
		row.StatusAt, row.Target, row.Lacking, row.Hidden, row.AnySender, row.Source, row.Author, row.Body)
	return n > 0, err
}

// fill looks at the row that a message met which was there before, and puts into it what
// it lacked. It leaves the row as it is then in row, and reports whether the message only
// repeats, and whether the log tells of it already.
func (b *batch) fill(m *NewMessage, row *messageRow) (repeats, seen bool, err error) {
	old, err := b.existing(row.ChatID, row.SenderID, row.WAID)
	if err != nil {
		return false, false, err
	}
	if knowledge(row.Lacking) <= knowledge(old.Lacking) {
		return true, false, nil
	}
	seen = !old.Hidden
	old.Kind, old.Target, old.Lacking, old.Hidden, old.AnySender = row.Kind, row.Target, row.Lacking, row.Hidden, row.AnySender
	if old.RevokedAt == 0 {
		if old.Body, err = b.s.vault.SealData(old.DeviceID, old.ID, m.Body); err != nil {
			return false, false, err
		}
	}
	*row = old
	return false, seen, b.tx.Model(&messageRow{}).Where("id = ?", old.ID).Updates(map[string]any{
		"kind": old.Kind, "target": old.Target, "lacking": old.Lacking, "hidden": old.Hidden, "any_sender": old.AnySender, "body": old.Body,
	}).Error
}

// knowledge is how much is known of a message that lacks what it says for this reason.
func knowledge(lacking string) int {
	switch lacking {
	case "":
		return 2
	case LackingSecret:
		return 1
	}
	return 0
}

// settleIn gives a message its place: the chat shows it, what it is about is changed, and
// changes that came before it are applied. It returns the body that its event gets.
func (b *batch) settleIn(a *Arrival, chat *chatRow, row *messageRow, first bool, out *Outcome) ([]byte, error) {
	m := a.Message
	body := m.Body
	if a.Event != nil {
		body = a.Event.Body
	}
	if m.Target != "" {
		if m.Lacking == "" && (m.Kind == kindEdit || m.Kind == kindRevoke) {
			return body, b.change(a, row)
		}
		return body, nil
	}
	if m.Hidden {
		return body, nil
	}
	if first {
		if row.At >= chat.LastAt {
			chat.LastAt, chat.LastID = row.At, row.ID
		}
		if !a.FromMe {
			chat.Unread++
		}
		b.chatChanged(chat)
	}
	changed, err := b.changeLate(row, out)
	switch {
	case err != nil:
		return nil, err
	case row.RevokedAt != 0 && a.Event != nil:
		return a.Event.Gone, nil
	case changed != nil:
		return changed, nil
	}
	return body, nil
}

// change applies an edit or revocation to its target, if that is here.
func (b *batch) change(a *Arrival, row *messageRow) error {
	q := b.tx.Where("chat_id = ? AND wa_id = ? AND target = ''", row.ChatID, row.Target)
	if !a.Message.AnySender {
		q = q.Where("sender_id = ?", row.SenderID)
	}
	var target messageRow
	if err := q.Take(&target).Error; err != nil {
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil // it may come yet: see changeLate
		}
		return err
	}
	_, err := b.rewrite(&target, row, a.Message.Body)
	return err
}

// rewrite gives a message the content of its newest edit, or none. It reports whether
// that is news.
func (b *batch) rewrite(target, by *messageRow, body []byte) (bool, error) {
	news := map[string]any{}
	switch {
	case by.Kind == kindRevoke:
		news["revoked_at"], news["body"] = by.At, nil
		target.RevokedAt = by.At
	case target.RevokedAt != 0 || by.At < target.EditedAt:
		return false, nil
	default:
		sealed, err := b.s.vault.SealData(target.DeviceID, target.ID, body)
		if err != nil {
			return false, err
		}
		news["edited_at"], news["body"] = by.At, sealed
		target.EditedAt = by.At
	}
	return true, b.tx.Model(&messageRow{}).Where("id = ?", target.ID).Updates(news).Error
}

// aboutQuery finds what says something about a message, in the order in which it was said.
const aboutQuery = `SELECT id, sender_id, kind, at, lacking, any_sender, body FROM messages
	WHERE chat_id = ? AND target = ? AND target <> '' ORDER BY at, id`

// changeLate applies the edits and revocations that came before the message itself, and
// expects those that need its secret to be read. It returns the body that the message has
// then, or nil where it was not edited.
func (b *batch) changeLate(row *messageRow, out *Outcome) (body []byte, err error) {
	var early []messageRow
	err = b.each(aboutQuery, func(rows *sql.Rows) error {
		e := messageRow{DeviceID: row.DeviceID}
		err := rows.Scan(&e.ID, &e.SenderID, &e.Kind, &e.At, &e.Lacking, &e.AnySender, &e.Body)
		early = append(early, e)
		return err
	}, row.ChatID, row.WAID)
	if err != nil {
		return nil, err
	}
	for _, e := range early {
		switch {
		case e.Lacking == LackingSecret && row.Lacking == "":
			out.Expects = true
			if err := b.expect(row.DeviceID, Expected{Kind: ExpectSecret, Name: e.ID}); err != nil {
				return nil, err
			}
		case e.Lacking != "", e.Kind != kindEdit && e.Kind != kindRevoke, e.SenderID != row.SenderID && !e.AnySender:
		default:
			plain, err := b.s.vault.OpenData(e.DeviceID, e.ID, e.Body)
			if err != nil {
				continue // what is damaged must not keep the message out
			}
			if changed, err := b.rewrite(row, &e, plain); err != nil {
				return nil, err
			} else if changed {
				body = plain
			}
		}
	}
	return body, nil
}

// receipt moves messages of the account forward.
func (b *batch) receipt(a *Arrival, ev eventRow) error {
	var rows []messageRow
	if err := inParts(a.Receipt.WAIDs, func(part []string) error {
		var some []messageRow
		// Asked for in order, SQLite reads all messages of the device.
		err := b.tx.Select("id", "device_id", "chat_id", "wa_id", "status").
			Where("device_id = ? AND wa_id IN ? AND sender_id = ''", a.DeviceID, part).Find(&some).Error
		rows = append(rows, some...)
		return err
	}); err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b messageRow) int { return strings.Compare(a.ID, b.ID) })
	for i := range rows {
		if err := b.receiptOf(a, &rows[i], ev); err != nil {
			return err
		}
	}
	return nil
}

// receiptOf moves one message forward.
func (b *batch) receiptOf(a *Arrival, row *messageRow, ev eventRow) error {
	r := a.Receipt
	if r.Unsent {
		if taken, err := b.takeBack(row.ID); err != nil || !taken {
			return err
		}
	}
	if r.Group {
		if err := b.count(row.ID, ev.SenderID, r.Status); err != nil {
			return err
		}
	}
	if r.Partial > 0 {
		if err := b.tx.Model(&messageRow{}).Where("id = ?", row.ID).Update("partial", r.Partial).Error; err != nil {
			return err
		}
	}
	if !forward(row.Status, r.Status) {
		return nil
	}
	err := b.tx.Model(&messageRow{}).Where("id = ?", row.ID).
		Updates(map[string]any{"status": r.Status, "status_at": ev.At, "error": rules.Clip(r.Error, 60), "code": r.Code}).Error
	if err != nil {
		return err
	}
	if row.Status == StatusQueued {
		if err := b.done(row.ID); err != nil {
			return err
		}
	}
	if a.Event == nil {
		return nil
	}
	ev.MessageID, ev.WAID, ev.ChatID = row.ID, row.WAID, &row.ChatID
	return b.log(a.Event.Type, a.Event.Body, ev)
}
