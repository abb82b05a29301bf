package models

import (
	"context"
	"database/sql"

	"wadah/models/rules"
)

// Person is somebody on WhatsApp by the addresses that are known of them, JIDs without
// a device part. One of them may be empty.
type Person struct {
	LID string // "123456789012345@lid"; of what is no person but writes like one its only address
	PN  string // "6281234567890@s.whatsapp.net"
}

// Known reports whether there is any address at all.
func (p Person) Known() bool { return p.LID != "" || p.PN != "" }

// Contact is a person that a device has met.
type Contact struct {
	ID string
	Person
	PushName string // what they call themselves
	FullName string // what the account's address book calls them
}

type contactRow struct {
	ID        string `gorm:"primaryKey"`
	DeviceID  string
	Account   string
	LID       *string `gorm:"column:lid"`
	PN        *string `gorm:"column:pn"`
	PushName  string
	FullName  string
	UpdatedAt int64 `gorm:"autoUpdateTime:false"`
}

func (contactRow) TableName() string { return "contacts" }

func (r contactRow) contact() Contact {
	return Contact{ID: r.ID, Person: Person{LID: text(r.LID), PN: text(r.PN)}, PushName: r.PushName, FullName: r.FullName}
}

// text is the string behind a column that may be NULL.
func text(column *string) string {
	if column == nil {
		return ""
	}
	return *column
}

// column is NULL for an empty string.
func column(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}

// contact finds the row of a person, or makes it, and takes up what the arrival knows
// that the row does not. Where WhatsApp has shown only now that two rows are one person,
// they become one.
func (b *batch) contact(who owner, p Person, pushName string) (*contactRow, error) {
	if !p.Known() {
		return nil, rules.Refuse("sender", "sender_required", "A person needs an address.")
	}
	byLID, err := b.contactBy(who, contactByLIDQuery, p.LID)
	if err != nil {
		return nil, err
	}
	byPN, err := b.contactBy(who, contactByPNQuery, p.PN)
	if err != nil {
		return nil, err
	}
	row := byLID
	switch {
	case byPN == nil || byPN == byLID:
	case byLID != nil && byPN.LID == nil:
		if row, err = b.mergeContacts(byLID, byPN); err != nil {
			return nil, err
		}
	case byLID == nil && (byPN.LID == nil || p.LID == ""):
		row = byPN
	default:
		// The number belongs to somebody else now.
		if err := b.loseNumber(who, byPN); err != nil {
			return nil, err
		}
	}
	if row == nil {
		return b.newContact(who, p, pushName)
	}
	return row, b.enrich(who, row, p, pushName)
}

const (
	contactColumns    = `id, device_id, account, lid, pn, push_name, full_name, updated_at`
	contactByLIDQuery = `SELECT ` + contactColumns + ` FROM contacts WHERE device_id = ? AND account = ? AND lid = ?`
	contactByPNQuery  = `SELECT ` + contactColumns + ` FROM contacts WHERE device_id = ? AND account = ? AND pn = ?`
	newContactQuery   = `INSERT INTO contacts (` + contactColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
)

// contactBy looks a person up by one address; nil when there is none. What one batch has
// looked up it remembers.
func (b *batch) contactBy(who owner, query, jid string) (*contactRow, error) {
	if jid == "" {
		return nil, nil //nolint:nilnil // nobody is no error
	}
	if row, ok := b.contacts[lookup{who, jid}]; ok {
		return row, nil
	}
	var row *contactRow
	err := b.each(query, func(rows *sql.Rows) error {
		row = new(contactRow)
		return rows.Scan(&row.ID, &row.DeviceID, &row.Account, &row.LID, &row.PN, &row.PushName, &row.FullName, &row.UpdatedAt)
	}, who.device, who.account, jid)
	if err != nil || row == nil {
		return nil, err
	}
	// By its other address it may have been found before.
	for _, address := range []string{text(row.LID), text(row.PN)} {
		if known, ok := b.contacts[lookup{who, address}]; ok && known.ID == row.ID {
			row = known
		}
	}
	b.remember(who, row)
	return row, nil
}

func (b *batch) remember(who owner, row *contactRow) {
	if b.contacts == nil {
		b.contacts = make(map[lookup]*contactRow)
	}
	for _, address := range []string{text(row.LID), text(row.PN)} {
		if address != "" {
			b.contacts[lookup{who, address}] = row
		}
	}
}

func (b *batch) newContact(who owner, p Person, pushName string) (*contactRow, error) {
	row := &contactRow{
		ID: b.s.ids.next(b.s.now()), DeviceID: who.device, Account: who.account,
		LID: column(p.LID), PN: column(p.PN), PushName: rules.Clip(pushName, 256), UpdatedAt: b.now,
	}
	_, err := b.exec(newContactQuery, row.ID, row.DeviceID, row.Account, row.LID, row.PN, row.PushName, row.FullName, row.UpdatedAt)
	if err != nil {
		return nil, err
	}
	b.remember(who, row)
	return row, nil
}

// enrich writes what is new about a person.
func (b *batch) enrich(who owner, row *contactRow, p Person, pushName string) error {
	news := map[string]any{}
	if p.LID != "" && text(row.LID) != p.LID {
		news["lid"], row.LID = p.LID, &p.LID
	}
	if p.PN != "" && text(row.PN) != p.PN {
		delete(b.contacts, lookup{who, text(row.PN)})
		news["pn"], row.PN = p.PN, &p.PN
	}
	if name := rules.Clip(pushName, 256); name != "" && row.PushName != name {
		news["push_name"], row.PushName = name, name
	}
	if len(news) == 0 {
		return nil
	}
	b.remember(who, row)
	return b.changeContact(row, news)
}

// callContact writes what the account's address book calls somebody; "" for not at all.
func (b *batch) callContact(row *contactRow, name string) error {
	if name = rules.Clip(name, 256); row.FullName == name {
		return nil
	}
	row.FullName = name
	return b.changeContact(row, map[string]any{"full_name": name})
}

// loseNumber takes a number from somebody who does not have it any more.
func (b *batch) loseNumber(who owner, row *contactRow) error {
	delete(b.contacts, lookup{who, text(row.PN)})
	row.PN = nil
	return b.changeContact(row, map[string]any{"pn": nil})
}

func (b *batch) changeContact(row *contactRow, news map[string]any) error {
	news["updated_at"] = b.now
	return b.tx.Model(&contactRow{}).Where("id = ?", row.ID).Updates(news).Error
}

// mergeContacts makes one row of two: the older survives, with everything that hung on
// the younger.
func (b *batch) mergeContacts(x, y *contactRow) (*contactRow, error) {
	old, young := x, y
	if old.ID > young.ID {
		old, young = young, old
	}
	if err := b.forget(); err != nil {
		return nil, err
	}
	if err := b.mergeChatsOf(old, young); err != nil {
		return nil, err
	}
	// Where both wrote the same message, one of the two is its repeat.
	err := b.dropTwins("sender_id", old.ID, young.ID, "o.chat_id = messages.chat_id AND o.wa_id = messages.wa_id")
	if err != nil {
		return nil, err
	}
	err = b.tx.Exec(`DELETE FROM message_receipts WHERE contact_id = ? AND EXISTS (SELECT 1 FROM message_receipts o
		WHERE o.message_id = message_receipts.message_id AND o.contact_id = ?)`, young.ID, old.ID).Error
	if err != nil {
		return nil, err
	}
	// The device is named for the sake of the indexes.
	for _, query := range []string{
		`UPDATE messages SET sender_id = ? WHERE device_id = ? AND sender_id = ?`,
		`UPDATE event_log SET sender_id = ? WHERE device_id = ? AND sender_id = ?`,
	} {
		if err := b.tx.Exec(query, old.ID, old.DeviceID, young.ID).Error; err != nil {
			return nil, err
		}
	}
	if err := b.tx.Model(&receiptRow{}).Where("contact_id = ?", young.ID).Update("contact_id", old.ID).Error; err != nil {
		return nil, err
	}
	if err := b.mergeMembers(old, young); err != nil {
		return nil, err
	}
	for i := range b.events {
		if b.events[i].SenderID == young.ID {
			b.events[i].SenderID = old.ID
		}
	}
	b.merges++
	if err := b.tx.Where("id = ?", young.ID).Delete(&contactRow{}).Error; err != nil {
		return nil, err
	}
	who := owner{old.DeviceID, old.Account}
	if err := b.callContact(old, first(old.FullName, young.FullName)); err != nil {
		return nil, err
	}
	return old, b.enrich(who, old, young.contact().Person, first(old.PushName, young.PushName))
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// ContactOf finds somebody whom a device's account knows, by either address.
// ErrNotFound when the account does not.
func (s *Store) ContactOf(ctx context.Context, deviceID, account string, p Person) (Contact, error) {
	var row contactRow
	err := s.read(ctx).Where("device_id = ? AND account = ? AND (lid = ? OR pn = ?)", deviceID, account, column(p.LID), column(p.PN)).
		Order("lid IS NULL").Take(&row).Error
	if err != nil {
		return Contact{}, wrap(ctx, "find contact", err)
	}
	return row.contact(), nil
}
