package message

import (
	"strconv"
	"time"

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
		a.At, a.Chat, a.FromMe, a.Settings = in.At, refOf(in.Chat), true, &models.ChatSettings{Unread: new(int64)}
	case Call:
		a.At, a.Chat, a.Sender, a.FromMe = in.At, refOf(ChatWith(in.From)), personOf(in.From), in.FromMe
		a.Event = &models.NewEvent{Type: EventCall, Body: encode(CallNews{ID: in.ID, Step: in.Step, Video: in.Video, Group: in.Group, Why: in.Why})}
	case GroupChange:
		arrivedChange(&a, in)
	case Pair:
		a.Pairs = []models.Person{personOf(in.Person)}
	case ReadMark:
		a.At, a.Chat, a.FromMe, a.Settings = in.At, refOf(in.Chat), true, &models.ChatSettings{Unread: new(int64)}
		if !in.Read {
			a.Settings.Unread = new(int64(1)) // a mark without a count, as on phones
		}
	case Limit:
		a.At = in.At
		a.Lock = &models.AccountLock{Active: in.Active, Kind: in.Kind, Until: in.Until, At: in.At}
		a.Event = &models.NewEvent{Type: EventLimit, Body: encode(LimitNews{Active: in.Active, Kind: in.Kind, Until: in.Until})}
	case History:
		a.At = in.At
		a.Expect = &models.Expected{Kind: ExpectHistory, Name: in.ID, Body: in.Notice}
	case AppState:
		a.At = in.At
		a.Expect = &models.Expected{Kind: ExpectAppState, Name: in.Name, Body: in.Keys}
	default:
		return a, false
	}
	return a, true
}

// Kinds of what is expected.
const (
	ExpectHistory  = "history"           // a piece of the phone's history, which it announced
	ExpectAppState = "app_state"         // a collection of the account's settings, or the keys to all of them
	ExpectGroups   = "groups"            // the list of the account's groups
	ExpectGroup    = models.ExpectGroup  // one group, of which not all is known
	ExpectSecret   = models.ExpectSecret // a message that can be read now, see Content.Sealed
)

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
	if m.Content.Target != nil {
		a.Message.Target = m.Content.Target.ID
	}
	if m.Content.Sealed && m.Content.Target != nil {
		a.Message.Lacking, record.Lacking = string(WhySealed), WhySealed
	}
	body := encode(record)
	a.Event = &models.NewEvent{Type: eventOf(m.Content.Kind), Filled: EventFilled, Body: body, Gone: encode(record.gone())}
	if m.Content.Kind == KindEdit && m.Content.New != nil {
		record.Content, record.Raw = *m.Content.New, m.NewRaw
		body = encode(record)
	}
	a.Message.Body = body
	a.Message.AnySender = m.Content.Kind == KindRevoke && m.Content.Note == NoteAdmin
	a.Settings = timerOf(m.Content)
}

// timerOf is the time after which messages of a chat disappear, where a message says it.
func timerOf(c Content) *models.ChatSettings {
	if c.TimerAt == 0 && (c.Kind != KindSystem || c.Note != NoteTimer) {
		return nil
	}
	set := models.ChatSettings{Timer: new(int64(c.Timer.Seconds()))}
	if c.TimerAt != 0 {
		set.TimerAt = time.Unix(c.TimerAt, 0)
	}
	return &set
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
	record := Record{Content: Content{Kind: KindUnknown, ViewOnce: u.Why == WhyViewOnce}, Lacking: u.Why}
	if u.FromMe {
		a.Message.Status, a.Message.Source = string(StatusSent), SourcePhone
		record.Source = SourcePhone
	} else {
		a.Sender = personOf(u.Sender)
	}
	a.Event = &models.NewEvent{Type: EventMessage, Filled: EventFilled, Body: encode(record), Gone: encode(record.gone())}
}

func arrivedChange(a *models.Arrival, in GroupChange) {
	a.At, a.Chat, a.Sender = in.At, refOf(ChatAt(in.Group)), personOf(in.By)
	a.Group = groupUpdate(in)
	news := GroupNews{Action: in.Action, Members: in.Members, Value: in.Value, Why: in.Why, Whole: in.Whole}
	switch in.Action {
	case GroupSubject:
		a.ChatName = in.Value
	case GroupCreated:
		a.ChatName = in.Value
		if in.Whole != nil {
			a.Settings = &models.ChatSettings{Timer: new(int64(in.Whole.Timer.Seconds()))}
			news.Members = nil // they stand in Whole, with their roles
		}
	case GroupTimer:
		if seconds, err := strconv.ParseInt(in.Value, 10, 64); err == nil {
			a.Settings = &models.ChatSettings{Timer: &seconds, TimerAt: in.At}
		}
	case GroupJoined, GroupLeft, GroupPromoted, GroupDemoted, GroupDescription, GroupAnnounce, GroupLocked, GroupApproval, GroupInvite,
		GroupRequested, GroupPicture, GroupSuspended, GroupLinked, GroupUnlinked, GroupDeleted, GroupOtherChanged:
	}
	a.Event = &models.NewEvent{Type: EventGroup, Body: encode(news)}
}

// personOf is a person as the store has them. What is no person has one address.
func personOf(p Party) models.Person {
	if p.LID == "" && p.PN == "" {
		return models.Person{LID: p.Other}
	}
	return models.Person{LID: p.LID, PN: p.PN}
}

// PartyOfStored is the person of a stored contact.
func PartyOfStored(p models.Person) Party { return PartyOf(p.LID, p.PN) }

func refOf(c Chat) *models.ChatRef {
	return &models.ChatRef{Kind: string(c.Kind), Person: personOf(c.Person), JID: c.JID}
}
