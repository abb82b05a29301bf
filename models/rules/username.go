package rules

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// UserName is the form in which a user's name is stored: full-width letters become
// ordinary ones, as the profile of RFC 8265 for user names says.
func UserName(name string) (string, error) {
	unfit := func() error {
		return Refuse("name", "name_invalid", "The name may have letters, digits and . _ - @ only.")
	}
	if !utf8.ValidString(name) {
		return "", unfit()
	}
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return "", Refuse("name", "name_required", "A name is required.")
	case utf8.RuneCountInString(norm.NFC.String(name)) > MaxUserNameLength:
		return "", Refuse("name", "name_too_long", "The name has more than 40 characters.")
	}
	name, err := precis.UsernameCasePreserved.String(name)
	if err != nil || strings.ContainsFunc(name, notInUserName) {
		return "", unfit()
	}
	if mixesScripts(name) {
		return "", Refuse("name", "name_mixed", "The name mixes letters of different scripts; write all of it in one.")
	}
	return name, nil
}

func notInUserName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) && !strings.ContainsRune("._-@", r)
}

// UserKey is what makes two names of users the same: upper and lower case, full-width and
// ordinary letters are equal. It takes any text.
func UserKey(name string) string { return NameKey(width.Fold.String(name)) }

// writtenTogether are the scripts that one language writes with; Latin letters may stand
// among them (Unicode Technical Standard 39, "highly restrictive").
var writtenTogether = [][]string{
	{"Latin", "Han", "Hiragana", "Katakana"}, {"Latin", "Han", "Bopomofo"}, {"Latin", "Han", "Hangul"},
}

// mixesScripts reports letters of scripts that no language writes together: a Cyrillic a
// among Latin letters, for example.
func mixesScripts(name string) bool {
	var scripts []string
	for _, r := range name {
		if s := scriptOf(r); s != "" && !slices.Contains(scripts, s) {
			scripts = append(scripts, s)
		}
	}
	return len(scripts) > 1 && !slices.ContainsFunc(writtenTogether, func(set []string) bool {
		return !slices.ContainsFunc(scripts, func(s string) bool { return !slices.Contains(set, s) })
	})
}

// scriptOf is the name of a letter's script; "" for what all scripts use, such as digits.
func scriptOf(r rune) string {
	if r < utf8.RuneSelf {
		if unicode.IsLetter(r) {
			return "Latin"
		}
		return ""
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			if name == "Common" || name == "Inherited" {
				return ""
			}
			return name
		}
	}
	return ""
}

//go:embed lookalikes.txt
var lookalikesFile string

// lookalikes is what each letter or digit of the file looks like.
var lookalikes = sync.OnceValue(func() map[rune]string {
	all := make(map[rune]string)
	for line := range strings.Lines(lookalikesFile) {
		if to, from, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") {
			for _, r := range from {
				all[r] = to
			}
		}
	}
	return all
})

// outline is what a name looks like; names with the same outline cannot be told apart by
// eye (the skeleton of Unicode Technical Standard 39).
func outline(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(width.Fold.String(name)) {
		if to, ok := lookalikes()[r]; ok {
			b.WriteString(to)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// NameAmong refuses a name that one of the others is, or looks like.
func NameAmong(name string, others []string) error {
	key, seen, lower := UserKey(name), outline(name), outline(strings.ToLower(name))
	for _, other := range others {
		switch {
		case UserKey(other) == key:
			return NameTaken()
		case outline(other) == seen, outline(strings.ToLower(other)) == lower:
			return Refuse("name", "name_lookalike", "The name looks like that of somebody else; choose another.")
		}
	}
	return nil
}
