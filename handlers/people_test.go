package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"wadah/models"
	"wadah/session"
)

func TestPeople(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	other, _ := e.device("Gudang")
	b := e.admin()
	b.get("/people").has(t, http.StatusOK, "person-row", "person-add-name", "person-add-password", "nav-people")
	for _, bad := range []url.Values{
		{"name": {"boss"}, "role": {"viewer"}, "password": {password}},
		{"name": {"ani"}, "role": {"king"}, "password": {password}},
		{"name": {"ani"}, "role": {"viewer"}, "password": {"short"}},
		{},
	} {
		b.post("/people", bad).has(t, http.StatusUnprocessableEntity, "person-add-submit")
	}
	to := b.post("/people", url.Values{"name": {"ani"}, "role": {"viewer"}, "password": {password}}).Header.Get("Location")
	b.get(to).has(t, http.StatusOK, "flash", "person-role", "person-device", "person-delete-submit")
	ani := e.signedIn("ani")
	ani.get("/devices/"+id).has(t, http.StatusNotFound)
	ani.get("/people").has(t, http.StatusForbidden)

	b.post(to+"/devices", url.Values{"device": {id}}).leads(t, to)
	ani.get("/devices/"+id).has(t, http.StatusOK)
	ani.get("/devices/"+other).has(t, http.StatusNotFound)
	b.post(to+"/devices", url.Values{"device": {"06h0d6kr2sob0prs6bqba3304o"}}).has(t, http.StatusUnprocessableEntity, "person-devices-submit")
	ani.get("/devices/"+id).has(t, http.StatusOK)

	// Another role is another login.
	b.post(to+"/role", url.Values{"role": {"king"}}).has(t, http.StatusUnprocessableEntity, "person-role-submit")
	b.post(to+"/role", url.Values{"role": {"operator"}}).leads(t, to)
	ani.get("/devices").leads(t, "/signin?next=%2Fdevices")
	ani = e.signedIn("ani")
	ani.post("/devices/"+id+"/start", nil).leads(t, "/devices/"+id)
	e.await(id, session.StateScan)

	b.post(to+"/password", url.Values{"password": {"another good password"}, "password2": {"x"}}).has(t, http.StatusUnprocessableEntity)
	b.post(to+"/password", url.Values{"password": {"short"}, "password2": {"short"}}).has(t, http.StatusUnprocessableEntity)
	b.post(to+"/password", url.Values{"password": {"another good password"}, "password2": {"another good password"}}).leads(t, to)
	ani.get("/devices").leads(t, "/signin?next=%2Fdevices")
	if got := e.browser().post("/signin", url.Values{"name": {"ani"}, "password": {password}}); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the old password still works: %d", got.StatusCode)
	}

	b.post(to+"/delete", nil).leads(t, to)
	b.post(to+"/delete", url.Values{"confirm": {"yes"}}).leads(t, "/people")
	b.get(to).has(t, http.StatusNotFound)
	e.wroteDown("user.create", "user.devices", "user.role", "user.password", "user.delete")
}

// wroteDown fails when one of the actions was not written down.
func (e *env) wroteDown(actions ...string) {
	e.t.Helper()
	for _, action := range actions {
		entries, err := e.store.Audit(e.t.Context(), models.AuditFilter{Action: action})
		if err != nil || len(entries) == 0 || entries[0].Address != "127.0.0.1" {
			e.t.Errorf("%s: %+v %v", action, entries, err)
		}
	}
}

func TestOwnAccountIsNotAPersonElse(t *testing.T) {
	e := newEnv(t)
	boss := e.user("boss", models.RoleAdmin)
	b := e.signedIn("boss")
	to := "/people/" + boss.ID
	for _, action := range []string{"/delete", "/factors", "/password"} {
		form := url.Values{"confirm": {"yes"}, "password": {"another good password"}, "password2": {"another good password"}}
		b.post(to+action, form).has(t, http.StatusForbidden)
	}
	b.post(to+"/role", url.Values{"role": {"viewer"}}).has(t, http.StatusUnprocessableEntity) // the last admin
	e.user("second", models.RoleAdmin)
	b.post(to+"/role", url.Values{"role": {"viewer"}}).leads(t, "/account")
	b.get("/people").has(t, http.StatusForbidden)
}

// TestAssignmentEndsStreams has a list and a device open while the device is taken away.
func TestAssignmentEndsStreams(t *testing.T) {
	e, mine, theirs := two(t)
	boss, look := e.signedIn("boss"), e.signedIn("look")
	user, err := e.store.UserByName(t.Context(), "look")
	if err != nil {
		t.Fatal(err)
	}
	list, device := e.feed(look.client, "/events?page=devices"), e.feed(look.client, "/events?device="+mine)
	list.until(mine)
	device.until("device-live")
	boss.post("/people/"+user.ID+"/devices", url.Values{"device": {theirs}}).leads(t, "/people/"+user.ID)
	for _, f := range []*feed{list, device} {
		f.until("event: wadah:ended")
		f.ends()
	}
	look.get("/events?device="+mine).has(t, http.StatusNotFound)
	frame := e.feed(look.client, "/events?page=devices").until(`id="device-` + theirs + `"`)
	if strings.Contains(frame, mine) {
		t.Error("the list still shows what was taken away")
	}
}

func TestLogins(t *testing.T) {
	e := newEnv(t)
	here := e.admin()
	there, third := e.signedIn("boss"), e.signedIn("boss")
	page := here.get("/account")
	page.has(t, http.StatusOK, "login-row", "login-end", "logins-end-others", "totp-start")
	f := e.feed(there.client, "/events?page=devices")
	f.until("data: ")
	for _, end := range page.all(`action="(/account/logins/[^"]+)"`) { // the newest is the third
		here.post(end, nil).leads(t, "/account")
	}
	f.ends()
	there.get("/devices").leads(t, "/signin?next=%2Fdevices")
	third.get("/devices").leads(t, "/signin?next=%2Fdevices")
	here.post("/account/logins/06h0d6kr2sob0prs6bqba3304o", nil).has(t, http.StatusNotFound)
	other := e.signedIn("boss")
	here.post("/account/logins", nil).leads(t, "/account")
	other.get("/devices").leads(t, "/signin?next=%2Fdevices")
	here.get("/account").has(t, http.StatusOK, "flash")

	ani := e.user("ani", models.RoleViewer)
	a, a2 := e.signedIn("ani"), e.signedIn("ani")
	to := "/people/" + ani.ID
	end := here.get(to).all(`action="(` + to + `/logins/[^"]+)"`)
	if len(end) != 2 {
		t.Fatalf("%d logins are listed", len(end))
	}
	here.post("/account/logins/"+end[0][strings.LastIndex(end[0], "/")+1:], nil).has(t, http.StatusNotFound) // not one's own
	here.post(end[0], nil).leads(t, to)
	here.post(to+"/logins", url.Values{"confirm": {"yes"}}).leads(t, to)
	for _, b := range []*browser{a, a2} {
		b.get("/devices").leads(t, "/signin?next=%2Fdevices")
	}
	e.wroteDown("login.end", "user.logins")
}

// all is the first group of each match of the pattern in the body.
func (a answer) all(pattern string) []string {
	var found []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(a.body, -1) {
		found = append(found, m[1])
	}
	return found
}

// TestScanLinksEndWithTheRight takes from people what let them make a scan link: the link
// is over with it.
func TestScanLinksEndWithTheRight(t *testing.T) {
	e, mine, theirs := two(t)
	boss := e.signedIn("boss")
	user, err := e.store.UserByName(t.Context(), "run")
	if err != nil {
		t.Fatal(err)
	}
	to := "/people/" + user.ID
	both := url.Values{"device": {mine, theirs}}
	open := func(id string) string { return e.scanLink(e.signedIn("run"), id) }

	boss.post(to+"/devices", both).leads(t, to)
	kept, taken, bosses := open(mine), open(theirs), e.scanLink(boss, theirs)
	keptPage, takenPage := e.feed(e.browser().client, kept+"/events"), e.feed(e.browser().client, taken+"/events")
	boss.post(to+"/devices", url.Values{"device": {mine}}).leads(t, to)
	e.gone(taken)
	takenPage.until("wadah:ended") // what shows a code, too, and at once
	e.get(kept).has(t, http.StatusOK, "scan-live")
	e.get(bosses).has(t, http.StatusOK, "scan-live")

	boss.post(to+"/role", url.Values{"role": {models.RoleViewer}}).leads(t, to)
	e.gone(kept)
	keptPage.until("wadah:ended")
	boss.post(to+"/role", url.Values{"role": {models.RoleOperator}}).leads(t, to)
	last := open(mine)
	boss.post(to+"/delete", url.Values{"confirm": {"yes"}}).leads(t, "/people")
	e.gone(last)
	e.get(bosses).has(t, http.StatusOK, "scan-live")
}
