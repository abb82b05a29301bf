package gallery_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"wadah/views"
	deviceviews "wadah/views/device"
)

// Ensure that what others do to a device's keys and links, its name and its being the
// default shows on a page that stays open, and that nothing a person has revealed or
// opened there is lost by it.
func TestOpenPageFollowsWhatOthersDo(t *testing.T) {
	t.Parallel()
	p := devicePage(views.English, states()["ready"])
	p.Keys, p.ScanLinks, p.Settings = keys(), scanLinks(), deviceviews.DeviceSettings{Show: true, Name: p.Device.Name, Saved: deviceviews.SettingDefault}
	p.Keys.List[0].Value = keyValue
	p.Keys.List[0].LastUsed = time.Time{}
	s := newSite(t, func() deviceviews.DevicePage { return p })
	b := newTab(startBrowser(t), t)
	b.open(s.URL + "/devices/d1")
	key, kept, ended := p.Keys.List[0], p.ScanLinks.List[0], p.ScanLinks.List[1]
	head := `document.getElementById("key-head-` + key.ID + `").textContent`
	b.holds(streaming, head+`.includes("`+views.English.T("keys.never_used")+`")`, `document.getElementById("scan-link-`+ended.ID+`")`)
	b.do(chromedp.Click(chromedp.CSS(`#key-rotate-` + key.ID + ` summary`)))

	now := p
	now.Device.Name, now.Device.Default = "Renamed Elsewhere", true
	now.Keys.List = append([]deviceviews.Key{}, p.Keys.List...)
	now.Keys.List[0].Value, now.Keys.List[0].LastUsed = "", time.Now()
	now.ScanLinks.List = []deviceviews.ScanLink{kept}
	now.ScanLinks.List[0].URL = "" // it is told once
	parts, err := deviceviews.AccessPartials(b.ctx, views.English, now.Device, now.Keys, now.ScanLinks)
	if err != nil {
		t.Fatal(err)
	}
	s.send(live(b.ctx, now))
	s.send(views.Message(parts))
	b.holds(head+`.includes("just now")`, `!document.getElementById("scan-link-`+ended.ID+`")`,
		`document.title === "Renamed Elsewhere · Wadah"`,
		`document.getElementById("default-submit").textContent.includes("`+views.English.T("settings.default.clear")+`")`,
		`document.querySelector('#setting-default [name="on"]').value === "false"`,
		`document.querySelector('#setting-default [data-testid="setting-saved"]')`,
		`document.getElementById("scan-link-url").textContent === "`+p.ScanLinks.List[0].URL+`"`,
		`document.getElementById("key-row-value-`+key.ID+`").textContent === "`+keyValue+`"`,
		`document.getElementById("key-rotate-`+key.ID+`").open`)
	now.ScanLinks.List = nil
	if parts, err = deviceviews.AccessPartials(b.ctx, views.English, now.Device, now.Keys, now.ScanLinks); err != nil {
		t.Fatal(err)
	}
	s.send(views.Message(parts))
	b.holds(`!document.getElementById("scan-link-url")`)
}
