package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"wadah/views"
)

// What people see and do, in a real browser, in both languages. Every story is told on
// the same installation by the same admin, with devices and phones of its own; the
// expected words come from the panel's own texts.
func TestBrowserStories(t *testing.T) {
	t.Parallel()
	stories := []struct {
		name string
		tell func(scene)
	}{
		{"two browsers", scene.twoBrowsers},
		{"many devices", scene.manyDevices},
		{"slow line", scene.slowLine},
		{"mistakes", scene.mistakes},
		{"settings", scene.installationSettings},
		{"reference", scene.reference},
		{"about", scene.about},
		{"link by number", scene.linkByNumber},
		{"scan by link", scene.scanByLink},
		{"device settings", scene.deviceSettings},
		{"danger", scene.danger},
		{"timeline", scene.timeline},
		{"keyboard alone", scene.keyboardAlone},
		{"listening", scene.listening},
		{"less motion", scene.lessMotion},
		{"no scripts", scene.noScripts},
		{"light pages", scene.lightPages},
		{"installable", scene.installable},
		{"nothing jumps", scene.nothingJumps},
		{"test message", scene.testMessage},
		{"conversation", scene.conversation},
		{"calm while linking", scene.calmWhileLinking},
	}
	for _, lang := range []views.Lang{views.Indonesian, views.English} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, lang)
			if !t.Run("first minutes", func(t *testing.T) { s.firstMinutes(t) }) {
				return // nobody is signed in
			}
			s.settled.path, s.settled.key, _ = s.linked("Tenang")
			renewal := s.renewalBegins()
			for _, story := range stories {
				t.Run(story.name, func(t *testing.T) { story.tell(s.in(t)) })
				renewal.look()
			}
			t.Run("sandbox", func(t *testing.T) {
				sandbox := newSandbox(t, lang)
				if t.Run("virtual phones", func(t *testing.T) { sandbox.in(t).virtualPhones() }) {
					t.Run("dead codes", func(t *testing.T) { sandbox.in(t).deadCodes() })
				}
			})
			renewal.ends()
			t.Run("server killed", func(t *testing.T) { s.in(t).serverKilled() })
		})
	}
}

const adminName = "ani"

// scene is where the stories of one language play: a simulated WhatsApp, a server, and
// an admin who is signed in.
type scene struct {
	t      *testing.T
	world  *world
	server *installation
	lang   views.Lang
	login  *network.SetCookieParams // of the admin

	// settled is a device that was linked before the stories began: its page does not
	// congratulate any more.
	settled struct{ path, key string }
}

func newScene(t *testing.T, lang views.Lang) scene {
	t.Helper()
	w := newWorld(t)
	return scene{t: t, world: w, server: w.serve(), lang: lang, login: &network.SetCookieParams{}}
}

// in is the same scene for a subtest.
func (s scene) in(t *testing.T) scene {
	t.Helper()
	w, server := *s.world, *s.server
	w.t, server.t = t, t
	s.t, s.world, s.server = t, &w, &server
	return s
}

// stranger is the browser of somebody who is not signed in and whose browser speaks
// the language of the scene.
func (s scene) stranger() *tab {
	s.t.Helper()
	accept := map[views.Lang]string{views.Indonesian: "id-ID,id;q=0.9,en;q=0.5", views.English: "en-US,en;q=0.9"}
	return newBrowser(s.t, s.server.url, accept[s.lang])
}

// signedIn is a new browser in which the admin is signed in.
func (s scene) signedIn() *tab {
	s.t.Helper()
	b := s.stranger()
	if _, err := chromedp.Call(b.ctx, network.SetCookie, *s.login); err != nil {
		s.t.Fatal(err)
	}
	return b
}

// visit opens a page in such a browser.
func (s scene) visit(path string) *tab {
	s.t.Helper()
	b := s.signedIn()
	b.open(s.server.url + path)
	return b
}

// device adds a device by program and returns its page's path and its key.
func (s scene) device(name string) (path, key string) {
	s.t.Helper()
	out := wadah(s.t, "device", "add", name, "--json", "--data", s.world.data, "--database-url", s.world.pg)
	added := decode[deviceKeyOut](s.t, []byte(out))
	return "/devices/" + added.ID, added.APIKey
}

// linked adds a device and links it to a new phone.
func (s scene) linked(name string) (path, key, phone string) {
	s.t.Helper()
	path, key = s.device(name)
	phone = s.world.newPhone()
	if err := s.world.link(s.server, key, phone); err != nil {
		s.t.Fatal(err)
	}
	s.server.is(key, "CONNECTED", "ready")
	return path, key, phone
}

// setUp follows the set-up link and makes the admin of the scene.
func (s scene) setUp() *tab {
	s.t.Helper()
	tab := s.stranger()
	tab.open(s.server.printed(`http://\S+/setup\?token=\S+`)[0])
	tab.expect(`document.documentElement.lang`, string(s.lang))
	tab.fill("setup-name", adminName)
	tab.fill("setup-password", goodPassword)
	tab.fill("setup-password2", goodPassword)
	tab.click("setup-submit")
	tab.present("devices-empty")
	tab.remember(s.login)
	return tab
}

// firstMinutes begins with an empty panel and ends with a program that uses a linked
// device.
func (s scene) firstMinutes(t *testing.T) {
	s = s.in(t)
	tab := s.setUp()
	tab.contains("devices-empty", s.lang.T("devices.empty.title"))
	list := tab.another(s.server.url + "/devices")
	tab.fill("add-device-name", "Kasir Depan")
	tab.click("add-device-submit")
	tab.state("SERVICE_OFF", "never_started")
	tab.contains("device-reason", s.lang.T("reason.never_started"))
	list.state("SERVICE_OFF", "never_started") // it came by itself

	tab.mark()
	tab.click("start")
	tab.state("SERVICE_SCAN", "qr")
	for _, step := range []string{"steps.open", "steps.android", "steps.iphone", "steps.link"} {
		tab.contains("device-live", s.lang.T(step))
	}
	list.state("SERVICE_SCAN", "qr")
	phone := s.world.newPhone()
	s.world.control("scan", map[string]any{"phone": phone, "qr": tab.readQR()})
	tab.state("CONNECTED", "ready")
	tab.contains("device-state", s.lang.T("state.connected"))
	list.state("CONNECTED", "ready")

	tab.expectMark() // all of it without a reload
	tab.click("to-api")
	tab.visible("curl-line")
	tab.mark()
	if line := tab.text("curl-line"); s.canRun(line) == nil {
		t.Errorf("before the reveal there is a key in %q", line)
	}
	tab.click("key-reveal")
	tab.visible("key-value")
	for _, snippet := range []string{tab.text("curl-line"), value[string](tab, `document.getElementById("snippet-code-curl").textContent`)} {
		if err := s.canRun(snippet); err != nil {
			t.Error(err)
		}
	}
	key := tab.text("key-value")
	if err := s.server.isNow(key, "CONNECTED", "ready"); err != nil {
		t.Errorf("the revealed key: %v", err)
	}
	tab.expectMark() // all of it without a reload

	tab.click("to-overview")
	tab.state("CONNECTED", "ready")
	tab.mark()
	tab.click("stop")
	tab.state("SERVICE_OFF", "stopped")
	tab.contains("device-state", s.lang.T("state.off"))
	list.state("SERVICE_OFF", "stopped")
	tab.click("start") // linked: no QR any more
	tab.state("CONNECTED", "ready")
	s.world.control("unlink", map[string]any{"phone": phone})
	tab.state("SERVICE_OFF", "logged_out")
	list.state("SERVICE_OFF", "logged_out")
	tab.expectMark()

	tab.open(s.server.url + "/no/such/page")
	tab.present("error-message")
	tab.expect(`document.documentElement.lang`, string(s.lang))
	tab.allow("404") // the browser reports that page itself
}

// remember keeps the login of a tab for other browsers.
func (b *tab) remember(login *network.SetCookieParams) {
	b.t.Helper()
	got, err := chromedp.Call(b.ctx, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range got.Cookies {
		if c.Name == "wadah_login" {
			*login = network.SetCookieParams{Name: c.Name, Value: c.Value, Domain: c.Domain, Path: c.Path, HTTPOnly: &c.HTTPOnly}
			return
		}
	}
	b.t.Fatalf("nobody is signed in: %v", got.Cookies)
}

// canRun sends what the curl lines on the page say. All of them are answered about the
// linked device; the one for a QR is told that there is none to scan.
func (s scene) canRun(snippet string) error {
	requests, err := curls(s.t.Context(), snippet)
	if err != nil {
		return err
	}
	for _, req := range requests {
		status, body, err := do(http.DefaultClient, req)
		if err != nil {
			return err
		}
		answer, err := unmarshal[apiAnswer](body)
		fine := status == http.StatusOK || status == http.StatusConflict && strings.HasSuffix(req.URL.Path, "/getQR")
		if strings.HasSuffix(req.URL.Path, "/getState") {
			fine = answer.Results.State == "CONNECTED"
		}
		if err != nil || !fine {
			return fmt.Errorf("%s %s: %d %s", req.Method, req.URL, status, body)
		}
	}
	return nil
}
