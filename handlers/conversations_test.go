package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"wadah/handlers/visitor"
	"wadah/models"
	"wadah/session/message"
	"wadah/views"
)

// conversation is the address of the only conversation of a device.
func (b *browser) conversation(id string) string {
	b.e.t.Helper()
	list := b.get("/devices/" + id + "/messages")
	found := regexp.MustCompile(`href="(/devices/` + id + `/messages/[0-9a-z]+)"`).FindStringSubmatch(list.body)
	if found == nil {
		b.e.t.Fatalf("no conversation in %s", list.body)
	}
	return found[1]
}

// messageIDs are our IDs of the messages on a page, in their order.
func (a answer) messageIDs() (ids []string) {
	for _, m := range regexp.MustCompile(`data-message="([0-9a-z]+)"`).FindAllStringSubmatch(a.body, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// TestConversation reads and answers without scripts.
func TestConversation(t *testing.T) {
	e := newEnv(t)
	id, key := e.linked()
	e.arrive(id, other+"@s.whatsapp.net", "apakah <b>ada</b>?")
	b := e.admin()
	b.get("/devices/"+id).has(t, http.StatusOK, "to-messages")
	b.get("/devices/"+id+"/messages").has(t, http.StatusOK, "chat-row", "chat-search")
	chat := b.conversation(id)
	page := b.get(chat)
	page.has(t, http.StatusOK, "message", "composer-text", "chat-seen", "message-reply")
	if !strings.Contains(page.body, "apakah &lt;b&gt;ada&lt;/b&gt;?") {
		t.Error("what was said is not shown as it was said")
	}
	theirs := page.messageIDs()[0]

	b.get(chat+"?reply="+theirs).has(t, http.StatusOK, "composer-cancel")
	b.post(chat+"/send", url.Values{"text": {"ada,\r\nsilakan"}, "reply": {theirs}}).leads(t, chat)
	b.post(chat+"/react", url.Values{"message": {theirs}, "emoji": {"👍"}}).leads(t, chat)
	e.sentAll(2)
	if raw := string(e.driver.Sent()[0].Raw); !strings.Contains(raw, `"text":"ada,\nsilakan"`) || !strings.Contains(raw, `"quote":{`) {
		t.Errorf("handed over: %s", raw)
	}
	if raw := string(e.driver.Sent()[1].Raw); !strings.Contains(raw, `"emoji":"👍"`) {
		t.Errorf("handed over: %s", raw)
	}
	page = b.get(chat)
	for _, want := range []string{"ada,\nsilakan", "boss", `data-status="sent"`, `class="bubble-quote"`, `aria-pressed="true"`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	b.post(chat+"/seen", nil).leads(t, chat)
	if strings.Contains(b.get(chat).body, `data-testid="chat-seen"`) {
		t.Error("what was read is still unread")
	}

	e.results(key, "sendMessage", url.Values{"phone": {other}, "message": {"dari program"}})
	if page = b.get(chat); !strings.Contains(page.body, "main") { // the name of the key
		t.Errorf("the page does not tell which key has written: %s", page.body)
	}

	b.post(chat+"/send", url.Values{"text": {"  "}}).has(t, http.StatusUnprocessableEntity, "error-message")
	b.post(chat+"/send", url.Values{"text": {strings.Repeat("x", message.MaxText+1)}}).has(t, http.StatusRequestEntityTooLarge)
	b.post(chat+"/react", url.Values{"message": {theirs}, "emoji": {"x"}}).has(t, http.StatusBadRequest)
	b.post(chat+"/again", url.Values{"message": {theirs}}).has(t, http.StatusBadRequest)
	b.get("/devices/"+id+"/messages/none").has(t, http.StatusNotFound)
	elsewhere, _ := e.device("Gudang")
	b.get(strings.Replace(chat, id, elsewhere, 1)).has(t, http.StatusNotFound)
	e.wroteDown("message.open", "message.send", "message.read")
}

// sentAll waits until so many messages were handed over.
func (e *env) sentAll(n int) {
	e.t.Helper()
	tick, late := time.NewTicker(5*time.Millisecond), time.After(10*time.Second)
	defer tick.Stop()
	for len(e.driver.Sent()) < n {
		select {
		case <-tick.C:
		case <-late:
			e.t.Fatalf("%d messages were handed over, want %d", len(e.driver.Sent()), n)
		}
	}
}

// TestSearchConversations finds by name and number; neither stands in an address.
func TestSearchConversations(t *testing.T) {
	e := newEnv(t)
	id, _ := e.linked()
	e.arrive(id, other+"@s.whatsapp.net", "satu")
	e.arrive(id, "6285500001111@s.whatsapp.net", "dua")
	b := e.admin()
	for text, want := range map[string]int{"": 2, "567891": 1, "0855-0000": 1, "%": 0, "Budi": 0} {
		got := b.post("/devices/"+id+"/messages", url.Values{"q": {text}})
		if n := strings.Count(got.body, `data-testid="chat-row"`); got.StatusCode != http.StatusOK || n != want {
			t.Errorf("%q finds %d, want %d", text, n, want)
		}
	}
}

// TestWhoMayRead: whoever may not read what was said sees how much was, and nothing else.
func TestWhoMayRead(t *testing.T) {
	e := newEnv(t)
	id, _ := e.linked()
	e.arrive(id, other+"@s.whatsapp.net", "rahasia dapur")
	boss := e.admin()
	chat := boss.conversation(id)
	for _, role := range []string{models.RoleViewer, models.RoleOperator} {
		e.assign(e.user(role+"1", role), id)
	}
	viewer, operator := e.signedIn(models.RoleViewer+"1"), e.signedIn(models.RoleOperator+"1")
	stream := "/events?page=messages&device=" + id + "&after=0"
	closed := func(b *browser) {
		t.Helper()
		for _, path := range []string{"/devices/" + id + "/messages", chat} {
			page := b.get(path)
			page.has(t, http.StatusOK, "messages-closed")
			for _, secret := range []string{"rahasia", views.FormatNumber(other), "chat-row"} {
				if strings.Contains(page.body, secret) {
					t.Errorf("%s shows %s", path, secret)
				}
			}
		}
		b.get(stream).has(t, http.StatusForbidden)
		b.post("/devices/"+id+"/messages", url.Values{"q": {"8"}}).has(t, http.StatusForbidden)
	}
	closed(viewer)
	operator.get(chat).has(t, http.StatusOK, "message", "composer-text")

	set := func(roles string) {
		t.Helper()
		if err := e.store.SetSetting(t.Context(), visitor.ReadersSetting, roles); err != nil {
			t.Fatal(err)
		}
	}
	set("")
	closed(operator)
	operator.post(chat+"/send", url.Values{"text": {"x"}}).has(t, http.StatusForbidden)
	set("viewer,operator")
	page := viewer.get(chat)
	page.has(t, http.StatusOK, "message")
	if strings.Contains(page.body, "composer-text") || strings.Contains(page.body, "message-menu") {
		t.Error("a viewer is offered to write")
	}
	viewer.post(chat+"/send", url.Values{"text": {"x"}}).has(t, http.StatusForbidden)
	boss.get(chat).has(t, http.StatusOK, "message")
}

// TestReadingIsWrittenDownOnce: for each sign-in and conversation, and without its name.
func TestReadingIsWrittenDownOnce(t *testing.T) {
	e := newEnv(t)
	id, _ := e.linked()
	e.arrive(id, other+"@s.whatsapp.net", "satu")
	b := e.admin()
	chat := b.conversation(id)
	opened := func() (n int) {
		t.Helper()
		entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "message.open", Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if strings.Contains(entry.Target+entry.Detail, other) {
				t.Errorf("the audit keeps a number: %+v", entry)
			}
			if strings.HasSuffix(chat, "/"+entry.Target) && entry.Target != "" {
				n++
			}
		}
		return n
	}
	b.get(chat)
	b.get(chat)
	if n := opened(); n != 1 {
		t.Errorf("written down %d times", n)
	}
	e.signedIn("boss").get(chat)
	if n := opened(); n != 2 {
		t.Errorf("two sign-ins were written down %d times", n)
	}
}

// TestConversationIsLive: frames carry single messages, under the number from which a page
// that was away goes on.
func TestConversationIsLive(t *testing.T) {
	e := newEnv(t)
	id, _ := e.linked()
	first := e.arrive(id, other+"@s.whatsapp.net", "yang pertama")
	b := e.admin()
	chat := b.conversation(id)
	page := b.get(chat)
	stream := streamOf(t, page)
	feed := e.feed(b.client, stream)
	feed.until("composer-state")
	e.arrive(id, other+"@s.whatsapp.net", "yang kedua")
	frame := feed.until("yang kedua", `hx-target="#bubbles" hx-swap="beforeend"`, `hx-target="#chat-news"`, `data-chat=`)
	if strings.Contains(frame, "yang pertama") || !strings.HasPrefix(frame, "id: ") {
		t.Errorf("the frame of one message: %s", frame)
	}
	last, _, _ := strings.Cut(strings.TrimPrefix(frame, "id: "), "\n")

	b.post(chat+"/send", url.Values{"text": {"jawaban"}})
	if frame = feed.until("jawaban", "beforeend"); !strings.Contains(frame, `data-status="sent"`) {
		feed.until("jawaban", `data-status="sent"`, `hx-swap="outerMorph"`)
	}
	deliver := func(content message.Content) {
		t.Helper()
		err := e.driver.Conn(id).Deliver(message.Message{
			Envelope: message.Envelope{ID: "IN" + string(content.Kind), Chat: message.ChatAt(other + "@s.whatsapp.net"), Sender: message.PartyOf(other + "@s.whatsapp.net")},
			Content:  content,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	target := &message.Ref{ID: first, Sender: message.PartyOf(other + "@s.whatsapp.net")}
	deliver(message.Content{Kind: message.KindReaction, Target: target, Emoji: "🙏"})
	feed.until("yang pertama", "🙏", "outerMorph")
	deliver(message.Content{Kind: message.KindEdit, Target: target, New: &message.Content{Kind: message.KindText, Text: "diubah lagi"}})
	feed.until("diubah lagi", "🙏")
	deliver(message.Content{Kind: message.KindRevoke, Target: target})
	feed.until("This message was taken back.")

	// A page that comes back hears what it missed, and nothing twice.
	r := e.request(http.MethodGet, stream, nil)
	r.Header.Set("Last-Event-ID", last)
	missed := e.feedOf(b.client, r).until("jawaban")
	if strings.Contains(missed, `dir="auto">yang kedua`) || strings.Count(missed, "beforeend") != 1 {
		t.Errorf("what was missed: %s", missed)
	}

	// The right is asked for at each frame.
	e.assign(e.user("ani", models.RoleOperator), id)
	ani := e.signedIn("ani")
	theirs := e.feed(ani.client, streamOf(t, ani.get(chat)))
	theirs.until("composer-state")
	if err := e.store.SetSetting(t.Context(), visitor.ReadersSetting, ""); err != nil {
		t.Fatal(err)
	}
	e.arrive(id, other+"@s.whatsapp.net", "hanya untuk admin")
	if frame := theirs.until("wadah:ended"); strings.Contains(frame, "hanya") {
		t.Error("told to somebody who may not read any more")
	}
}

func streamOf(t *testing.T, page answer) string {
	t.Helper()
	found := regexp.MustCompile(`hx-sse:connect="([^"]+)"`).FindStringSubmatch(page.body)
	if found == nil {
		t.Fatal("the page has no stream")
	}
	return strings.ReplaceAll(found[1], "&amp;", "&")
}

// TestSearchGoesOn finds more conversations than one answer shows: the next ones come by a
// form, for what was searched for has no place in an address.
func TestSearchGoesOn(t *testing.T) {
	e := newEnv(t)
	id, _ := e.linked()
	const all = 95
	for n := range all {
		e.arrive(id, fmt.Sprintf("62811555%04d@s.whatsapp.net", n), "halo")
	}
	b := e.admin()
	path, form, seen := "/devices/"+id+"/messages", url.Values{"q": {"62811555"}}, make(map[string]bool)
	for range 3 {
		page := b.post(path, form)
		page.has(t, http.StatusOK, "chat-row")
		for _, row := range regexp.MustCompile(`data-testid="chat-row" data-chat="([^"]+)"`).FindAllStringSubmatch(page.body, -1) {
			if seen[row[1]] {
				t.Errorf("%s is shown twice", row[1])
			}
			seen[row[1]] = true
		}
		if len(seen) == all {
			return
		}
		form.Set("after", page.match(t, `name="after" value="([^"]+)"`))
		part := b.fragment(path, form)
		part.has(t, http.StatusOK, "chat-row")
		if strings.Contains(part.body, "<html") {
			t.Error("htmx gets a whole page")
		}
		form.Set("after", page.match(t, `name="after" value="([^"]+)"`))
	}
	t.Errorf("%d of %d were found", len(seen), all)
}

// TestReadersAreChosen: admins choose whose people may read messages; it counts at once and
// is written down in words.
func TestReadersAreChosen(t *testing.T) {
	e := newEnv(t)
	id, _ := e.linked()
	e.arrive(id, other+"@s.whatsapp.net", "rahasia dapur")
	boss := e.admin()
	for _, role := range []string{models.RoleViewer, models.RoleOperator} {
		e.assign(e.user(role+"1", role), id)
	}
	viewer, operator := e.signedIn(models.RoleViewer+"1"), e.signedIn(models.RoleOperator+"1")
	path := "/devices/" + id + "/messages"
	boss.get("/settings").has(t, http.StatusOK, "readers-role", "keep-bodies")
	boss.post("/settings/readers", url.Values{"role": {models.RoleViewer, "admin", "nobody"}}).leads(t, "/settings")
	viewer.get(path).has(t, http.StatusOK, "chat-row")
	operator.get(path).has(t, http.StatusOK, "messages-closed")
	boss.post("/settings/readers", url.Values{}).leads(t, "/settings")
	viewer.get(path).has(t, http.StatusOK, "messages-closed")
	boss.get(path).has(t, http.StatusOK, "chat-row")
	operator.post("/settings/readers", url.Values{"role": {models.RoleOperator}}).has(t, http.StatusForbidden)
	if page := boss.get("/audit"); !strings.Contains(page.body, "Viewer → admins only") {
		t.Error("the audit does not say who may read")
	}
}

// TestKeepIsSet: what is refused is shown as it was typed and nothing is changed.
func TestKeepIsSet(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	for _, bad := range []string{"", "-1", "3651", "x"} {
		page := b.post("/settings/messages", url.Values{"bodies": {"1"}, "index": {bad}, "events": {"2"}})
		page.has(t, http.StatusUnprocessableEntity, "keep-index")
		if !strings.Contains(page.body, "Keep it from 0 to 3650 days.") {
			t.Errorf("%q is refused without a word", bad)
		}
	}
	want := models.DefaultRetention
	if got, err := e.store.Retention(t.Context()); err != nil || got != want {
		t.Fatalf("kept for %+v, %v", got, err)
	}
	b.post("/settings/messages", url.Values{"bodies": {"0"}, "index": {"90"}, "events": {"3"}}).leads(t, "/settings")
	want.Bodies, want.Index = 0, 90*24*time.Hour
	if got, err := e.store.Retention(t.Context()); err != nil || got != want {
		t.Fatalf("kept for %+v, %v", got, err)
	}
	page := b.get("/audit")
	if strings.Contains(page.body, "message_bodies_days") || !strings.Contains(page.body, "What was said (days)") {
		t.Error("the audit does not say what was changed in words")
	}
	if strings.Contains(page.body, ">Events (days)<") {
		t.Error("the audit names what was not changed")
	}
}
