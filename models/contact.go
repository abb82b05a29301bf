package models

import (
	"errors"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// Person is somebody on WhatsApp by the addresses that are known of them, JIDs without
// a device part. One of them may be empty.
type Person struct {
	LID string // "123456789012345@lid"
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
	byLID, err := b.contactBy(who, "lid", p.LID)
	if err != nil {
		return nil, err
	}
	byPN, err := b.contactBy(who, "pn", p.PN)
	if err != nil {
		return nil, err
	}
	var row *contactRow
	switch {
	case byLID != nil && byPN != nil && byLID.ID != byPN.ID:
		if byPN.LID == nil {
			row, err = b.mergeContacts(byLID, byPN)
		} else {
			// The number belongs to somebody else now.
			row, err = byLID, b.changeContact(byPN, map[string]any{"pn": nil})
		}
	case byLID != nil:
		row = byLID
	case byPN != nil && (byPN.LID == nil || p.LID == ""):
		row = byPN
	case byPN != nil:
		if err = b.changeContact(byPN, map[string]any{"pn": nil}); err == nil {
			row, err = b.newContact(who, p, pushName)
		}
	default:
		return b.newContact(who, p, pushName)
	}
	if err != nil {
		return nil, err
	}
	return row, b.enrich(row, p, pushName)
}

// enrich writes what is new about a person.
func (b *batch) enrich(row *contactRow, p Person, pushName string) error {
	news := map[string]any{}
	if p.LID != "" && text(row.LID) != p.LID {
		news["lid"], row.LID = p.LID, &p.LID
	}
	if p.PN != "" && text(row.PN) != p.PN {
		news["pn"], row.PN = p.PN, &p.PN
	}
	if name := rules.Clip(pushName, 256); name != "" && row.PushName != name {
		news["push_name"], row.PushName = name, name
	}
	if len(news) == 0 {
		return nil
	}
	return b.changeContact(row, news)
}

func (b *batch) changeContact(row *contactRow, news map[string]any) error {
	news["updated_at"] = b.now
	if pn, ok := news["pn"]; ok && pn == nil {
		row.PN = nil
	}
	b.contacts = nil // what was looked up may be out of date
	return b.tx.Model(&contactRow{}).Where("id = ?", row.ID).Updates(news).Error
}

func (b *batch) newContact(who owner, p Person, pushName string) (*contactRow, error) {
	row := &contactRow{
		ID: b.s.ids.next(b.s.now()), DeviceID: who.device, Account: who.account,
		LID: column(p.LID), PN: column(p.PN), PushName: rules.Clip(pushName, 256), UpdatedAt: b.now,
	}
	b.contacts = nil
	return row, b.tx.Create(row).Error
}

// contactBy looks a person up by one address; nil when there is none. What one batch
// has looked up it remembers.
func (b *batch) contactBy(who owner, column, jid string) (*contactRow, error) {
	if jid == "" {
		return nil, nil //nolint:nilnil // nobody is no error
	}
	key := lookup{who, jid}
	if row, ok := b.contacts[key]; ok {
		return row, nil
	}
	row := new(contactRow)
	err := b.tx.Where("device_id = ? AND account = ? AND "+column+" = ?", who.device, who.account, jid).Take(row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil //nolint:nilnil // nobody is no error
	}
	if err != nil {
		return nil, err
	}
	if b.contacts == nil {
		b.contacts = make(map[lookup]*contactRow)
	}
	b.contacts[key] = row
	return row, nil
}

// mergeContacts makes one row of two: the older survives, with everything that hung on
// the younger.
func (b *batch) mergeContacts(x, y *contactRow) (*contactRow, error) {
	old, young := x, y
	if old.ID > young.ID {
		old, young = young, old
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
	for table, field := range map[string]string{"messages": "sender_id", "event_log": "sender_id", "message_receipts": "contact_id"} {
		if err := b.tx.Table(table).Where(field+" = ?", young.ID).Update(field, old.ID).Error; err != nil {
			return nil, err
		}
	}
	b.contacts, b.chats = nil, nil
	if err := b.tx.Where("id = ?", young.ID).Delete(&contactRow{}).Error; err != nil {
		return nil, err
	}
	return old, b.enrich(old, young.contact().Person, first(old.PushName, young.PushName))
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
