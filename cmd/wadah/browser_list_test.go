package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"wadah/views"
)

// many adds devices as the admin, "NAME 1" to "NAME n".
func (s scene) many(name string, n int) {
	s.t.Helper()
	for i := range n {
		form := url.Values{"name": {fmt.Sprintf("%s %d", name, i+1)}}
		req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.url+"/devices", strings.NewReader(form.Encode()))
		if err != nil {
			s.t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.AddCookie(&http.Cookie{Name: s.login.Name, Value: s.login.Value})
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			s.t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusSeeOther {
			s.t.Fatalf("add a device: %d", res.StatusCode)
		}
	}
}

const (
	rowNames    = `[...document.querySelectorAll("[data-testid=device-link]")].map((e) => e.textContent.trim())`
	rowStates   = `[...document.querySelectorAll("[data-testid=device-row] [data-testid=device-state]")].map((e) => e.dataset.state)`
	chosenCount = `document.querySelectorAll("[data-testid=device-choose]:checked").length`
	rowCount    = `document.querySelectorAll("[data-testid=device-row]").length`
)

// A person with many devices finds some, and starts, restarts and stops several at once.
func (s scene) manyDevices() {
	s.many("Toko", 53)
	list := s.visit("/devices?q=toko&sort=name")
	list.holds(rowCount+` === 50`, rowNames+`[1] === "Toko 2"`, rowNames+`[9] === "Toko 10"`)
	list.contains("list-range", "53")
	list.counts("filter-off", 53)
	list.click("page-next")
	list.holds(rowCount+` === 3`, rowNames+`[2] === "Toko 53"`)
	list.click("page-first")
	list.holds(rowCount + ` === 50`)

	list.retype("filter-q", "toko 17")
	list.holds(rowNames+`.join() === "Toko 17"`, `new URLSearchParams(location.search).get("q") === "toko 17"`)
	list.expect(`document.activeElement.id`, "filter-q") // it searches while somebody types

	list.open(s.server.url + "/devices?q=toko+2&sort=name")
	list.holds(rowCount + ` === 11`)
	list.mark()
	list.choose(3)
	list.click("bulk-start")
	list.bulkDone(s.lang, "start", 3)
	list.counts("filter-scan", 3) // by themselves, as the rows
	list.counts("filter-off", 8)
	list.holds(rowStates + `.slice(0, 4).join() === "SERVICE_SCAN,SERVICE_SCAN,SERVICE_SCAN,SERVICE_OFF"`)
	list.expectMark()

	s.severalLeaveTheirState(list)
}

// severalLeaveTheirState continues with three devices that wait to be scanned: the list
// is narrowed to their state, and who leaves it leaves the list.
func (s scene) severalLeaveTheirState(list *tab) {
	all := list.another(s.server.url + "/devices?q=toko+2")
	list.click("filter-scan")
	list.holds(rowNames+`.join() === "Toko 2,Toko 20,Toko 21"`, `new URLSearchParams(location.search).get("state") === "SERVICE_SCAN"`)
	list.mark()
	list.choose(2)
	list.click("bulk-restart-open")
	list.visible("bulk-restart")
	list.contains("bulk", s.lang.T("bulk.restart.ask"))
	list.click("bulk-restart")
	list.bulkDone(s.lang, "restart", 2)
	list.holds(rowNames + `.join() === "Toko 2,Toko 20,Toko 21"`) // gone and back

	list.choose(3)
	list.click("bulk-stop-open")
	list.visible("bulk-stop")
	list.contains("bulk", s.lang.T("bulk.stop.ask"))
	list.expect(rowStates+`.join()`, "SERVICE_SCAN,SERVICE_SCAN,SERVICE_SCAN") // nothing was done yet
	list.click("bulk-stop")
	list.bulkDone(s.lang, "stop", 3)
	list.holds(rowCount + ` === 0`)
	list.visible("filter-clear-all")
	for _, b := range []*tab{list, all} {
		b.counts("filter-scan", 0)
		b.counts("filter-off", 11)
	}
	all.holds(rowCount+` === 11`, rowStates+`.every((state) => state === "SERVICE_OFF")`)
	list.expectMark()
}

// choose ticks the first rows of the list.
func (b *tab) choose(n int) {
	b.t.Helper()
	for i := range n {
		b.do(fmt.Sprintf(`document.querySelectorAll("[data-testid=device-choose]")[%d].click()`, i))
	}
	b.holds(fmt.Sprintf(chosenCount+` === %d`, n))
	b.visible("bulk")
}

// bulkDone waits until the list says that an action was done to n devices, all that were
// chosen.
func (b *tab) bulkDone(lang views.Lang, action string, n int) {
	b.t.Helper()
	b.contains("bulk-result", lang.T("bulk.done."+action, "Done", n, "Asked", n))
}

// counts waits until a count of the summary is n.
func (b *tab) counts(id string, n int) {
	b.t.Helper()
	b.holds(fmt.Sprintf(`document.querySelector('[data-testid=%q] b').textContent === "%d"`, id, n))
}
