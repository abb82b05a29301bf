package device

import (
	"strings"
	"unicode/utf8"
)

// noteHead is the beginning of a note, and whether more follows than should stand
// unfolded above what matters.
func noteHead(note string) (first string, long bool) {
	const lines, letters, shown = 3, 240, 90
	if strings.Count(note, "\n") < lines && utf8.RuneCountInString(note) <= letters {
		return note, false
	}
	first, _, _ = strings.Cut(note, "\n")
	if runes := []rune(first); len(runes) > shown {
		return string(runes[:shown]) + "…", true
	}
	return first + " …", true
}

// words are the texts of the question: confirm.ACTION.PART.
func (p ConfirmPage) words(part string) string {
	key := "confirm.delete."
	if p.Action == ConfirmLogout {
		key = "confirm.logout."
	}
	return p.Lang.T(key+part, "Name", p.Device.Name)
}

// situation chooses the text that fits: a device that is not linked has nothing to
// lose on the phone.
func (p ConfirmPage) situation() string {
	if p.Device.Linked {
		return "linked"
	}
	return "unlinked"
}

func (p ConfirmPage) symbol() string {
	if p.Action == ConfirmLogout {
		return "unlink"
	}
	return "trash"
}

// effect is what a confirmed action does in one place.
type effect struct {
	id, symbol, title string
	lines             []string
}

// effects are what will happen: on the phone first, because that is what people cannot
// see from here.
func (p ConfirmPage) effects() []effect {
	l := p.Lang
	phone := effect{"ask-phone", "device", l.T("confirm.phone"), []string{l.T("confirm.phone.nothing")}}
	if p.Device.Linked {
		phone.lines = []string{l.T("confirm.phone.gone"), l.T("confirm.phone.stays"), l.T("confirm.phone.away")}
	}
	here := effect{id: "ask-here", symbol: "settings", title: l.T("confirm.here")}
	switch {
	case p.Action == ConfirmDelete:
		here.lines = []string{l.T("confirm.delete.all"), l.T("confirm.delete.programs")}
	case p.Device.Linked:
		here.lines = []string{l.T("confirm.logout.again"), l.T("confirm.logout.keeps")}
	default:
		here.lines = []string{l.T("confirm.logout.ends"), l.T("confirm.logout.keeps")}
	}
	return []effect{phone, here}
}
