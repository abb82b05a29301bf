package main

import (
	"fmt"
	"net/url"
	"strings"
)

// A phone without a camera is linked with a code that is typed on it.
func (s scene) linkByNumber() {
	path, key := s.device("Tanpa Kamera")
	page := s.visit(path)
	page.click("start")
	page.state("SERVICE_SCAN", "qr")
	page.click("pair-phone-open")
	page.fill("pair-phone-number", "12")
	page.click("pair-phone-submit")
	page.visible("error-message") // at the field, with what was typed
	page.expect(`document.getElementById("pair-phone-number").value`, "12")
	page.expect(`document.getElementById("pair-phone-number").getAttribute("aria-invalid")`, "true")
	page.holds(`document.getElementById("pair-phone-number").getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id).textContent.trim()).includes(` +
		jsonText(page.text("error-message")) + `)`)
	page.allow("422") // the browser reports the answer itself

	phone := s.world.newPhone()
	page.retype("pair-phone-number", "+"+phone[:2]+" "+phone[2:5]+"-"+phone[5:])
	page.click("pair-phone-submit")
	page.state("SERVICE_SCAN", "code")
	page.visible("pair-phone-code")
	s.world.control("code", map[string]any{"phone": phone, "code": page.text("pair-phone-code")})
	page.state("CONNECTED", "ready")
	page.expect(`document.querySelector("[data-testid=device-number]").textContent.replace(/\D/g, "")`, phone)
	s.server.is(key, "CONNECTED", "ready")
}

// Somebody without a login links a device with a link that was sent to them.
func (s scene) scanByLink() {
	path, _ := s.device("Cabang Bandung")
	page := s.visit(path)
	page.click("scan-link-create")
	page.visible("scan-link-url")
	link := page.text("scan-link-url")
	if u, err := url.Parse(link); err != nil || !strings.HasPrefix(link, s.server.url) || u.RawQuery != "" {
		s.t.Fatalf("the link is %q", link)
	}
	guest := s.stranger()
	guest.open(link)
	guest.expect(`document.documentElement.lang`, string(s.lang))
	guest.contains("scan-live", "Cabang Bandung")
	guest.click("scan-start")
	guest.state("SERVICE_SCAN", "qr")
	s.world.control("scan", map[string]any{"phone": s.world.newPhone(), "qr": guest.readQR()})
	guest.visible("scan-done")
	guest.contains("scan-done", s.lang.T("scan.done"))
	guest.holds(`!document.querySelector("[data-testid=scan-ends]").checkVisibility()`) // it is done: nothing ends any more
	page.state("CONNECTED", "ready")

	late := s.stranger() // a link works until the device is linked
	late.allow("410")
	late.open(link)
	late.visible("scan-over")
	late.open(s.server.url + path)
	late.present("signin-name") // and leads nowhere else
}

const noError = `!document.querySelector('[data-testid="error-message"]')`

// What an admin sets about a device is saved where one looks, and everybody sees it.
func (s scene) deviceSettings() {
	path, key := s.device("Lama")
	page, other := s.visit(path), s.visit(path)
	page.click("to-settings")
	save := func(field, text string) {
		page.retype(field, text)
		page.click("settings-submit")
	}
	page.visible("settings-submit")
	page.mark()
	save("rename-name", "Baru & <Lebih> Baik")
	page.contains("setting-saved", s.lang.T("settings.saved"))
	other.holds(`document.getElementById("device-name").textContent.trim() === "Baru & <Lebih> Baik"`)
	save("rename-name", "   ")
	page.contains("error-message", s.lang.Invalid("name_required"))
	save("rename-name", "Lebih Baru")
	page.holds(noError)

	save("note-text", "Kasir lantai 2\n<b>pagi</b>")
	other.contains("device-live", "Kasir lantai 2")
	other.contains("device-live", "<b>pagi</b>") // as it was typed
	save("proxy-address", "ftp://squid.example.com")
	page.visible("error-message")
	page.expect(`document.getElementById("proxy-address").value`, "ftp://squid.example.com")
	save("proxy-address", "socks5://ani:sangat-rahasia@127.0.0.1:9")
	page.holds(noError)
	page.visible("proxy-remove")
	page.holds(`!document.documentElement.outerHTML.includes("sangat-rahasia") && !document.getElementById("proxy-address").value.includes("rahasia")`)

	other.click("start") // never without the proxy that was asked for
	other.state("SERVICE_OFF", "proxy_failed")
	other.contains("device-reason", s.lang.T("reason.proxy_failed"))
	other.click("to-proxy")
	other.visible("proxy-address")
	other.expect(`location.hash`, "#setting-proxy")
	page.state("SERVICE_OFF", "proxy_failed")
	page.click("proxy-remove")
	page.click("settings-submit")
	page.state("SERVICE_SCAN", "qr")
	s.server.must("serviceDestroy", key)
	page.state("SERVICE_OFF", "stopped")

	page.click("default-submit")
	page.contains("device-live", s.lang.T("device.default"))
	page.click("default-submit")
	page.holds(`!` + page.read("device-live") + `.includes(` + jsonText(s.lang.T("device.default")) + `)`)
	page.expectMark()
	page.allow("422") // the browser reports those answers itself
}

// A device is unlinked and deleted, each only after a question that says what will
// happen.
func (s scene) danger() {
	path, key, phone := s.linked("Bahaya")
	page, other := s.visit(path), s.visit(path)
	page.click("to-danger")
	page.click("logout")
	page.visible("logout-confirm")
	for _, part := range []string{"linked", "again", "keeps"} {
		want := jsonText(s.lang.T("confirm.logout."+part, "Name", "Bahaya"))
		page.holds(`document.getElementById("main").textContent.includes(` + want + `)`)
	}
	page.click("cancel")
	page.state("CONNECTED", "ready")
	page.visible("logout") // back where one was
	page.click("logout")
	page.click("logout-confirm")
	page.state("SERVICE_OFF", "logged_out")
	page.visible("flash")
	other.state("SERVICE_OFF", "logged_out")
	if companions := s.world.companions(phone); companions != 0 {
		s.t.Errorf("the phone still has %d linked devices", companions)
	}

	page.click("to-danger")
	page.click("delete")
	page.click("delete-confirm")
	page.holds(`location.pathname === "/devices"`)
	page.visible("flash")
	other.contains("device-gone", s.lang.T("device.gone.title", "Name", "Bahaya")) // the page of what is gone explains itself
	if answer, err := s.server.api("getState", key); err != nil || answer.Code != 401 {
		s.t.Errorf("the key of a deleted device: %+v, %v", answer, err)
	}
	page.open(s.server.url + path)
	page.present("error-message")
	page.allow("404")
}

// What happened to a device stands beside it, newest first.
func (s scene) timeline() {
	path, key, phone := s.linked("Riwayat")
	page := s.visit(path)
	page.state("CONNECTED", "ready")
	newest := func(reason string) string {
		return fmt.Sprintf(`document.querySelector("[data-testid=timeline] ol li").textContent.includes(%s)`, jsonText(s.lang.T("reason."+reason)))
	}
	page.holds(newest("ready"))
	s.world.control("fault", map[string]any{"target": phone, "kind": "stream_error_503"})
	page.holds(`document.querySelector("[data-testid=timeline]").textContent.includes(` + jsonText(s.lang.T("reason.reconnecting")) + `)`)
	page.state("CONNECTED", "ready")
	s.server.must("serviceDestroy", key)
	page.holds(newest("stopped"))
	// In words, too. The week follows when the device is older than a day.
	page.holds(`document.querySelector('[data-testid="history-day"] [data-testid="history-sentence"]').textContent.trim() !== ""`)
}
