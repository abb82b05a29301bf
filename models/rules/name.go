package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Limits of names, in characters (runes).
const (
	MaxNameLength     = 60
	MaxUserNameLength = 40
	MaxNoteLength     = 2000
)

// Name is the form in which the name of a device or a key is stored.
func Name(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", Refuse("name", "name_invalid", "The name is not valid text.")
	}
	name = norm.NFC.String(strings.TrimSpace(name))
	switch {
	case name == "":
		return "", Refuse("name", "name_required", "A name is required.")
	case utf8.RuneCountInString(name) > MaxNameLength:
		return "", Refuse("name", "name_too_long", "The name has more than 60 characters.")
	case strings.ContainsFunc(name, hiddenRune), !strings.ContainsFunc(name, shownRune):
		return "", Refuse("name", "name_invalid", "The name has characters that cannot be shown.")
	}
	return name, nil
}

// hiddenRune reports control characters and those that reorder or hide the text
// around them: two names must never look the same by such a trick. Joiners, which
// some scripts and emoji need, are let through.
func hiddenRune(r rune) bool {
	switch r {
	case '\u200c', '\u200d':
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.In(r, unicode.Zl, unicode.Zp) ||
		r == utf8.RuneError
}

// shownRune reports what leaves ink: a name of joiners alone would be invisible.
func shownRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsPunct(r) || unicode.IsSymbol(r)
}

// NameKey is what makes two names of devices the same: upper and lower case are equal in
// every script. Those of users have UserKey.
func NameKey(name string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(strings.TrimSpace(name))))
}

// NameTaken refuses a name that another row has.
func NameTaken() error {
	return Refuse("name", CodeNameTaken, "This name is taken.")
}

// Clip makes valid text of at most limit characters of what comes from outside and
// is only kept for people to read.
func Clip(text string, limit int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
	if utf8.RuneCountInString(text) > limit {
		text = string([]rune(text)[:limit])
	}
	return text
}
