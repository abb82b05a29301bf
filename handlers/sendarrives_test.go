package handlers_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"wadah/session"
	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
)

// TestEveryKindArrives sends each kind through the genuine library, and reads it on the
// phone of who gets it.
func TestEveryKindArrives(t *testing.T) {
	e, service := newGenuineEnv(t)
	const sari = "6281100000002"
	if _, err := service.AddPhone(sari, "Sari"); err != nil {
		t.Fatal(err)
	}
	her, err := service.Phone(sari)
	if err != nil {
		t.Fatal(err)
	}
	id, key := e.device("Kasir")
	code := e.start(id, session.StateScan)
	if _, err := service.Scan(t.Context(), budi, code.QR.Text); err != nil {
		t.Fatal(err)
	}
	e.await(id, session.StateConnected)
	changes, stop := her.Book().Watch()
	t.Cleanup(stop)
	shows := func(what string, is func(chat.Message) bool) chat.Message {
		t.Helper()
		for {
			list := her.Book().Since(0, 100)
			if i := slices.IndexFunc(list, is); i >= 0 {
				return list[i]
			}
			select {
			case <-changes:
			case <-time.After(10 * time.Second):
				t.Fatalf("%s: her phone shows %+v", what, list)
			}
		}
	}
	f := e.feed(http.DefaultClient, "/api/events?apiKey="+key)
	first, err := her.Write(t.Context(), budi, handset.Draft{Text: "Apakah batik biru masih ada?"})
	if err != nil {
		t.Fatal(err)
	}
	f.until("batik biru")

	send := func(name string, form url.Values) string {
		t.Helper()
		form.Set("phone", sari)
		return e.results(key, name, form)["id_message"].(string)
	}
	asked := send("sendMessage", url.Values{"message": {"Masih"}, "reply_to": {first.ID}})
	shows("a text with a quote", func(m chat.Message) bool {
		return m.ID == asked && m.Text == "Masih" && m.Quote != nil && m.Quote.ID == first.ID && m.Quote.Text == first.Text
	})
	place := send("sendLocation", url.Values{"latitude": {"-6.2"}, "longitude": {"106.8"}, "name": {"Toko"}})
	shows("a place", func(m chat.Message) bool {
		return m.ID == place && m.Place != nil && m.Place.Latitude == -6.2 && m.Place.Name == "Toko"
	})
	card := send("sendContact", url.Values{"name": {"Kurir"}, "contact": {"081234567892"}})
	shows("a card", func(m chat.Message) bool { return m.ID == card && m.Card != nil && m.Card.Name == "Kurir" })
	poll := send("sendPoll", url.Values{"question": {"Hari?"}, "options[]": {"Senin", "Selasa"}})
	shown := shows("a poll", func(m chat.Message) bool {
		return m.ID == poll && m.Question != nil && slices.Equal(m.Question.Options, []string{"Senin", "Selasa"})
	})
	if err := her.Vote(t.Context(), shown.Chat, poll, []string{"Selasa"}); err != nil {
		t.Fatal(err)
	}
	f.until("poll_vote", "Selasa")
	template := send("sendTemplateMessage", url.Values{"body_message": {"Pesanan"}, "footer": {"Toko"}})
	shows("a template", func(m chat.Message) bool { return m.ID == template && m.Text == "Pesanan\n\nToko" })
	again := send("forwardMessage", url.Values{"id_message": {asked}})
	shows("what was forwarded", func(m chat.Message) bool { return m.ID == again && m.Text == "Masih" })

	e.results(key, "sendReaction", url.Values{"id_message": {first.ID}, "reaction": {"👍"}})
	shows("a reaction", func(m chat.Message) bool {
		return m.ID == first.ID && len(m.Reactions) == 1 && m.Reactions[0].Emoji == "👍"
	})
	e.results(key, "editMessage", url.Values{"id_message": {asked}, "message": {"Masih ada"}})
	shows("an edit", func(m chat.Message) bool { return m.ID == asked && m.Edited && m.Text == "Masih ada" })
	e.results(key, "deleteMessage", url.Values{"id_message": {asked}})
	shows("what was taken back", func(m chat.Message) bool { return m.ID == asked && m.Revoked })
	e.results(key, "readChat", url.Values{"phone": {sari}})
	shows("blue ticks", func(m chat.Message) bool { return m.ID == first.ID && m.Status == chat.Read })
	if all := service.Violations().All(); len(all) > 0 {
		t.Errorf("violations: %v", all)
	}
}
