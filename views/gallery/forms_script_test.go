package gallery_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"wadah/views"
)

// TestFormScript: a picker of devices is narrowed by words and keeps what is chosen, and a
// second password that is another is told before anything is sent.
func TestFormScript(t *testing.T) {
	url, _ := gallerySite(t, views.English)
	b := newTab(startBrowser(t), t)

	b.open(url + "/people-invitations")
	b.holds(`document.activeElement.classList.contains("just-made")`, `!document.getElementById("invite-devices-search").hidden`)
	shown := `[...document.getElementById("invite-devices").children].filter((row) => row.checkVisibility()).map((row) => row.textContent.trim()).join()`
	none := `document.querySelector("[data-none=invite-devices]").checkVisibility()`
	b.do(chromedp.SendKeys("#invite-devices-search", "bandung GUD"))
	b.holds(shown+` === "Gudang Bandung"`, `!`+none, `document.querySelectorAll("#invite-devices :checked").length === 1`)
	b.do(chromedp.SendKeys("#invite-devices-search", "x\r")) // Enter sends nothing
	b.holds(shown+` === ""`, none, `location.pathname.endsWith("/people-invitations")`)
	b.do(chromedp.Click("#invite-all"))
	b.holds(`!document.getElementById("invite-devices-search").checkVisibility()`)

	b.open(url + "/invited")
	second := `document.getElementById("invited-password2")`
	b.do(chromedp.SendKeys("#invited-password", "kuda-laut biru 42"), chromedp.SendKeys("#invited-password2", "kuda-laut"))
	b.holds(second + `.validationMessage === ` + second + `.dataset.differs`)
	b.do(chromedp.SendKeys("#invited-password2", " biru 42"))
	b.holds(second + `.validity.valid`)
}
