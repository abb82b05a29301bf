package message

import (
	"encoding/json"
	"fmt"
	"time"

	"wadah/models"
)

// Record is what is kept of one message: sealed as the body of its row and of its event.
type Record struct {
	Content Content `json:"content"`
	Raw     []byte  `json:"raw,omitempty"` // WhatsApp's protobuf, without previews
	Source  string  `json:"source,omitempty"`
	Author  string  `json:"author,omitempty"`  // a key's or user's ID
	Lacking Why     `json:"lacking,omitempty"` // why there is no content yet
	Revoked bool    `json:"revoked,omitempty"` // it was taken back before it came

	// What is needed to ask for the message's file again; see Envelope.
	Device     int        `json:"device,omitempty"`
	Addressing Addressing `json:"addressing,omitempty"`
	ServerID   int        `json:"server_id,omitempty"`
}

// gone is what is left of a message that was taken back.
func (r Record) gone() Record {
	return Record{Content: Content{Kind: r.Content.Kind}, Source: r.Source, Revoked: true}
}

// encode is the record's JSON. It cannot fail: the values are plain.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("message: a %T has no JSON: %v", v, err))
	}
	return b
}

// DecodeRecord reads a body back. A nil body, which is not kept any more, is an empty
// record.
func DecodeRecord(body []byte) (Record, error) {
	var r Record
	if body == nil {
		return r, nil
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return r, fmt.Errorf("a stored message cannot be read: %w", err)
	}
	return r, nil
}

// OfRow is a stored message as it came.
func OfRow(row models.Message) (Message, error) {
	record, err := DecodeRecord(row.Body)
	return Message{
		Envelope: Envelope{
			ID: row.WAID, Chat: OfChat(row.Chat), Sender: PartyOfStored(row.Sender.Person), FromMe: row.FromMe, At: row.At,
			Device: record.Device, Addressing: record.Addressing, ServerID: record.ServerID,
		},
		Content: record.Content, Raw: record.Raw,
	}, err
}

// The types of events that this package makes. Programs see these words.
const (
	EventMessage  = "message"         // a new message in a chat, in either direction
	EventFilled   = "message_filled"  // content came for a message that lacked it
	EventEdited   = "message_edited"  // another message has new content
	EventRevoked  = "message_revoked" // another message was taken back
	EventReaction = "reaction"
	EventVote     = "poll_vote"
	EventStatus   = "message_status" // what became of a message that the account sent
	EventCall     = "call"
	EventGroup    = "group"
	EventLimit    = "limit"
)

// The bodies of events that are not about a new message.
type (
	// StatusNews is the body of EventStatus.
	StatusNews struct {
		Status Status `json:"status"`
		Error  string `json:"error,omitempty"`
		Code   int    `json:"wa_code,omitempty"` // WhatsApp's
		// Partial counts devices of the recipients that could not be given the message.
		Partial int `json:"partial,omitempty"`
	}

	// CallNews is the body of EventCall.
	CallNews struct {
		ID    string   `json:"id"`
		Step  CallStep `json:"step"`
		Video bool     `json:"video,omitempty"`
		Group string   `json:"group,omitempty"`
		Why   string   `json:"why,omitempty"`
	}

	// GroupNews is the body of EventGroup.
	GroupNews struct {
		Action  GroupAction `json:"action"`
		Members []Party     `json:"members,omitempty"`
		Value   string      `json:"value,omitempty"`
		Why     string      `json:"why,omitempty"`
		Whole   *Group      `json:"group,omitempty"`
	}

	// LimitNews is the body of EventLimit.
	LimitNews struct {
		Active bool      `json:"active"`
		Kind   string    `json:"kind,omitempty"`
		Until  time.Time `json:"until,omitzero"`
	}
)
