package gallery_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// symbolMeans is what the symbols mean that were once drawn for two things, and where they
// may stand. Whoever needs one for something else draws another.
var symbolMeans = map[string]struct {
	meaning string
	files   []string
}{
	"signal":  {"a virtual phone has reception", []string{"screen.templ"}},
	"offline": {"the page hears nothing of the server", []string{"live.templ", "countdown.templ"}},
	"share":   {"a link to pass on to somebody else", []string{"scanlink.templ", "actions.go"}},
	"unlink":  {"a device is unlinked from WhatsApp", []string{"confirm.go", "confirm.templ", "screen.templ"}},
	"stop":    {"a device is switched off", []string{"page.templ", "row.templ", "bulk.templ"}},
	"ban":     {"a key or secret is revoked", []string{"keys.go", "keys.templ", "installation.templ"}},
	"bolt":    {"webhooks", []string{"menu.go", "page.templ"}},
	"bug":     {"a fault that is played", []string{"beside.templ"}},
}

func TestOneSymbolOneMeaning(t *testing.T) {
	used := map[string]bool{}
	for path, source := range sources(t, "..") {
		if strings.Contains(path, "icons.templ") || !strings.HasPrefix(path, "../") || strings.Contains(path, "gallery") {
			continue
		}
		for name, symbol := range symbolMeans {
			uses := regexp.MustCompile(`Icon\("` + name + `"\)|symbol: "` + name + `"|Fold\([^\n]*, "` + name + `", |Badge\([^\n]*, "` + name + `", |deviceAction\(d, "[a-z]+", "` + name + `"|rowButton\(lang, d, "[a-z]+", "` + name + `"|MenuWebhooks, "/webhooks", "` + name + `"|return "` + name + `"`)
			if !uses.MatchString(source) {
				continue
			}
			used[name] = true
			if !slices.Contains(symbol.files, filepath.Base(path)) {
				t.Errorf("%s uses the symbol %q, which means: %s", path, name, symbol.meaning)
			}
		}
	}
	for name := range symbolMeans {
		if !used[name] {
			t.Errorf("the symbol %q is used nowhere", name)
		}
	}
}
