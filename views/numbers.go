package views

import "strings"

// FormatNumber groups an international number for reading; digits that do not look
// like one are left alone.
func FormatNumber(digits string) string {
	if len(digits) < 8 || strings.Trim(digits, "0123456789") != "" {
		return digits
	}
	head := 2 // most country codes here have two digits
	switch digits[0] {
	case '1':
		if len(digits) == 11 {
			return "+1 " + digits[1:4] + " " + digits[4:7] + "-" + digits[7:]
		}
		head = 1
	case '7':
		head = 1
	}
	var b strings.Builder
	b.WriteString("+" + digits[:head])
	rest := digits[head:]
	b.WriteString(" " + rest[:3])
	for rest = rest[3:]; len(rest) > 0; {
		n := min(4, len(rest))
		b.WriteString("-" + rest[:n])
		rest = rest[n:]
	}
	return b.String()
}

// Spelled is a code as a screen reader should say it: character by character.
func Spelled(code string) string {
	return strings.Join(strings.Split(strings.ReplaceAll(code, "-", ""), ""), " ")
}

// PlatformWord is a platform as its maker writes it.
func PlatformWord(platform string) string {
	switch strings.ToLower(platform) {
	case "android":
		return "Android"
	case "smba":
		return "Android · WhatsApp Business"
	case "iphone", "ios":
		return "iPhone"
	case "smbi":
		return "iPhone · WhatsApp Business"
	}
	return platform
}
