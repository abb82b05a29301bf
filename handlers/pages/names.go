package pages

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"wadah/session"
)

// ByName puts devices into the order of their names.
func ByName(a, b *session.Snapshot) int { return natural(a.Name, b.Name) }

// natural compares names as people do: without regard to case, and "Toko 2" before
// "Toko 10".
func natural(a, b string) int {
	for a != "" && b != "" {
		x, n := rune(a[0]), 1
		y, m := rune(b[0]), 1
		switch {
		case isDigit(a[0]) && isDigit(b[0]):
			var p, q string
			p, a = cutDigits(a)
			q, b = cutDigits(b)
			if c := cmp.Or(cmp.Compare(len(p), len(q)), strings.Compare(p, q)); c != 0 {
				return c
			}
			continue
		case x < utf8.RuneSelf && y < utf8.RuneSelf: // nearly all letters of nearly all names
			x, y = lowerASCII(x), lowerASCII(y)
		default:
			x, n = utf8.DecodeRuneInString(a)
			y, m = utf8.DecodeRuneInString(b)
			x, y = unicode.ToLower(x), unicode.ToLower(y)
		}
		if x != y {
			return cmp.Compare(x, y)
		}
		a, b = a[n:], b[m:]
	}
	return cmp.Compare(len(a), len(b))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// cutDigits cuts the digits a text begins with off, without zeros in front.
func cutDigits(text string) (digits, rest string) {
	n := 0
	for n < len(text) && isDigit(text[n]) {
		n++
	}
	return strings.TrimLeft(text[:n], "0"), text[n:]
}
