package static_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image/png"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"wadah/static"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := fs.ReadFile(static.FS(), name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestURL(t *testing.T) {
	url := static.URL("css/wadah.css")
	if !regexp.MustCompile(`^/static/css/wadah\.css\?v=[0-9a-f]{12}$`).MatchString(url) {
		t.Errorf("URL is %q", url)
	}
	_, version, _ := strings.Cut(url, "?v=")
	if !static.Current("css/wadah.css", version) {
		t.Error("its own version is not current")
	}
	if static.Current("css/wadah.css", "") || static.Current("css/pages.css", version) || static.Current("no/such", version) {
		t.Error("a wrong version is current")
	}
	if got := static.URL("no/such"); got != "/static/no/such" {
		t.Errorf("an unknown file has the URL %q", got)
	}
}

// Everything the device's page loads, compressed, must stay well under 150 kB.
func TestDevicePageIsLight(t *testing.T) {
	total := 0
	for _, name := range []string{
		"vendor/pico/pico.min.css", "css/tokens.css", "css/wadah.css", "css/pages.css", "css/list.css", "css/device.css", "css/access.css",
		"vendor/htmx/htmx.min.js", "vendor/htmx/hx-sse.min.js", "js/wadah.js", "img/favicon.svg", "manifest.webmanifest",
	} {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(read(t, name)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		total += b.Len()
	}
	if total < 10<<10 || total > 80<<10 {
		t.Errorf("the files of the device page are %d bytes compressed, want less than 80 kB", total)
	}
}

// Scripts know no address by heart: an installation may stand below a path, which pages tell
// (data-base).
func TestScriptsAskWhereTheyAre(t *testing.T) {
	names, err := fs.Glob(static.FS(), "js/*.js")
	if err != nil || len(names) == 0 {
		t.Fatal(err, names)
	}
	path := regexp.MustCompile("[\"'`]/[a-z]")
	for _, name := range names {
		for line := range strings.Lines(string(read(t, name))) {
			code, _, _ := strings.Cut(strings.TrimSpace(line), "// ")
			for _, at := range path.FindAllStringIndex(code, -1) {
				before := code[:at[0]]
				if !strings.HasSuffix(before, "base + ") && !strings.HasSuffix(before, "at(") && !strings.HasSuffix(before, "endsWith(") {
					t.Errorf("%s: an address without the base: %s", name, code)
				}
			}
		}
	}
}

func TestStylesLoadNothingFromElsewhereAndMissNothing(t *testing.T) {
	reference := regexp.MustCompile(`url\("?([^")]+)"?\)`)
	names, err := fs.Glob(static.FS(), "css/*.css")
	if err != nil || len(names) == 0 {
		t.Fatal(err, names)
	}
	for _, name := range append(names, "vendor/pico/pico.min.css") {
		css := string(read(t, name))
		if strings.Contains(css, "@import") {
			t.Errorf("%s imports", name)
		}
		for _, m := range reference.FindAllStringSubmatch(css, -1) {
			if strings.HasPrefix(m[1], "data:") {
				continue
			}
			if _, err := fs.Stat(static.FS(), path.Join(path.Dir(name), m[1])); err != nil {
				t.Errorf("%s refers to %q: %v", name, m[1], err)
			}
		}
	}
}

func TestVariablesOfStylesExist(t *testing.T) {
	defined := map[string]bool{"tone": true, "tone-ground": true, "tone-line": true}
	for _, m := range regexp.MustCompile(`(?m)^\s*--([a-z0-9-]+):`).FindAllStringSubmatch(string(read(t, "css/tokens.css")), -1) {
		defined[m[1]] = true
	}
	for _, name := range []string{"css/tokens.css", "css/wadah.css", "css/pages.css", "css/list.css", "css/device.css", "css/access.css"} {
		for _, m := range regexp.MustCompile(`var\(--([a-z0-9-]+)`).FindAllStringSubmatch(string(read(t, name)), -1) {
			if !defined[m[1]] && !strings.HasPrefix(m[1], "pico-") {
				t.Errorf("%s uses --%s, which nothing defines", name, m[1])
			}
		}
	}
}

// Ensure that browsers offer to install the panel, in both languages as the same one.
func TestManifestIsInstallable(t *testing.T) {
	for name, lang := range map[string]string{"manifest.webmanifest": "en", "manifest.id.webmanifest": "id"} {
		var m struct {
			ID, Name, Description, Lang, Display, Scope string
			ShortName                                   string `json:"short_name"`
			StartURL                                    string `json:"start_url"`
			ThemeColor                                  string `json:"theme_color"`
			Icons                                       []struct{ Src, Sizes, Type, Purpose string }
		}
		if err := json.Unmarshal(read(t, name), &m); err != nil {
			t.Fatal(err)
		}
		if m.ID != "/" || m.Name != "Wadah" || m.ShortName != "Wadah" || m.Display != "standalone" || m.Scope != "/" ||
			m.StartURL != "/devices" || m.ThemeColor == "" || m.Lang != lang || m.Description == "" {
			t.Errorf("%s: %+v", name, m)
		}
		sizes := map[string]bool{}
		for _, icon := range m.Icons {
			file := strings.TrimPrefix(icon.Src, static.Prefix)
			if _, err := fs.Stat(static.FS(), file); err != nil {
				t.Error(err)
				continue
			}
			if icon.Type != "image/png" {
				continue
			}
			picture, err := png.DecodeConfig(bytes.NewReader(read(t, file)))
			if got := fmt.Sprintf("%dx%d", picture.Width, picture.Height); err != nil || got != icon.Sizes {
				t.Errorf("%s is %s, not %s (%v)", file, got, icon.Sizes, err)
			}
			sizes[icon.Purpose+" "+icon.Sizes] = true
		}
		for _, needed := range []string{"any 192x192", "any 512x512", "maskable 512x512"} {
			if !sizes[needed] {
				t.Errorf("%s: no icon %s", name, needed)
			}
		}
	}
}

func TestVendoredFilesAreWhatTheListSays(t *testing.T) {
	list := string(read(t, "vendor/VENDORED.md"))
	for _, name := range []string{"htmx/htmx.min.js", "htmx/hx-sse.min.js", "pico/pico.min.css"} {
		sum := sha256.Sum256(read(t, "vendor/"+name))
		if !regexp.MustCompile("`" + regexp.QuoteMeta(name) + "`.*`" + hex.EncodeToString(sum[:]) + "`").MatchString(list) {
			t.Errorf("VENDORED.md does not list %s with its sum %x", name, sum)
		}
	}
}

func TestVendoredFilesHaveLicences(t *testing.T) {
	for name, want := range map[string]string{"vendor/htmx/LICENSE": "Permission to use", "vendor/pico/LICENSE.md": "MIT License", "vendor/VENDORED.md": "4.0.1"} {
		if !strings.Contains(string(read(t, name)), want) {
			t.Errorf("%s lacks %q", name, want)
		}
	}
}
