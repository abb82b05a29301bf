package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"wadah/models"
)

// invited makes an invitation and returns the path of its link.
func (e *env) invited(b *browser, form url.Values) string {
	e.t.Helper()
	page := b.post("/people/invitations", form)
	page.has(e.t, http.StatusOK, "invitation-row", "invitation-url", "invitation-copy")
	links := page.all(`data-testid="invitation-url">` + e.url + `(/invite/[^<]+)<`)
	if len(links) != 1 {
		e.t.Fatalf("%d links are shown", len(links))
	}
	e.secrets = append(e.secrets, strings.TrimPrefix(links[0], "/invite/"))
	return links[0]
}

func chosen(name string) url.Values {
	return url.Values{"name": {name}, "password": {password}, "password2": {password}}
}

func TestInvitation(t *testing.T) {
	e, mine, theirs := two(t)
	boss := e.signedIn("boss")
	link := e.invited(boss, url.Values{"note": {"Ani, kasir"}, "role": {"operator"}, "device": {mine, mine}, "life": {"168h"}})
	// The link is shown once.
	if again := boss.get("/people"); !strings.Contains(again.body, "Ani, kasir") || strings.Contains(again.body, link) {
		t.Error("the list shows the link again, or not whom the invitation is for")
	}

	ani := e.browser()
	ani.get(link).has(t, http.StatusOK, "invited-name", "invited-password", "invited-password2", "invited-submit")
	for _, bad := range []url.Values{
		{"name": {"ani"}, "password": {password}, "password2": {"x"}},
		{"name": {"ani"}, "password": {"short"}, "password2": {"short"}},
		chosen("boss"), chosen(""), chosen(strings.Repeat("a", 41)),
	} {
		got := ani.post(link, bad)
		got.has(t, http.StatusUnprocessableEntity, "invited-submit", "error-message")
		if !strings.Contains(got.body, `value="`+bad.Get("name")+`"`) {
			t.Error("the form has forgotten the name")
		}
	}
	ani.post(link, chosen("ani")).leads(t, "/devices")
	ani.get("/devices").has(t, http.StatusOK, "flash")
	ani.get("/devices/"+mine).has(t, http.StatusOK, "device-live")
	ani.get("/devices/"+theirs).has(t, http.StatusNotFound)
	e.signedIn("ani") // with the password that was chosen, and asked for no other

	// It is used up.
	late := e.browser()
	late.get(link).has(t, http.StatusGone, "invited-signin")
	late.post(link, chosen("budi")).has(t, http.StatusGone)
	if strings.Contains(boss.get("/people").body, "invitation-row") {
		t.Error("a used invitation is listed")
	}
	e.wroteDown("invitation.create", "invitation.accept")
}

func TestInvitationsEnd(t *testing.T) {
	e, mine, _ := two(t)
	boss := e.signedIn("boss")
	viewer := url.Values{"role": {"viewer"}, "device": {mine}}

	withdrawn := e.invited(boss, viewer)
	revoke := boss.get("/people").all(`action="(/people/invitations/[^"]+/revoke)"`)
	if len(revoke) != 1 {
		t.Fatalf("%d invitations can be withdrawn", len(revoke))
	}
	e.browser().post(revoke[0], nil).leads(t, "/signin")
	e.signedIn("run").post(revoke[0], nil).has(t, http.StatusForbidden)
	boss.post(revoke[0], nil).leads(t, "/people")
	boss.post(revoke[0], nil).has(t, http.StatusNotFound)
	e.browser().get(withdrawn).has(t, http.StatusGone)
	e.wroteDown("invitation.revoke")

	// Who invited may no longer.
	e.user("second", models.RoleAdmin)
	demoted := e.invited(e.signedIn("second"), viewer)
	second, err := e.store.UserByName(t.Context(), "second")
	if err != nil {
		t.Fatal(err)
	}
	boss.post("/people/"+second.ID+"/role", url.Values{"role": {"operator"}}).leads(t, "/people/"+second.ID)
	e.browser().post(demoted, chosen("eve")).has(t, http.StatusGone)

	expired := e.invited(boss, url.Values{"role": {"viewer"}, "life": {"24h"}})
	e.browser().get(expired).has(t, http.StatusOK)
	e.later.Store(int64(25 * time.Hour))
	e.browser().get(expired).has(t, http.StatusGone)
	e.browser().post(expired, chosen("eve")).has(t, http.StatusGone)
}

func TestInvitationRefused(t *testing.T) {
	e, _, _ := two(t)
	boss := e.signedIn("boss")
	for field, form := range map[string]url.Values{
		"invite-role":    {"role": {"king"}},
		"invite-life":    {"role": {"viewer"}, "life": {"9000h"}},
		"invite-note":    {"role": {"viewer"}, "note": {strings.Repeat("x", 61)}},
		"invite-devices": {"role": {"viewer"}, "device": {"06h0d6kr2sob0prs6bqba3304o"}},
	} {
		got := boss.post("/people/invitations", form)
		got.has(t, http.StatusUnprocessableEntity, "invite-submit")
		if !strings.Contains(got.body, field+`-problem"`) {
			t.Errorf("%s is not told", field)
		}
	}
	for _, bad := range []string{"/invite/x", "/invite/" + strings.Repeat("a", 32)} {
		e.browser().get(bad).has(t, http.StatusGone, "invited-signin")
	}
}

// TestAllDevices: who is assigned to all sees those to come, and no longer when that is taken away.
func TestAllDevices(t *testing.T) {
	e, mine, theirs := two(t)
	boss, ani := e.signedIn("boss"), e.browser()
	ani.post(e.invited(boss, url.Values{"role": {"operator"}, "all": {"yes"}}), chosen("ani")).leads(t, "/devices")
	later, _ := e.device("Nanti")
	for _, id := range []string{mine, theirs, later} {
		ani.get("/devices/"+id).has(t, http.StatusOK, "device-live")
	}
	ani.get("/people").has(t, http.StatusForbidden)
	user, err := e.store.UserByName(t.Context(), "ani")
	if err != nil {
		t.Fatal(err)
	}
	to := "/people/" + user.ID
	link := e.scanLink(ani, theirs)
	f := e.feed(ani.client, "/events?page=devices")
	f.until(later)
	boss.post(to+"/devices", url.Values{"device": {mine}}).leads(t, to)
	f.until("event: wadah:ended")
	f.ends()
	e.gone(link)
	ani.get("/devices/"+mine).has(t, http.StatusOK)
	ani.get("/devices/"+theirs).has(t, http.StatusNotFound)
	boss.post(to+"/devices", url.Values{"all": {"yes"}, "device": {mine}}).leads(t, to)
	ani.get("/devices/"+theirs).has(t, http.StatusOK)
	e.wroteDown("user.devices")
}

// TestNoDotsForWhoMayNotSeeKeys: a viewer gets a sentence, an operator the way to the key, or
// to a new one where none is valid.
func TestNoDotsForWhoMayNotSeeKeys(t *testing.T) {
	e, mine, _ := two(t)
	look, run := e.signedIn("look"), e.signedIn("run")
	to := "/devices/" + mine + "/keys"
	got := look.get(to)
	got.has(t, http.StatusOK, "key-not-yours")
	if strings.Contains(got.body, "•••") {
		t.Error("a viewer sees dots")
	}
	run.get(to).has(t, http.StatusOK, "key-hidden", "key-reveal")
	keys, err := e.store.Keys(t.Context(), mine)
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	run.post(to+"/"+keys[0].ID+"/revoke", url.Values{"confirm": {"yes"}}).leads(t, to)
	run.get(to).has(t, http.StatusOK, "key-none")
}
