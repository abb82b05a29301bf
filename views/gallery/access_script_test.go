package gallery_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"wadah/views"
	deviceviews "wadah/views/device"
)

// Ensure that what others do to a device's keys shows on a page that stays open, and that
// nothing a person has revealed or opened there is lost by it.
func TestOpenKeysFollowWhatOthersDo(t *testing.T) {
	t.Parallel()
	p := sectionPage(views.English, states()["ready"], views.DeviceKeys)
	p.Keys = keys()
	p.Keys.List[0].Value = keyValue
	p.Keys.List[0].LastUsed = time.Time{}
	s := newSite(t, func() deviceviews.DevicePage { return p })
	b := newTab(startBrowser(t), t)
	b.open(s.URL + "/devices/d1")
	key := p.Keys.List[0]
	head := `document.getElementById("key-head-` + key.ID + `").textContent`
	b.holds(streaming, head+`.includes("`+views.English.T("keys.never_used")+`")`)
	b.do(chromedp.Click(chromedp.CSS(`#key-rotate-` + key.ID + ` summary`)))

	now := p
	now.Device.Name = "Renamed Elsewhere"
	now.Keys.List = append([]deviceviews.Key{}, p.Keys.List...)
	now.Keys.List[0].Value, now.Keys.List[0].LastUsed = "", time.Now()
	heads, err := deviceviews.KeyHeadPartials(b.ctx, views.English, now.Keys)
	if err != nil {
		t.Fatal(err)
	}
	s.send(live(b.ctx, now))
	s.send(views.Message(heads))
	b.holds(head+`.includes("just now")`, `document.title === "Renamed Elsewhere · Wadah"`,
		`document.getElementById("key-row-value-`+key.ID+`").textContent === "`+keyValue+`"`,
		`document.getElementById("key-rotate-`+key.ID+`").open`)
}

// Ensure that scan links which others use or end go, and the address of the one that stays
// does not.
func TestOpenScanLinksFollowWhatOthersDo(t *testing.T) {
	t.Parallel()
	p := devicePage(views.English, states()["qr"])
	p.ScanLinks = scanLinks()
	s := newSite(t, func() deviceviews.DevicePage { return p })
	b := newTab(startBrowser(t), t)
	b.open(s.URL + "/devices/d1")
	kept, ended := p.ScanLinks.List[0], p.ScanLinks.List[1]
	b.holds(streaming, `document.getElementById("scan-link-`+ended.ID+`")`)
	send := func(links ...deviceviews.ScanLink) {
		list, err := deviceviews.ScanLinkListPartial(b.ctx, views.English, p.Device, deviceviews.ScanLinks{Show: true, List: links})
		if err != nil {
			t.Fatal(err)
		}
		s.send(views.Message(list))
	}
	told := kept.URL
	kept.URL = "" // it is told once
	send(kept)
	b.holds(`!document.getElementById("scan-link-`+ended.ID+`")`, `document.getElementById("scan-link-url").textContent === "`+told+`"`)
	send()
	b.holds(`!document.getElementById("scan-link-url")`)
}

// Ensure that open settings show that another device has become the default, and keep what
// they said a moment ago and what is typed.
func TestOpenSettingsFollowWhatOthersDo(t *testing.T) {
	t.Parallel()
	p := sectionPage(views.English, states()["ready"], views.DeviceSettings)
	p.Settings = deviceviews.DeviceSettings{Name: p.Device.Name, Saved: deviceviews.SettingDefault}
	s := newSite(t, func() deviceviews.DevicePage { return p })
	b := newTab(startBrowser(t), t)
	b.open(s.URL + "/devices/d1")
	b.holds(streaming)
	b.do(chromedp.SendKeys(chromedp.CSS(`#note-text`), "typed"))
	now := p
	now.Device.Name, now.Device.Default = "Renamed Elsewhere", true
	s.send(live(b.ctx, now))
	b.holds(`document.title === "Renamed Elsewhere · Wadah"`,
		`document.getElementById("default-submit").textContent.includes("`+views.English.T("settings.default.clear")+`")`,
		`document.querySelector('#setting-default [name="on"]').value === "false"`,
		`document.querySelector('#setting-default [data-testid="setting-saved"]')`,
		`document.getElementById("note-text").value === "typed"`)
}
