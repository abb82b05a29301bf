package handlers_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestOddInput gives every call that sends what no call can use: it answers one sentence with
// a code, and nothing is stored or sent.
func TestOddInput(t *testing.T) {
	e := newEnv(t)
	id, key := e.linked()
	e.results(key, "sendMessage", url.Values{"phone": {other}, "message": {"asli"}})
	own := e.lastSent(id)
	whole := map[string]url.Values{
		"sendMessage":         {"phone": {other}, "message": {"x"}},
		"sendMessageGroup":    {"id_group": {"120363041234567890@g.us"}, "message": {"x"}},
		"sendLocation":        {"phone": {other}, "latitude": {"-6.2"}, "longitude": {"106.8"}, "name": {"x"}, "address": {"x"}},
		"sendContact":         {"phone": {other}, "name": {"x"}, "contact": {other}},
		"sendPoll":            {"phone": {other}, "question": {"x"}, "options": {"a", "b"}, "most": {"1"}},
		"sendReaction":        {"id_message": {own}, "reaction": {"👍"}},
		"editMessage":         {"id_message": {own}, "message": {"x"}},
		"deleteMessage":       {"id_message": {own}},
		"forwardMessage":      {"id_message": {own}, "phone": {other}},
		"sendTemplateMessage": {"phone": {other}, "body_message": {"x"}, "footer": {"x"}},
	}
	odd := map[string]string{
		"NUL": "a\x00b", "no UTF-8": "a\xffb", "huge number": "1" + strings.Repeat("0", 400), "endless": strings.Repeat("9", 70_000),
	}
	words := []string{"message", "body_message", "footer", "name", "address"} // a number is a word like any other
	common := url.Values{"wait": {"1"}, "ttl": {"60"}, "typing": {"0"}, "queue": {"0"}, "reply_to": {own}, "mentions": {other}, "idempotency_key": {"k"}}
	before, sent := e.get("/api/getMessages?apiKey="+key).body, len(e.driver.Sent())
	for name, form := range whole {
		for field := range merged(form, common) {
			for what, value := range odd {
				if what == "huge number" && slices.Contains(words, field) {
					continue
				}
				broken := merged(form, nil)
				broken[field] = []string{value}
				got, body := e.call(key, name, broken)
				results, _ := body["results"].(map[string]any)
				code, _ := results["error"].(string)
				sentence, _ := results["message"].(string)
				if got.StatusCode < http.StatusBadRequest || got.StatusCode >= http.StatusInternalServerError || code == "" || !strings.HasSuffix(sentence, ".") {
					t.Errorf("%s, %s: %s: %d %.300s", name, field, what, got.StatusCode, got.body)
				}
			}
		}
	}
	if after := e.get("/api/getMessages?apiKey=" + key).body; after != before || len(e.driver.Sent()) != sent {
		t.Errorf("something was stored or sent: %d", len(e.driver.Sent())-sent)
	}
}

// merged is a copy of both forms.
func merged(forms ...url.Values) url.Values {
	out := url.Values{}
	for _, f := range forms {
		for name, values := range f {
			out[name] = append([]string(nil), values...)
		}
	}
	return out
}
