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

// A person with many devices finds some and starts several at once.
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

	list.retype("filter-q", "toko 17")
	list.holds(rowNames+`.join() === "Toko 17"`, `new URLSearchParams(location.search).get("q") === "toko 17"`)
	list.expect(`document.activeElement.id`, "filter-q") // it searches while somebody types

	list.open(s.server.url + "/devices?q=toko+2&sort=name")
	list.mark()
	for n := range 3 {
		list.do(fmt.Sprintf(`document.querySelectorAll("[data-testid=device-choose]")[%d].click()`, n))
	}
	list.visible("bulk")
	list.click("bulk-start")
	list.contains("bulk-result", s.lang.T("bulk.done.start", "Done", 3, "Asked", 3))
	list.expectMark()
}
