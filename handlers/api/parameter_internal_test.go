package api

import (
	"bytes"
	"context"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"wadah/handlers/web"
)

var (
	aText   = &parameter{name: "text", kind: kindExact, to: 5}
	aName   = &parameter{name: "name", also: []string{"nama"}, kind: kindText, missing: needed("a name as name")}
	aWhole  = &parameter{name: "wait", kind: kindWhole, from: 0, to: 60}
	aReal   = &parameter{name: "latitude", kind: kindReal, from: -90, to: 90}
	aYes    = &parameter{name: "queue", kind: kindYes}
	aChoice = &parameter{name: "presence", kind: kindChoice, among: []string{"available", "unavailable"}}
	aPerson = &parameter{name: "phone", kind: kindPerson}
	aList   = &parameter{name: "options", kind: kindList, to: 3}
)

// TestReadParameters reads every kind from every place, in every spelling of a list, and
// refuses what it cannot be.
func TestReadParameters(t *testing.T) {
	const (
		form = "application/x-www-form-urlencoded"
		js   = "application/json"
	)
	for _, c := range []struct {
		query, contentType, body string
		p                        *parameter
		want                     value
		code                     string // of the refusal
	}{
		{"text=%20hi%27", "", "", aText, value{text: " hi'"}, ""},
		{"", js, `{"text":"'hi'"}`, aText, value{text: "'hi'"}, ""},
		{"", js, `{"text":"\ud83d\ude42\u00e9abc"}`, aText, value{text: "🙂éabc"}, ""},
		{"text=123456", "", "", aText, value{}, "parameter_invalid"},
		{"", js, `{"text":["a","b"]}`, aText, value{}, "parameter_invalid"},
		{"text[0]=a", "", "", aText, value{}, "parameter_invalid"},
		{"", form, "nama='Toko'", aName, value{text: "Toko"}, ""},
		{"name=a", form, "name=b", aName, value{text: "b"}, ""},
		{"name=", "", "", aName, value{}, "parameter_missing"},
		{"", js, `{"name":null}`, aName, value{}, "parameter_missing"},
		{"", js, `{"wait":60}`, aWhole, value{text: "60", whole: 60}, ""},
		{"", js, `{"wait":6e1}`, aWhole, value{text: "60", whole: 60}, ""},
		{"wait=61", "", "", aWhole, value{}, "parameter_invalid"},
		{"wait=-1", "", "", aWhole, value{}, "parameter_invalid"},
		{"wait=1.5", "", "", aWhole, value{}, "parameter_invalid"},
		{"latitude=-6.2", "", "", aReal, value{text: "-6.2", real: -6.2}, ""},
		{"latitude=NaN", "", "", aReal, value{}, "parameter_invalid"},
		{"latitude=90.1", "", "", aReal, value{}, "parameter_invalid"},
		{"", js, `{"queue":true}`, aYes, value{text: "true", yes: true}, ""},
		{"queue=0", "", "", aYes, value{text: "0"}, ""},
		{"queue=ja", "", "", aYes, value{}, "parameter_invalid"},
		{"presence=available", "", "", aChoice, value{text: "available"}, ""},
		{"presence=away", "", "", aChoice, value{}, "parameter_invalid"},
		{"phone=0812-3456-7890", "", "", aPerson, value{text: "6281234567890@s.whatsapp.net"}, ""},
		{"", js, `{"phone":6281234567890}`, aPerson, value{text: "6281234567890@s.whatsapp.net"}, ""},
		{"phone=123456789012345:3@LID", "", "", aPerson, value{text: "123456789012345@lid"}, ""},
		{"phone=120363000000000000@g.us", "", "", aPerson, value{}, "bad_number"},
		{"options=a&options=b", "", "", aList, value{list: []string{"a", "b"}}, ""},
		{"", form, "options[]=a&options[]=b", aList, value{list: []string{"a", "b"}}, ""},
		{"", form, "options%5B0%5D=a&options%5B1%5D=b", aList, value{list: []string{"a", "b"}}, ""},
		{"", js, `{"options":["a",null,1,true]}`, aList, value{list: []string{"a", "1", "true"}}, ""},
		{"", js, `{"options":"[\"a\",\"b\"]"}`, aList, value{list: []string{"a", "b"}}, ""},
		{"", js, `{"options":"[a"}`, aList, value{list: []string{"[a"}}, ""},
		{"options=a", form, "options=b", aList, value{list: []string{"b", "a"}}, ""},
		{"", js, `{"options":["1","2","3","4"]}`, aList, value{}, "parameter_invalid"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/api/x", strings.NewReader(c.body))
		r.URL.RawQuery = c.query
		r.Header.Set("Content-Type", c.contentType)
		in, err := readParams(httptest.NewRecorder(), r, 64<<10, nil)
		if err != nil {
			t.Errorf("%q %q: %v", c.query, c.body, err)
			continue
		}
		got, err := in.read([]*parameter{c.p}, "ID")
		switch {
		case c.code != "":
			if err == nil || web.FailureOf(err).Code != c.code {
				t.Errorf("%q %q: %+v, %v; want %s", c.query, c.body, got[c.p], err, c.code)
			} else if message := web.FailureOf(err).Message; !strings.Contains(message, c.p.name) {
				t.Errorf("%q %q: the sentence %q does not name %s", c.query, c.body, message, c.p.name)
			}
		case err != nil || !reflect.DeepEqual(got[c.p], c.want):
			t.Errorf("%q %q: %+v, %v; want %+v", c.query, c.body, got[c.p], err, c.want)
		}
	}
	if none := values(nil); none.whole(aWhole, 7) != 7 || none.yes(aYes) || none.has(aText) || none.real(aReal) != 0 || none.list(aList) != nil {
		t.Error("what was not sent is not as preset")
	}
}

// TestFilesGoToDisk receives files beside fields, within the bounds of the call, and leaves
// none behind.
func TestFilesGoToDisk(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	photo := &parameter{name: "photo", kind: kindFile, to: 100_000}
	send := func(contentType string, size int, most int64) (params, error) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for _, err := range []error{w.WriteField("text", "halo"), func() error {
			part, err := w.CreateFormFile("photo", "a.jpg")
			if err == nil {
				_, err = part.Write(bytes.Repeat([]byte{0xff}, size))
			}
			return err
		}(), w.WriteField("name", "x"), w.Close()} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if contentType == "" {
			contentType = w.FormDataContentType()
		}
		r := httptest.NewRequest(http.MethodPost, "/api/x", &body)
		r.Header.Set("Content-Type", contentType)
		return readParams(httptest.NewRecorder(), r, most, []*parameter{photo})
	}
	left := func() int {
		files, err := os.ReadDir(os.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	for _, contentType := range []string{"", "multipart/form-data", "application/json"} {
		in, err := send(contentType, 90_000, 1000)
		if err != nil {
			t.Fatalf("%s: %v", contentType, err)
		}
		got, err := in.read([]*parameter{photo, aText, aName}, "ID")
		if err != nil || got.text(aText) != "halo" || got.text(aName) != "x" {
			t.Fatalf("%+v, %v", got, err)
		}
		f := got.file(photo)
		if f == nil || f.Size != 90_000 || f.Name != "a.jpg" {
			t.Fatalf("%+v", f)
		}
		if stat, err := os.Stat(f.Path); err != nil || stat.Size() != 90_000 {
			t.Errorf("%v, %v", stat, err)
		}
		in.discard()
	}
	for name, bounds := range map[string][2]int{"file": {100_001, 1000}, "fields": {10, 3}} {
		if _, err := send("", bounds[0], int64(bounds[1])); err == nil || web.FailureOf(err).Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s too large: %v", name, err)
		}
	}
	if n := left(); n != 0 {
		t.Errorf("%d files left", n)
	}
}

// TestParametersAreDescribed holds openapi.yaml against what the calls declare: names,
// kinds, bounds, and what they cannot do without.
func TestParametersAreDescribed(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile("openapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	check := func(path, credential string, takes []*parameter) {
		item := doc.Paths.Find(path)
		if item == nil || item.Post == nil {
			t.Errorf("%s is not described", path)
			return
		}
		schema := item.Post.RequestBody.Value.Content["application/x-www-form-urlencoded"].Schema.Value
		want := map[string]bool{credential: true}
		for _, p := range takes {
			want[p.name] = true
			property := schema.Properties[p.name]
			if property == nil {
				t.Errorf("%s: %s is not described", path, p.name)
				continue
			}
			if told := property.Value.Extensions["x-required"] == true; told != (p.missing != nil) {
				t.Errorf("%s: that %s is needed: told %v", path, p.name, told)
			}
			for _, wrong := range described(p, property.Value) {
				t.Errorf("%s: %s: %s", path, p.name, wrong)
			}
		}
		for name := range maps.Keys(schema.Properties) {
			if !want[name] {
				t.Errorf("%s does not take %s", path, name)
			}
		}
	}
	var calls Calls
	for _, c := range calls.deviceCalls() {
		check(c.path, "apiKey", c.takes)
	}
	for _, c := range calls.systemCalls() {
		check(c.path, "secret", c.takes)
	}
}

// described is what a schema says otherwise than the declaration does.
func described(p *parameter, s *openapi3.Schema) (wrong []string) {
	want := map[kind]string{
		kindText: "string", kindExact: "string", kindWord: "string", kindWhole: "integer", kindReal: "number", kindYes: "boolean",
		kindChoice: "string", kindNumber: "string", kindPerson: "string", kindGroup: "string", kindList: "array", kindFile: "string",
	}[p.kind]
	if zeroOrOne := s.Type.Is("integer") && s.Min != nil && *s.Min == 0 && s.Max != nil && *s.Max == 1; !s.Type.Is(want) && (p.kind != kindYes || !zeroOrOne) {
		wrong = append(wrong, "it is a "+want)
	}
	bounded := p.from != p.to
	switch p.kind { //nolint:exhaustive // those with bounds
	case kindWhole, kindReal:
		if bounded && (s.Min == nil || *s.Min != float64(p.from) || s.Max == nil || *s.Max != float64(p.to)) {
			wrong = append(wrong, "other bounds")
		}
	case kindText, kindExact, kindWord:
		if bounded && (s.MaxLength == nil || *s.MaxLength != uint64(p.to)) {
			wrong = append(wrong, "another length")
		}
	case kindList:
		if bounded && (s.MaxItems == nil || *s.MaxItems != uint64(p.to)) {
			wrong = append(wrong, "another number of entries")
		}
	case kindChoice:
		var among []string
		for _, v := range s.Enum {
			among = append(among, v.(string))
		}
		if !slices.Equal(among, p.among) {
			wrong = append(wrong, "other choices")
		}
	}
	return wrong
}
