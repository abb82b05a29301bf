package convert

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"wadah/session/message"
)

// text makes a text of several lines fit to keep: valid UTF-8, no control characters
// but line ends and tabs (PostgreSQL takes no NUL), at most limit bytes. It reports
// whether it had to be cut.
func text(s string, limit int) (clean string, cut bool) {
	return strip(s, limit, func(c rune) bool {
		return unicode.IsControl(c) && c != '\n' && c != '\t' && c != '\r'
	})
}

// line makes a name or another text of one line fit to keep: no control characters, and
// none that turn the direction of writing or cannot be seen, with which one name can be
// made to look like another or "gpj.exe" like "exe.jpg".
func line(s string, limit int) (clean string, cut bool) {
	clean, cut = strip(oneLine.Replace(s), limit, deceives)
	return strings.TrimSpace(clean), cut
}

var oneLine = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ", "\u2028", " ", "\u2029", " ")

// deceives reports whether c has no place in a name. Joiners stay: emoji and several
// scripts are written with them.
func deceives(c rune) bool {
	switch {
	case unicode.IsControl(c),
		c == '\u061c', c == '\u200b', c == '\u200e', c == '\u200f', c == '\ufeff',
		c >= '\u202a' && c <= '\u202e',
		c >= '\u2060' && c <= '\u206f':
		return true
	}
	return false
}

// strip replaces what is no UTF-8, leaves out what drop says, and ends before limit.
func strip(s string, limit int, drop func(rune) bool) (clean string, cut bool) {
	if len(s) <= limit && utf8.ValidString(s) && strings.IndexFunc(s, drop) < 0 {
		return s, false
	}
	var b strings.Builder
	b.Grow(min(len(s), limit))
	for _, c := range s { // c is U+FFFD where s is not UTF-8
		if drop(c) {
			continue
		}
		if b.Len()+utf8.RuneLen(c) > limit {
			return b.String(), true
		}
		b.WriteRune(c)
	}
	return b.String(), false
}

// name is a line for which being cut does not matter.
func name(s string) string {
	s, _ = line(s, message.MaxName)
	return s
}

// label is a longer line of which the same is true.
func label(s string) string {
	s, _ = line(s, message.MaxLabel)
	return s
}

// fileName is a name without folders. Its end is kept, because it says what the file is.
func fileName(s string) string {
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s, cut := line(s, message.MaxLabel)
	if strings.Trim(s, ".") == "" {
		return ""
	}
	if len(s) <= message.MaxName && !cut {
		return s
	}
	end := ""
	if dot := strings.LastIndexByte(s, '.'); dot > 0 && len(s)-dot <= 16 {
		end = s[dot:]
	}
	s, _ = line(strings.TrimSuffix(s, end), message.MaxName-len(end))
	return s + end
}

// plain gives s where it is printable ASCII of at most limit bytes, else "": half a
// path or address is of no use.
func plain(s string, limit int) string {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return ""
		}
	}
	if len(s) > limit {
		return ""
	}
	return s
}

// link is an address to show: only what opens a page, a call or a letter, and nothing that
// could break out of where it is shown.
func link(s string) string {
	s = strings.TrimSpace(plain(s, message.MaxURL))
	scheme, _, _ := strings.Cut(s, ":")
	switch strings.ToLower(scheme) {
	case "https", "http", "tel", "mailto":
		return strings.ReplaceAll(s, " ", "%20")
	}
	return ""
}

// id gives the id of a message as it is kept. WhatsApp's own are short hex digits. What
// somebody else made up is replaced by a hash, so that two stay two.
func id(s string) string {
	if s != "" && len(s) <= message.MaxID && !strings.Contains(s, " ") && plain(s, message.MaxID) == s {
		return s
	}
	if s == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(s))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// exact gives b where it has just that many bytes, else nil.
func exact(b []byte, size int) []byte {
	if len(b) != size {
		return nil
	}
	return b
}

// within gives n where it is not more than most, else 0: what cannot be true says nothing.
func within[N uint32 | uint64 | int64](n N, most int64) int64 {
	if n < 0 || uint64(n) > uint64(most) {
		return 0
	}
	return int64(n)
}

// Limits of numbers that senders state.
const (
	maxFileSize = 1 << 40         // bytes
	maxSeconds  = 365 * 24 * 3600 // of a film, of a timer
	maxPixels   = 1 << 16
	maxPages    = 1 << 20
)

// unixTime gives a time that databases and JSON can hold: after the year 9999 and
// before 1970 there is none.
func unixTime(seconds int64) time.Time {
	if seconds <= 0 || seconds > 253402300799 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// cleanTime gives t likewise.
func cleanTime(t time.Time) time.Time {
	if unixTime(t.Unix()).IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

// firstN gives at most n of list, and whether there were more.
func firstN[T any](list []T, n int) (kept []T, cut bool) {
	if len(list) > n {
		return list[:n], true
	}
	return list, false
}
