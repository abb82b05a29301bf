package gallery_test

import (
	"go/format"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"wadah/views"
	deviceviews "wadah/views/device"
)

// TestSnippets: every example carries the address and the key of this device, asks for
// state and code, and leaves nothing to fill in; the one in Go is Go.
func TestSnippets(t *testing.T) {
	const address, key = "https://wadah.example.com:8443", "be670d0018987231588ff183a0e8d509"
	read := func(api deviceviews.API) map[string]string {
		doc, err := html.Parse(strings.NewReader(string(render(t, deviceviews.DeviceAPI(views.English, states()["ready"], api)))))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, n := range elements(doc, "code") {
			if name, ok := strings.CutPrefix(attr(n, "id"), "snippet-code-"); ok {
				out[name] = content(n)
			}
		}
		return out
	}
	shown := read(deviceviews.API{BaseURL: address, Key: key})
	if len(shown) != 6 {
		t.Fatalf("%d examples", len(shown))
	}
	for name, code := range shown {
		for _, needed := range []string{address + "/api/", key, "serviceStart", "getState", "getQR"} {
			if !strings.Contains(code, needed) {
				t.Errorf("%s lacks %s", name, needed)
			}
		}
		if left := regexp.MustCompile(`\{(URL|KEY)\}|YOUR_API_KEY`).FindString(code); left != "" {
			t.Errorf("%s still says %s", name, left)
		}
	}
	if tidy, err := format.Source([]byte(shown["go"])); err != nil || strings.TrimSpace(string(tidy)) != shown["go"] {
		t.Errorf("the Go example: %v\n%s", err, tidy)
	}
	for name, code := range read(deviceviews.API{BaseURL: address}) {
		if !strings.Contains(code, "YOUR_API_KEY") {
			t.Errorf("%s does not say where the hidden key belongs", name)
		}
	}
}
