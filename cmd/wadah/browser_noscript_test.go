package main

import (
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// In a browser that runs no scripts, everything is plain forms, and pages that wait
// for something load themselves anew.
func (s scene) noScripts() {
	page := s.stranger()
	if _, err := chromedp.Call(page.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		s.t.Fatal(err)
	}
	page.open(s.server.url + "/devices")
	page.fill("signin-name", adminName)
	page.fill("signin-password", goodPassword)
	page.click("signin-submit")
	page.fill("add-device-name", "Tanpa Skrip")
	page.click("add-device-submit")
	page.present("timeline") // the device's page: the list shows such states, too
	page.state("SERVICE_OFF", "never_started")
	page.expect(`String(document.documentElement.classList.contains("js"))`, "false")

	page.click("start")
	page.state("SERVICE_SCAN", "qr")
	s.world.control("scan", map[string]any{"phone": s.world.newPhone(), "qr": page.readQR()})
	page.state("CONNECTED", "ready") // without a click
	page.click("to-keys")
	page.click("key-reveal")
	page.present("key-value")
	if err := s.canRun(page.text("curl-line")); err != nil {
		s.t.Error(err)
	}
	page.click("to-overview")
	page.click("stop")
	page.state("SERVICE_OFF", "stopped")
	page.contains("flash", "Tanpa Skrip")

	page.click("to-danger")
	page.click("logout")
	page.click("cancel")
	page.state("SERVICE_OFF", "stopped")
	page.click("user-menu") // <details>, not a script
	page.click("signout")
	page.present("signin-name")
}
