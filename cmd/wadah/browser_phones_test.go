package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"

	"wadah/views"
)

// newSandbox is a scene in the sandbox, where the virtual phones are in the panel.
func newSandbox(t *testing.T, lang views.Lang) scene {
	t.Helper()
	w := &world{t: t, data: t.TempDir()}
	p := start(t, "sandbox", "--data", w.data, "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0")
	server := &installation{process: p, t: t, url: p.printed(`Wadah: (http://\S+)`)[1]}
	return scene{t: t, world: w, server: server, lang: lang, login: &network.SetCookieParams{}}
}

// Somebody without a phone tries everything on the page of the virtual phones, and sees
// beside the phone what becomes of the device. All of it is done to the first phone.
func (s scene) virtualPhones() {
	page := s.setUp()
	path, _ := s.device("Kasir")
	page.open(s.server.url + path)
	phones := page.another(s.server.url + "/phones")
	phones.contains("sandbox-banner", s.lang.T("sandbox.banner.title"))
	budi := firstPhones()[0]
	said := func(notice string, name string) {
		s.t.Helper()
		text := jsonText(s.lang.T("notice."+notice, "Name", name))
		phones.holds(fmt.Sprintf(`document.getElementById("phone-%s-said").textContent.includes(%s)`, budi.number, text))
	}
	beside := func(state, reason string) {
		s.t.Helper()
		phones.state(state, reason)
		phones.contains("phone-device-reason", s.lang.T("reason."+reason))
	}
	phones.mark()

	page.click("start")
	phones.click("phone-scan") // one click; the device showed a code by itself
	said("phone_linked", "Kasir")
	beside("CONNECTED", "ready")
	page.state("CONNECTED", "ready")

	phones.click("phone-online")
	said("phone_offline", budi.name)
	phones.holds(`document.querySelector("[data-testid=phone-online]").ariaChecked === "false"`)
	phones.contains("phone-card", s.lang.T("phones.link.offline"))
	beside("CONNECTED", "ready") // it does not need its phone
	phones.click("phone-online")
	said("phone_online", budi.name)

	phones.click("phone-faults")
	phones.click("fault-stream_error_503")
	said("fault_done", s.lang.Fault("stream_error_503"))
	phones.contains("phone-device", s.lang.T("reason.reconnecting")) // in what was seen of it
	beside("CONNECTED", "ready")
	phones.holds(`document.querySelector("details:has(> [data-testid=phone-faults])").open`) // as it was left
	phones.click("fault-replaced")
	beside("SERVICE_OFF", "replaced")
	page.state("SERVICE_OFF", "replaced")
	phones.click("phone-device-start")
	beside("CONNECTED", "ready")

	phones.click("phone-unlink")
	said("phone_unlinked", "Kasir")
	beside("SERVICE_OFF", "logged_out")
	page.state("SERVICE_OFF", "logged_out")

	page.click("start")
	page.state("SERVICE_SCAN", "qr")
	page.click("pair-phone-open")
	page.fill("pair-phone-number", "+"+budi.number)
	page.click("pair-phone-submit")
	page.visible("pair-phone-code")
	code := page.text("pair-phone-code")
	phones.click("phone-code-open")
	phones.fill("phone-code", strings.ToLower(code)) // as people type
	phones.click("phone-code-submit")
	said("phone_linked", "Kasir")
	beside("CONNECTED", "ready")
	page.state("CONNECTED", "ready")
	phones.expectMark()

	s.bothSides(path, budi.number)

	phones.click("components-link") // every component in every state: none may complain
	phones.holds(`location.pathname === "/components"`, `document.querySelectorAll(".specimen").length > 100`)
	phones.contains("sandbox-banner", s.lang.T("sandbox.banner.title"))
}

// bothSides writes from one virtual phone to a device, and answers on the device's page:
// what somebody does on one side shows on the other, at once.
func (s scene) bothSides(path, ours string) {
	s.t.Helper()
	customer := firstPhones()[1]
	phone, device := s.visit("/phones/"+customer.number+"/chats/"+ours), s.visit(path+"/messages")
	phone.fill("composer-text", "Apakah batik biru masih ada?")
	phone.enter()
	phone.holds(`document.querySelectorAll(".message-mine").length === 1`, `document.getElementById("composer-text").value === ""`)
	device.contains("chat-row", "Apakah batik biru")
	device.click("chat-row")
	phone.holds(`document.querySelector(".message-mine").dataset.status === "delivered"`)
	device.fill("composer-text", "Masih ada")
	device.enter()
	phone.holds(`document.querySelectorAll("[data-testid=message]").length === 2`)
	device.holds(`document.querySelector(".message-mine").dataset.status === "delivered"`)
	phone.click("chat-seen")
	device.holds(`document.querySelector(".message-mine").dataset.status === "read"`)
	device.click("chat-seen")
	phone.holds(`document.querySelector(".message-mine").dataset.status === "read"`)

	phone.do(`document.querySelector(".message:not(.message-mine) [data-testid=message-menu]").click()`)
	phone.do(`document.querySelector(".message:not(.message-mine) [data-testid=message-react]").click()`)
	device.holds(`document.querySelector(".message-mine .bubble-reactions").textContent.includes("👍")`)
	phone.click("composer-picture")
	phone.holds(`document.querySelectorAll(".bubble-picture").length === 1 && document.querySelector(".bubble-picture").naturalWidth > 0`)
	device.holds(`document.getElementById("bubbles").textContent.includes(` + jsonText(s.lang.T("messages.kind.image")) + `)`)

	phone.do(`document.querySelector(".message-mine [data-testid=message-menu]").click()`)
	phone.do(`document.querySelector(".message-mine [data-testid=message-revoke]").click()`)
	device.holds(`document.getElementById("bubbles").textContent.includes(` + jsonText(s.lang.T("messages.revoked")) + `)`)
}
