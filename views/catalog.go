package views

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

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
