package gallery_test

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/views"
	"wadah/views/gallery"
)

// The page of components shows every reason and every symbol, each thing on it has an id
// of its own, and nothing on it does anything.
func TestPagesShowEveryComponent(t *testing.T) {
	page := string(render(t, gallery.Show(gallery.ShowPage{Page: page(views.English), At: noon})))
	for _, reason := range append(views.Reasons(), "unheard_of") {
		if sentence, _, _ := views.English.Reason(reason, time.Time{}); !strings.Contains(page, html.EscapeString(sentence)) {
			t.Errorf("the page does not say: %s", sentence)
		}
		if reason == "server_down" { // in timelines alone
			continue
		}
		for _, part := range []string{"live-", "row-"} {
			if !strings.Contains(page, `data-testid="specimen-`+part+reason+`"`) {
				t.Errorf("the page lacks %s%s", part, reason)
			}
		}
	}
	for _, name := range []string{
		"setting-details-refused", "setting-details-saved", "device-gone", "live-note", "confirm-delete", "confirm-logout-unlinked", "times-refused-fixed",
		"version-failed-outdated", "secret-new", "proof-problem", "call", "try-answer-refused", "try-said-no_key",
	} {
		if !strings.Contains(page, `data-testid="specimen-`+name+`"`) {
			t.Errorf("the page lacks %s", name)
		}
	}
	for _, symbol := range iconNames(t) {
		if !strings.Contains(page, `data-testid="specimen-icon-`+symbol+`"`) {
			t.Errorf("the page lacks the symbol %s", symbol)
		}
	}

	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if seen[m[1]] {
			t.Errorf("two things have the id %s", m[1])
		}
		seen[m[1]] = true
	}
	for _, m := range regexp.MustCompile(` (?:for|aria-labelledby|aria-describedby|aria-errormessage|data-copy)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		for _, id := range strings.Fields(m[1]) {
			if !seen[id] {
				t.Errorf("%s points to nothing", m[0])
			}
		}
	}

	_, content, _ := strings.Cut(page, `class="specimens-of"`)
	content, _, _ = strings.Cut(content, "<footer class=\"foot\"")
	for _, m := range regexp.MustCompile(`<form\b[^>]*>`).FindAllString(content, -1) {
		if !strings.Contains(m, `method="dialog"`) || strings.Contains(m, "action=") {
			t.Errorf("a form that does something: %s", m)
		}
	}
	for _, forbidden := range []string{"hx-post", "hx-get", "hx-sse", "formaction", `href="/`} {
		if strings.Contains(content, forbidden) {
			t.Errorf("a component is not inert: it has %s", forbidden)
		}
	}
	if strings.Contains(page, "hx-sse:connect") {
		t.Error("the page has a stream")
	}
	if !slices.Contains(gallery.Sections(), "live") {
		t.Errorf("the sections are %v", gallery.Sections())
	}
}
