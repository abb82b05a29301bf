package rules

import (
	"strings"
	"unicode"
)

// DropInvisible removes the characters that cannot be seen: zero-width spaces and
// joiners, marks of direction, byte order marks, soft hyphens. They come along when a
// number, a key or a code is copied from a page or a chat, and mean nothing there. (In
// names and texts they may: Arabic, and emoji, are written with some of them.)
func DropInvisible(text string) string {
	if strings.IndexFunc(text, invisible) < 0 {
		return text
	}
	return strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, text)
}

// invisible reports whether r belongs to what Unicode says may be left out when it is
// shown.
func invisible(r rune) bool {
	return r > unicode.MaxASCII && unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
