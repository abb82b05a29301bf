package convert

import (
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
)

func (r *reader) location(m *waE2E.Message) message.Content {
	l := m.GetLocationMessage()
	place := place(l)
	if place == nil {
		return message.Content{Kind: message.KindUnknown, Note: "locationMessage", Text: r.lines(l.GetName(), l.GetAddress(), l.GetComment())}
	}
	kind := message.KindLocation
	if l.GetIsLive() {
		kind = message.KindLiveLocation
	}
	return message.Content{Kind: kind, Text: r.words(l.GetComment()), Location: place}
}

// place is nil where the coordinates are no place on earth.
func place(l *waE2E.LocationMessage) *message.Location {
	place := &message.Location{
		Latitude:  l.GetDegreesLatitude(),
		Longitude: l.GetDegreesLongitude(),
		Name:      name(l.GetName()),
		Address:   label(l.GetAddress()),
		URL:       link(l.GetURL()),
		Accuracy:  metres(l.GetAccuracyInMeters()),
	}
	if !place.Valid() {
		return nil
	}
	return place
}

func (r *reader) liveLocation(m *waE2E.Message) message.Content {
	l := m.GetLiveLocationMessage()
	place := &message.Location{
		Latitude:  l.GetDegreesLatitude(),
		Longitude: l.GetDegreesLongitude(),
		Accuracy:  metres(l.GetAccuracyInMeters()),
	}
	if !place.Valid() {
		return message.Content{Kind: message.KindUnknown, Note: "liveLocationMessage", Text: r.words(l.GetCaption())}
	}
	return message.Content{Kind: message.KindLiveLocation, Text: r.words(l.GetCaption()), Location: place}
}

// metres of an accuracy: more than half around the earth says nothing.
func metres(n uint32) int { return int(within(n, 20_000_000)) }

func sendLocation(content message.Content, info *waE2E.ContextInfo) *waE2E.Message {
	l := &waE2E.LocationMessage{
		DegreesLatitude:  proto.Float64(content.Location.Latitude),
		DegreesLongitude: proto.Float64(content.Location.Longitude),
		Name:             given(content.Location.Name),
		Address:          given(content.Location.Address),
		URL:              given(content.Location.URL),
		Comment:          given(content.Text),
		ContextInfo:      info,
	}
	return &waE2E.Message{LocationMessage: l}
}

// given is s, or nil where there is nothing.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return proto.String(s)
}
