package main

import (
	"fmt"
	"log/slog"
	"regexp"
)

// hidden stands in the log for what must not be there. Nothing in the product logs
// secrets: this is the net below, and the tests fail when it ever catches something.
const hidden = "[hidden]"

// secretShapes are what secrets look like, whoever wrote them into a line of the log.
// What the groups match is kept.
var secretShapes = []*regexp.Regexp{
	regexp.MustCompile(`linked_devices#\S+`),                            // the text of a QR code
	regexp.MustCompile(`data:image/\S+`),                                // its picture
	regexp.MustCompile(`(?i)\b(token|apikey|secret|password)=\S+`),      // parts of addresses and forms
	regexp.MustCompile(`/scan/[A-Za-z0-9_-]{32}`),                       // scan links
	regexp.MustCompile(`(://[^\s/:@]*:)[^\s/@]+(@)`),                    // the password in a proxy's address
	regexp.MustCompile(`\b(?:[0-9a-f]{32}|[0-9a-f]{64})\b`),             // API keys, system secrets, the server key
	regexp.MustCompile(`\b[1-9A-HJ-NP-TV-Z]{4}-[1-9A-HJ-NP-TV-Z]{4}\b`), // phone codes
	regexp.MustCompile(`(^|[^-.0-9A-Za-z])[1-9][0-9]{9,14}\b`),          // phone numbers, not the parts of a version or of a temporary name
}

// redact is the ReplaceAttr of the program's log: the one place that every line passes.
func redact(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() { //nolint:exhaustive // the other kinds hold no text
	case slog.KindString:
		if text, safe := a.Value.String(), redactText(a.Value.String()); safe != text {
			return slog.String(a.Key, safe)
		}
	case slog.KindAny:
		switch v := a.Value.Any().(type) {
		case error:
			if safe := redactText(v.Error()); safe != v.Error() {
				return slog.String(a.Key, safe)
			}
		case fmt.Stringer:
			if safe := redactText(v.String()); safe != v.String() {
				return slog.String(a.Key, safe)
			}
		}
	}
	return a
}

func redactText(text string) string {
	for _, shape := range secretShapes {
		text = shape.ReplaceAllString(text, "${1}"+hidden+"${2}")
	}
	return text
}
