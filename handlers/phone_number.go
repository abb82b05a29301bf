package handlers

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// phoneNumber turns a number in any usual spelling into international digits
// without plus. Numbers without a country code belong to region ("ID").
func phoneNumber(raw, region string) (digits string, ok bool) {
	raw = strings.TrimSpace(raw)
	if digits, ok = parseNumber(raw, region); ok {
		return digits, true
	}
	// People often leave out just the plus: 6281234567890.
	return parseNumber("+"+strings.TrimLeft(raw, "+0 "), region)
}

func parseNumber(raw, region string) (string, bool) {
	n, err := phonenumbers.Parse(raw, region)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return "", false
	}
	return strings.TrimPrefix(phonenumbers.Format(n, phonenumbers.E164), "+"), true
}
