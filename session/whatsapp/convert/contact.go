package convert

import (
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
)

func (r *reader) contact(m *waE2E.Message) message.Content {
	return message.Content{Kind: message.KindContact, Contacts: r.cards([]*waE2E.ContactMessage{m.GetContactMessage()})}
}

func (r *reader) contacts(m *waE2E.Message) message.Content {
	return message.Content{Kind: message.KindContact, Contacts: r.cards(m.GetContactsArrayMessage().GetContacts())}
}

func (r *reader) cards(list []*waE2E.ContactMessage) []message.Contact {
	list, more := firstN(list, message.MaxContacts)
	r.cut = r.cut || more
	contacts := make([]message.Contact, 0, len(list))
	room := message.MaxVCards
	for _, c := range list {
		card, cut := text(c.GetVcard(), min(message.MaxVCard, room))
		room -= len(card)
		r.cut = r.cut || cut
		contact := readCard(card)
		contact.VCard = card
		if shown := name(c.GetDisplayName()); shown != "" {
			contact.Name = shown
		}
		contacts = append(contacts, contact)
	}
	return contacts
}

func sendContacts(content message.Content, info *waE2E.ContextInfo) *waE2E.Message {
	cards := make([]*waE2E.ContactMessage, len(content.Contacts))
	for i, c := range content.Contacts {
		card := c.VCard
		if card == "" {
			card = writeCard(c)
		}
		shown := c.Name
		if shown == "" {
			shown = readCard(card).Name
		}
		cards[i] = &waE2E.ContactMessage{DisplayName: proto.String(shown), Vcard: proto.String(card)}
	}
	if len(cards) == 1 {
		cards[0].ContextInfo = info
		return &waE2E.Message{ContactMessage: cards[0]}
	}
	return &waE2E.Message{ContactsArrayMessage: &waE2E.ContactsArrayMessage{
		DisplayName: proto.String(cards[0].GetDisplayName()),
		Contacts:    cards,
		ContextInfo: info,
	}}
}
