package gallery

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"

	"github.com/a-h/templ"
)

// inert is a component as it looks, but without effect, so that one page can show many of
// them: its ids are its own, its forms and links lead nowhere, and it is no landmark.
// Name tells the specimens of a page apart.
func inert(name string, c templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var b bytes.Buffer
		if err := c.Render(ctx, &b); err != nil {
			return err
		}
		_, err := io.WriteString(w, disarm(b.String(), name))
		return err
	})
}

// The attributes are those that templ writes: in double quotes, with quotes in values
// and texts escaped.
var (
	idAttribute   = regexp.MustCompile(` (id|for|aria-labelledby|aria-describedby|aria-errormessage|aria-controls|data-copy|form)="([^"]*)"`)
	formAttribute = regexp.MustCompile(` (hx-[a-z-]+(:[a-z-]+)*|method|action|formaction|autofocus|data-announce)(="[^"]*")?`)
	linkAttribute = regexp.MustCompile(` href="[^"]*"`)
	formTag       = regexp.MustCompile(`<form\b[^>]*>`)
	anyTag        = regexp.MustCompile(`<[a-z][^>]*>`)
	// A figure may have a name and is no landmark; Pico would make a group a row of buttons.
	landmarkBegin = regexp.MustCompile(`<(section|nav|search|aside)\b`)
	landmarkEnd   = regexp.MustCompile(`</(section|nav|search|aside)>`)
)

// disarm makes a specimen of a component's HTML.
func disarm(html, name string) string {
	html = anyTag.ReplaceAllStringFunc(html, func(tag string) string {
		tag = idAttribute.ReplaceAllStringFunc(tag, func(attribute string) string {
			part := idAttribute.FindStringSubmatch(attribute)
			ids := strings.Fields(part[2])
			for i := range ids {
				ids[i] += "--" + name
			}
			return " " + part[1] + `="` + strings.Join(ids, " ") + `"`
		})
		tag = linkAttribute.ReplaceAllString(tag, ` href="#specimen-`+name+`"`)
		tag = strings.Replace(tag, ` role="region"`, ` role="figure"`, 1)
		return formAttribute.ReplaceAllString(tag, "")
	})
	// A form of this method belongs to a dialog. Without one, sending it does nothing.
	html = formTag.ReplaceAllStringFunc(html, func(tag string) string {
		return strings.Replace(tag, "<form", `<form method="dialog"`, 1)
	})
	html = strings.NewReplacer("<h1", `<h2 data-level="1"`, "</h1>", "</h2>").Replace(html) // a page has one
	return landmarkEnd.ReplaceAllString(landmarkBegin.ReplaceAllString(html, `<div role="figure"`), "</div>")
}
