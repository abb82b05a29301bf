package api

import (
	"net/url"
	"strings"

	"wadah/models/rules"
)

// param is one value a client sent, in the order of arrival.
type param struct{ name, value string }

// params is what one API request carries, whatever way it was sent. The query stays
// raw until somebody asks: the usual request carries just a key in it.
type params struct {
	query string
	body  []param
	files map[string]*upload // of a multipart body, by name
}

// bareWord is a value without quotes around it and without characters that cannot be seen.
func bareWord(s string) string { return unquote(rules.DropInvisible(s)) }

// asSent is a value as it is.
func asSent(s string) string { return s }

// first is the first value called name that clean leaves something of, body before query.
func (p params) first(name string, clean func(string) string) (found string) {
	for _, f := range p.body {
		if f.name == name {
			if found = clean(f.value); found != "" {
				return found
			}
		}
	}
	eachPair(p.query, func(n, value string) bool {
		if n == name {
			found = clean(value)
		}
		return found == ""
	})
	return found
}

// all hands over everything that was sent, body before query.
func (p params) all(take func(name, value string)) {
	for _, f := range p.body {
		take(f.name, f.value)
	}
	eachPair(p.query, func(name, value string) bool {
		take(name, value)
		return true
	})
}

// empty reports whether the request carries nothing at all.
func (p params) empty() bool { return p.query == "" && len(p.body) == 0 && len(p.files) == 0 }

// eachPair walks name=value pairs. An escape that is none is left as it stands: some
// clients glue bodies together without encoding them.
func eachPair(text string, yield func(name, value string) bool) {
	for text != "" {
		var pair string
		pair, text, _ = strings.Cut(text, "&")
		name, value, _ := strings.Cut(pair, "=")
		if name != "" && !yield(unescape(name), unescape(value)) {
			return
		}
	}
}

func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// unquote trims blanks and one pair of matching quotes.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	if n := len(s); n >= 2 && (s[0] == '\'' || s[0] == '"') && s[n-1] == s[0] {
		return strings.TrimSpace(s[1 : n-1])
	}
	return s
}
