package handlers

import (
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// phoneNumber turns a number in any usual spelling into international digits
// without plus. Numbers without a country code belong to region ("ID").
func phoneNumber(raw, region string) (digits string, ok bool) {
	raw = strings.TrimSpace(raw)
	// Clients send 6281234567890 without the plus: the region's own country code at the
	// beginning is one, although some area codes begin in the same way.
	if code := phonenumbers.GetCountryCodeForRegion(region); code != 0 && strings.HasPrefix(raw, strconv.Itoa(code)) {
		if digits, ok = parseNumber("+"+raw, region); ok {
			return digits, true
		}
	}
	if digits, ok = parseNumber(raw, region); ok {
		return digits, true
	}
	// Other countries' numbers, too, often come without the plus.
	return parseNumber("+"+strings.TrimLeft(raw, "+0 "), region)
}

func parseNumber(raw, region string) (string, bool) {
	n, err := phonenumbers.Parse(raw, region)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return "", false
	}
	return strings.TrimPrefix(phonenumbers.Format(n, phonenumbers.E164), "+"), true
}
