package convert

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"wadah/session/message"
)

func TestCleanText(t *testing.T) {
	for given, want := range map[string]string{
		"Halo 👨‍👩‍👧\r\n\tdua":       "Halo 👨‍👩‍👧\r\n\tdua",
		"a\x00b\x07c\u0085d":        "abcd",
		"bukan \xff\xfe utf8":       "bukan \ufffd\ufffd utf8",
		"\u202eשלום\u202c":          "\u202eשלום\u202c", // in a text the direction of writing is the writer's
		strings.Repeat("é", 40_000): strings.Repeat("é", message.MaxText/2),
	} {
		got, cut := text(given, message.MaxText)
		if got != want || cut != (len(given) > message.MaxText) {
			t.Errorf("%.40q became %.40q of %d bytes, cut: %v", given, got, len(got), cut)
		}
	}
	if got, cut := text("aé", 2); got != "a" || !cut {
		t.Errorf("half a letter is kept: %q", got)
	}
}

func TestCleanName(t *testing.T) {
	for given, want := range map[string]string{
		"  Budi\n Santoso ":        "Budi  Santoso",
		"Ba\u202enk\u2066 X\u2069": "Bank X",
		"\u200bBudi\ufeff\u200e":   "Budi",
		"👩‍🚀 Sari":                 "👩‍🚀 Sari",
		"می\u200cخواهم":            "می\u200cخواهم",
		"a\u2028b\u2029c":          "a b c",
		"\x00":                     "",
	} {
		if got := name(given); got != want {
			t.Errorf("%q became %q, want %q", given, got, want)
		}
	}
}

func TestCleanFileName(t *testing.T) {
	for given, want := range map[string]string{
		"faktur.pdf":                          "faktur.pdf",
		"/etc/passwd":                         "passwd",
		`..\..\windows\system32\a.exe`:        "a.exe",
		"..":                                  "",
		"...":                                 "",
		"a/..":                                "",
		"x\u202efdp.exe":                      "xfdp.exe",
		"":                                    "",
		".bashrc":                             ".bashrc",
		strings.Repeat("a", 300) + ".pdf":     strings.Repeat("a", 252) + ".pdf",
		strings.Repeat("é", 300) + ".pdf":     strings.Repeat("é", 126) + ".pdf",
		"a." + strings.Repeat("b", 300):       "a." + strings.Repeat("b", 254),
		strings.Repeat("a", 100_000) + ".pdf": strings.Repeat("a", 256),
	} {
		if got := fileName(given); got != want {
			t.Errorf("%.40q became %.60q (%d bytes), want %.60q", given, got, len(got), want)
		}
	}
}

func TestCleanID(t *testing.T) {
	for _, kept := range []string{"", "3EB0C767D82B0A2E", "wamid.HBgL=", "ABC/20060102150405.000"} {
		if got := id(kept); got != kept {
			t.Errorf("%q became %q", kept, got)
		}
	}
	seen := map[string]bool{}
	for _, odd := range []string{"a b", "a\x00", "\xff", strings.Repeat("a", 129), strings.Repeat("a", 130), "é"} {
		got := id(odd)
		if !strings.HasPrefix(got, "sha256:") || len(got) > message.MaxID || seen[got] {
			t.Errorf("%.20q became %q", odd, got)
		}
		seen[got] = true
	}
}

func TestCleanTimes(t *testing.T) {
	for _, never := range []int64{0, -1, math.MinInt64, math.MaxInt64, 253402300800} {
		if got := unixTime(never); !got.IsZero() {
			t.Errorf("%d s is %v", never, got)
		}
		if got := cleanTime(time.Unix(never, 0)); !got.IsZero() {
			t.Errorf("the time of %d s is %v", never, got)
		}
	}
	if got := unixTime(1_790_000_000); got.Unix() != 1_790_000_000 || got.Location() != time.UTC {
		t.Errorf("it is %v", got)
	}
}

func TestReadCard(t *testing.T) {
	for name, c := range map[string]struct {
		card string
		want message.Contact
	}{
		"whatsapp": {
			"BEGIN:VCARD\nVERSION:3.0\nFN:Budi\nTEL;type=CELL;waid=62811000101:+62 811-000-101\nEND:VCARD",
			message.Contact{Name: "Budi", Numbers: []string{"62811000101"}},
		},
		"folded, grouped, several": {
			"FN:Budi\r\n  Santoso\r\nitem1.TEL:+62811000101\r\nitem2.tel;TYPE=home:0215\r\n 55\r\nTEL:+62811000101\r\nTEL:\r\n",
			message.Contact{Name: "Budi Santoso", Numbers: []string{"62811000101", "021555"}},
		},
		"version 4":                {"FN:B\nTEL;VALUE=uri;TYPE=\"voice,home\":tel:+62-811-000-101", message.Contact{Name: "B", Numbers: []string{"62811000101"}}},
		"version 2.1":              {"FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=89=\nva\nTEL;CELL:0811", message.Contact{Name: "Éva", Numbers: []string{"0811"}}},
		"escaped":                  {`FN:a\, b\; c\\ d\ne`, message.Contact{Name: `a, b; c\ d e`}},
		"no card":                  {"halo", message.Contact{}},
		"nothing":                  {"", message.Contact{}},
		"colons alone":             {":\n::\n;:;\nTEL\nTEL:\nFN:", message.Contact{}},
		"broken quoting":           {"FN;ENCODING=QUOTED-PRINTABLE:=ZZ", message.Contact{Name: "=ZZ"}},
		"a name that is an attack": {"FN:Ba\u202enk\x00", message.Contact{Name: "Bank"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, readCard(c.card)); diff != "" {
				t.Errorf("it differs (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzClean: whatever somebody calls themselves, a file or a message, it can be stored
// and shown, and cleaning it again changes nothing.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"Budi", "a\x00\u202eb", "../x.pdf", "\xff\xfe", strings.Repeat("é", 300) + ".pdf", "a\r\nb", "..\u200b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for what, got := range map[string]string{"name": name(s), "file": fileName(s), "label": label(s)} {
			if !utf8.ValidString(got) || strings.IndexFunc(got, deceives) >= 0 || len(got) > message.MaxLabel || strings.ContainsAny(got, "\n\r") {
				t.Errorf("as a %s %q became %q", what, s, got)
			}
		}
		if got := fileName(s); len(got) > message.MaxName || strings.ContainsAny(got, `/\`) || got == "." || got == ".." || fileName(got) != got {
			t.Errorf("as a file %q became %q, then %q", s, got, fileName(got))
		}
		if got := name(s); name(got) != got {
			t.Errorf("as a name %q became %q, then %q", s, got, name(got))
		}
		got, _ := text(s, 64)
		if len(got) > 64 || !utf8.ValidString(got) || strings.ContainsFunc(got, func(c rune) bool {
			return unicode.IsControl(c) && !strings.ContainsRune("\n\r\t", c)
		}) {
			t.Errorf("as a text %q became %q", s, got)
		}
		if got := id(s); len(got) > message.MaxID || id(got) != got {
			t.Errorf("as an id %q became %q", s, got)
		}
		if got := link(s); got != "" && link(got) != got {
			t.Errorf("as a link %q became %q", s, got)
		}
	})
}

// FuzzCard: cards come from strangers, and are written with what strangers called
// themselves.
func FuzzCard(f *testing.F) {
	f.Add("BEGIN:VCARD\nFN:Budi\nitem1.TEL;waid=62811000101:+62 811\n  1\nEND:VCARD")
	f.Add("FN;ENCODING=QUOTED-PRINTABLE:=C3=\n=89")
	f.Fuzz(func(t *testing.T, s string) {
		kept, _ := text(s, message.MaxVCard)
		c := readCard(kept)
		if !utf8.ValidString(c.Name) || len(c.Name) > message.MaxName || len(c.Numbers) > message.MaxNumbers {
			t.Fatalf("%q became %+v", s, c)
		}
		for _, n := range c.Numbers {
			if n == "" || !utf8.ValidString(n) || len(n) > message.MaxName {
				t.Errorf("%q has the number %q", s, n)
			}
		}
		again := readCard(writeCard(c))
		if again.Name != c.Name {
			t.Errorf("the name %q came back as %q", c.Name, again.Name)
		}
	})
}
