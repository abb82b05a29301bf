package openapi

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"wadah/views"
	referenceviews "wadah/views/reference"
)

func loadDescription(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func readBoth(t *testing.T) (ref *Description, english, indonesian referenceviews.Reference) {
	t.Helper()
	ref, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	return ref, ref.Texts[views.English], ref.Texts[views.Indonesian]
}

// Every path stands in the reference, once, with an example and both methods.
func TestReferenceHasEveryCall(t *testing.T) {
	ref, english, _ := readBoth(t)
	doc := loadDescription(t)
	seen := map[string]bool{}
	for _, g := range english.Groups {
		for _, c := range g.Calls {
			item := doc.Paths.Find(c.Path)
			if item == nil || seen[c.Path] {
				t.Errorf("%s is not in the description, or stands twice in the reference", c.Path)
				continue
			}
			seen[c.Path] = true
			if len(item.Operations()) != len(c.Methods) || c.Answer.Example == "" || ref.Calls[c.Name].Path != c.Path {
				t.Errorf("%s: %+v", c.Path, c)
			}
			if strings.HasPrefix(c.Answer.Type, "application/json") && len(c.Answer.Fields) == 0 {
				t.Errorf("%s does not say what its answer holds", c.Name)
			}
		}
	}
	if len(seen) != doc.Paths.Len() {
		t.Errorf("the reference has %d of %d paths", len(seen), doc.Paths.Len())
	}
	for name, ask := range map[string]bool{"serviceLogout": true, "deleteDevice": true, "changeApiKey": true, "getState": false} {
		if (ref.Calls[name].Ask != "") != ask || !ref.Calls[name].Try {
			t.Errorf("%s: asks %q", name, ref.Calls[name].Ask)
		}
	}
	for _, name := range []string{"events", "openapi"} {
		if ref.Calls[name].Try {
			t.Errorf("%s can be tried", name)
		}
	}
}

// textsOf are all texts of a reference, in order, each with where it stands.
func textsOf(r referenceviews.Reference) (where, texts []string) {
	add := func(at, text string) { where, texts = append(where, at), append(texts, text) }
	add("info", r.Text)
	for _, g := range r.Groups {
		add(g.Name, g.Text)
		for _, c := range g.Calls {
			add(c.Name+" summary", c.Summary)
			add(c.Name+" text", c.Text)
			add(c.Name+" answer", c.Answer.Text)
			for _, p := range c.Params {
				add(c.Name+" "+p.Name, p.Text)
			}
			for _, f := range c.Answer.Fields {
				add(c.Name+" answer "+f.Name, f.Text)
			}
			if c.Ask != "" {
				add(c.Name+" ask", c.Ask)
			}
		}
	}
	for _, e := range r.Errors {
		add("error "+e.Code, e.Text)
	}
	return where, texts
}

// Everything the reference shows is there in both languages.
func TestReferenceIsInBothLanguages(t *testing.T) {
	_, english, indonesian := readBoth(t)
	where, en := textsOf(english)
	_, id := textsOf(indonesian)
	if len(en) != len(id) || len(en) < 150 {
		t.Fatalf("%d English texts, %d Indonesian", len(en), len(id))
	}
	for i, text := range en {
		if strings.TrimSpace(text) == "" || strings.TrimSpace(id[i]) == "" || text == id[i] {
			t.Errorf("%s: %q in English, %q in Indonesian", where[i], text, id[i])
		}
		if strings.Count(text, "`")%2+strings.Count(id[i], "`")%2 != 0 {
			t.Errorf("%s: a backtick is left open", where[i])
		}
	}
}

// A value can be sent in the query as in the body, and is described the same.
func TestReferenceValues(t *testing.T) {
	doc := loadDescription(t)
	_, english, _ := readBoth(t)
	for _, g := range english.Groups {
		for _, c := range g.Calls {
			var inQuery, inBody []string
			for _, p := range doc.Paths.Find(c.Path).Get.Parameters {
				inQuery = append(inQuery, p.Value.Name)
				if p.Value.Description != p.Value.Schema.Value.Description {
					t.Errorf("%s %s is described in two ways", c.Name, p.Value.Name)
				}
			}
			for _, p := range c.Params {
				inBody = append(inBody, p.Name)
			}
			if !slices.Equal(inQuery, inBody) {
				t.Errorf("%s takes %v in the query and %v in a body", c.Name, inQuery, inBody)
			}
		}
	}
}

// Every example keeps to its schema.
func TestExamplesAreValid(t *testing.T) {
	doc := loadDescription(t)
	checked := 0
	check := func(where string, content openapi3.Content) {
		media := content.Get("application/json")
		if media == nil {
			return
		}
		checked++
		if media.Example == nil {
			t.Errorf("%s has no example", where)
		} else if err := media.Schema.Value.VisitJSON(media.Example, openapi3.EnableJSONSchema2020()); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			for status, response := range op.Responses.Map() {
				check(method+" "+path+" "+status, response.Value.Content)
			}
			if op.RequestBody == nil {
				continue
			}
			for name, s := range op.RequestBody.Value.Content.Get("application/json").Schema.Value.Properties {
				if s.Value.Example == nil || s.Value.VisitJSON(s.Value.Example) != nil {
					t.Errorf("%s %s: the example of %s is none", method, path, name)
				}
			}
		}
	}
	if checked < 150 {
		t.Errorf("only %d examples", checked)
	}
	_, english, _ := readBoth(t)
	for _, e := range english.Errors {
		var body any
		if err := json.Unmarshal([]byte(e.Example), &body); err != nil {
			t.Fatal(err)
		}
		if err := doc.Components.Schemas["Failure"].Value.VisitJSON(body, openapi3.EnableJSONSchema2020()); err != nil {
			t.Errorf("%d %s: %v", e.Status, e.Code, err)
		}
	}
}

// panelOnly are the codes that no call of the API answers: those of the panel, of scan
// links and of the simulated phones.
var panelOnly = []string{
	"cross_site", "forbidden", "signed_out", "signin_slow", "signin_busy", "passkey_exists", "passkey_failed", "passkeys_impossible",
	"overlap_invalid", "expires_past", "code_wrong", "phone_number", "qr_expired", "not_local", "conflict",
	"zone_unknown", "proxy_again", "proxy_required", "nothing_chosen",
}

// Every error the server can answer is described, with the very sentence it comes with.
func TestEveryErrorIsDescribed(t *testing.T) {
	said := map[string][]string{} // by code
	literal := regexp.MustCompile(`Code: "([a-z_]+)"[^}]*?Message: ("(?:[^"\\]|\\.)*"|` + "`[^`]*`" + `)|f\.Code, f\.Message = "([a-z_]+)", ("(?:[^"\\]|\\.)*")`)
	err := filepath.WalkDir("../..", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, m := range literal.FindAllStringSubmatch(string(source), -1) {
			said[m[1]+m[3]] = append(said[m[1]+m[3]], strings.Trim(m[2]+m[4], "\"`"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// Those of models, and sentences that name something.
	for _, code := range []string{"name_required", "name_too_long", "name_invalid", "name_taken", "parameter_missing", "parameter_invalid", "scope", "address", "events_invalid", "headers_invalid", "endpoints_full", "url_invalid"} {
		said[code] = nil
	}
	if len(said) < 50 {
		t.Fatalf("found only %d errors; the search for them is broken", len(said))
	}
	_, english, _ := readBoth(t)
	described := map[string]bool{}
	for _, e := range english.Errors {
		described[e.Code] = true
		if sentences, known := said[e.Code]; !known || len(sentences) > 0 && !slices.Contains(sentences, e.Text) {
			t.Errorf("nothing answers %s with %q; it says %q", e.Code, e.Text, sentences)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(said)) {
		if described[code] == slices.Contains(panelOnly, code) {
			t.Errorf("%s: described %v, although only the panel knows it: %v", code, described[code], !described[code])
		}
	}
}

// What a call names as its own errors exists, and stands among its answers.
func TestErrorsOfCalls(t *testing.T) {
	doc := loadDescription(t)
	_, english, _ := readBoth(t)
	for path, item := range doc.Paths.Map() {
		named, _ := item.Extensions["x-errors"].(map[string]any)
		for status, codes := range named {
			if item.Get.Responses.Value(status) == nil {
				t.Errorf("%s does not describe %s", path, status)
			}
			list, _ := codes.([]any)
			for _, code := range list {
				if !slices.ContainsFunc(english.Errors, func(e referenceviews.RefError) bool {
					return e.Code == code && strconv.Itoa(e.Status) == status
				}) {
					t.Errorf("%s: nobody says what %s %v is", path, status, code)
				}
			}
		}
	}
}

func BenchmarkReadReference(b *testing.B) {
	for b.Loop() {
		if _, err := Read(); err != nil {
			b.Fatal(err)
		}
	}
}
