package views_test

import (
	"strings"
	"testing"
	"time"

	"wadah/views"
)

var wib = time.FixedZone("WIB", 7*3600)

func TestTextFillsPlaceholders(t *testing.T) {
	got := views.Indonesian.T("qr.alt", "Name", "Toko <Utama> & \"Co\"")
	want := "Kode QR untuk menautkan Toko <Utama> & \"Co\""
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := views.English.T("no.such.text"); got != "no.such.text" {
		t.Errorf("an unknown text gave %q, want its key", got)
	}
}

func TestMatchLang(t *testing.T) {
	for header, want := range map[string]views.Lang{
		"":                                 views.English,
		"id":                               views.Indonesian,
		"id-ID,id;q=0.9,en-US;q=0.8":       views.Indonesian,
		"en-US,en;q=0.9,id;q=0.8":          views.English,
		"in-ID":                            views.Indonesian,
		"fr-FR, de;q=0.9, id;q=0.3":        views.Indonesian,
		"fr-FR":                            views.English,
		"en;q=0.1, id;q=0.2":               views.Indonesian,
		"id;q=0, en;q=0.5":                 views.English,
		"*":                                views.English,
		"id; q = 0.9 , en ; q=0.4":         views.Indonesian,
		"id;q=nonsense, en;q=0.1":          views.English,
		strings.Repeat("xx,", 2000) + "id": views.Indonesian,
	} {
		if got := views.MatchLang(header); got != want {
			t.Errorf("MatchLang(%.40q) = %q, want %q", header, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	if lang, ok := views.ParseLang("id"); lang != views.Indonesian || !ok {
		t.Errorf(`ParseLang("id") = %q, %v`, lang, ok)
	}
	if lang, ok := views.ParseLang("xx"); lang != views.English || ok {
		t.Errorf(`ParseLang("xx") = %q, %v`, lang, ok)
	}
	if theme, ok := views.ParseTheme("auto"); theme != views.ThemeAuto || !ok {
		t.Errorf(`ParseTheme("auto") = %q, %v`, theme, ok)
	}
	if theme, ok := views.ParseTheme(`dark" onload="x`); theme != views.ThemeAuto || ok {
		t.Errorf(`ParseTheme of nonsense = %q, %v`, theme, ok)
	}
}

func TestReasonSaysWhatToDo(t *testing.T) {
	until := time.Date(2026, 11, 24, 14, 0, 0, 0, wib)
	sentence, advice, tone := views.English.Reason("banned", until)
	if !strings.Contains(sentence, "24 Nov 2026, 14:00 WIB") {
		t.Errorf("a ban does not say when it ends: %q", sentence)
	}
	if advice == "" || tone != views.ToneDanger {
		t.Errorf("a ban: advice %q, tone %q", advice, tone)
	}
	if sentence, _, _ := views.Indonesian.Reason("banned", time.Time{}); strings.Contains(sentence, "sampai") {
		t.Errorf("a ban without an end names one: %q", sentence)
	}
	if _, advice, tone := views.English.Reason("network", time.Time{}); !strings.Contains(advice, "keeps trying") || tone != views.ToneWait {
		t.Errorf("network: advice %q, tone %q; it must say that it keeps trying", advice, tone)
	}
	for _, lang := range []views.Lang{views.Indonesian, views.English} {
		for _, name := range append(views.Reasons(), "unheard_of") {
			if sentence, advice, _ := lang.Reason(name, time.Time{}); sentence == "" || advice == "" || strings.HasPrefix(sentence, "reason.") {
				t.Errorf("%s %s: sentence %q, advice %q", lang, name, sentence, advice)
			}
		}
	}
}

func TestInvalidFallsBackToAGeneralSentence(t *testing.T) {
	if got := views.English.Invalid("what_is_this"); got != views.English.Invalid("other") || got == "" {
		t.Errorf("an unknown code gave %q", got)
	}
}
