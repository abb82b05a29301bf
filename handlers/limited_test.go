package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"wadah/session/message"
)

// TestLimitOnThePage tells on the device's page that WhatsApp lets the account open no new
// chats, and no longer when that is over.
func TestLimitOnThePage(t *testing.T) {
	e := newEnv(t)
	id, _ := e.linked()
	b := e.admin()
	limit := func(active bool, until time.Time) answer {
		t.Helper()
		if err := e.driver.Conn(id).Deliver(message.Limit{Active: active, Until: until, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		return b.get("/devices/" + id)
	}
	page := limit(true, time.Now().Add(time.Hour))
	page.has(t, http.StatusOK, "device-limited")
	page.match(t, `(no new chats until)`)
	page = limit(true, time.Time{})
	page.match(t, `(no new chats for now)`)
	if page = limit(false, time.Time{}); page.StatusCode != http.StatusOK || strings.Contains(page.body, "device-limited") {
		t.Error("the limit is over, and the page still tells it")
	}
}
