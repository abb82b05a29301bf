package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
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
	rowNames = `[...document.querySelectorAll("[data-testid=device-link]")].map((e) => e.textContent.trim())`
	rowCount = `document.querySelectorAll("[data-testid=device-row]").length`
)

// A person with many devices finds some and starts and stops several at once.
func (s scene) manyDevices() {
	s.many("Toko", 53)
	list := s.visit("/devices?q=toko&sort=name")
	list.mark()
	list.holds(rowCount+` === 50`, rowNames+`[1] === "Toko 2"`, rowNames+`[9] === "Toko 10"`)
	list.contains("list-range", "53")
	list.contains("filter-off", "53")
	list.click("page-next")
	list.holds(rowCount+` === 3`, rowNames+`[2] === "Toko 53"`)
	list.click("page-first")
	list.holds(rowCount + ` === 50`)

	list.mark()
	list.click("filter-q")
	list.press(" 1") // it searches while somebody types
	list.holds(rowCount+` < 50`, rowNames+`.every((name) => name.includes("1"))`, rowNames+`[0] === "Toko 1"`, `new URLSearchParams(location.search).get("q").endsWith(" 1")`)
	list.expect(`document.activeElement.id`, "filter-q")
	list.press("7")
	list.holds(rowCount+` === 1`, rowNames+`[0] === "Toko 17"`)
	list.expectMark() // all that without a reload
	list.click("filter-clear")
	list.holds(rowCount+` === 50`, `document.getElementById("filter-q").value === ""`)
	list.open(s.server.url + "/devices?q=toko+2&sort=name")
	all := value[int](list, rowCount)
	list.mark()
	for n := range 3 {
		list.do(fmt.Sprintf(`document.querySelectorAll("[data-testid=device-choose]")[%d].click()`, n))
	}
	list.visible("bulk")
	list.click("bulk-start")
	list.contains("bulk-result", s.lang.T("bulk.done.start", "Done", 3, "Asked", 3))
	list.holds(`document.querySelectorAll("[data-testid=device-state][data-state=SERVICE_SCAN]").length === 3`)
	list.contains("filter-scan", "3") // the summary is live, too
	list.click("choose-page")
	list.holds(fmt.Sprintf(`document.querySelectorAll("[data-testid=device-choose]:checked").length === %d`, all))
	list.click("bulk-stop-open") // asks first
	list.visible("bulk-stop")
	list.contains("bulk", s.lang.T("bulk.stop.ask"))
	list.click("bulk-stop")
	list.holds(fmt.Sprintf(`document.querySelector("[data-testid=bulk-result]").dataset.done === "%d"`, all))
	list.holds(fmt.Sprintf(`document.querySelectorAll("[data-testid=device-state][data-state=SERVICE_OFF]").length === %d`, all))
	list.expectMark()

	list.click("filter-scan") // nothing is left there
	list.visible("filter-clear-all")
	list.click("filter-clear-all")
	list.holds(rowCount + ` === 50`)
}
