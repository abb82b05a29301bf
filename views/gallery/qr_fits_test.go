package gallery_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	deviceviews "wadah/views/device"
)

// TestCodeIsWhollyInSight looks at the code on the smallest screens there are, upright and
// lying: nobody has to scroll for it, and it is large enough to be scanned.
func TestCodeIsWhollyInSight(t *testing.T) {
	t.Parallel()
	s := newSite(t, func() deviceviews.DevicePage { return qrPage(10 * time.Minute) })
	b := newTab(startBrowser(t), t)
	for _, size := range [][2]int64{{320, 568}, {280, 653}, {360, 640}, {568, 320}, {667, 375}} {
		_, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: size[0], Height: size[1], DeviceScaleFactor: 1, Mobile: true})
		if err != nil {
			t.Fatal(err)
		}
		b.open(s.URL + "/devices/d1")
		b.holds(streaming)
		at, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]float64](`(() => {
			const r = document.getElementById("device-qr").getBoundingClientRect();
			return [r.left, r.top, r.right, r.bottom, scrollY, document.documentElement.scrollWidth];
		})()`))
		if err != nil {
			t.Fatal(err)
		}
		if at[0] < 0 || at[1] < 0 || at[2] > float64(size[0]) || at[3] > float64(size[1]) || at[4] != 0 || at[5] > float64(size[0]) || at[2]-at[0] < 160 {
			t.Errorf("%s: the code's left, top, right, bottom are %.0f, scrolled by %.0f, the page is %.0f wide", fmt.Sprintf("%dx%d", size[0], size[1]), at[:4], at[4], at[5])
		}
	}
}
