package handlers_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/session"
)

// bulk is the form of an action on these devices.
func bulk(action string, ids ...string) url.Values {
	return url.Values{"action": {action}, "chosen": ids, "next": {"/devices?sort=name&page=1"}}
}

func TestBulkActions(t *testing.T) {
	e := newEnv(t)
	ids := e.shops(4)
	b := e.admin()
	// Without scripts: back to the list as it was, with a message.
	b.post("/devices/bulk", bulk("start", ids[:3]...)).leads(t, "/devices?sort=name")
	for _, id := range ids[:3] {
		e.await(id, session.StateScan)
	}
	b.get("/devices").has(t, http.StatusOK, "flash")
	if snap := e.await(ids[3], session.StateOff); snap.Desired {
		t.Error("a device that was not chosen was started")
	}
	first := e.driver.Conn(ids[0])
	b.post("/devices/bulk", bulk("restart", ids[0], ids[0])).leads(t, "/devices?sort=name")
	e.await(ids[0], session.StateScan) // on a new connection, which waits until the old one is gone
	if !first.Closed() {
		t.Error("a restart keeps the old connection")
	}

	// With scripts: what came of it, and nothing of the states.
	got := b.fragment("/devices/bulk", bulk("stop", ids[:2]...))
	got.has(t, http.StatusOK, "bulk-result")
	if !strings.Contains(got.body, `data-done="2" data-asked="2"`) || strings.Contains(got.body, "device-state") {
		t.Errorf("%s", got.body)
	}
	for _, id := range ids[:2] {
		if snap := e.await(id, session.StateOff); snap.Desired {
			t.Error("a stopped device would come back")
		}
	}
	counts := map[string]int{}
	entries, err := e.store.Audit(t.Context(), models.AuditFilter{Actor: "boss"})
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.DeviceID != "" {
			counts[entry.Action]++
		}
	}
	if counts["device.start"] != 3 || counts["device.restart"] != 1 || counts["device.stop"] != 2 {
		t.Errorf("audit: %v", counts)
	}

	for name, form := range map[string]url.Values{"nothing": {"action": {"stop"}}, "empty": bulk("start", "")} {
		b.post("/devices/bulk", form).has(t, http.StatusUnprocessableEntity, "flash", "device-row")
		if got := b.fragment("/devices/bulk", form); got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, "Choose at least one") {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.body)
		}
	}
	if got := b.post("/devices/bulk", bulk("delete", ids[0])); got.StatusCode != http.StatusBadRequest {
		t.Errorf("an unknown action: %d", got.StatusCode)
	}
	b.post("/devices/bulk", bulk("", ids...)).leads(t, "/devices?sort=name")
	b.post("/devices/bulk", url.Values{"action": {"stop"}, "chosen": ids, "next": {"//evil.example"}}).leads(t, "/devices")
}

// Everything that the list's text and state choose, on every page of it.
func TestBulkOnEverythingThatMatches(t *testing.T) {
	e := newEnv(t)
	ids := e.shops(61)
	b := e.admin()
	got := b.fragment("/devices/bulk", url.Values{"action": {"start"}, "all": {"yes"}, "next": {"/devices?q=toko+6&state=SERVICE_OFF"}})
	if !strings.Contains(got.body, `data-done="3" data-asked="3"`) {
		t.Errorf("%s", got.body)
	}
	for i, id := range ids {
		snap, err := e.manager.Snapshot(id)
		if err != nil || snap.Desired != (i == 5 || i == 59 || i == 60) {
			t.Errorf("Toko %d: wanted on %v (%v)", i+1, snap.Desired, err)
		}
	}
	got = b.fragment("/devices/bulk", url.Values{"action": {"start"}, "all": {"yes"}, "next": {"/devices"}})
	if !strings.Contains(got.body, `data-done="61" data-asked="61"`) {
		t.Errorf("%s", got.body)
	}
}

// What is not done is said, device by device, with the reason.
func TestBulkPartialFailure(t *testing.T) {
	e := newEnv(t)
	ids := e.shops(3)
	b := e.admin()
	e.start(ids[1], session.StateScan)
	e.link(ids[1], "6281234567890:1@s.whatsapp.net")
	e.driver.Conn(ids[1]).Tell(session.SignalBanned{Code: 101, Expire: time.Hour})
	e.await(ids[1], session.StateOff)
	if _, err := e.manager.DeleteDevice(t.Context(), ids[2]); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]answer{
		"with scripts":    b.fragment("/devices/bulk", bulk("start", ids...)),
		"without scripts": b.post("/devices/bulk", bulk("start", ids...)),
	} {
		got.has(t, http.StatusOK, "bulk-result", "bulk-failed")
		for _, want := range []string{
			`data-done="1" data-asked="3"`, `data-testid="bulk-failed" data-device="` + ids[1] + `"`, ">Toko 2</a>",
			"WhatsApp has locked this account", "No longer in your list: 1.",
		} {
			if !strings.Contains(got.body, want) {
				t.Errorf("%s: the answer lacks %s", name, want)
			}
		}
	}
	if got := b.fragment("/devices/bulk", bulk("stop", ids[2])); !strings.Contains(got.body, `tone-danger" data-testid="bulk-result" data-done="0" data-asked="1"`) {
		t.Errorf("%s", got.body)
	}
}

func TestBulkByAssignment(t *testing.T) {
	e, mine, theirs := two(t)
	if got := e.signedIn("look").post("/devices/bulk", bulk("start", mine)); got.StatusCode != http.StatusForbidden {
		t.Errorf("a viewer: %d", got.StatusCode)
	}
	b := e.signedIn("run")
	const unknown = "06h0d6kr2sob0prs6bqba3304o"
	hidden, none := b.fragment("/devices/bulk", bulk("start", mine, theirs)), b.fragment("/devices/bulk", bulk("start", mine, unknown))
	if hidden.body != none.body || !strings.Contains(hidden.body, `data-done="1" data-asked="2"`) || strings.Contains(hidden.body, "Gudang") {
		t.Errorf("a device of others: %s\nan unknown one: %s", hidden.body, none.body)
	}
	b.fragment("/devices/bulk", url.Values{"action": {"start"}, "all": {"yes"}})
	if snap, err := e.manager.Snapshot(theirs); err != nil || snap.Desired {
		t.Errorf("a device of others was started: %v %v", snap.Desired, err)
	}
	entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "access.refused", DeviceID: theirs})
	if err != nil || len(entries) != 1 || entries[0].Target != "POST /devices/bulk" {
		t.Errorf("%+v %v", entries, err)
	}
}

// A page of devices that WhatsApp does not answer is stopped in the time of one.
func TestBulkStopDuringSilence(t *testing.T) {
	e := newEnv(t)
	ids := e.shops(50)
	dialing, quiet := make(chan struct{}, len(ids)), make(chan struct{})
	e.driver.SetOnDial(func(context.Context, session.Target) error {
		dialing <- struct{}{}
		<-quiet // deaf even to being stopped
		return context.Canceled
	})
	defer close(quiet)
	b := e.admin()
	b.fragment("/devices/bulk", bulk("start", ids...)).has(t, http.StatusOK, "bulk-result")
	<-dialing
	answered := make(chan answer)
	go func() { answered <- b.fragment("/devices/bulk", bulk("stop", ids...)) }()
	select {
	case got := <-answered:
		if !strings.Contains(got.body, `data-done="50" data-asked="50"`) {
			t.Errorf("%s", got.body)
		}
	case <-time.After(time.Minute): // each takes 5 s: together no more than that, in a row 250 s
		t.Fatal("devices wait for each other")
	}
	for _, id := range ids {
		if snap := e.await(id, session.StateOff); snap.Desired {
			t.Error("a stopped device would come back")
		}
	}
}
