package models

import (
	"context"
	_ "embed"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
)

// Limits of passwords. Length is what counts; the upper bound keeps somebody from
// making us hash megabytes.
const (
	MinPasswordLength = 12  // characters
	MaxPasswordBytes  = 256 // bytes
)

// commonPasswords are the first that anybody would try, one on each line, in lower case.
// Short ones are there because people make them long with digits.
//
//go:embed passwords.txt
var commonPasswords string

// checkPassword refuses passwords that are too short, too long or easily guessed.
func checkPassword(password, userName string) error {
	folded, name := nameKey(password), nameKey(userName)
	word := withoutTail(folded)
	switch {
	case password == "":
		return invalid("password", "password_required", "A password is required.")
	case !utf8.ValidString(password):
		return invalid("password", "password_invalid", "The password is not valid text.")
	case utf8.RuneCountInString(password) < MinPasswordLength:
		return invalid("password", "password_too_short", "The password needs at least 12 characters.")
	case len(password) > MaxPasswordBytes:
		return invalid("password", "password_too_long", "The password has more than 256 bytes.")
	case folded == name, word != "" && word == withoutTail(name):
		return invalid("password", "password_is_name", "The password must not be the name.")
	case isCommon(folded), isCommon(word):
		return invalid("password", "password_common", "This password is easily guessed; choose another.")
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

// passwordParams are OWASP's for argon2id: 19 MiB, two passes, one lane
// (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html).
func passwordParams() *argon2id.Params {
	return &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// dummyHash is compared with when the user is unknown. It has passwordParams and
// random bytes for salt and key; no password fits it.
const dummyHash = "$argon2id$v=19$m=19456,t=2,p=1$q3O6m8zJx2hQvR1nD5kYFw$7pV2c0yXk9sQf3mZrT8uLwBhJd5NaEoGi1KxPqRtYs4"

// hasher hashes passwords, in turn.
type hasher struct{ *line }

func newHasher() hasher {
	return hasher{&line{free: max(1, min(4, runtime.NumCPU()))}}
}

func (h hasher) create(ctx context.Context, password string) (string, error) {
	if err := h.take(ctx, Asker{}); err != nil {
		return "", err
	}
	defer h.done()
	hash, err := argon2id.CreateHash(password, passwordParams())
	if err != nil {
		return "", faultf(ErrStorage, err, "the password cannot be hashed")
	}
	return hash, nil
}

// matches reports whether the password has this hash, and whether the hash was
// made with other parameters than today's.
func (h hasher) matches(ctx context.Context, password, hash string, by Asker) (match, outdated bool, err error) {
	if err := h.take(ctx, by); err != nil {
		return false, false, err
	}
	defer h.done()
	if len(password) > MaxPasswordBytes {
		password = "" // fits no hash, and costs what any other does
	}
	match, params, err := argon2id.CheckHash(password, hash)
	if err != nil {
		return false, false, faultf(ErrCorrupt, err, "a stored password is damaged; set it again with `wadah user passwd`")
	}
	return match, *params != *passwordParams(), nil
}
