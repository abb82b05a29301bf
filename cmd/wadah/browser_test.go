package main

import (
	"testing"
)

// What a person sees and does, in a real browser, from the set-up link to a linked
// device and back.
func TestBrowserStory(t *testing.T) {
	languages := []struct {
		tag, accept     string
		connected, idle string // the words for the states
	}{
		{"en", "en-US,en;q=0.9", "Connected", "Off"},
		{"id", "id-ID,id;q=0.9,en;q=0.5", "Terhubung", "Mati"},
	}
	for _, lang := range languages {
		t.Run(lang.tag, func(t *testing.T) {
			w := newWorld(t)
			server := w.serve()
			phone := w.newPhone()
			tab := newBrowser(t, server.url, lang.accept)

			tab.open(server.printed(`http://\S+/setup\?token=\S+`)[0])
			tab.expect(`document.documentElement.lang`, lang.tag)
			tab.fill("setup-name", "ani")
			tab.fill("setup-password", goodPassword)
			tab.fill("setup-password2", goodPassword)
			tab.click("setup-submit")

			tab.fill("add-device-name", "Kasir Depan")
			tab.click("add-device-submit")
			tab.state("SERVICE_OFF", "never_started")
			list := tab.another(server.url + "/devices")

			tab.mark()
			tab.click("start")
			tab.state("SERVICE_SCAN", "qr")
			w.control("scan", map[string]any{"phone": phone, "qr": tab.readQR()})
			tab.state("CONNECTED", "ready")
			tab.contains("device-state", lang.connected)
			list.state("CONNECTED", "ready")
			tab.expectMark() // all of it without a reload

			w.control("fault", map[string]any{"target": phone, "kind": "stream_error_503"})
			list.state("CONNECTED", "ready")
			tab.click("stop")
			tab.state("SERVICE_OFF", "stopped")
			tab.contains("device-state", lang.idle)
			list.state("SERVICE_OFF", "stopped")
			tab.click("start") // linked: no QR any more
			tab.state("CONNECTED", "ready")

			w.control("unlink", map[string]any{"phone": phone})
			tab.state("SERVICE_OFF", "logged_out")
			tab.expectMark()

			tab.click("key-reveal")
			key := tab.text("key-value")
			if err := server.isNow(key, "SERVICE_OFF", "logged_out"); err != nil {
				t.Errorf("the revealed key: %v", err)
			}
			tab.open(server.url + "/account")
			tab.expect(`document.documentElement.lang`, lang.tag)
			tab.open(server.url + "/no/such/page")
			tab.present("error-message")
			tab.allow("404") // the browser reports that page itself

			// A stream survives a restart of the program, and the page catches up.
			tab.open(server.url + "/devices")
			tab.checkClean()
			list.checkClean()
			server.stop()
		})
	}
}

// A newcomer in the sandbox: the virtual phone is in the panel, no camera needed.
func TestBrowserSandbox(t *testing.T) {
	p := start(t, "sandbox", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0")
	address := p.printed(`Wadah: (http://\S+)`)[1]
	tab := newBrowser(t, address, "en")
	tab.open(p.printed(`http://\S+/setup\?token=\S+`)[0])
	tab.present("sandbox-banner")
	tab.fill("setup-name", "ani")
	tab.fill("setup-password", goodPassword)
	tab.fill("setup-password2", goodPassword)
	tab.click("setup-submit")
	tab.fill("add-device-name", "Kasir")
	tab.click("add-device-submit")
	tab.click("start")
	tab.state("SERVICE_SCAN", "qr")

	phones := tab.another(address + "/phones")
	phones.click("phone-scan")
	tab.state("CONNECTED", "ready")
	phones.click("phone-unlink")
	tab.state("SERVICE_OFF", "logged_out")
	tab.checkClean()
	phones.checkClean()
	p.stop()
}

// The page says so when the program is gone, and catches up when it is back.
func TestBrowserReconnects(t *testing.T) {
	w := newWorld(t)
	server := w.serve()
	key := w.addDevice("Kasir")
	tab := newBrowser(t, server.url, "en")
	tab.open(server.printed(`http://\S+/setup\?token=\S+`)[0])
	tab.fill("setup-name", "ani")
	tab.fill("setup-password", goodPassword)
	tab.fill("setup-password2", goodPassword)
	tab.click("setup-submit")
	tab.state("SERVICE_OFF", "never_started")
	tab.mark()
	address := server.url[len("http://"):]
	server.stop()
	tab.visible("connection-lost")

	server = w.serve("--listen", address)
	if err := w.link(server, key, w.newPhone()); err != nil {
		t.Fatal(err)
	}
	tab.state("CONNECTED", "ready")
	tab.gone("connection-lost")
	tab.expectMark()
	tab.allow("Manifest", "Failed to fetch", "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET")
	tab.checkClean()
	server.stop()
}
