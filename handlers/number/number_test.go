package number_test

import (
	"strings"
	"testing"

	"wadah/handlers/number"
)

// TestPhoneNumber holds that a number is understood however it is written, and that
// nothing becomes a number that was not written.
func TestPhoneNumber(t *testing.T) {
	for raw, want := range map[string]string{
		"6281234567890": "6281234567890", "081234567890": "6281234567890", "81234567890": "6281234567890",
		"+62 812-3456-7890": "6281234567890", "+62 (0) 812 3456 7890": "6281234567890", "(0812) 3456.7890": "6281234567890",
		"0812.34567890": "6281234567890", "006281234567890": "6281234567890", "(+62)812\u20113456\u22127890": "6281234567890",
		"\u202a+62 812\u00a03456\u200b7890\u202c": "6281234567890", "\ufeff0812\u00ad3456\u20607890": "6281234567890",
		"０８１２３４５６７８９０": "6281234567890", "٠٨١٢٣٤٥٦٧٨٩٠": "6281234567890", "+33 1.23.45.67.89": "33123456789",
		"+65 9123 4567": "6591234567", "00 65 9123 4567": "6591234567",

		// A whole number that went through a float.
		"628123456789.0": "628123456789", "628123456789.00": "628123456789", "628123456789,0": "628123456789",
		"628123456789.": "628123456789", "+628123456789.0": "628123456789", "8123456789.0": "628123456789",

		// WhatsApp's own addresses.
		"6281234567890@c.us": "6281234567890", "6281234567890@S.WhatsApp.net": "6281234567890",
		"6281234567890:12@s.whatsapp.net": "6281234567890", "\u200e6281234567890.0:3@s.whatsapp.net ": "6281234567890",

		// What could be somebody else's number.
		"628123456789.5": "", "62812345678.25": "", "6281234567.5": "", "0812345678.90": "", "021555123/4": "",
		"6.28123456789e11": "", "6.28123E+11": "", "0812-ABCD-EFG": "", "0812 3456 789O": "", "0812-3456-789l": "",
		"081234567890 ext 5": "", "081234567890x5": "", "081234567890;ext=5": "", "081234567890#12": "", "081234567890,12": "",
		"081234567890, 081234567891": "", "081234567890/081234567891": "", "tel:+6281234567890": "", "08123456789o@c.us": "",
		"+62+81234567890": "", "62+81234567890": "", "[6281234567890]": "", "\"6281234567890": "", "6281234567890*": "",
		"0919876543210": "", "0447911123456": "", "०८१२३४५६७८९०": "", "0812345678९०": "",
		"081234567890@c.us": "", "12345@c.us": "", "6281234567890@lid": "", "6281234567890@g.us": "", "6281234567890-1600000000@g.us": "",
		"6281234567890@c.us@c.us": "", "6281234567890@": "", "@c.us": "", "6281234567890@example.com": "",
		"": "", "+": "", "0": "", ".0": "", ".": "", "12": "", "true": "",
	} {
		if got, ok := number.Parse(raw, "ID"); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", raw, got, ok, want)
		}
	}
}

// FuzzPhoneNumber accepts nothing but digits that a phone can have.
func FuzzPhoneNumber(f *testing.F) {
	for _, seed := range []string{"6281234567890", "0812-3456-7890", "+62 812 3456 7890", "(021) 555", "٠٨١٢", "+", "00000000000000000000", "\x00\xff", "+1;ext=99", "tel:+62;isub=1", "6222000000", "6222 000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		digits, ok := number.Parse(raw, "ID")
		if !ok {
			return
		}
		if len(digits) < 5 || len(digits) > 17 || strings.Trim(digits, "0123456789") != "" || digits[0] == '0' {
			t.Fatalf("%q became %q", raw, digits)
		}
		if !strings.HasPrefix(digits, "62") {
			return // without the plus it may be read as one of the region's own
		}
		if again, ok := number.Parse(digits, "ID"); !ok || again != digits {
			t.Fatalf("%q is not accepted as it was written: %q %v", digits, again, ok)
		}
	})
}
