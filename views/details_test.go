package views_test

import (
	"testing"

	"wadah/views"
)

// Ensure that what a timeline adds is in the reader's words, and that what WhatsApp or the
// network said stays as it was said.
func TestDetailsAreWords(t *testing.T) {
	for detail, want := range map[string][2]string{
		"":                    {"", ""},
		"401":                 {"Code 401", "Kode 401"},
		"confirmed":           {"WhatsApp confirmed it.", "WhatsApp mengonfirmasi."},
		"closed":              {"The connection was closed.", "Koneksi ditutup."},
		"credentials_missing": {"The link's credentials are missing.", "Kredensial tautannya tidak ada."},
		"no such host":        {"no such host", "no such host"},
	} {
		e := views.Event{Detail: detail}
		if en, id := e.DetailWords(views.English), e.DetailWords(views.Indonesian); en != want[0] || id != want[1] {
			t.Errorf("%q: %q, %q", detail, en, id)
		}
	}
}
