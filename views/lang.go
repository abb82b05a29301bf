package views

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Lang is a language the panel speaks. The zero value speaks English.
type Lang string

// The languages of the panel.
const (
	Indonesian Lang = "id"
	English    Lang = "en"
)

// ParseLang reads a stored or submitted language.
func ParseLang(s string) (lang Lang, ok bool) {
	switch Lang(s) {
	case Indonesian:
		return Indonesian, true
	case English:
		return English, true
	}
	return English, false
}

// MatchLang chooses by an Accept-Language header: the first of its languages, by
// quality, that the panel speaks; English when there is none. "in" is the code
// that old Android versions send for Indonesian; Malay and Javanese readers are
// served best by Indonesian.
func MatchLang(header string) Lang {
	best, bestQ := English, 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		var lang Lang
		switch base {
		case "id", "in", "ms", "jv", "su":
			lang = Indonesian
		case "en":
			lang = English
		default:
			continue
		}
		q := 1.0
		if v, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q="); found {
			parsed, err := strconv.ParseFloat(v, 64)
			if err != nil {
				continue
			}
			q = parsed
		}
		if q > bestQ {
			best, bestQ = lang, q
		}
	}
	return best
}

// T is the text of key in this language. Args are pairs of name and value for the
// placeholders of the text: T("recovery.left", "Count", 3).
func (l Lang) T(key string, args ...any) string { return texts().lookup(l, key, args) }

// tag is the language for the lang attribute.
func (l Lang) tag() string {
	if l == Indonesian {
		return "id"
	}
	return "en"
}

//go:embed locales/*.json
var localeFiles embed.FS

// catalog holds the texts of both languages. It is read-only after loading.
type catalog struct {
	plain      map[Lang]map[string]string // texts without placeholders, looked up without a template engine
	localizers map[Lang]*i18n.Localizer
}

// texts is the catalog that is compiled into the program. The files are part of
// the program text and checked by the tests, so a failure here is a text that
// shows its key, never an error a person could mend.
var texts = sync.OnceValue(func() *catalog {
	c, err := loadCatalog()
	if err != nil {
		return &catalog{}
	}
	return c
})

func loadCatalog() (*catalog, error) {
	c := &catalog{plain: map[Lang]map[string]string{}, localizers: map[Lang]*i18n.Localizer{}}
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	for _, lang := range []Lang{Indonesian, English} {
		name := lang.tag() + ".json"
		data, err := localeFiles.ReadFile("locales/" + name)
		if err != nil {
			return nil, fmt.Errorf("read texts: %w", err)
		}
		file, err := bundle.ParseMessageFileBytes(data, name)
		if err != nil {
			return nil, fmt.Errorf("parse texts %s: %w", name, err)
		}
		plain := make(map[string]string, len(file.Messages))
		for _, m := range file.Messages {
			if !strings.Contains(m.Other, "{{") {
				plain[m.ID] = m.Other
			}
		}
		c.plain[lang] = plain
		c.localizers[lang] = i18n.NewLocalizer(bundle, lang.tag())
	}
	return c, nil
}

func (c *catalog) lookup(l Lang, key string, args []any) string {
	if l != Indonesian {
		l = English
	}
	if text, ok := c.plain[l][key]; ok {
		return text
	}
	localizer := c.localizers[l]
	if localizer == nil {
		return key
	}
	data := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		if name, ok := args[i].(string); ok {
			data[name] = args[i+1]
		}
	}
	text, err := localizer.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data})
	if err != nil {
		return key
	}
	return text
}

// KeyStandIn stands where an API key goes in examples, until it is revealed.
const KeyStandIn = "YOUR_API_KEY"

// FillExample puts the address of this installation and a key, or KeyStandIn for "", in
// the place of {URL} and {KEY}.
func FillExample(code, baseURL, key string) string {
	return strings.NewReplacer("{URL}", baseURL, "{KEY}", cmp.Or(key, KeyStandIn)).Replace(code)
}
