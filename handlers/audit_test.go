package handlers_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"wadah/handlers/audit"
	"wadah/models"
)

// entry writes down something that somebody did in the past.
func (e *env) entry(age time.Duration, a models.AuditEntry) {
	e.t.Helper()
	a.At = time.Now().Add(-age)
	if err := e.store.AddAudit(e.t.Context(), a); err != nil {
		e.t.Fatal(err)
	}
}

func TestAuditPage(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	e.entry(0, models.AuditEntry{Actor: "ani", ActorKind: "user", Action: "device.start", DeviceID: id, Target: "Kasir", Address: "192.0.2.7"})
	e.entry(0, models.AuditEntry{Actor: "wadah", ActorKind: "cli", Action: "user.password", Target: "<b>budi</b>"})
	page := b.get("/audit")
	page.has(t, http.StatusOK, "audit-row", "audit-filter", "audit-export-csv", "audit-export-json", "nav-audit")
	if !strings.Contains(page.body, "192.0.2.7") || strings.Contains(page.body, "<b>budi") || !strings.Contains(page.body, "&lt;b&gt;budi") {
		t.Error("the page lacks an entry, or shows its text as HTML")
	}
	today, yesterday := time.Now().Format("2006-01-02"), time.Now().AddDate(0, 0, -1).Format("2006-01-02")
	for query, want := range map[string]int{
		"actor=ani": 1, "actor=nobody": 0, "action=device.start": 1, "action=device": 1, "device=" + id: 1, "q=192.0.2": 1,
		"q=BUDI": 1, "q=%25": 0, "from=" + today + "&actor=ani": 1, "to=" + yesterday: 0, "from=" + today + "&to=" + today + "&actor=ani": 1,
	} {
		got := b.get("/audit?" + query)
		if n := strings.Count(got.body, `data-testid="audit-row"`); got.StatusCode != http.StatusOK || n != want {
			t.Errorf("%s: %d, %d rows, want %d", query, got.StatusCode, n, want)
		}
	}
	b.get("/audit?from=tomorrow").has(t, http.StatusOK, "audit-row", "error-message")
}

func TestAuditPagesAndExport(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	for i := range 120 {
		e.entry(0, models.AuditEntry{Actor: "ani", ActorKind: "user", Action: "device.start", Target: fmt.Sprintf("entry-%03d", i)})
	}
	e.entry(0, models.AuditEntry{Actor: "=HYPERLINK(1)", Action: "device.start", Target: "a \"quoted\", text\nin lines"})
	seen, next := map[string]bool{}, "/audit?action=device.start"
	for pages := 1; ; pages++ {
		page := b.get(next)
		for _, target := range page.all(`(entry-\d{3})`) {
			seen[target] = true
		}
		older := page.all(`href="(/audit\?[^"]*before=[^"]*)"`)
		if len(older) == 0 {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		next = strings.ReplaceAll(older[0], "&amp;", "&")
	}
	if len(seen) != 120 {
		t.Errorf("%d entries are on the pages", len(seen))
	}

	got := b.get("/audit.csv?action=device.start")
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	if err != nil || len(rows) != 122 || rows[0][0] != "id" || rows[1][2] != "'=HYPERLINK(1)" || rows[1][6] != "a \"quoted\", text\nin lines" || rows[121][6] != "entry-000" {
		t.Errorf("%d rows, %v, %q", len(rows), err, rows[1])
	}
	if h := got.Header; h.Get("Content-Type") != "text/csv; charset=utf-8" || h.Get("Cache-Control") != "no-store" ||
		!strings.HasPrefix(h.Get("Content-Disposition"), `attachment; filename="wadah-audit-`) || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", h)
	}
	got = b.get("/audit.json?action=device.start&q=entry-00")
	var entries []map[string]string
	if err := json.Unmarshal([]byte(got.body), &entries); err != nil || len(entries) != 10 || entries[0]["target"] != "entry-009" || entries[0]["actor"] != "ani" {
		t.Errorf("%v %d %s", err, len(entries), got.body)
	}
	if at, err := time.Parse(time.RFC3339, entries[0]["at"]); err != nil || time.Since(at) > time.Hour {
		t.Errorf("at %q", entries[0]["at"])
	}
	if got := b.get("/audit.json?q=nothing"); strings.TrimSpace(got.body) != "[]" {
		t.Errorf("nothing is %q", got.body)
	}
	b.get("/audit.csv?from=x").has(t, http.StatusBadRequest)
	e.wroteDown("audit.export")
}

func TestRetention(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	const day = 24 * time.Hour
	e.entry(400*day, models.AuditEntry{Action: "a.ancient"})
	e.entry(100*day, models.AuditEntry{Action: "a.old"})
	e.entry(day, models.AuditEntry{Action: "a.new"})
	left := func(want string) {
		t.Helper()
		if err := audit.Sweep(t.Context(), e.store); err != nil {
			t.Fatal(err)
		}
		entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "a"})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range entries {
			got = append(got, a.Action)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("left: %q, want %q", got, want)
		}
	}
	set := func(days string) { b.post("/settings/retention", url.Values{"days": {days}}).leads(t, "/settings") }
	set("0")
	left("a.new a.old a.ancient")
	for _, bad := range []string{"", "x", "-1", "6", "99999", "1e3"} {
		b.post("/settings/retention", url.Values{"days": {bad}}).has(t, http.StatusUnprocessableEntity, "retention-days")
	}
	left("a.new a.old a.ancient")
	if err := e.store.SetSetting(t.Context(), "audit_retention_days", "broken"); err != nil {
		t.Fatal(err)
	}
	left("a.new a.old") // a year, when nobody has said
	set("30")
	left("a.new")
	set("7")
	left("a.new")
	e.wroteDown("settings.change")
}

func TestRefusalsAreWrittenDown(t *testing.T) {
	e, mine, theirs := two(t)
	run := e.signedIn("run")
	run.post("/devices/"+mine+"/delete", nil).has(t, http.StatusForbidden)
	run.post("/devices/"+mine+"/delete", nil).has(t, http.StatusForbidden)
	run.post("/devices/"+theirs+"/start", nil).has(t, http.StatusNotFound)
	run.post("/devices/06h0d6kr2sob0prs6bqba3304o/start", nil).has(t, http.StatusNotFound)
	entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "access.refused"})
	if err != nil || len(entries) != 2 || entries[0].DeviceID != theirs || entries[0].Actor != "run" ||
		entries[1].Target != "POST /devices/:id/delete" || entries[1].Address != "127.0.0.1" {
		t.Errorf("%+v %v", entries, err)
	}
}
