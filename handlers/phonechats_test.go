package handlers_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"wadah/handlers"
	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
)

// Two virtual phones write to each other by mouse: what one does shows on the other, and
// each mistake is said.
func TestPhonesChat(t *testing.T) {
	const sari, hers = "6281100000002", "/phones/6281100000002/chats"
	service := newPhones(t)
	if _, err := service.AddPhone(sari, "Sari"); err != nil {
		t.Fatal(err)
	}
	e := newEnv(t, func(c *handlers.Config) { c.Sandbox = service })
	b := e.admin()
	phone, err := service.Phone(budi)
	if err != nil {
		t.Fatal(err)
	}
	lid, err := phone.Resolve(budi)
	if err != nil {
		t.Fatal(err)
	}
	changes, stop := phone.Book().Watch()
	t.Cleanup(stop)
	got := func(is func(chat.Message) bool) chat.Message {
		t.Helper()
		for {
			list := phone.Book().Since(0, 100)
			if i := slices.IndexFunc(list, is); i >= 0 {
				return list[i]
			}
			select {
			case <-changes:
			case <-time.After(10 * time.Second):
				t.Fatalf("Budi's phone shows %+v", list)
			}
		}
	}

	list := b.get(hers)
	list.has(t, http.StatusOK, "phone-chats", "chat-row")
	list.match(t, "(Note to self \\(Sari\\))")
	b.get(hers+"/"+budi).has(t, http.StatusOK, "composer-text")
	f := e.feed(b.client, "/events?page=phone&phone="+budi+"&chat="+sari)
	f.until(`id="chat-presence"`)
	b.post(hers+"/"+budi+"/send", url.Values{"text": {" Halo\r\nBudi "}}).leads(t, hers+"/"+lid.String())
	first := got(func(m chat.Message) bool { return m.Text == "Halo\nBudi" && !m.FromMe })
	f.until(">Halo")
	his := toBudi + "chats/" + first.Chat
	b.post(his+"/send", url.Values{"text": {"Halo juga"}, "reply": {first.ID}}).leads(t, his)
	own := got(func(m chat.Message) bool {
		return m.Text == "Halo juga" && m.Quote != nil && m.Status == chat.Delivered
	})
	b.get(his+"?reply="+first.ID).has(t, http.StatusOK, "composer-cancel")
	b.post(hers+"/"+budi+"/seen", nil)
	got(func(m chat.Message) bool { return m.ID == own.ID && m.Status == chat.Read })
	b.post(his+"/react", url.Values{"message": {first.ID}, "emoji": {"👍"}}).leads(t, his)
	got(func(m chat.Message) bool { return m.ID == first.ID && len(m.Reactions) == 1 })
	b.post(his+"/send", url.Values{"picture": {"1"}}).leads(t, his)
	picture := got(func(m chat.Message) bool { return m.Media != nil })
	if answer := b.get(his + "/media?id=" + picture.ID); answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the picture: %d %s", answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	b.get(his+"/media?id="+first.ID).has(t, http.StatusNotFound)
	b.post(his+"/revoke", url.Values{"message": {own.ID}}).leads(t, his)
	got(func(m chat.Message) bool { return m.ID == own.ID && m.Revoked })

	her, err := service.Phone(sari)
	if err != nil {
		t.Fatal(err)
	}
	b.post(hers+"/"+budi+"/send", url.Values{"text": {"x"}})
	if _, err := her.Write(t.Context(), budi, handset.Draft{Text: "Kapan?", Question: &chat.Question{Options: []string{"Senin", "Selasa"}, Most: 1}}); err != nil {
		t.Fatal(err)
	}
	poll := got(func(m chat.Message) bool { return m.Question != nil })
	vote := func(option string, chosen ...string) {
		t.Helper()
		b.post(his+"/vote", url.Values{"message": {poll.ID}, "option": {option}}).leads(t, his)
		got(func(m chat.Message) bool {
			return m.ID == poll.ID && len(m.Question.Votes) == 1 && slices.Equal(m.Question.Votes[0].Options, chosen)
		})
	}
	vote("Senin", "Senin")
	vote("Selasa", "Selasa")

	b.post(his+"/send", url.Values{"text": {" "}}).has(t, http.StatusUnprocessableEntity, "composer-text")
	b.get("/phones/6281/chats").has(t, http.StatusNotFound)
	b.get(hers+"/6281").leads(t, "/phones")
	if err := service.SetOnline(budi, false); err != nil {
		t.Fatal(err)
	}
	unsent := b.post(his+"/send", url.Values{"text": {"Halo?"}})
	unsent.has(t, http.StatusUnprocessableEntity, "composer-text")
	unsent.match(t, `id="composer-problem"[^>]*>(.*offline)`)
	unsent.match(t, `(Halo\?)</textarea>`)
}
