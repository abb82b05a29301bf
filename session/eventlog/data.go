package eventlog

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"wadah/models"
	"wadah/session/message"
)

// Chat is a chat as programs see it. Both addresses of a person are given wherever they
// are known; either is accepted everywhere.
type Chat struct {
	ID    string `json:"id"`              // the address to answer to
	Type  string `json:"type"`            // private, group, status, …
	LID   string `json:"lid,omitempty"`   // of a person
	Phone string `json:"phone,omitempty"` // of a person, in international digits
	Name  string `json:"name,omitempty"`
}

// Person is somebody as programs see them.
type Person struct {
	ID    string `json:"id"`
	LID   string `json:"lid,omitempty"`
	Phone string `json:"phone,omitempty"`
	Name  string `json:"name,omitempty"`
}

// Media is a file as programs see it; its key stays here.
type Media struct {
	MIME     string `json:"mime,omitempty"`
	FileName string `json:"file_name,omitempty"`
	Size     int64  `json:"size,omitempty"`
	Seconds  int    `json:"seconds,omitempty"`
	Width    int    `json:"width,omitempty"`
	Height   int    `json:"height,omitempty"`
	SHA256   string `json:"sha256,omitempty"` // hex
	Animated bool   `json:"animated,omitempty"`
}

// Message is a message as programs see it: in events, and in what getMessages answers.
type Message struct {
	ID        string            `json:"id_message"`
	Chat      *Chat             `json:"chat,omitempty"`
	Sender    *Person           `json:"sender,omitempty"` // absent: the account itself
	FromMe    bool              `json:"from_me"`
	Source    string            `json:"source,omitempty"` // of the account's own: phone, api, panel
	Kind      message.Kind      `json:"kind"`
	Text      string            `json:"text,omitempty"`
	At        time.Time         `json:"at"`
	Status    string            `json:"status,omitempty"`
	Error     string            `json:"error,omitempty"`
	Target    *Target           `json:"target,omitempty"`
	ReplyTo   *Reply            `json:"reply_to,omitempty"`
	Mentions  []Person          `json:"mentions,omitempty"`
	Media     *Media            `json:"media,omitempty"`
	Location  *message.Location `json:"location,omitempty"`
	Contacts  []message.Contact `json:"contacts,omitempty"`
	Poll      *message.Poll     `json:"poll,omitempty"`
	Emoji     *string           `json:"emoji,omitempty"` // of a reaction; "" takes it back
	Votes     *[]string         `json:"votes,omitempty"` // of a vote: the options, by name; empty takes it back
	New       *Message          `json:"new,omitempty"`   // of an edit: what takes the place of the old
	Note      string            `json:"note,omitempty"`
	ViewOnce  bool              `json:"view_once,omitempty"`
	Forwarded bool              `json:"forwarded,omitempty"`
	// Undecryptable: only the outside of the message is known; message_filled brings the rest.
	Undecryptable bool `json:"undecryptable,omitempty"`
	// Revoked: it was taken back before it came.
	Revoked   bool       `json:"revoked,omitempty"`
	EditedAt  *time.Time `json:"edited_at,omitempty"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

// Target is the message that another one is about.
type Target struct {
	ID     string `json:"id_message"`
	FromMe bool   `json:"from_me"`
}

// Reply is the message that is answered, as the one who answers saw it.
type Reply struct {
	Target
	Sender *Person      `json:"sender,omitempty"`
	Kind   message.Kind `json:"kind,omitempty"`
	Text   string       `json:"text,omitempty"`
}

// ChatOf is what programs see of a chat.
func ChatOf(c models.Chat) Chat {
	if c.JID != "" {
		return Chat{ID: c.JID, Type: c.Kind, Name: c.Name}
	}
	p := PersonOf(c.Contact)
	return Chat{ID: p.ID, Type: c.Kind, LID: p.LID, Phone: p.Phone, Name: p.Name}
}

// PersonOf is what programs see of a contact. The address to answer to is the number
// where it is known, as programs are used to.
func PersonOf(c models.Contact) Person {
	p := person(message.PartyOfStored(c.Person))
	p.Name = c.FullName
	if p.Name == "" {
		p.Name = c.PushName
	}
	return p
}

func person(p message.Party) Person {
	return Person{ID: p.In(message.AddressingPN), LID: p.LID, Phone: p.Number()}
}

// Data is what programs see of an event beside its number, type and time.
func Data(e models.Event) (json.RawMessage, error) {
	switch e.Type {
	case message.EventMessage, message.EventFilled, message.EventEdited, message.EventRevoked, message.EventReaction, message.EventVote:
		record, err := message.DecodeRecord(e.Body)
		if err != nil {
			return nil, err
		}
		m := ofRecord(record)
		m.ID, m.At = e.WAID, e.At
		m.FromMe = e.Sender.ID == ""
		if e.Chat != nil {
			m.Chat = new(ChatOf(*e.Chat))
		}
		if !m.FromMe {
			m.Sender = new(PersonOf(e.Sender))
		}
		return json.Marshal(m)
	case message.EventStatus, message.EventCall, message.EventLimit:
		return about(e)
	case message.EventGroup:
		return groupChange(e)
	}
	if e.Body == nil {
		return json.RawMessage("{}"), nil
	}
	return e.Body, nil
}

// about is the body of an event with the chat, person and message it is about beside.
func about(e models.Event) (json.RawMessage, error) {
	fields := map[string]any{}
	if e.Body != nil {
		if err := json.Unmarshal(e.Body, &fields); err != nil {
			return nil, err
		}
	}
	if e.WAID != "" {
		fields["id_message"] = e.WAID
	}
	if e.Chat != nil {
		fields["chat"] = ChatOf(*e.Chat)
	}
	if e.Sender.ID != "" {
		fields["by"] = PersonOf(e.Sender)
	}
	return json.Marshal(fields)
}

// GroupChange is news of a group as programs see it.
type GroupChange struct {
	Action  message.GroupAction `json:"action"`
	Chat    *Chat               `json:"chat,omitempty"`
	By      *Person             `json:"by,omitempty"`
	Members []Person            `json:"members,omitempty"` // who joined, left, was promoted or demoted
	Value   string              `json:"value,omitempty"`
	Why     string              `json:"why,omitempty"`
	Group   *Group              `json:"group,omitempty"` // as it is now, when it is new to the account
}

// Group is a group as programs see it.
type Group struct {
	ID          string     `json:"id"`
	Subject     string     `json:"subject"`
	Description string     `json:"description,omitempty"`
	Owner       *Person    `json:"owner,omitempty"`
	CreatedAt   *time.Time `json:"created_at,omitempty"`
	Announce    bool       `json:"announce"` // only admins may write
	Restrict    bool       `json:"restrict"` // only admins may change its details
	Approval    bool       `json:"approval"` // admins must let new members in
	Timer       int64      `json:"timer"`    // seconds until messages disappear; 0: they stay
	Community   bool       `json:"community,omitempty"`
	Parent      string     `json:"parent,omitempty"` // the community that it belongs to
	Size        int        `json:"size"`
	Members     []Member   `json:"members"` // may be fewer than Size
}

// Member is somebody in a group.
type Member struct {
	Person
	Role message.Role `json:"role,omitempty"` // admin, superadmin
}

func groupChange(e models.Event) (json.RawMessage, error) {
	var news message.GroupNews
	if e.Body != nil {
		if err := json.Unmarshal(e.Body, &news); err != nil {
			return nil, err
		}
	}
	change := GroupChange{Action: news.Action, Members: people(news.Members), Value: news.Value, Why: news.Why}
	if e.Chat != nil {
		change.Chat = new(ChatOf(*e.Chat))
	}
	if e.Sender.ID != "" {
		change.By = new(PersonOf(e.Sender))
	}
	if news.Whole != nil {
		change.Group = new(groupOf(*news.Whole))
	}
	return json.Marshal(change)
}

func groupOf(g message.Group) Group {
	out := Group{
		ID: g.JID, Subject: g.Subject, Description: g.Description, Announce: g.Announce, Restrict: g.Locked, Approval: g.Approval,
		Timer: int64(g.Timer.Seconds()), Community: g.Community, Parent: g.Parent, Size: g.Size, Members: make([]Member, 0, len(g.Members)),
	}
	if g.Owner.Known() {
		out.Owner = new(person(g.Owner))
	}
	if !g.CreatedAt.IsZero() {
		out.CreatedAt = &g.CreatedAt
	}
	for _, m := range g.Members {
		out.Members = append(out.Members, Member{person(m.Party), m.Role})
	}
	return out
}

func people(list []message.Party) []Person {
	out := make([]Person, 0, len(list))
	for _, p := range list {
		out = append(out, person(p))
	}
	return out
}

// MessageOf is what programs see of a stored message.
func MessageOf(row models.Message) (Message, error) {
	record, err := message.DecodeRecord(row.Body)
	if err != nil {
		return Message{}, err
	}
	m := ofRecord(record)
	m.ID, m.At, m.FromMe, m.Status, m.Error = row.WAID, row.At, row.FromMe, row.Status, row.Error
	m.Kind, m.Source, m.Undecryptable = message.Kind(row.Kind), row.Source, row.Lacking != ""
	m.Chat = new(ChatOf(row.Chat))
	if !row.FromMe {
		m.Sender = new(PersonOf(row.Sender))
	}
	if !row.EditedAt.IsZero() {
		m.EditedAt = &row.EditedAt
	}
	if !row.RevokedAt.IsZero() {
		m.Revoked, m.RevokedAt = true, &row.RevokedAt
	}
	return m, nil
}

func ofRecord(r message.Record) Message {
	c := r.Content
	m := Message{
		Source: r.Source, Kind: c.Kind, Text: c.Text, Location: c.Location, Contacts: c.Contacts, Poll: c.Poll,
		Note: c.Note, ViewOnce: c.ViewOnce, Forwarded: c.Forwarded,
		Undecryptable: r.Lacking != "", Revoked: r.Revoked,
	}
	if c.Target != nil {
		m.Target = &Target{ID: c.Target.ID, FromMe: c.Target.FromMe}
	}
	if c.Quote != nil {
		m.ReplyTo = &Reply{Target: Target{ID: c.Quote.ID, FromMe: c.Quote.FromMe}, Kind: c.Quote.Kind, Text: c.Quote.Text}
		if c.Quote.Sender.Known() {
			m.ReplyTo.Sender = new(person(c.Quote.Sender))
		}
	}
	if len(c.Mentions) > 0 {
		m.Mentions = people(c.Mentions)
	}
	if f := c.Media; f != nil {
		m.Media = &Media{
			MIME: f.MIME, FileName: f.FileName, Size: f.Size, Seconds: f.Seconds, Width: f.Width, Height: f.Height,
			SHA256: hex.EncodeToString(f.SHA256), Animated: f.Animated,
		}
	}
	switch c.Kind {
	case message.KindReaction:
		m.Emoji = new(c.Emoji)
	case message.KindVote:
		votes := c.Chosen
		if len(votes) == 0 {
			votes = c.Votes
		}
		m.Votes = new(append([]string{}, votes...))
	case message.KindEdit:
		if c.New != nil {
			m.New = new(ofRecord(message.Record{Content: *c.New}))
		}
	default:
	}
	return m
}

// Scope is the scope of keys that may see events of this type: "state" or "read".
func Scope(eventType string) string {
	if eventType == "state" || strings.HasPrefix(eventType, "device_") {
		return "state"
	}
	return "read"
}
