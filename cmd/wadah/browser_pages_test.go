package main

import (
	"net/http"
	"strings"
)

// The settings of the installation: times in force at once, the version with a check,
// and the time zone in which times are shown.
func (s scene) installationSettings() {
	page := s.visit("/settings")
	page.retype("times-scan-window", "0")
	page.click("times-submit")
	page.visible("error-message")
	page.expect(`document.querySelector("[data-testid=times-scan-window]").value`, "0")
	page.allow("422")
	page.retype("times-scan-window", "15")
	page.click("times-submit")
	page.visible("flash")
	page.expect(`document.querySelector("[data-testid=times-scan-window]").value`, "15")
	page.contains("version-used", "2.3000.")
	page.do(`(() => {
	  const zone = document.querySelector("[data-testid=settings-zone]");
	  zone.value = "Asia/Jayapura";
	})()`)
	page.click("settings-zone-submit")
	page.visible("flash")
	page.expect(`document.querySelector("[data-testid=settings-zone]").value`, "Asia/Jayapura")
}

// The reference of the API tries its calls with the key of a device, without showing it.
func (s scene) reference() {
	path, key, _ := s.linked("Coba")
	page := s.visit("/reference?device=" + strings.TrimPrefix(path, "/devices/"))
	page.mark()
	page.click("try-send-getState")
	page.visible("try-status")
	page.contains("try-status", "200")
	page.contains("try-body", `"CONNECTED"`)
	page.holds(`!document.documentElement.outerHTML.includes(` + jsonText(key) + `)`)
	page.expectMark()

	page.click("try-open-serviceLogout") // asks first
	page.visible("try-send-serviceLogout")
	if err := s.server.isNow(key, "CONNECTED", "ready"); err != nil {
		s.t.Error(err)
	}
	page.click("try-send-serviceLogout")
	s.server.is(key, "SERVICE_OFF", "logged_out")

	description := value[string](page, `[...document.querySelectorAll("a")].map((a) => a.getAttribute("href")).find((h) => h && h.includes("openapi")) ?? ""`)
	if status, _, err := request(s.t.Context(), http.MethodGet, s.server.url+description, "", ""); description == "" || err != nil || status != http.StatusOK {
		s.t.Errorf("the description at %q: %d, %v", description, status, err)
	}
}

// What the program is made of, and its licences, are two clicks away.
func (s scene) about() {
	page := s.visit("/devices")
	page.click("foot-about")
	page.contains("about-part", "Wadah")
	page.click("about-licences")
	page.holds(`document.querySelectorAll("[data-testid=licence-row]").length > 10`)
	page.click("licence-link")
	page.holds(`document.querySelector("[data-testid=licence-text]")?.textContent.length > 200`)
}
