package main

import (
	"net/http"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// maxTransfer is how many bytes a device's page may take over the line, compressed,
// with everything it needs and nothing in the cache.
const maxTransfer = 150_000

// The heaviest page, a QR and all, comes quickly over a telephone's line.
func (s scene) lightPages() {
	path, key := s.device("Ringan")
	s.server.must("serviceStart", key)
	s.server.is(key, "SERVICE_SCAN", "qr")
	b := s.signedIn()
	var mu sync.Mutex
	var sum float64
	files := 0
	err := chromedp.Listen(b.ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		if e, ok := event.(*network.EventLoadingFinished); ok {
			sum += e.EncodedDataLength
			files++
		}
	})
	if err != nil {
		s.t.Fatal(err)
	}
	b.open(s.server.url + path)
	b.state("SERVICE_SCAN", "qr")
	b.holds(`performance.getEntriesByType("navigation")[0].loadEventEnd > 0`)
	mu.Lock()
	defer mu.Unlock()
	if files < 5 || sum == 0 || sum > maxTransfer {
		s.t.Errorf("the page takes %.0f bytes in %d files, at most %d are allowed", sum, files, maxTransfer)
	}
	s.t.Logf("a device's page takes %.1f kB in %d files", sum/1000, files)
}

// The panel can be put on the home screen of a phone.
func (s scene) installable() {
	b := s.visit("/devices")
	manifest, err := chromedp.Call(b.ctx, page.GetAppManifest, page.GetAppManifestParams{})
	if err != nil || len(manifest.Errors) > 0 || manifest.URL == "" {
		s.t.Fatalf("the manifest: %v, %+v", err, manifest)
	}
	found, err := chromedp.Call(b.ctx, page.GetInstallabilityErrors, cdp.Empty{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range found.InstallabilityErrors {
		if e.ErrorID != "in-incognito" { // as the browsers of these stories are
			s.t.Errorf("cannot be installed: %s %v", e.ErrorID, e.ErrorArguments)
		}
	}
	about := decode[struct {
		Name, Display string
		StartURL      string `json:"start_url"`
		Icons         []struct{ Src, Sizes, Type, Purpose string }
	}](s.t, []byte(manifest.Data))
	if about.Name == "" || about.Display != "standalone" || about.StartURL != "/devices" {
		s.t.Errorf("the manifest says %+v", about)
	}
	purposes := map[string]bool{}
	for _, icon := range about.Icons {
		purposes[icon.Purpose+" "+icon.Sizes] = true
		if icon.Sizes == "any" {
			status, _, err := request(s.t.Context(), http.MethodGet, s.server.url+icon.Src, "", "")
			if err != nil || status != http.StatusOK {
				s.t.Errorf("%s: %d, %v", icon.Src, status, err)
			}
			continue
		}
		size := value[string](b, `(async () => {
			const answer = await fetch(`+jsonText(icon.Src)+`);
			const picture = await createImageBitmap(await answer.blob());
			return answer.headers.get("Content-Type") + " " + picture.width + "x" + picture.height;
		})()`)
		if size != icon.Type+" "+icon.Sizes {
			s.t.Errorf("%s is %s, the manifest says %s %s", icon.Src, size, icon.Type, icon.Sizes)
		}
	}
	for _, want := range []string{"any 192x192", "any 512x512", "maskable 512x512"} {
		if !purposes[want] {
			s.t.Errorf("no icon %q among %v", want, purposes)
		}
	}
}
