package models

import (
	"gorm.io/gorm/clause"

	"wadah/models/rules"
)

// message stores a message, or what a repeat of it brings.
func (b *batch) message(a *Arrival, chat *chatRow, ev eventRow, out *Outcome) error {
	m := a.Message
	row := messageRow{
		ID: b.s.ids.next(b.s.now()), DeviceID: a.DeviceID, ChatID: chat.ID, SenderID: ev.SenderID, WAID: rules.Clip(m.WAID, 120),
		Kind: m.Kind, At: a.At.UnixMilli(), StoredAt: b.now, Status: m.Status, Target: rules.Clip(m.Target, 120),
		Lacking: m.Lacking, Hidden: m.Hidden, Source: m.Source, Author: rules.Clip(m.Author, 100),
	}
	if m.Status != "" {
		row.StatusAt = b.now
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
	res := b.tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	if res.Error != nil {
		return res.Error
	}
	kind := eventType(a.Event)
	if res.RowsAffected == 0 {
		filled, err := b.repeated(m, &row)
		if err != nil || !filled {
			out.Repeated = !filled
			return err
		}
		if a.Event != nil {
			kind = a.Event.Filled
		}
	}
	if err := b.settleIn(a, chat, &row); err != nil {
		return err
	}
	out.MessageID = row.ID
	if a.Send != nil {
		if err := b.enqueue(a, row.ID); err != nil {
			return err
		}
	}
	ev.MessageID, ev.WAID = row.ID, row.WAID
	if a.Event == nil || m.Hidden {
		return nil
	}
	return b.log(kind, a.Event.Body, ev)
}

func eventType(e *NewEvent) string {
	if e == nil {
		return ""
	}
	return e.Type
}

// repeated looks at the row that a repeat met. It reports whether the repeat filled it,
// and leaves it in row.
func (b *batch) repeated(m *NewMessage, row *messageRow) (filled bool, err error) {
	old, err := b.existing(row.ChatID, row.SenderID, row.WAID)
	if err != nil {
		return false, err
	}
	if old.Lacking == "" || m.Lacking != "" {
		*row = old
		return false, nil
	}
	body, err := b.s.vault.SealData(old.DeviceID, old.ID, m.Body)
	if err != nil {
		return false, err
	}
	old.Kind, old.Target, old.Lacking, old.Hidden, old.Body = m.Kind, row.Target, "", m.Hidden, body
	*row = old
	return true, b.tx.Model(&messageRow{}).Where("id = ?", old.ID).Updates(map[string]any{
		"kind": old.Kind, "target": old.Target, "lacking": "", "hidden": old.Hidden, "body": body,
	}).Error
}

// settleIn gives a new message its place: the chat shows it, its target is changed, and
// a change that came before it is applied.
func (b *batch) settleIn(a *Arrival, chat *chatRow, row *messageRow) error {
	m := a.Message
	if m.Target != "" {
		if m.Kind != kindEdit && m.Kind != kindRevoke {
			return nil
		}
		return b.change(a, row)
	}
	if m.Hidden {
		return nil
	}
	news := map[string]any{}
	if row.At >= chat.LastAt {
		chat.LastAt, chat.LastID = row.At, row.ID
		news["last_at"], news["last_id"] = row.At, row.ID
	}
	if !a.FromMe {
		chat.Unread++
		news["unread"] = chat.Unread
	}
	if len(news) > 0 {
		if err := b.tx.Model(&chatRow{}).Where("id = ?", chat.ID).Updates(news).Error; err != nil {
			return err
		}
	}
	return b.changeLate(row)
}

// change applies an edit or revocation to its target, if that is here.
func (b *batch) change(a *Arrival, row *messageRow) error {
	q := b.tx.Where("chat_id = ? AND wa_id = ? AND target = ''", row.ChatID, row.Target)
	if !a.Message.AnySender {
		q = q.Where("sender_id = ?", row.SenderID)
	}
	var target messageRow
	if err := q.Take(&target).Error; err != nil {
		if isMissing(err) {
			return nil // it may come yet: see changeLate
		}
		return err
	}
	return b.rewrite(&target, row, a.Message.Body)
}

// rewrite gives a message the content of its newest edit, or none.
func (b *batch) rewrite(target, by *messageRow, body []byte) error {
	news := map[string]any{}
	switch {
	case by.Kind == kindRevoke:
		news["revoked_at"], news["body"] = by.At, nil
	case target.RevokedAt != 0 || by.At < target.EditedAt:
		return nil
	default:
		sealed, err := b.s.vault.SealData(target.DeviceID, target.ID, body)
		if err != nil {
			return err
		}
		news["edited_at"], news["body"] = by.At, sealed
		target.EditedAt = by.At
	}
	return b.tx.Model(&messageRow{}).Where("id = ?", target.ID).Updates(news).Error
}

// changeLate applies the edits and revocations that came before the message itself.
func (b *batch) changeLate(row *messageRow) error {
	var early []messageRow
	err := b.tx.Where("chat_id = ? AND target = ? AND sender_id = ? AND kind IN ?", row.ChatID, row.WAID, row.SenderID,
		[]string{kindEdit, kindRevoke}).Order("at, id").Find(&early).Error
	if err != nil {
		return err
	}
	for _, e := range early {
		body, err := b.s.vault.OpenData(e.DeviceID, e.ID, e.Body)
		if err != nil {
			return err
		}
		if err := b.rewrite(row, &e, body); err != nil {
			return err
		}
	}
	return nil
}

// The kinds of session/message that change another message.
const (
	kindEdit   = "edit"
	kindRevoke = "revoke"
)

// receipt moves messages of the account forward.
func (b *batch) receipt(a *Arrival, ev eventRow) error {
	r := a.Receipt
	var rows []messageRow
	if err := inParts(r.WAIDs, func(part []string) error {
		var some []messageRow
		err := b.tx.Select("id", "device_id", "chat_id", "wa_id", "status").
			Where("device_id = ? AND wa_id IN ? AND sender_id = ''", a.DeviceID, part).Order("id").Find(&some).Error
		rows = append(rows, some...)
		return err
	}); err != nil {
		return err
	}
	for _, row := range rows {
		if r.Unsent {
			taken, err := b.takeBack(row.ID)
			if err != nil {
				return err
			}
			if !taken {
				continue
			}
		}
		if r.Group {
			if err := b.count(row.ID, ev.SenderID, r.Status); err != nil {
				return err
			}
		}
		if !forward(row.Status, r.Status) {
			continue
		}
		err := b.tx.Model(&messageRow{}).Where("id = ?", row.ID).
			Updates(map[string]any{"status": r.Status, "status_at": a.At.UnixMilli(), "error": rules.Clip(r.Error, 60), "code": r.Code}).Error
		if err != nil {
			return err
		}
		if row.Status == StatusQueued {
			if err := b.done(row.ID); err != nil {
				return err
			}
		}
		if a.Event == nil {
			continue
		}
		ev := ev
		ev.MessageID, ev.WAID, ev.ChatID = row.ID, row.WAID, &row.ChatID
		if err := b.log(a.Event.Type, a.Event.Body, ev); err != nil {
			return err
		}
	}
	return nil
}
