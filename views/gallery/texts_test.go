package gallery_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wadah/views"
	auditviews "wadah/views/audit"
	deviceviews "wadah/views/device"
	"wadah/views/gallery"
	settingsviews "wadah/views/settings"
)

func readTexts(t *testing.T, lang string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "locales", lang+".json"))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	return texts
}

// sources are the hand-written templates and Go files below some folders, without tests.
func sources(t *testing.T, below ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, dir := range below {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			written := strings.HasSuffix(path, ".templ") || strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_templ.go") && !strings.HasSuffix(path, "_test.go")
			if err != nil || !written {
				return err
			}
			source, err := os.ReadFile(path)
			all[path] = string(source)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// usedTexts are the keys that the templates and the tables ask for.
func usedTexts(t *testing.T) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	call := regexp.MustCompile(`\.T\("([a-z0-9_.]+)"(\s*\+)?`)
	part := regexp.MustCompile(`p\.words\("([a-z0-9]+)"\)|return "(linked|unlinked)"`)
	for _, source := range sources(t, "..") {
		for _, m := range call.FindAllStringSubmatch(source, -1) {
			if m[2] == "" {
				used[m[1]] = true
			}
		}
		for _, m := range part.FindAllStringSubmatch(source, -1) {
			for _, action := range []string{"logout", "delete"} {
				used["confirm."+action+"."+m[1]+m[2]] = true
			}
		}
	}
	for _, r := range views.Reasons() {
		used["reason."+r], used["reason."+r+".advice"] = true, true
	}
	for _, n := range views.AllNotices() {
		used["notice."+string(n)] = true
	}
	for _, c := range append(views.InvalidCodes(), "other") {
		used["invalid."+c] = true
	}
	for _, a := range auditviews.AuditActions() {
		used["audit.action."+a] = true
	}
	for _, n := range deviceviews.KeyScopes() {
		used["keys.scope."+n], used["keys.scope."+n+".short"] = true, true
	}
	for _, n := range settingsviews.LimitNames() {
		used["limit."+n] = true
	}
	for _, k := range views.FaultKinds() {
		used["fault."+k], used["fault."+k+".text"] = true, true
	}
	for _, g := range []string{"group.line", "group.account", "group.login", "group.linking", "minutes.1", "minutes.10", "minutes.60", "minutes.1440"} {
		used["fault."+g] = true
	}
	for _, m := range views.OutageModes() {
		used["outage."+m] = true
		if m != "none" {
			used["outage."+m+".text"] = true
		}
	}
	for _, n := range gallery.Sections() {
		used["components."+n] = true
	}
	for _, status := range []int{400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503} {
		used["problem."+strconv.Itoa(status)+".title"], used["problem."+strconv.Itoa(status)+".text"] = true, true
	}
	return used
}

func TestBothLanguagesHaveEveryTextThatIsUsedAndNoOther(t *testing.T) {
	used := usedTexts(t)
	if len(used) < 200 {
		t.Fatalf("found only %d used texts; the search for them is broken", len(used))
	}
	for _, lang := range []string{"id", "en"} {
		texts := readTexts(t, lang)
		for key := range used {
			if strings.TrimSpace(texts[key]) == "" {
				t.Errorf("%s: no text for %q", lang, key)
			}
		}
		for key := range texts {
			if !used[key] {
				t.Errorf("%s: nothing uses %q", lang, key)
			}
		}
	}
}

func TestBothLanguagesUseTheSamePlaceholders(t *testing.T) {
	placeholder := regexp.MustCompile(`\{\{\.[A-Za-z]+\}\}`)
	id, en := readTexts(t, "id"), readTexts(t, "en")
	for key, text := range en {
		got, want := placeholder.FindAllString(id[key], -1), placeholder.FindAllString(text, -1)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q has placeholders %v in Indonesian and %v in English", key, got, want)
		}
	}
}

// A placeholder that nobody fills is read as "<no value>".
func TestEveryPlaceholderIsFilled(t *testing.T) {
	call := regexp.MustCompile(`\.(?:T\("([a-z0-9_.]+)"|Notice\(views\.Notice([A-Z][A-Za-z]*))(.*)`)
	name := regexp.MustCompile(`"([A-Z][A-Za-z]*)",`)
	placeholder := regexp.MustCompile(`\{\{\.([A-Za-z]+)\}\}`)
	notices := map[string]string{}
	for _, n := range views.AllNotices() {
		notices[strings.ToLower(strings.ReplaceAll(string(n), "_", ""))] = "notice." + string(n)
	}
	texts, filled := readTexts(t, "en"), 0
	for file, source := range sources(t, "..", "../../handlers") {
		for _, m := range call.FindAllStringSubmatch(source, -1) {
			key, given := m[1], map[string]bool{}
			if m[2] != "" {
				key = notices[strings.ToLower(m[2])]
			}
			for _, n := range name.FindAllStringSubmatch(m[3], -1) {
				given[n[1]] = true
			}
			for _, want := range placeholder.FindAllStringSubmatch(texts[key], -1) {
				filled++
				if !given[want[1]] {
					t.Errorf("%s: %q is not told its %s", file, key, want[1])
				}
			}
		}
	}
	if filled < 50 {
		t.Errorf("only %d placeholders were found", filled)
	}
}

// The same word in both languages is right now and then ("Operator"); a whole
// sentence never is.
func TestIndonesianIsTranslated(t *testing.T) {
	en := readTexts(t, "en")
	for key, text := range readTexts(t, "id") {
		if text == en[key] && strings.Count(text, " ") > 1 && !strings.Contains(text, "{{") && !strings.HasPrefix(text, "Error ") {
			t.Errorf("%q is the same in both languages: %q", key, text)
		}
	}
}
