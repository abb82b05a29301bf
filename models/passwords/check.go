package passwords

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"wadah/models/rules"
)

// Limits of passwords. Length is what counts; the upper bound keeps somebody from
// making us hash megabytes.
const (
	MinLength = 12  // characters
	MaxBytes  = 256 // bytes
)

// commonPasswords are the first that anybody would try, one on each line, in lower case.
// Short ones are there because people make them long with digits.
//
//go:embed common.txt
var commonPasswords string

// Check refuses passwords that are too short, too long or easily guessed.
func Check(password, userName string) error {
	folded, name := rules.NameKey(password), rules.NameKey(userName)
	word := withoutTail(folded)
	switch {
	case password == "":
		return rules.Refuse("password", "password_required", "A password is required.")
	case !utf8.ValidString(password):
		return rules.Refuse("password", "password_invalid", "The password is not valid text.")
	case utf8.RuneCountInString(password) < MinLength:
		return rules.Refuse("password", "password_too_short", "The password needs at least 12 characters.")
	case len(password) > MaxBytes:
		return rules.Refuse("password", "password_too_long", "The password has more than 256 bytes.")
	case folded == name, word != "" && word == withoutTail(name):
		return rules.Refuse("password", "password_is_name", "The password must not be the name.")
	case isCommon(folded), isCommon(word):
		return rules.Refuse("password", "password_common", "This password is easily guessed; choose another.")
	}
	return nil
}

// withoutTail is a password without the digits and signs that people put behind a word.
func withoutTail(folded string) string {
	return strings.TrimRightFunc(folded, func(r rune) bool {
		return unicode.IsDigit(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) || unicode.IsSpace(r)
	})
}

// isCommon reports whether a password in lower case is in the list or is one thing over
// and over again ("abcabcabcabc", "rahasia rahasia"), also when the end is cut off.
func isCommon(folded string) bool {
	for line := range strings.Lines(commonPasswords) {
		if strings.TrimSpace(line) == folded {
			return true
		}
	}
	for n := 1; n <= (len(folded)+1)/2 && n < len(folded); n++ {
		if folded[n:] == folded[:len(folded)-n] {
			return true
		}
	}
	return false
}
