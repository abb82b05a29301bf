package models

import "wadah/models/rules"

// receipt moves messages of the account forward.
func (b *batch) receipt(a *Arrival, ev eventRow) error {
	var rows []messageRow
	if err := inParts(a.Receipt.WAIDs, func(part []string) error {
		var some []messageRow
		err := b.tx.Select("id", "device_id", "chat_id", "wa_id", "status").
			Where("device_id = ? AND wa_id IN ? AND sender_id = ''", a.DeviceID, part).Order("id").Find(&some).Error
		rows = append(rows, some...)
		return err
	}); err != nil {
		return err
	}
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
