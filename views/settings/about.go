package settings

import "wadah/views"

// AboutPage says what this is, which versions it is made of, and under which terms.
//
//	GET /about
//	GET /about/licences        LicencesPage
//	GET /about/licences/TEXT   LicencePage; 404 when no part has this text
//
// data-testid: nav-about, foot-about; about-part (data-name), about-licences.
type AboutPage struct {
	views.Page
	Parts    []Part   // what matters most, in the order shown; those without a version are left out
	Count    int      // how many parts have licences
	Copyleft []string // names of the parts whose terms reach over the whole program
}

// Part is something the program is made of.
type Part struct{ Name, Version string }

// LicencesPage lists the licences of all parts.
//
// data-testid: licence-row (data-name), licence-link.
type LicencesPage struct {
	views.Page
	Parts []LicencePart
}

// LicencePart is a part of the program and its terms.
type LicencePart struct {
	Name, Version string // Version may be unknown
	Terms         string // as on static.Licence
	Text          string // the last part of the address of LicencePage
}

// LicencePage is the whole text of one licence.
//
// data-testid: licence-text.
type LicencePage struct {
	views.Page
	Names []string // of the parts it belongs to
	Terms string
	Text  string
}

func partName(name string) string {
	if name == "go" {
		return "Go"
	}
	return name
}
