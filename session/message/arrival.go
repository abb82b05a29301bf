package message

import (
	"wadah/models"
)

// Sources of messages that the account itself wrote.
const (
	SourcePhone = "phone" // on the phone, or another linked device
	SourceAPI   = "api"
	SourcePanel = "panel"
)

// arrival is what storing an incoming thing means. What means nothing to the store has
// no arrival: ok is false.
func arrival(deviceID, account string, in Incoming) (a models.Arrival, ok bool) {
	a = models.Arrival{DeviceID: deviceID, Account: account}
	switch in := in.(type) {
	case Message:
		arrivedMessage(&a, in)
	case Undecryptable:
		arrivedEmpty(&a, in)
	case Receipt:
		a.At, a.Chat, a.Sender = in.At, refOf(in.Chat), personOf(in.By)
		a.Receipt = &models.NewReceipt{WAIDs: in.IDs, Status: string(in.Status), Group: in.Chat.Kind == ChatGroup}
		a.Event = &models.NewEvent{Type: EventStatus, Body: encode(StatusNews{Status: in.Status})}
	case OwnRead:
		a.At, a.Chat, a.FromMe, a.ReadUpTo = in.At, refOf(in.Chat), true, true
	case Call:
		a.At, a.Chat, a.Sender = in.At, refOf(ChatWith(in.From)), personOf(in.From)
		a.Event = &models.NewEvent{Type: EventCall, Body: encode(CallNews{ID: in.ID, Step: in.Step, Video: in.Video, Group: in.Group, Why: in.Why})}
	case GroupChange:
		a.At, a.Chat, a.Sender = in.At, refOf(ChatAt(in.Group)), personOf(in.By)
		a.Event = &models.NewEvent{Type: EventGroup, Body: encode(GroupNews{Action: in.Action, Members: in.Members, Value: in.Value})}
		if in.Action == GroupSubject || in.Action == GroupCreated {
			a.ChatName = in.Value
		}
	case Pair:
		a.Pairs = []models.Person{personOf(in.Person)}
	case Limit:
		a.At = in.At
		a.Event = &models.NewEvent{Type: EventLimit, Body: encode(LimitNews{Active: in.Active, Kind: in.Kind, Until: in.Until})}
	case History:
		a.At = in.At
		a.Expect = &models.Expected{Kind: ExpectHistory, Name: in.ID, Body: in.Notice}
	default:
		return a, false
	}
	return a, true
}

// ExpectHistory is the kind of what is expected when the phone announced a piece of its
// history.
const ExpectHistory = "history"

func arrivedMessage(a *models.Arrival, m Message) {
	record := Record{Content: m.Content, Raw: m.Raw, Device: m.Device, Addressing: m.Addressing, ServerID: m.ServerID}
	a.At, a.Chat, a.FromMe, a.PushName = m.At, refOf(m.Chat), m.FromMe, m.PushName
	a.Message = &models.NewMessage{WAID: m.ID, Kind: string(m.Content.Kind)}
	if m.FromMe {
		a.Message.Status, a.Message.Source = string(StatusSent), SourcePhone
		record.Source = SourcePhone
	} else {
		a.Sender = personOf(m.Sender)
	}
	body := encode(record)
	a.Message.Body = body
	if m.Content.Target != nil {
		a.Message.Target = m.Content.Target.ID
	}
	if m.Content.Kind == KindEdit && m.Content.New != nil {
		record.Content = *m.Content.New
		a.Message.Body = encode(record)
	}
	if m.Content.Kind == KindRevoke {
		a.Message.AnySender = m.Content.Note == NoteAdmin
	}
	if timer := int64(m.Content.Timer.Seconds()); m.Content.Kind == KindSystem && m.Content.Note == NoteTimer {
		a.Timer = &timer
	}
	a.Event = &models.NewEvent{Type: eventOf(m.Content.Kind), Filled: EventFilled, Body: body}
}

// eventOf is the type of the event that a message of this kind becomes.
func eventOf(k Kind) string {
	switch k {
	case KindReaction:
		return EventReaction
	case KindEdit:
		return EventEdited
	case KindRevoke:
		return EventRevoked
	case KindVote:
		return EventVote
	case KindText, KindImage, KindVideo, KindAudio, KindVoice, KindDocument, KindSticker, KindLocation, KindLiveLocation,
		KindContact, KindPoll, KindButton, KindSystem, KindUnknown, KindPin, KindKeep:
		return EventMessage
	}
	return EventMessage
}

func arrivedEmpty(a *models.Arrival, u Undecryptable) {
	a.At, a.Chat, a.FromMe, a.PushName = u.At, refOf(u.Chat), u.FromMe, u.PushName
	a.Message = &models.NewMessage{WAID: u.ID, Kind: string(KindUnknown), Lacking: string(u.Why), Hidden: u.Hidden}
	if u.FromMe {
		a.Message.Status, a.Message.Source = string(StatusSent), SourcePhone
	} else {
		a.Sender = personOf(u.Sender)
	}
	a.Event = &models.NewEvent{
		Type: EventMessage, Filled: EventFilled,
		Body: encode(Record{Content: Content{Kind: KindUnknown, ViewOnce: u.Why == WhyViewOnce}, Lacking: u.Why}),
	}
}

func personOf(p Party) models.Person { return models.Person{LID: p.LID, PN: p.PN} }

func refOf(c Chat) *models.ChatRef {
	return &models.ChatRef{Kind: string(c.Kind), Person: personOf(c.Person), JID: c.JID}
}
