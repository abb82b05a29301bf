package convert_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
)

func TestLocation(t *testing.T) {
	goldenContents(t, map[string]*waE2E.Message{
		"location": {LocationMessage: &waE2E.LocationMessage{
			DegreesLatitude: proto.Float64(-6.2), DegreesLongitude: proto.Float64(106.816666),
			Name: proto.String("Monas"), Address: proto.String("Jalan Medan Merdeka\nJakarta"), URL: proto.String("https://example.com/monas"),
			JPEGThumbnail: []byte("a picture"), Comment: proto.String("di sini"),
		}},
		"location-live": {LiveLocationMessage: &waE2E.LiveLocationMessage{
			DegreesLatitude: proto.Float64(-6.2), DegreesLongitude: proto.Float64(106.8), AccuracyInMeters: proto.Uint32(12),
			Caption: proto.String("di jalan"), SequenceNumber: proto.Int64(7),
		}},
		"location-nowhere": {LocationMessage: &waE2E.LocationMessage{
			DegreesLatitude: proto.Float64(math.NaN()), DegreesLongitude: proto.Float64(math.Inf(1)), Name: proto.String("di mana?"),
		}},
		"location-live-nowhere": {LiveLocationMessage: &waE2E.LiveLocationMessage{
			DegreesLatitude: proto.Float64(91), Caption: proto.String("di atas"),
		}},
	})
	goldenOutgoing(t, map[string]message.Outgoing{
		"location": {Content: message.Content{
			Kind: message.KindLocation, Timer: 86400e9,
			Location: &message.Location{Latitude: -6.2, Longitude: 106.8, Name: "Monas", Address: "Jakarta", URL: "https://example.com"},
		}},
		"location-bare": {Content: message.Content{Kind: message.KindLocation, Location: &message.Location{}}},
	})
}

const card = "BEGIN:VCARD\nVERSION:3.0\nN:Wati;Sri;;;\nFN:Sri Wati\nitem1.TEL;waid=62811000103:+62 811-000-103\nitem1.X-ABLabel:Ponsel\nEND:VCARD"

func TestContact(t *testing.T) {
	goldenContents(t, map[string]*waE2E.Message{
		"contact": {ContactMessage: &waE2E.ContactMessage{DisplayName: proto.String("Sri"), Vcard: proto.String(card)}},
		"contacts": {ContactsArrayMessage: &waE2E.ContactsArrayMessage{
			DisplayName: proto.String("2 contacts"),
			Contacts:    []*waE2E.ContactMessage{{Vcard: proto.String(card)}, {DisplayName: proto.String("Tanpa kartu")}, nil},
		}},
	})
	goldenOutgoing(t, map[string]message.Outgoing{
		"contact": {Content: message.Content{
			Kind: message.KindContact, Contacts: []message.Contact{{Name: `Budi, S.E.; \Toko`, Numbers: []string{"62811000101", "021 555"}}},
		}},
		"contacts": {Content: message.Content{
			Kind: message.KindContact, Timer: 86400e9,
			Contacts: []message.Contact{{VCard: card}, {Name: "Budi", Numbers: []string{"+62811000101"}}},
		}},
	})
}

// A card that we write is read as it was meant.
func TestCardThereAndBack(t *testing.T) {
	contact := message.Contact{Name: `Budi, S.E.; \n "Toko"`, Numbers: []string{"62811000101", "021 555"}}
	out := message.Outgoing{
		ID: "x", To: message.ChatWith(budi),
		Content: message.Content{Kind: message.KindContact, Contacts: []message.Contact{contact}},
	}
	m, err := converter().Build(out, randomness())
	if err != nil {
		t.Fatal(err)
	}
	got := received(t, converter(), fromBudi(m)).Content.Contacts[0]
	got.VCard = ""
	if diff := cmp.Diff(contact, got); diff != "" {
		t.Errorf("the contact differs (-want +got):\n%s", diff)
	}
}

// However many and however long cards are, what is kept is bounded, and says that it is
// not all.
func TestHostileContacts(t *testing.T) {
	long := "BEGIN:VCARD\nFN:" + strings.Repeat("a", message.MaxName+1) + "\n"
	for i := range 100 {
		long += "TEL:+6281100" + strconv.Itoa(1000+i) + "\n"
	}
	long += strings.Repeat("\x00NOTE:x\n", 20_000)
	array := &waE2E.ContactsArrayMessage{}
	for range 300 {
		array.Contacts = append(array.Contacts, &waE2E.ContactMessage{Vcard: proto.String(long)})
	}
	content := received(t, converter(), fromBudi(&waE2E.Message{ContactsArrayMessage: array})).Content
	total := 0
	for _, c := range content.Contacts {
		total += len(c.VCard)
		if len(c.VCard) > message.MaxVCard || len(c.Name) > message.MaxName || len(c.Numbers) > message.MaxNumbers || strings.Contains(c.VCard, "\x00") {
			t.Fatalf("a card of %d bytes, a name of %d, %d numbers", len(c.VCard), len(c.Name), len(c.Numbers))
		}
	}
	if len(content.Contacts) != message.MaxContacts || total > message.MaxVCards || !content.Cut {
		t.Errorf("%d cards of %d bytes are kept, cut: %v", len(content.Contacts), total, content.Cut)
	}
}

func TestPoll(t *testing.T) {
	poll := func() *waE2E.PollCreationMessage {
		return &waE2E.PollCreationMessage{
			Name: proto.String("Makan di mana?"), SelectableOptionsCount: proto.Uint32(1),
			Options: []*waE2E.PollCreationMessage_Option{{OptionName: proto.String("Padang")}, {OptionName: proto.String("So\u202eto")}, nil},
		}
	}
	goldenContents(t, map[string]*waE2E.Message{
		"poll":    {PollCreationMessage: poll(), MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: []byte("secret")}},
		"poll-v2": {PollCreationMessageV2: poll()},
		"poll-v3": {PollCreationMessageV3: poll()},
		"poll-v4": {PollCreationMessageV4: &waE2E.FutureProofMessage{Message: &waE2E.Message{PollCreationMessageV3: poll()}}},
		"poll-v5": {PollCreationMessageV5: poll()},
		"poll-result": {PollResultSnapshotMessage: &waE2E.PollResultSnapshotMessage{
			Name:      proto.String("Makan di mana?"),
			PollVotes: []*waE2E.PollResultSnapshotMessage_PollVote{{OptionName: proto.String("Padang"), OptionVoteCount: proto.Int64(3)}, nil},
		}},
		"poll-option": {PollAddOptionMessage: &waE2E.PollAddOptionMessage{
			PollCreationMessageKey: key("3EB0B1", false, ""), AddOption: &waE2E.PollCreationMessage_Option{OptionName: proto.String("Sate")},
		}},
		"vote-sealed": {PollUpdateMessage: &waE2E.PollUpdateMessage{
			PollCreationMessageKey: key("3EB0B1", false, ""),
			Vote:                   &waE2E.PollEncValue{EncPayload: []byte("sealed"), EncIV: []byte("123456789012")},
		}},
	})
	goldenOutgoing(t, map[string]message.Outgoing{
		"poll": {Content: message.Content{
			Kind: message.KindPoll, Timer: 86400e9, Poll: &message.Poll{Question: "Makan?", Options: []string{"Ya", "Tidak"}, Most: 1},
		}},
	})
}
