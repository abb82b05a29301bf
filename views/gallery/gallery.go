// Package gallery shows every component in every state to maintainers, on a page of the
// sandbox; the samples on it serve tests as well. Its own tests look at every page of the
// panel: texts, contrast, accessibility, scripts in a real browser, golden files.
package gallery

import (
	"time"

	"github.com/a-h/templ"

	"wadah/views"
)

// ShowPage shows every component in every state, to maintainers: each section
// [component-NAME] has its heading, each specimen [specimen-NAME] a caption with its
// name. Nothing on it does anything.
type ShowPage struct {
	views.Page
	At time.Time // the moment the samples are made for
}

// section is one section of the page; its title is the text components.NAME.
type section struct {
	name      string
	wide      bool // one below the other, in the page's whole width
	specimens []specimen
}

// specimen is one specimen.
type specimen struct {
	name      string
	component templ.Component
}

// sections are all components there are.
func (p ShowPage) sections() []section {
	return []section{
		{name: "badges", specimens: p.badges()},
		{name: "icons", specimens: p.icons()},
		{name: "buttons", specimens: p.buttons()},
		{name: "notices", wide: true, specimens: p.notices()},
		{name: "forms", specimens: p.forms()},
		{name: "rows", wide: true, specimens: p.rows()},
		{name: "lists", wide: true, specimens: p.lists()},
		{name: "waits", specimens: p.waits()},
		{name: "live", wide: true, specimens: p.live()},
		{name: "timeline", wide: true, specimens: p.timelines()},
		{name: "keys", wide: true, specimens: p.keys()},
		{name: "scan", wide: true, specimens: p.scan()},
		{name: "device", specimens: p.deviceSettings()},
		{name: "ends", wide: true, specimens: p.ends()},
		{name: "installation", wide: true, specimens: p.installation()},
		{name: "messages", wide: true, specimens: p.messages()},
		{name: "reference", wide: true, specimens: p.reference()},
		{name: "phones", specimens: p.phones()},
	}
}

// Sections lists the names of the page's sections.
func Sections() []string {
	var names []string
	for _, s := range (ShowPage{Page: views.Page{Lang: views.English}, At: time.Unix(0, 0)}).sections() {
		names = append(names, s.name)
	}
	return names
}
