package handlers_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"wadah/session/message"
)

const (
	famJID   = "120363041234567890@g.us"
	famCode  = "AbCdEfGhIjKlMnOpQrStUv"
	newsCode = "ZZCdEfGhIjKlMnOpQrStUv"
	newsJID  = "120363040000000001@g.us"
)

// inGroups is a linked device in two groups, in one of which only admins write.
func (e *env) inGroups() (id, key string) {
	owner := message.Party{LID: "998877@lid", PN: other + "@s.whatsapp.net"}
	at := time.Unix(1786935760, 0)
	e.driver.SetGroups(map[string]string{famCode: famJID, newsCode: newsJID}, message.Group{
		JID: famJID, Subject: "Keluarga", Description: "kabar", Owner: owner, CreatedAt: at, SubjectBy: owner, SubjectAt: at,
		MembersAdd: true, Addressing: message.AddressingLID,
		Members: []message.Member{{Party: owner, Role: message.RoleOwner}, {Party: message.Party{LID: "112233@lid"}}}, Size: 2,
	}, message.Group{JID: newsJID, Subject: "Kabar", Announce: true})
	return e.linked()
}

// TestGroups answers the groups of the account in the family's shape.
func TestGroups(t *testing.T) {
	e := newEnv(t)
	_, key := e.inGroups()
	const fam = `"id":"120363041234567890@g.us","subject":"Keluarga","subjectOwner":"` + other + `@s.whatsapp.net","subjectTime":1786935760,` +
		`"creation":1786935760,"owner":"` + other + `@s.whatsapp.net","announce":false,"restrict":false,"size":2,"participants":`
	const people = `[{"id":"` + other + `@s.whatsapp.net","admin":"superadmin","lid":"998877@lid","phone":"` + other + `"},{"id":"112233@lid","admin":null,"lid":"112233@lid"}]`
	const news = `{"id":"120363040000000001@g.us","subject":"Kabar","subjectOwner":null,"subjectTime":null,"creation":null,"owner":null,"announce":true,"restrict":false,"size":0,"participants":[]}`
	got, _ := e.call(key, "getListGroup", nil)
	if want := `{"code":200,"query":{},"results":[{` + fam + people + `},` + news + `]}`; got.body != want {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}
	got, _ = e.call(key, "getListGroup", url.Values{"participants": {"0"}})
	if want := `{"code":200,"query":{},"results":[{` + fam + `[]},` + news + `]}`; got.body != want {
		t.Errorf("without people: %s", got.body)
	}
	for _, named := range []string{famJID, "120363041234567890", famCode, "https://chat.whatsapp.com/" + famCode + "?mode=ac_t"} {
		got, _ = e.call(key, "getInfoGroup", url.Values{"id_group": {named}})
		want := `{"code":200,"query":{"to":"` + famJID + `"},"results":{` + fam + people + `,"isCommunity":false,"isCommunityAnnounce":false,` +
			`"joinApprovalMode":false,"memberAddMode":true,"linkedParent":null,"desc":"kabar","ephemeralDuration":0,"addressingMode":"lid","own_role":null}}`
		if got.body != want {
			t.Errorf("%s: got  %s\nwant %s", named, got.body, want)
		}
	}
	asked := e.driver.GroupsAsked()
	for range 5 {
		e.call(key, "getListGroup", nil)
		e.call(key, "getInfoGroup", url.Values{"id_group": {famCode}})
	}
	if n := e.driver.GroupsAsked() - asked; n != 0 {
		t.Errorf("WhatsApp was asked %d times more", n)
	}
}

// TestGroupRefusals has a sentence for each way in which a group cannot be had or written to.
func TestGroupRefusals(t *testing.T) {
	e := newEnv(t)
	id, key := e.inGroups()
	e.call(key, "getListGroup", nil)
	text := func(group string) url.Values { return url.Values{"id_group": {group}, "message": {"halo"}} }
	for name, c := range map[string]struct {
		call   string
		values url.Values
		status int
		code   string
	}{
		"an invitation to nothing":       {"sendMessageGroup", text("XXCdEfGhIjKlMnOpQrStUv"), http.StatusNotFound, "invite_invalid"},
		"only admins write":              {"sendMessageGroup", text(newsJID), http.StatusForbidden, "not_admin"},
		"the same by invitation":         {"sendMessageGroup", text(newsCode), http.StatusForbidden, "not_admin"},
		"the list again too soon":        {"getListGroup", url.Values{"refresh": {"1"}}, http.StatusTooManyRequests, "paced"},
		"a group of others":              {"getInfoGroup", url.Values{"id_group": {"120363049999999999@g.us"}}, http.StatusForbidden, "not_in_group"},
		"no address and no invitation":   {"getInfoGroup", url.Values{"id_group": {"keluarga"}}, http.StatusBadRequest, "parameter_invalid"},
		"nothing at all":                 {"getInfoGroup", nil, http.StatusBadRequest, "parameter_missing"},
		"a location where nobody writes": {"sendLocation", url.Values{"id_group": {newsJID}, "latitude": {"1"}, "longitude": {"2"}}, http.StatusForbidden, "not_admin"},
	} {
		got, body := e.call(key, c.call, c.values)
		if got.StatusCode != c.status || body["results"].(map[string]any)["error"] != c.code {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.body)
		}
	}
	if got := e.driver.Sent(); len(got) != 0 {
		t.Errorf("sent %+v", got)
	}
	if got, _ := e.call(key, "sendMessageGroup", text(famCode)); got.StatusCode != http.StatusOK || len(e.driver.Sent()) != 1 || e.driver.Sent()[0].To.JID != famJID {
		t.Errorf("by invitation: %s", got.body)
	}
	// WhatsApp wants fewer questions: that is the answer, and it is not asked again at once.
	e.driver.FailGroups(&message.RefusedError{Why: message.RefusedTooMany, Code: http.StatusTooManyRequests})
	unknown := url.Values{"id_group": {"120363049999999998@g.us"}}
	asked := e.driver.GroupsAsked()
	for i, want := range []string{"rate_limited", "paced", "paced"} {
		got, body := e.call(key, "getInfoGroup", unknown)
		if got.StatusCode != http.StatusTooManyRequests || body["results"].(map[string]any)["error"] != want || got.Header.Get("Retry-After") == "" {
			t.Errorf("question %d: %d %s", i, got.StatusCode, got.body)
		}
	}
	if n := e.driver.GroupsAsked() - asked; n != 1 {
		t.Errorf("WhatsApp was asked %d times", n)
	}
	// What is known is answered without a connection, and so is a used invitation.
	if _, err := e.manager.StopDevice(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	for call, values := range map[string]url.Values{"getListGroup": nil, "getInfoGroup": {"id_group": {famCode}}} {
		if got, _ := e.call(key, call, values); got.StatusCode != http.StatusOK {
			t.Errorf("%s while off: %s", call, got.body)
		}
	}
	queued := text(famCode)
	queued.Set("queue", "1")
	if got, _ := e.call(key, "sendMessageGroup", queued); got.StatusCode != http.StatusOK {
		t.Errorf("queued while off: %s", got.body)
	}
	if got, body := e.call(key, "getListGroup", url.Values{"refresh": {"1"}}); got.StatusCode == http.StatusOK || body["results"].(map[string]any)["error"] == "internal" {
		t.Errorf("anew while off: %s", got.body)
	}
}
