package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"wadah/models"
	"wadah/views"
)

// TestEraseNumber counts, asks, erases and counts again; the number is in no log, no address
// and not in the audit.
func TestEraseNumber(t *testing.T) {
	e := newEnv(t)
	id, _ := e.linked()
	second, _ := e.device("Gudang")
	e.arrive(id, other+"@s.whatsapp.net", "alamat rumah saya")
	e.arrive(id, other+"@s.whatsapp.net", "dan nomor rekening")
	e.arrive(id, "6285500001111@s.whatsapp.net", "orang lain")
	e.secrets = append(e.secrets, other)
	b := e.admin()
	e.user("ani", models.RoleOperator)
	chat := b.conversation(id) // the newest is of somebody else
	local := "0" + strings.TrimPrefix(other, "62")
	form := func(pairs ...string) url.Values {
		values := url.Values{"number": {local}, "device": {id}}
		for i := 0; i < len(pairs); i += 2 {
			values.Set(pairs[i], pairs[i+1])
		}
		return values
	}
	e.signedIn("ani").post("/settings/erase", form("confirm", "yes")).has(t, http.StatusForbidden)
	b.get("/settings").has(t, http.StatusOK, "erase-number", "erase-device", "erase-count")
	b.post("/settings/erase", form("number", "12x")).has(t, http.StatusUnprocessableEntity, "erase-number")
	b.post("/settings/erase", form("device", "unknown")).has(t, http.StatusNotFound)

	page := b.post("/settings/erase", form())
	page.has(t, http.StatusOK, "erase-confirm", "erase-found")
	if n := page.match(t, `(?s)data-kind="messages">.*?<dd class="num">(\d+)</dd>`); n != "2" {
		t.Errorf("%s messages are counted", n)
	}
	// On a device that does not know them there is nothing.
	b.post("/settings/erase", form("device", second)).has(t, http.StatusOK, "erase-none", "erase-confirm")
	if entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "number.erase", Limit: 10}); err != nil || len(entries) != 0 {
		t.Errorf("counting left %+v (%v)", entries, err)
	}
	page = b.post("/settings/erase", form("confirm", "yes"))
	page.has(t, http.StatusOK, "erase-done")
	if n := page.match(t, `(?s)data-kind="messages">.*?<dd class="num">(\d+)</dd>`); n != "2" {
		t.Errorf("%s messages were erased", n)
	}
	b.post("/settings/erase", form()).has(t, http.StatusOK, "erase-none")
	list := b.get("/devices/" + id + "/messages")
	if strings.Contains(list.body, views.FormatNumber(other)) || strings.Count(list.body, `data-testid="chat-row"`) != 1 {
		t.Error("the list of conversations is not what it should be")
	}
	b.get(chat).has(t, http.StatusOK, "message")

	entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "number.erase", Limit: 10})
	if err != nil || len(entries) != 1 {
		t.Fatalf("audit: %+v (%v)", entries, err)
	}
	if said := entries[0].Target + entries[0].Detail; strings.Contains(said, other[3:]) || entries[0].Target == "" || entries[0].DeviceID != id {
		t.Errorf("audit: %+v", entries[0])
	}
	again := b.post("/settings/erase", url.Values{"number": {"+" + other}, "confirm": {"yes"}})
	again.has(t, http.StatusOK, "erase-done", "erase-none")
	if entries, err = e.store.Audit(t.Context(), models.AuditFilter{Action: "number.erase", Limit: 10}); err != nil || len(entries) != 2 || entries[0].Target != entries[1].Target {
		t.Errorf("one number has two codes: %+v (%v)", entries, err)
	}
}
