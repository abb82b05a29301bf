package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// greeting is what the program says on standard output once it serves.
type greeting struct {
	url       string // where the panel is
	setupURL  string // one-time link for the first admin; "" when there is one already
	simulated string // URL of the simulated WhatsApp; "" for the real one
	control   string // URL of its control API, when this program runs it
	beside    string // a command on the same data for a second terminal; "" for none
}

// write prints the greeting. The set-up link is a secret until it is used: it
// goes to standard output only, never into the log.
func (g greeting) write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Wadah: %s\n", g.url)
	if g.simulated != "" {
		fmt.Fprintf(&b, "Simulated WhatsApp: %s (no real phone can be linked)\n", g.simulated)
	}
	if g.control != "" {
		fmt.Fprintf(&b, "Control API: %s\n", g.control)
	}
	if g.beside != "" {
		fmt.Fprintf(&b, "In a second terminal, such as: %s\n", g.beside)
	}
	if g.setupURL != "" {
		b.WriteString("\n" + frame(
			"Open this link once to create the first admin:",
			"Buka tautan ini sekali untuk membuat admin pertama:",
			"",
			g.setupURL,
		))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// frame draws a box around lines.
func frame(lines ...string) string {
	width := 0
	for _, line := range lines {
		width = max(width, utf8.RuneCountInString(line))
	}
	edge := "+" + strings.Repeat("-", width+4) + "+\n"
	var b strings.Builder
	b.WriteString(edge)
	for _, line := range lines {
		pad := strings.Repeat(" ", width-utf8.RuneCountInString(line))
		b.WriteString("|  " + line + pad + "  |\n")
	}
	b.WriteString(edge)
	return b.String()
}
