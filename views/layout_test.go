package views_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"wadah/views"
)

// Ensure that phones draw their bar in the colour of the panel's own, in each theme.
func TestBarsOfPhonesHaveTheColorOfOurs(t *testing.T) {
	css, err := os.ReadFile("../static/css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	cards := regexp.MustCompile(`--card: (#[0-9a-f]{6})`).FindAllStringSubmatch(string(css), -1)
	light, dark := cards[0][1], cards[len(cards)-1][1]
	for theme, want := range map[views.Theme][]string{views.ThemeLight: {light}, views.ThemeDark: {dark}, views.ThemeAuto: {light, dark}} {
		p := views.Page{Lang: views.English, Theme: theme}
		var b strings.Builder
		if err := views.Problem(views.ProblemPage{Page: p, Status: 404}).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		metas := regexp.MustCompile(`name="theme-color" content="([^"]+)"`).FindAllStringSubmatch(b.String(), -1)
		if len(metas) != len(want) {
			t.Fatalf("theme %q: %d colours, want %d", theme, len(metas), len(want))
		}
		for i, m := range metas {
			if m[1] != want[i] {
				t.Errorf("theme %q: %s, want %s", theme, m[1], want[i])
			}
		}
	}
}
