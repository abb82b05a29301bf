// Package number reads phone numbers in whatever spelling people and programs use.
package number

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/width"

	"wadah/models/rules"
)

// Parse turns a number in any usual spelling, or WhatsApp's own address of one
// (6281234567890@s.whatsapp.net, …@c.us), into international digits without plus. Numbers
// without a country code belong to region ("ID"). What could be two different numbers
// is none: a wrong guess reaches a stranger.
func Parse(raw, region string) (digits string, ok bool) {
	text := strings.TrimSpace(width.Fold.String(rules.DropInvisible(raw)))
	if found := address.FindStringSubmatch(text); found != nil {
		return found[1], true
	}
	plus, text, ok := spelledDigits(text)
	if !ok {
		return "", false
	}
	if plus {
		return parse("+"+text, region)
	}
	// Clients send 6281234567890 without the plus: the region's own country code at the
	// beginning is one, although some area codes begin in the same way.
	if code := phonenumbers.GetCountryCodeForRegion(region); code != 0 && strings.HasPrefix(text, strconv.Itoa(code)) {
		if digits, ok = parse("+"+text, region); ok {
			return digits, true
		}
	}
	if digits, ok = parse(text, region); ok {
		return digits, true
	}
	// Other countries' numbers, too, often come without the plus, or with 00 instead. A
	// single 0 is never that: behind it stands a number of this country, mistyped.
	text, international := strings.CutPrefix(text, "00")
	if strings.HasPrefix(text, "0") && !international {
		return "", false
	}
	return parse("+"+text, region)
}

// address is WhatsApp's address of a person, or of one of that person's devices.
var address = regexp.MustCompile(`(?i)^\+?([1-9][0-9]{6,14})(?:[.:][0-9]{1,3})*@(?:s\.whatsapp\.net|c\.us)$`)

// floatNumber is a number with one point or comma in it, of which the second half may
// be a fraction or just another group of digits.
var floatNumber = regexp.MustCompile(`^(\+?[0-9]+)[.,/]([0-9]*)$`)

// spelledDigits are the digits of a number that is written with nothing but digits, a
// plus before them and what people put between groups of them. A whole number that
// went through a float (6281234567890.0) is its digits.
func spelledDigits(text string) (plus bool, digits string, ok bool) {
	if found := floatNumber.FindStringSubmatch(text); found != nil {
		switch tail := found[2]; {
		case strings.Trim(tail, "0") == "":
			text = found[1]
		case len(tail) <= 2: // no group is so short: a fraction, or "this number or that one"
			return false, "", false
		}
	}
	seen := 0
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			seen++
		case r == '+' && !plus && seen == 0:
			plus = true
		case !isSeparator(r):
			return false, "", false
		}
	}
	digits = phonenumbers.NormalizeDigitsOnly(text)
	// It leaves out, or as they are, the digits of scripts that it does not know.
	return plus, digits, seen > 0 && len(digits) == seen
}

// isSeparator reports whether people put r between the digits of a number.
func isSeparator(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("()./\u2212\u30fc", r) || unicode.Is(unicode.Pd, r)
}

func parse(raw, region string) (string, bool) {
	n, err := phonenumbers.Parse(raw, region)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return "", false
	}
	return strings.TrimPrefix(phonenumbers.Format(n, phonenumbers.E164), "+"), true
}
