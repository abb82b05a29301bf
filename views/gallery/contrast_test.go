package gallery_test

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// themes reads the colours of css/tokens.css: light, dark by choice, dark by system.
func themes(t *testing.T) (light, chosen, system map[string]string) {
	t.Helper()
	css, err := staticFiles().Open("css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = css.Close() }()
	data := make([]byte, 64<<10)
	n, err := css.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	source := string(data[:n])
	block := func(selector string) map[string]string {
		found := regexp.MustCompile(regexp.QuoteMeta(selector) + ` \{([^}]*)\}`).FindStringSubmatch(source)
		if found == nil {
			t.Fatalf("tokens.css has no block %q", selector)
		}
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z0-9-]+): ([^;]+);`).FindAllStringSubmatch(found[1], -1) {
			colours[m[1]] = m[2]
		}
		return colours
	}
	light, chosen, system = block("\n:root"), block(`[data-theme="dark"]`), block(":root:not([data-theme])")
	return light, chosen, system
}

func TestDarkThemeIsTheSameByChoiceAndBySystem(t *testing.T) {
	_, chosen, system := themes(t)
	if len(chosen) < 30 {
		t.Fatalf("found only %d colours", len(chosen))
	}
	for name, colour := range chosen {
		if system[name] != colour {
			t.Errorf("--%s is %s by choice and %s by system", name, colour, system[name])
		}
	}
	if len(system) != len(chosen) {
		t.Errorf("%d colours by choice, %d by system", len(chosen), len(system))
	}
}

// luminance is WCAG's relative luminance of #rrggbb.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) != 7 || hex[0] != '#' {
		t.Fatalf("%q is no colour like #rrggbb", hex)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(v) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestContrast(t *testing.T) {
	const text, shape = 4.5, 3.0
	type pair struct {
		front, ground string
		least         float64
	}
	pairs := []pair{
		{"on-primary", "primary", text},
		{"on-primary", "primary-hover", text},
		{"code-ink", "code", text},
		{"card", "danger", text},
		{"card", "ink", text},
		{"on-band", "band", text},
		{"on-door", "door", text},
		{"code-faint", "code", text},
		{"on-code-button", "code-button", text},
		{"code-button-line", "code", shape},
		{"drop", "on-band", shape},
	}
	for _, ground := range []string{"paper", "card", "sunk"} {
		for _, front := range []string{"ink", "ink-2", "faint", "link"} {
			pairs = append(pairs, pair{front, ground, text})
		}
	}
	for _, ground := range []string{"paper", "card"} {
		pairs = append(pairs, pair{"field-line", ground, shape}, pair{"focus", ground, shape})
	}
	for _, tone := range []string{"ok", "act", "wait", "off", "danger"} {
		pairs = append(pairs,
			pair{tone, tone + "-ground", text}, pair{tone, "card", text}, pair{tone, "sunk", text},
			pair{"ink", tone + "-ground", text}, pair{"ink-2", tone + "-ground", text},
			pair{tone + "-line", "card", shape})
	}
	light, dark, _ := themes(t)
	for name, theme := range map[string]map[string]string{"light": light, "dark": dark} {
		colour := func(token string) string {
			if c, ok := theme[token]; ok {
				return c
			}
			return light[token] // the same in both themes
		}
		for _, p := range pairs {
			if got := contrast(t, colour(p.front), colour(p.ground)); got < p.least {
				t.Errorf("%s: --%s on --%s has contrast %.2f, want %.1f", name, p.front, p.ground, got, p.least)
			}
		}
	}
}
