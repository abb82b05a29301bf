package gallery_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"wadah/views"
)

// parsed are the pages of a language as a browser without scripts sees them, by name.
// Tests only read them.
var parsed = map[views.Lang]func() (map[string]*html.Node, error){
	views.Indonesian: sync.OnceValues(func() (map[string]*html.Node, error) { return parsePages(views.Indonesian) }),
	views.English:    sync.OnceValues(func() (map[string]*html.Node, error) { return parsePages(views.English) }),
}

func parsePages(lang views.Lang) (map[string]*html.Node, error) {
	docs := map[string]*html.Node{}
	for name, component := range pages(lang) {
		var b bytes.Buffer
		if err := component.Render(context.Background(), &b); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		doc, err := html.ParseWithOptions(&b, html.ParseOptionEnableScripting(false))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		docs[name] = doc
	}
	return docs, nil
}

// eachPage checks every page in both languages.
func eachPage(t *testing.T, check func(t *testing.T, doc *html.Node)) {
	t.Helper()
	for lang, pages := range parsed {
		docs, err := pages()
		if err != nil {
			t.Fatal(err)
		}
		for name, doc := range docs {
			t.Run(string(lang)+"/"+name, func(t *testing.T) { check(t, doc) })
		}
	}
}

// elements lists the elements with one of the names, in document order; no names
// mean all.
func elements(n *html.Node, names ...string) []*html.Node {
	var found []*html.Node
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.ElementNode && (len(names) == 0 || slices.Contains(names, c.Data)) {
				found = append(found, c)
			}
			walk(c)
		}
	}
	walk(n)
	return found
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func content(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func byID(doc *html.Node, id string) *html.Node {
	for _, n := range elements(doc) {
		if attr(n, "id") == id {
			return n
		}
	}
	return nil
}

func TestNoInlineScriptOrStyle(t *testing.T) {
	eachPage(t, func(t *testing.T, doc *html.Node) {
		for _, n := range elements(doc) {
			switch {
			case n.Data == "style":
				t.Error("a <style> element")
			case n.Data == "script" && (attr(n, "src") == "" || content(n) != ""):
				t.Error("an inline script")
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") ||
					strings.HasPrefix(strings.ToLower(a.Val), "javascript:") || strings.HasPrefix(a.Val, "js:") {
					t.Errorf("<%s> carries %s=%q", n.Data, a.Key, a.Val)
				}
			}
		}
	})
}

func TestNothingComesFromAnotherHost(t *testing.T) {
	eachPage(t, func(t *testing.T, doc *html.Node) {
		for _, n := range elements(doc) {
			for _, key := range []string{"src", "href", "action", "formaction", "hx-post", "hx-get", "hx-sse:connect", "srcset", "data"} {
				if v := attr(n, key); has(n, key) && !strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "#") && !strings.HasPrefix(v, "data:image/") ||
					strings.HasPrefix(v, "//") {
					t.Errorf("<%s> has %s=%q", n.Data, key, v)
				}
			}
		}
	})
}

func TestIDsAreUniqueAndReferencesLead(t *testing.T) {
	eachPage(t, func(t *testing.T, doc *html.Node) {
		ids := map[string]bool{}
		for _, n := range elements(doc) {
			if id := attr(n, "id"); id != "" {
				if ids[id] {
					t.Errorf("two elements have the id %q", id)
				}
				ids[id] = true
			}
		}
		for _, n := range elements(doc) {
			for _, key := range []string{"for", "aria-labelledby", "aria-describedby", "aria-errormessage", "aria-controls", "data-copy", "form"} {
				if key == "form" && inert(n) {
					continue
				}
				for id := range strings.FieldsSeq(attr(n, key)) {
					if !ids[id] {
						t.Errorf("<%s %s=%q> leads nowhere", n.Data, key, id)
					}
				}
			}
		}
	})
}

// named says whether assistive technology can say what an element is.
func named(doc, n *html.Node) bool {
	if attr(n, "aria-label") != "" || content(n) != "" {
		return true
	}
	for id := range strings.FieldsSeq(attr(n, "aria-labelledby")) {
		if l := byID(doc, id); l != nil && content(l) != "" {
			return true
		}
	}
	return false
}

func TestEveryControlIsNamed(t *testing.T) {
	eachPage(t, func(t *testing.T, doc *html.Node) {
		labels := map[string]bool{}
		for _, l := range elements(doc, "label") {
			labels[attr(l, "for")] = content(l) != ""
		}
		for _, n := range elements(doc, "input", "textarea", "select") {
			if attr(n, "type") != "hidden" && attr(n, "aria-label") == "" && !labels[attr(n, "id")] {
				t.Errorf("<%s id=%q> has no label", n.Data, attr(n, "id"))
			}
		}
		for _, n := range elements(doc, "button", "a", "summary", "pre") {
			if !named(doc, n) {
				t.Errorf("<%s id=%q> has no name", n.Data, attr(n, "id"))
			}
		}
		for _, n := range elements(doc, "section", "nav", "fieldset") {
			if attr(n, "aria-label") == "" && attr(n, "aria-labelledby") == "" && n.Data != "fieldset" && attr(n, "class") != "problem" && attr(n, "class") != "phone-part" {
				t.Errorf("<%s class=%q> has no name", n.Data, attr(n, "class"))
			}
			if n.Data == "fieldset" && len(elements(n, "legend")) == 0 && attr(n, "aria-labelledby") == "" {
				t.Error("a fieldset has no legend")
			}
		}
		for _, n := range elements(doc, "img") {
			if attr(n, "alt") == "" {
				t.Errorf("<img id=%q> has no alternative text", attr(n, "id"))
			}
		}
		for _, n := range elements(doc, "svg") {
			if attr(n, "role") == "img" { // it tells something
				if said := elements(n, "title"); len(said) != 1 || content(said[0]) == "" {
					t.Error("a drawing that tells something says nothing")
				}
				continue
			}
			if attr(n, "aria-hidden") != "true" && n.Parent != nil && attr(n.Parent, "aria-hidden") != "true" {
				t.Error("a drawing is not hidden from assistive technology")
			}
		}
	})
}

func TestPagesHaveOneMainOneTitleOneFirstHeading(t *testing.T) {
	eachPage(t, func(t *testing.T, doc *html.Node) {
		for _, name := range []string{"main", "title", "h1"} {
			found := slices.DeleteFunc(elements(doc, name), func(n *html.Node) bool { return n.Namespace != "" }) // drawings have titles, too
			if len(found) != 1 || content(found[0]) == "" {
				t.Errorf("%d <%s>", len(found), name)
			}
		}
		last := 1
		for _, n := range elements(doc, "h1", "h2", "h3", "h4") {
			level := int(n.Data[1] - '0')
			if level > last+1 {
				t.Errorf("heading %q jumps from level %d to %d", content(n), last, level)
			}
			last = level
		}
		if lang := attr(elements(doc, "html")[0], "lang"); lang != "id" && lang != "en" {
			t.Errorf("the page says it is in %q", lang)
		}
	})
}

// inert says whether an element is in a specimen on the page of components, where
// nothing works on purpose (TestPagesShowEveryComponent).
func inert(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if attr(n, "class") == "specimen" {
			return true
		}
	}
	return false
}

func TestEveryFormWorksWithoutJavaScript(t *testing.T) {
	eachPage(t, func(t *testing.T, doc *html.Node) {
		for _, form := range elements(doc, "form") {
			if inert(form) {
				continue
			}
			if attr(form, "action") == "" || attr(form, "method") == "" {
				t.Errorf("form %q has no action or method", attr(form, "id"))
			}
			if post := attr(form, "hx-post"); post != "" && post != attr(form, "action") {
				t.Errorf("form for %s posts to %s with scripts", attr(form, "action"), post)
			}
			buttons := elements(form, "button")
			if !slices.ContainsFunc(buttons, func(b *html.Node) bool { return attr(b, "type") == "submit" }) {
				t.Errorf("form %s has no button that submits", attr(form, "action"))
			}
		}
		for _, n := range elements(doc, "button") {
			if inert(n) {
				continue
			}
			if attr(n, "type") == "" {
				t.Errorf("button %q has no type", content(n))
			}
			if attr(n, "data-testid") == "" && !has(n, "data-dismiss") {
				t.Errorf("button %q has no data-testid", content(n))
			}
			if attr(n, "type") == "button" && !has(n, "hidden") {
				t.Errorf("button %q needs scripts and is shown without them", content(n))
			}
		}
	})
}

// A text that was not found shows its key.
func TestNoPageShowsAKeyOrAGapInAText(t *testing.T) {
	keys := readTexts(t, "en")
	eachPage(t, func(t *testing.T, doc *html.Node) {
		for n := range doc.Descendants() {
			if n.Type != html.TextNode {
				continue
			}
			text := strings.TrimSpace(n.Data)
			if _, isKey := keys[text]; isKey || strings.Contains(text, "<no value>") {
				t.Errorf("<%s> says %q", n.Parent.Data, text)
			}
		}
	})
}

func TestStateIsNeverSaidByColourAlone(t *testing.T) {
	eachPage(t, func(t *testing.T, doc *html.Node) {
		for _, n := range elements(doc) {
			if attr(n, "data-testid") != "device-state" {
				continue
			}
			if content(n) == "" || len(elements(n, "svg")) != 1 || attr(n, "data-state") == "" || attr(n, "data-reason") == "" {
				t.Errorf("a state badge lacks word, symbol or names: %q", content(n))
			}
		}
	})
}

// The browser tests of the product find things by these names.
func TestNamesThatTestsRelyOn(t *testing.T) {
	want := map[string][]string{
		"setup":          {"setup-name", "setup-password", "setup-password2", "setup-submit", "lang-id", "lang-en", "theme-light", "theme-dark", "theme-auto"},
		"signin":         {"signin-name", "signin-password", "signin-submit"},
		"signin-problem": {"error-message"},
		"devices-one": {
			"add-device-name", "add-device-start", "add-device-submit", "device-row", "device-link", "device-state", "signout", "stop", "flash", "sandbox-banner",
			"error-message", "lang-id", "lang-en", "theme-light", "theme-dark", "theme-auto",
		},
		"device-stopped":  {"start"},
		"device-qr":       {"device-qr", "device-qr-countdown", "stop", "restart", "to-keys", "to-settings", "to-danger", "pair-phone-number", "pair-phone-submit", "timeline"},
		"device-code":     {"pair-phone-code"},
		"device-danger":   {"logout", "delete"},
		"device-settings": {"rename-name", "note-text", "proxy-address", "proxy-remove", "settings-submit", "default-submit", "error-message"},
		"device-keys":     {"key-reveal", "curl-line"},
		"device-mending":  {"to-proxy"},
		"device-revealed": {"key-value", "key-copy"},
		"confirm-logout":  {"logout-confirm"},
		"confirm-delete":  {"delete-confirm"},
		"phones":          {"phone-card", "phone-scan", "phone-unlink", "sandbox-banner"},
		"problem-404":     {"error-message"},
		"reference":       {"nav-reference", "reference-device", "reference-call", "reference-curl-getQR", "try-getQR", "try-getQR-wait", "try-send-getQR", "try-open-serviceLogout", "reference-error"},
		"reference-tried": {"try-answer-getQR", "try-status", "try-request", "try-body", "try-qr"},
	}
	all := pages(views.Indonesian)
	for name, testids := range want {
		var b bytes.Buffer
		if err := all[name].Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		for _, id := range testids {
			if !strings.Contains(b.String(), `data-testid="`+id+`"`) {
				t.Errorf("%s has no data-testid %q", name, id)
			}
		}
	}
}
