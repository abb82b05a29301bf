package views

import (
	"strconv"
	"strings"
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
