package webhook_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/session/message"
	"wadah/session/webhook"
)

var update = flag.Bool("update", false, "write testdata/whapi and testdata/wadah anew")

const eventID = "06h0d6kr2sob0prs6bqba3304o"

var (
	noon  = time.Date(2026, 8, 17, 5, 0, 0, 0, time.UTC)
	about = webhook.About{Device: "06h0d6kr2sob0prs6bqba33000", Key: "be670d0018987231588ff183a0e8d509", Own: "6281100000001@s.whatsapp.net"}
	budi  = models.Contact{ID: "c1", Person: models.Person{LID: "123456789012345@lid", PN: "6281234567890@s.whatsapp.net"}, PushName: "Budi"}
	alone = &models.Chat{ID: "h1", Kind: "private", Contact: budi}
	group = &models.Chat{ID: "h2", Kind: "group", JID: "120363041234567890@g.us", Name: "Keluarga"}
	story = &models.Chat{ID: "h3", Kind: "status", JID: message.StatusChat}
)

func event(t *testing.T, kind string, chat *models.Chat, sender models.Contact, body any) models.Event {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	e := models.Event{DeviceID: about.Device, Seq: 12, ID: eventID, Type: kind, At: noon, Chat: chat, Sender: sender, Body: text}
	if chat != nil && kind != message.EventGroup {
		e.WAID = "3EB05B4A3A0E8D1C2F6A70"
	}
	return e
}

func said(c message.Content) message.Record { return message.Record{Content: c} }

func partyOf(c models.Contact) message.Party { return message.PartyOfStored(c.Person) }

// samples are events of every kind.
func samples(t *testing.T) map[string]models.Event {
	state := func(from, to, reason string) models.Event {
		return event(t, models.EventState, nil, models.Contact{}, map[string]string{"state": to, "from": from, "reason": reason})
	}
	change := func(n message.GroupNews) models.Event { return event(t, message.EventGroup, group, budi, n) }
	ref := &message.Ref{ID: "3EB0AAAAAAAAAAAAAAAAAA", FromMe: true}
	photo := &message.Media{Type: "image", MIME: "image/jpeg", Size: 12345, Width: 640, Height: 480}
	sent := message.Record{Content: message.Content{Kind: message.KindText, Text: "pesanan siap"}, Source: message.SourceAPI}
	return map[string]models.Event{
		"ready":             state("PAIRING", "CONNECTED", "ready"),
		"change_state":      state("PAIRING", "SERVICE_SCAN", "qr"),
		"disconnected":      state("CONNECTED", "SERVICE_OFF", "logged_out"),
		"disconnected_line": state("CONNECTED", "PAIRING", "reconnecting"),
		"message":           event(t, message.EventMessage, alone, budi, said(message.Content{Kind: message.KindText, Text: "halo <b>\u2028"})),
		"message_reply": event(t, message.EventMessage, group, budi, said(message.Content{
			Kind: message.KindText, Text: "ya @6281100000001", Quote: &message.Quote{Ref: *ref, Kind: message.KindText, Text: "jadi?"}, Mentions: []message.Party{{PN: about.Own}},
		})),
		"message_filled":   event(t, message.EventFilled, alone, budi, said(message.Content{Kind: message.KindText, Text: "sekarang terbaca"})),
		"message_lacking":  event(t, message.EventMessage, alone, budi, message.Record{Lacking: "undecryptable"}),
		"message_sent":     event(t, message.EventMessage, alone, models.Contact{}, sent),
		"message_reaction": event(t, message.EventReaction, alone, budi, said(message.Content{Kind: message.KindReaction, Emoji: "👍", Target: ref})),
		"message_location": event(t, message.EventMessage, alone, budi, said(message.Content{Kind: message.KindLocation, Location: &message.Location{Latitude: -6.2, Longitude: 106.8, Name: "Monas"}})),
		"message_contact":  event(t, message.EventMessage, alone, budi, said(message.Content{Kind: message.KindContact, Contacts: []message.Contact{{Name: "Siti", Numbers: []string{"6281234567891"}, VCard: "BEGIN:VCARD"}}})),
		"message_poll":     event(t, message.EventMessage, alone, budi, said(message.Content{Kind: message.KindPoll, Poll: &message.Poll{Question: "hari?", Options: []string{"Senin", "Selasa"}, Most: 1}})),
		"message_ack":      event(t, message.EventStatus, alone, models.Contact{}, message.StatusNews{Status: message.StatusRead}),
		"message_failed":   event(t, message.EventStatus, alone, models.Contact{}, message.StatusNews{Status: message.StatusFailed, Error: "number_not_on_whatsapp"}),
		"message_queued":   event(t, message.EventStatus, alone, models.Contact{}, message.StatusNews{Status: message.StatusQueued}),
		"message_edited":   event(t, message.EventEdited, alone, budi, said(message.Content{Kind: message.KindEdit, Target: ref, New: &message.Content{Kind: message.KindText, Text: "baru"}})),
		"media":            event(t, message.EventMessage, alone, budi, said(message.Content{Kind: message.KindImage, Text: "bukti transfer", Media: photo})),
		"media_voice":      event(t, message.EventMessage, alone, budi, said(message.Content{Kind: message.KindVoice, Media: &message.Media{Type: "audio", MIME: "audio/ogg; codecs=opus", Seconds: 7}})),
		"stories":          event(t, message.EventMessage, story, budi, said(message.Content{Kind: message.KindText, Text: "libur"})),
		"poll_update":      event(t, message.EventVote, alone, budi, said(message.Content{Kind: message.KindVote, Target: ref, Chosen: []string{"Senin"}})),
		"group_join":       change(message.GroupNews{Action: message.GroupJoined, Members: []message.Party{partyOf(budi)}}),
		"group_leave":      change(message.GroupNews{Action: message.GroupLeft, Members: []message.Party{partyOf(budi)}}),
		"group_update":     change(message.GroupNews{Action: message.GroupAnnounce, Value: "false"}),
		"group_subject":    change(message.GroupNews{Action: message.GroupSubject, Value: "Keluarga Besar"}),
		"group_restrict":   change(message.GroupNews{Action: message.GroupLocked, Value: "true"}),
		"group_promote":    change(message.GroupNews{Action: message.GroupPromoted, Members: []message.Party{partyOf(budi)}}),
		"schedule":         event(t, webhook.EventSchedule, nil, models.Contact{}, map[string]any{"id": "7", "title": "Tagihan", "status": "sent"}),
		"call":             event(t, message.EventCall, alone, budi, message.CallNews{ID: "ABC", Step: "offer"}),
	}
}

// TestBodies holds what is sent of each kind of event, in both formats, against
// testdata/FORMAT: all bodies of an event, one a line, pretty.
func TestBodies(t *testing.T) {
	for _, format := range []string{models.FormatWHAPI, models.FormatWadah} {
		to := models.EndpointChoices{Format: format, Files: true}
		for name, e := range samples(t) {
			bodies, err := webhook.Bodies(to, about, e)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			for _, b := range bodies {
				if err := json.Indent(&got, b.JSON, "", "  "); err != nil {
					t.Errorf("%s: %v: %s", name, err, b.JSON)
				}
				got.WriteByte('\n')
			}
			path := filepath.Join("testdata", format, name+".json")
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(want, got.Bytes()) {
				t.Errorf("%s of %s (%v):\n%s", format, name, err, got.Bytes())
			}
		}
	}
}

// TestFamilyTypes has every type of the product family come from the event that bears its
// name, and only what is wanted come.
func TestFamilyTypes(t *testing.T) {
	types := webhook.Types(models.FormatWHAPI)
	if len(types) != 13 {
		t.Errorf("%d types: %v", len(types), types)
	}
	all := samples(t)
	for _, kind := range types {
		from := kind
		if kind == "message_ack_browser" {
			from = "message_ack"
		}
		c := models.EndpointChoices{URL: "https://example.com/", Format: models.FormatWHAPI, Files: true}
		if err := (webhook.Guard{}).Choose(&c, []string{kind}); err != nil {
			t.Fatal(err)
		}
		bodies, err := webhook.Bodies(c, about, all[from])
		if err != nil || len(bodies) != 1 || bodies[0].Type != kind || bodies[0].ID != eventID {
			t.Errorf("%s: %+v (%v)", kind, bodies, err)
		}
		if !slices.Contains(c.Events, all[from].Type) {
			t.Errorf("%s asks for %v", kind, c.Events)
		}
	}
	for name, e := range all {
		bodies, err := webhook.Bodies(models.EndpointChoices{Format: models.FormatWHAPI}, about, e)
		if err != nil || strings.HasPrefix(name, "media") && len(bodies) > 0 {
			t.Errorf("%s without files: %+v (%v)", name, bodies, err)
		}
	}
}

// TestTwoBodies has each body of one event under an ID of its own, the same each time.
func TestTwoBodies(t *testing.T) {
	bodies, err := webhook.Bodies(models.EndpointChoices{Format: models.FormatWHAPI}, about, samples(t)["ready"])
	if err != nil || len(bodies) != 2 {
		t.Fatalf("%+v (%v)", bodies, err)
	}
	ids := map[string]string{}
	for _, b := range bodies {
		ids[b.ID] = b.Type
	}
	if want := map[string]string{eventID: "change_state", eventID + "-ready": "ready"}; !maps.Equal(ids, want) {
		t.Errorf("%v", ids)
	}
}
