package views

import "time"

func (e Event) tone() Tone { return toneOf(e.To, e.Reason) }

func (e Event) sentence(l Lang) string {
	text, _, _ := l.Reason(e.Reason, time.Time{})
	return text
}

// shownName is what the rename form holds: what was typed, or the name.
func (p DevicePage) shownName() string {
	if p.NameProblem != "" {
		return p.Name
	}
	return p.Device.Name
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
