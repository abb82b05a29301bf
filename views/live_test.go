package views_test

import (
	"strings"
	"testing"
	"time"

	"wadah/views"
)

// data reads an event stream's message back as a browser does.
func data(t *testing.T, message []byte) string {
	t.Helper()
	text, ok := strings.CutSuffix(string(message), "\n\n")
	if !ok || strings.Contains(text, "\n\n") {
		t.Fatalf("not one message: %q", message)
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		value, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			t.Fatalf("a line without data: %q", line)
		}
		lines = append(lines, value)
	}
	return strings.Join(lines, "\n")
}

func TestMessageCarriesPartialsUnchanged(t *testing.T) {
	got := data(t, views.Message([]byte("<p>one\ntwo</p>"), []byte("<p>three\r\nfour</p>")))
	if want := "<p>one\ntwo</p>\n<p>three\nfour</p>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// hx-sse swaps messages without a name and dispatches named ones as events: what
// is swapped must have no name, what is told must have one.
func TestNamedMessages(t *testing.T) {
	for name, message := range map[string][]byte{
		"wadah:beat": views.Beat(time.UnixMilli(1790000000123)), "wadah:ended": views.Ended(), "wadah:again": views.Again(),
		"wadah:hello": views.Hello(time.UnixMilli(1790000000123)),
	} {
		if !strings.HasPrefix(string(message), "event: "+name+"\ndata: ") || !strings.HasSuffix(string(message), "\n\n") {
			t.Errorf("%s is %q", name, message)
		}
	}
	if !strings.Contains(string(views.Hello(time.UnixMilli(1790000000123))), "data: 1790000000123\n") {
		t.Error("Hello does not tell the time in milliseconds")
	}
}
