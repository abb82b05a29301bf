package views

// input is one labelled control of a form.
type input struct {
	id, name     string
	testid       string // "" is the id
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

func (i input) testID() string {
	if i.testid == "" {
		return i.id
	}
	return i.testid
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

// choose is one labelled list to choose from.
type choose struct {
	id, name string
	testid   string // "" is the id
	label    string
	hint     string
	problem  string
	options  []option
	groups   []optionGroup // after options
}

// optionGroup are options under a heading; without a label they have none.
type optionGroup struct {
	label   string
	options []option
}

// option is one of the things to choose from.
type option struct {
	value, label string
	chosen       bool
}

func (c choose) testID() string {
	if c.testid == "" {
		return c.id
	}
	return c.testid
}

func (c choose) describedBy() string {
	return input{id: c.id, hint: c.hint, problem: c.problem}.describedBy()
}
