package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"wadah/models"
	"wadah/session"
	"wadah/session/message"
	"wadah/views"
)

const (
	number  = "6281234567890"
	account = number + ":1@s.whatsapp.net"
	other   = "6281234567891"
)

// linked is a connected device and its key.
func (e *env) linked() (id, key string) {
	e.t.Helper()
	id, key = e.device("Kasir")
	e.start(id, session.StateScan)
	e.link(id, account)
	return id, key
}

// lastSent is the ID of the message that was handed over last.
func (e *env) lastSent(id string) string {
	e.t.Helper()
	sent := e.driver.Sent()
	if len(sent) == 0 || sent[len(sent)-1].Device != id {
		e.t.Fatalf("nothing was handed over for %s", id)
	}
	return sent[len(sent)-1].ID
}

// arrive lets somebody write a text to the device, and returns its ID.
func (e *env) arrive(id, from, text string) string {
	e.t.Helper()
	waID := fmt.Sprintf("IN%016X", time.Now().UnixNano())
	err := e.driver.Conn(id).Deliver(message.Message{
		Envelope: message.Envelope{ID: waID, Chat: message.ChatAt(from), Sender: message.PartyOf(from), At: time.Now()},
		Content:  message.Content{Kind: message.KindText, Text: text},
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return waID
}

// call makes a call with a key and reads its answer.
func (e *env) call(key, name string, form url.Values) (answer, map[string]any) {
	e.t.Helper()
	r := e.form("/api/"+name, form)
	r.Header.Set("X-Api-Key", key)
	got := e.send(r)
	var body map[string]any
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		e.t.Fatalf("%s: %d %s", name, got.StatusCode, got.body)
	}
	return got, body
}

// results are what a call answered, which must have succeeded.
func (e *env) results(key, name string, form url.Values) map[string]any {
	e.t.Helper()
	got, body := e.call(key, name, form)
	if got.StatusCode != http.StatusOK {
		e.t.Fatalf("%s: %d %s", name, got.StatusCode, got.body)
	}
	return body["results"].(map[string]any)
}

// TestSendMessage answers as the family does, and tells what became of the message.
func TestSendMessage(t *testing.T) {
	e := newEnv(t)
	id, key := e.linked()
	got, _ := e.call(key, "sendMessage", url.Values{"phone": {"0812-3456-7891"}, "message": {" halo\n'dunia' "}})
	sent := e.lastSent(id)
	want := `{"code":200,"query":{"message":" halo\n'dunia' ","to":"` + other + `@s.whatsapp.net"},"results":{"id_message":"` + sent +
		`","message":"Message success sent to ` + other + `@s.whatsapp.net","serialized":"` + other + `@s.whatsapp.net","type_chat":"private","status":"sent"}}`
	if got.body != want {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}
	if raw := string(e.driver.Sent()[0].Raw); !strings.Contains(raw, `" halo\n'dunia' "`) {
		t.Errorf("handed over: %s", raw)
	}
	status := e.results(key, "getMessageStatus", url.Values{"id_message": {sent}})
	if status["status"] != "sent" || status["error"] != nil || status["at"] == nil {
		t.Errorf("status: %v", status)
	}
	list := e.get("/api/getMessages?apiKey=" + key + "&phone=" + other).body
	if !strings.Contains(list, sent) || !strings.Contains(list, `"source":"api"`) || !strings.Contains(list, `"next":null`) {
		t.Errorf("getMessages: %s", list)
	}
}

// TestSendKinds sends each kind, and holds what was handed over.
func TestSendKinds(t *testing.T) {
	e := newEnv(t)
	id, key := e.linked()
	e.results(key, "sendMessage", url.Values{"phone": {other}, "message": {"asli"}})
	own := e.lastSent(id)
	theirs := e.arrive(id, other+"@s.whatsapp.net", "dari mereka")
	for _, c := range []struct {
		name string
		form url.Values
		want string // within the content that was handed over
	}{
		{"sendMessageGroup", url.Values{"id_group": {"120363041234567890@g.us"}, "message": {"halo"}, "mentions[]": {other}}, `"mentions":[{"pn":"` + other + `@s.whatsapp.net"}]`},
		{"sendMessage", url.Values{"phone": {other}, "message": {"ya"}, "reply_to": {theirs}}, `"quote":{"id":"` + theirs + `"`},
		{"sendLocation", url.Values{"phone": {other}, "latitude": {"-6.2"}, "longitude": {"106.8"}, "name": {"Toko"}}, `"location":{"latitude":-6.2,"longitude":106.8,"name":"Toko"}`},
		{"sendContact", url.Values{"phone": {other}, "name": {"Budi"}, "contact": {"081234567892"}}, `"contacts":[{"name":"Budi","numbers":["6281234567892"]}]`},
		{"sendPoll", url.Values{"phone": {other}, "question": {"Hari?"}, "options[0]": {"Senin"}, "options[1]": {"Selasa"}}, `"options":["Senin","Selasa"],"most":1`},
		{"sendReaction", url.Values{"id_message": {theirs}, "reaction": {"👍"}}, `"target":{"id":"` + theirs + `","sender"`},
		{"editMessage", url.Values{"id_message": {own}, "message": {"baru"}}, `"new":{"kind":"text","text":"baru"}`},
		{"forwardMessage", url.Values{"id_message": {own}, "phone": {"6281234567892"}}, `"forwarded":true`},
		{"deleteMessage", url.Values{"id_message": {own}}, `"kind":"revoke","target":{"id":"` + own + `","from_me":true`},
		{"sendTemplateMessage", url.Values{
			"phone": {other}, "body_message": {"Pesanan"}, "footer": {"Toko"},
			"template": {`[{"urlButton":{"displayText":"Lacak","url":"https://example.com"}},{"quickReplyButton":{"displayText":"Ya"}}]`},
		}, `"text":"Pesanan\n\nLacak: https://example.com\n\nYa\n\nToko"`},
	} {
		results := e.results(key, c.name, c.form)
		sent := e.driver.Sent()
		last := sent[len(sent)-1]
		if results["id_message"] != last.ID || results["status"] != "sent" || !strings.Contains(string(last.Raw), c.want) {
			t.Errorf("%s: %v\nhanded over %s\nwant %s", c.name, results, last.Raw, c.want)
		}
	}
	if got := e.results(key, "sendTemplateMessage", url.Values{"phone": {other}, "body_message": {"x"}}); got["sent_as"] != "text" {
		t.Errorf("a template does not say how it was sent: %v", got)
	}
}

// TestSendRefusals refuses with a sentence, sends nothing and stores nothing.
func TestSendRefusals(t *testing.T) {
	e := newEnv(t)
	id, key := e.linked()
	theirs := e.arrive(id, other+"@s.whatsapp.net", "dari mereka")
	before := e.get("/api/getMessages?apiKey=" + key).body
	for _, c := range []struct {
		name   string
		form   url.Values
		status int
		code   string
	}{
		{"sendMessage", url.Values{"message": {"x"}}, 400, "parameter_missing"},
		{"sendMessage", url.Values{"phone": {other}}, 400, "parameter_missing"},
		{"sendMessage", url.Values{"phone": {"0812 ABC"}, "message": {"x"}}, 422, "bad_number"},
		{"sendMessage", url.Values{"phone": {other}, "message": {strings.Repeat("é", 40_000)}}, 400, "parameter_invalid"},
		{"sendMessage", url.Values{"phone": {other}, "message": {"a\x00b"}}, 400, "parameter_invalid"},
		{"sendMessage", url.Values{"phone": {other}, "message": {"x"}, "reply_to": {"NONE"}}, 404, "message_unknown"},
		{"sendMessage", url.Values{"phone": {other}, "message": {"x"}, "mentions": {"nobody"}}, 400, "parameter_invalid"},
		{"sendMessage", url.Values{"phone": {other}, "message": {"x"}, "wait": {"61"}}, 400, "parameter_invalid"},
		{"sendMessage", url.Values{"phone": {other}, "message": {"x"}, "typing": {"16"}}, 400, "parameter_invalid"},
		{"sendMessage", url.Values{"phone": {other}, "message": {"x"}, "ttl": {"0"}}, 400, "parameter_invalid"},
		{"sendMessage", url.Values{"phone": {other}, "message": {"x"}, "queue": {"maybe"}}, 400, "parameter_invalid"},
		{"sendMessageGroup", url.Values{"id_group": {"keluarga"}, "message": {"x"}}, 400, "parameter_invalid"},
		{"sendLocation", url.Values{"latitude": {"1"}, "longitude": {"1"}}, 400, "parameter_missing"},
		{"sendLocation", url.Values{"phone": {other}, "latitude": {"91"}, "longitude": {"1"}}, 400, "parameter_invalid"},
		{"sendContact", url.Values{"phone": {other}, "name": {"Budi"}}, 400, "parameter_missing"},
		{"sendContact", url.Values{"phone": {other}, "name": {"Budi"}, "contact": {"12"}}, 422, "bad_number"},
		{"sendPoll", url.Values{"phone": {other}, "question": {"?"}, "options": {"one"}}, 400, "parameter_invalid"},
		{"sendPoll", url.Values{"phone": {other}, "question": {"?"}, "options": {"one", "one"}}, 400, "parameter_invalid"},
		{"sendReaction", url.Values{"id_message": {"NONE"}}, 404, "message_unknown"},
		{"editMessage", url.Values{"id_message": {theirs}, "message": {"x"}}, 400, "parameter_invalid"},
		{"deleteMessage", url.Values{"id_message": {theirs}}, 400, "parameter_invalid"},
		{"forwardMessage", url.Values{"id_message": {theirs}}, 400, "parameter_missing"},
		{"getMessageStatus", url.Values{"id_message": {theirs}}, 404, "message_unknown"},
		{"readChat", url.Values{"phone": {"6281234567899"}}, 404, "chat_unknown"},
		{"checkNumber", url.Values{"phone": {"x"}}, 422, "bad_number"},
		{"getEvents", url.Values{"after": {"99"}}, 410, "events_gone"},
	} {
		got, body := e.call(key, c.name, c.form)
		results, _ := body["results"].(map[string]any)
		if got.StatusCode != c.status || results["error"] != c.code || results["message"] == "" {
			t.Errorf("%s %.200v: %d %s, want %d %s", c.name, c.form, got.StatusCode, got.body, c.status, c.code)
		}
	}
	if after := e.get("/api/getMessages?apiKey=" + key).body; after != before || len(e.driver.Sent()) > 0 {
		t.Errorf("something was stored or sent: %s, %v", after, e.driver.Sent())
	}
}

// TestSendOutcomes answers what WhatsApp does: refusals, silence, and a device that is away.
func TestSendOutcomes(t *testing.T) {
	e := newEnv(t)
	id, key := e.linked()
	text := url.Values{"phone": {other}, "message": {"x"}, "wait": {"0"}}
	refused := func(why message.Refusal, code int) func(string, message.Ready) (message.Ack, error) {
		return func(string, message.Ready) (message.Ack, error) {
			return message.Ack{}, &message.RefusedError{Why: why, Code: code}
		}
	}
	for _, c := range []struct {
		why    message.Refusal
		code   int
		status int
		says   string
	}{
		{message.RefusedNotOnWhatsApp, 0, 422, "number_not_on_whatsapp"},
		{message.RefusedNotInGroup, 0, 403, "not_in_group"},
		{message.RefusedByWhatsApp, 479, 502, "refused_by_whatsapp"},
		{message.RefusedReachout, 463, 429, "reachout_locked"},
	} {
		e.driver.SetOnSend(refused(c.why, c.code))
		got, body := e.call(key, "sendMessage", url.Values{"phone": {other}, "message": {"x"}})
		results := body["results"].(map[string]any)
		if got.StatusCode != c.status || results["error"] != c.says || c.code != 0 && results["wa_code"] != float64(c.code) {
			t.Errorf("%s: %d %s", c.why, got.StatusCode, got.body)
		}
	}
	// WhatsApp says nothing: the message is open, and named.
	release := make(chan struct{})
	e.driver.SetOnSend(func(string, message.Ready) (message.Ack, error) {
		<-release
		return message.Ack{At: time.Now()}, nil
	})
	text.Set("wait", "1")
	got, body := e.call(key, "sendMessage", text)
	results := body["results"].(map[string]any)
	if got.StatusCode != http.StatusGatewayTimeout || results["error"] != "send_timeout" || results["id_message"] != e.lastSent(id) {
		t.Errorf("silence: %d %s", got.StatusCode, got.body)
	}
	close(release)
	e.driver.SetOnSend(nil)

	e.get("/api/serviceDestroy?apiKey=" + key)
	got, body = e.call(key, "sendMessage", text)
	if results = body["results"].(map[string]any); got.StatusCode != http.StatusConflict || results["error"] != "not_connected" || results["state"] != "SERVICE_OFF" {
		t.Errorf("off: %d %s", got.StatusCode, got.body)
	}
	queued := e.results(key, "sendMessage", url.Values{"phone": {other}, "message": {"nanti"}, "queue": {"1"}})
	if queued["status"] != "queued" || e.results(key, "getLimits", nil)["queued"] != 1.0 {
		t.Errorf("queued while off: %v", queued)
	}
}

// TestIdempotency repeats calls with the same key, one after another and all at once.
func TestIdempotency(t *testing.T) {
	e := newEnv(t)
	_, key := e.linked()
	form := url.Values{"phone": {other}, "message": {"sekali"}, "idempotency_key": {"faktur-1"}}
	first, _ := e.call(key, "sendMessage", form)
	form.Set("wait", "3")
	form.Set("phone", "0812-3456-7891") // the same number
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if again, _ := e.call(key, "sendMessage", form); again.body != first.body {
				t.Errorf("again: %s, first %s", again.body, first.body)
			}
		})
	}
	wg.Wait()
	if n := len(e.driver.Sent()); n != 1 {
		t.Errorf("%d were handed over", n)
	}
	form.Set("message", "lain")
	if got, body := e.call(key, "sendMessage", form); got.StatusCode != http.StatusConflict || body["results"].(map[string]any)["error"] != "idempotency_mismatch" {
		t.Errorf("other parameters: %d %s", got.StatusCode, got.body)
	}
	if got, body := e.call(key, "sendMessage", url.Values{"phone": {other}, "idempotency_key": {"faktur-2"}}); got.StatusCode != http.StatusBadRequest {
		t.Errorf("%v", body)
	}
	if got := e.results(key, "sendMessage", url.Values{"phone": {other}, "message": {"x"}, "idempotency_key": {"faktur-2"}}); got["status"] != "sent" {
		t.Errorf("a refusal has used up its key: %v", got)
	}
}

// TestGetEvents reads on from where it left off, waits, and streams the same with ids.
func TestGetEvents(t *testing.T) {
	e := newEnv(t)
	id, key := e.linked()
	type event struct {
		Seq  int64           `json:"seq"`
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	read := func(query string) (list []event) {
		t.Helper()
		var got struct{ Results []event }
		if err := json.Unmarshal([]byte(e.get("/api/getEvents?apiKey="+key+query).body), &got); err != nil {
			t.Fatal(err)
		}
		return got.Results
	}
	var last int64
	for _, old := range read("") {
		if old.Seq != last+1 {
			t.Fatalf("%d after %d", old.Seq, last)
		}
		last = old.Seq
	}
	if late := read(fmt.Sprintf("&after=%d&wait=0", last)); len(late) != 0 {
		t.Fatalf("read twice: %+v", late)
	}
	// Reading on, one finds what arrives, although the log tells of states, too, when it may.
	on := func(waID string) int64 {
		t.Helper()
		for {
			list := read(fmt.Sprintf("&after=%d&wait=20", last))
			if len(list) == 0 {
				t.Fatalf("%s is not in the log", waID)
			}
			for _, next := range list {
				if next.Seq != last+1 {
					t.Fatalf("%d after %d", next.Seq, last)
				}
				if last++; next.Type == "message" && strings.Contains(string(next.Data), waID) {
					return last
				}
			}
		}
	}
	arrived := make(chan string)
	go func() { arrived <- e.arrive(id, other+"@s.whatsapp.net", "satu") }()
	first := on("IN") // it waits until something arrives
	if waID := <-arrived; first != last {
		t.Fatalf("%s was passed over", waID)
	}
	second := e.arrive(id, other+"@s.whatsapp.net", "dua")
	secondSeq := on(second)

	r := e.request(http.MethodGet, "/api/events?apiKey="+key, nil)
	r.Header.Set("Last-Event-ID", fmt.Sprint(first))
	feed := e.feedOf(e.browser().client, r)
	feed.until(fmt.Sprintf("id: %d\nevent: message\n", secondSeq), second)
	third := e.arrive(id, other+"@s.whatsapp.net", "tiga")
	feed.until(fmt.Sprintf("id: %d\nevent: message\n", on(third)), third)
	r = e.request(http.MethodGet, "/api/events?apiKey="+key, nil)
	r.Header.Set("Last-Event-ID", "99999")
	e.feedOf(e.browser().client, r).until("event: reset\n")
}

// TestTestMessage sends a text to oneself from the device's page, and says what became of it.
func TestTestMessage(t *testing.T) {
	e := newEnv(t)
	id, _ := e.linked()
	b := e.admin()
	if page := b.get("/devices/" + id).body; !strings.Contains(page, `data-testid="test-message"`) {
		t.Fatal("the page of a connected device offers no test message")
	}
	got := b.fragment("/devices/"+id+"/test", nil)
	sent := e.driver.Sent()
	if len(sent) != 1 || sent[0].To.Person.PN != number+"@s.whatsapp.net" || !strings.Contains(string(sent[0].Raw), "Kasir") {
		t.Fatalf("handed over: %+v", sent)
	}
	if got.StatusCode != http.StatusOK || !strings.Contains(got.body, "812-3456-7890") {
		t.Errorf("said: %d %s", got.StatusCode, got.body)
	}
	rows, err := e.store.Messages(t.Context(), models.MessageFilter{DeviceID: id})
	if err != nil || len(rows) != 1 || rows[0].Source != "panel" || rows[0].Author == "" || rows[0].Status != "sent" {
		t.Errorf("stored: %+v, %v", rows, err)
	}
	e.wroteDown("message.send")

	e.driver.SetOnSend(func(string, message.Ready) (message.Ack, error) {
		return message.Ack{}, &message.RefusedError{Why: message.RefusedByWhatsApp, Code: 479}
	})
	if got := b.fragment("/devices/"+id+"/test", nil); !strings.Contains(got.body, views.English.Invalid("refused_by_whatsapp")) {
		t.Errorf("a refusal says %d %s", got.StatusCode, got.body)
	}
	if _, err := e.manager.StopDevice(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := b.post("/devices/"+id+"/test", nil); got.StatusCode != http.StatusSeeOther {
		t.Errorf("while off, without scripts: %d", got.StatusCode)
	}
	if page := b.get("/devices/" + id).body; !strings.Contains(page, views.English.Invalid("not_connected")) {
		t.Error("while off the page does not say why nothing was sent")
	}
}

// TestAddressesOfPeople answers both addresses of somebody, from what is known or from WhatsApp, and
// which numbers are there.
func TestAddressesOfPeople(t *testing.T) {
	e := newEnv(t)
	id, key := e.linked()
	const lid = "123456789012345@lid"
	err := e.driver.Conn(id).Deliver(message.Message{
		Envelope: message.Envelope{
			ID: "IN1", Chat: message.ChatAt(lid, other+"@s.whatsapp.net"), Sender: message.PartyOf(lid, other+"@s.whatsapp.net"), At: time.Now(),
		},
		Content: message.Content{Kind: message.KindText, Text: "halo"},
	})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	e.driver.SetOnCheck(func(numbers []string) ([]message.NumberCheck, error) {
		asked += len(numbers)
		var list []message.NumberCheck
		for _, n := range numbers {
			check := message.NumberCheck{Number: n, Exists: strings.HasSuffix(n, "2")}
			if check.Exists {
				check.Person = message.PartyOf(n+"@s.whatsapp.net", "998877@lid")
			}
			list = append(list, check)
		}
		return list, nil
	})
	for _, who := range []string{other, lid} {
		if got := e.results(key, "getLid", url.Values{"phone": {who}}); got["lid"] != lid || got["phone"] != other || asked > 0 {
			t.Errorf("%s: %v, asked about %d", who, got, asked)
		}
	}
	if got := e.results(key, "getLid", url.Values{"phone": {"6281234567892"}}); got["lid"] != "998877@lid" || asked != 1 {
		t.Errorf("somebody new: %v, asked about %d", got, asked)
	}
	if got, body := e.call(key, "getLid", url.Values{"phone": {"6281234567893"}}); got.StatusCode != http.StatusUnprocessableEntity || body["results"].(map[string]any)["error"] != "number_not_on_whatsapp" {
		t.Errorf("nobody: %d %s", got.StatusCode, got.body)
	}
	got, body := e.call(key, "checkNumber", url.Values{"phone": {"081234567892", "6281234567893"}})
	list, _ := body["results"].([]any)
	if len(list) != 2 || list[0].(map[string]any)["exists"] != true || list[1].(map[string]any)["exists"] != false || asked != 2 {
		t.Errorf("checkNumber: %s, asked about %d", got.body, asked)
	}
	if read := e.results(key, "readChat", url.Values{"phone": {other}}); read["read"] != 1.0 {
		t.Errorf("readChat: %v", read)
	}
	chat, err := e.store.ChatOf(t.Context(), id, number, models.ChatRef{Kind: "private", Person: models.Person{LID: lid}})
	if err != nil || chat.Unread != 0 {
		t.Errorf("unread: %+v, %v", chat, err)
	}
}
