package message

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"wadah/models"
)

// What arrives is made by strangers. Should there be something in it that the database
// refuses, WhatsApp would hand it over again and again, and nothing else of the device
// would ever come through. So it is stored with less and less of what it brought, but
// never passed over.

// NoteOdd is what Content.Note says of a message of which only the outside could be stored.
const NoteOdd = "unstorable"

// isRefusal reports whether err is about what was to be stored, and not about the storage.
func isRefusal(err error) bool {
	var invalid *models.Invalid
	return errors.As(err, &invalid) || errors.Is(err, models.ErrRefused) || errors.Is(err, models.ErrConflict) ||
		errors.Is(err, models.ErrNotFound) || errors.Is(err, errPanic)
}

// lesser is what can be tried in place of an arrival that was refused, best first.
func lesser(a models.Arrival) (tries []models.Arrival) {
	less := models.Arrival{DeviceID: a.DeviceID, Account: a.Account, At: a.At, FromMe: a.FromMe}
	if m := a.Message; m != nil {
		body := encode(Record{Content: Content{Kind: KindUnknown, Note: NoteOdd}})
		less.Event = &models.NewEvent{Type: EventMessage, Filled: EventFilled, Body: body, Gone: body}
		// Without what it says, then without where it stands, then without a row.
		outside := less
		outside.Chat, outside.Sender = a.Chat, a.Sender
		outside.Message = &models.NewMessage{WAID: m.WAID, Kind: string(KindUnknown), Status: m.Status, Source: m.Source, Hidden: m.Hidden, Body: body}
		nowhere := outside
		nowhere.Chat, nowhere.Sender, nowhere.FromMe = &models.ChatRef{Kind: string(KindUnknown), JID: string(KindUnknown)}, models.Person{}, false
		sum := sha256.Sum256([]byte(m.WAID))
		nowhere.Message = &models.NewMessage{WAID: "sha256:" + hex.EncodeToString(sum[:]), Kind: string(KindUnknown), Hidden: m.Hidden, Body: body}
		return []models.Arrival{outside, nowhere, less}
	}
	if a.Event == nil {
		return nil
	}
	less.Event = a.Event
	bare := less
	bare.Event = &models.NewEvent{Type: a.Event.Type, Body: []byte("{}")}
	return []models.Arrival{less, bare}
}
