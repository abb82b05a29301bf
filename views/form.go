package views

import (
	"cmp"

	"github.com/a-h/templ"
)

// Input is one labelled control of a form.
type Input struct {
	ID, Name     string
	TestID       string // "" is the ID
	Kind         string // type attribute; "" is text
	Label        string
	Hint         string
	Value        string
	Problem      string // finished sentence; "" when all is well
	Autocomplete string
	Placeholder  string
	Mode         string // inputmode
	Min, Max     string // lengths
	Lines        int    // more than one: a box of that many lines
	Focus        bool   // takes the focus when the page opens
	Repeats      string // the ID of the field whose value is typed again here
	Differs      string // finished sentence for when it is another; wadah.js says it before anything is sent
	Plain        bool   // a name or number: no capitals, no spelling help
	Optional     bool
}

// attributes are those that every kind of control has.
func (i Input) attributes() templ.Attributes {
	all := templ.Attributes{
		"id": i.ID, "data-testid": cmp.Or(i.TestID, i.ID), "name": i.Name, "required": !i.Optional, "autofocus": i.Focus,
	}
	for name, value := range map[string]string{
		"autocomplete": i.Autocomplete, "placeholder": i.Placeholder, "inputmode": i.Mode, "minlength": i.Min, "maxlength": i.Max,
		"aria-describedby": describedBy(i.ID, i.Hint, i.Problem),
		"data-repeats":     i.Repeats, "data-differs": i.Differs,
	} {
		if value != "" {
			all[name] = value
		}
	}
	if i.Plain {
		all["autocapitalize"], all["spellcheck"] = "none", "false"
	}
	if i.Problem != "" {
		all["aria-invalid"] = "true"
	}
	return all
}

// describedBy lists the ids of the texts that explain a control.
func describedBy(id, hint, problem string) string {
	switch {
	case problem != "" && hint != "":
		return id + "-problem " + id + "-hint"
	case problem != "":
		return id + "-problem"
	case hint != "":
		return id + "-hint"
	}
	return ""
}

// Choice is one labelled list to choose from.
type Choice struct {
	ID, Name string
	TestID   string // "" is the ID
	Label    string
	Hint     string
	Problem  string
	Options  []Option
	Groups   []OptionGroup // after Options
}

// OptionGroup are options under a heading; without a label they have none.
type OptionGroup struct {
	Label   string
	Options []Option
}

// Option is one of the things to choose from.
type Option struct {
	Value, Label string
	Chosen       bool
}
