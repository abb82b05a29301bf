package views

// input is one labelled control of a form. Its id is also its data-testid.
type input struct {
	id, name     string
	kind         string // type attribute; "" is text
	label        string
	hint         string
	value        string
	problem      string // finished sentence; "" when all is well
	autocomplete string
	placeholder  string
	mode         string // inputmode
	min, max     string // lengths
	focus        bool   // takes the focus when the page opens
	plain        bool   // a name or number: no capitals, no spelling help
	optional     bool
}

func (i input) typeName() string {
	if i.kind == "" {
		return "text"
	}
	return i.kind
}

// describedBy lists the ids of the texts that explain the control.
func (i input) describedBy() string {
	switch {
	case i.problem != "" && i.hint != "":
		return i.id + "-problem " + i.id + "-hint"
	case i.problem != "":
		return i.id + "-problem"
	case i.hint != "":
		return i.id + "-hint"
	}
	return ""
}
