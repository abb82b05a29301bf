package views_test

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
	"time"

	"wadah/views"
)

func readTexts(t *testing.T, lang string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("locales", lang+".json"))
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
	for _, source := range sources(t, ".") {
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
	for _, a := range views.AuditActions() {
		used["audit.action."+a] = true
	}
	for _, n := range views.LimitNames() {
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
	for _, n := range views.ComponentSections() {
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
	for file, source := range sources(t, ".", "../handlers") {
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

func TestTextFillsPlaceholders(t *testing.T) {
	got := views.Indonesian.T("qr.alt", "Name", "Toko <Utama> & \"Co\"")
	want := "Kode QR untuk menautkan Toko <Utama> & \"Co\""
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := views.English.T("no.such.text"); got != "no.such.text" {
		t.Errorf("an unknown text gave %q, want its key", got)
	}
}

func TestMatchLang(t *testing.T) {
	for header, want := range map[string]views.Lang{
		"":                                 views.English,
		"id":                               views.Indonesian,
		"id-ID,id;q=0.9,en-US;q=0.8":       views.Indonesian,
		"en-US,en;q=0.9,id;q=0.8":          views.English,
		"in-ID":                            views.Indonesian,
		"fr-FR, de;q=0.9, id;q=0.3":        views.Indonesian,
		"fr-FR":                            views.English,
		"en;q=0.1, id;q=0.2":               views.Indonesian,
		"id;q=0, en;q=0.5":                 views.English,
		"*":                                views.English,
		"id; q = 0.9 , en ; q=0.4":         views.Indonesian,
		"id;q=nonsense, en;q=0.1":          views.English,
		strings.Repeat("xx,", 2000) + "id": views.Indonesian,
	} {
		if got := views.MatchLang(header); got != want {
			t.Errorf("MatchLang(%.40q) = %q, want %q", header, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	if lang, ok := views.ParseLang("id"); lang != views.Indonesian || !ok {
		t.Errorf(`ParseLang("id") = %q, %v`, lang, ok)
	}
	if lang, ok := views.ParseLang("xx"); lang != views.English || ok {
		t.Errorf(`ParseLang("xx") = %q, %v`, lang, ok)
	}
	if theme, ok := views.ParseTheme("auto"); theme != views.ThemeAuto || !ok {
		t.Errorf(`ParseTheme("auto") = %q, %v`, theme, ok)
	}
	if theme, ok := views.ParseTheme(`dark" onload="x`); theme != views.ThemeAuto || ok {
		t.Errorf(`ParseTheme of nonsense = %q, %v`, theme, ok)
	}
}

func TestReasonSaysWhatToDo(t *testing.T) {
	until := time.Date(2026, 11, 24, 14, 0, 0, 0, wib)
	sentence, advice, tone := views.English.Reason("banned", until)
	if !strings.Contains(sentence, "24 Nov 2026, 14:00 WIB") {
		t.Errorf("a ban does not say when it ends: %q", sentence)
	}
	if advice == "" || tone != views.ToneDanger {
		t.Errorf("a ban: advice %q, tone %q", advice, tone)
	}
	if sentence, _, _ := views.Indonesian.Reason("banned", time.Time{}); strings.Contains(sentence, "sampai") {
		t.Errorf("a ban without an end names one: %q", sentence)
	}
	if _, advice, tone := views.English.Reason("network", time.Time{}); !strings.Contains(advice, "keeps trying") || tone != views.ToneWait {
		t.Errorf("network: advice %q, tone %q; it must say that it keeps trying", advice, tone)
	}
	for _, lang := range []views.Lang{views.Indonesian, views.English} {
		for _, name := range append(views.Reasons(), "unheard_of") {
			if sentence, advice, _ := lang.Reason(name, time.Time{}); sentence == "" || advice == "" || strings.HasPrefix(sentence, "reason.") {
				t.Errorf("%s %s: sentence %q, advice %q", lang, name, sentence, advice)
			}
		}
	}
}

func TestInvalidFallsBackToAGeneralSentence(t *testing.T) {
	if got := views.English.Invalid("what_is_this"); got != views.English.Invalid("other") || got == "" {
		t.Errorf("an unknown code gave %q", got)
	}
}
