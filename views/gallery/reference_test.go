package gallery_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"wadah/views"
	auditviews "wadah/views/audit"
	referenceviews "wadah/views/reference"
)

// Everything that can be seen is led to, every form names its device, and who may only
// look has none.
func TestReferencePage(t *testing.T) {
	for _, lang := range []views.Lang{views.Indonesian, views.English} {
		doc, err := html.Parse(strings.NewReader(string(render(t, referenceviews.ReferenceShow(referencePage(lang))))))
		if err != nil {
			t.Fatal(err)
		}
		links := 0
		for _, a := range elements(doc, "a") {
			if id, ok := strings.CutPrefix(attr(a, "href"), "#"); ok {
				if byID(doc, id) == nil {
					t.Errorf("#%s leads nowhere", id)
				}
				links++
			}
		}
		if links < 20 {
			t.Errorf("only %d links", links)
		}
		forms := 0
		for _, f := range elements(doc, "form") {
			if attr(f, "action") != "/reference/try" {
				continue
			}
			forms++
			var device *html.Node
			for _, i := range elements(f, "input") {
				if attr(i, "name") == "device" {
					device = i
				}
			}
			if device == nil || attr(device, "value") != "d1" {
				t.Errorf("the form %s does not name the chosen device", attr(f, "id"))
			}
		}
		if forms != 4 {
			t.Errorf("%d forms", forms)
		}
	}
	reader := string(render(t, referencePages(views.English)["reference-viewer"]))
	off := string(render(t, referencePages(views.English)["reference-refused"]))
	if strings.Contains(reader, "/reference/try") || strings.Contains(reader, "reference-device") {
		t.Error("who may only look can try calls")
	}
	if strings.Contains(off, "try-deleteDevice") || !strings.Contains(off, "reference-system-off") || !strings.Contains(off, "no limit") {
		t.Error("without a system secret there is a form, or nobody says why there is none")
	}
}

// The curl lines can be pasted as they are.
func TestReferenceCurl(t *testing.T) {
	got := string(render(t, referenceviews.ReferenceShow(referencePage(views.English))))
	for _, want := range []string{
		"curl https://wadah.example.com/api/getQR -d apiKey=YOUR_API_KEY -d wait=10",
		"-d apiKey=YOUR_API_KEY --data-urlencode &#39;phone=+62 812&#39;",
		"/api/deleteDevice -d secret=YOUR_SYSTEM_SECRET -d id=06h0d6kr2sob0prs6bqba3304o<",
		"new EventSource(&#34;https://wadah.example.com/api/events?apiKey=YOUR_API_KEY&#34;)",
		">curl https://wadah.example.com/api/openapi.yaml<",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
}

// Every reason that a device can have stands in the table of states.
func TestReferenceStates(t *testing.T) {
	got := string(render(t, referenceviews.ReferenceShow(referencePage(views.English))))
	for _, reason := range views.Reasons() {
		if inTimelines := reason == "server_down"; strings.Contains(got, "<code>"+reason+"</code>") == inTimelines {
			t.Errorf("the reason %s is missing, or does not belong here", reason)
		}
	}
	if !slices.Contains(auditviews.AuditActions(), "reference.try") {
		t.Error("a call that was tried has no word in the audit")
	}
}
