package whatsapp

import (
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/types"
)

// Ensure that what the library's log says of a message that is being sent is counted.
func TestPartial(t *testing.T) {
	own := types.NewJID("1", types.HiddenUserServer)
	p := &partial{own: func(jid types.JID) bool { return jid.User == own.User }}
	log := newLibraryLog(slog.New(slog.DiscardHandler), "device-1")
	log.warned = p.said
	fail := func(id string, jid types.JID) {
		log.Sub("Send").Warnf(sayNotEncrypted+"%v", id, jid, errors.New("no keys"))
	}
	other := types.NewJID("2", types.HiddenUserServer)
	fail("A", other) // nothing is being sent
	p.begin("A")
	fail("A", other)
	fail("A", own)
	fail("B", other)
	log.Warnf(sayOtherDevices+"(%s != %s) when sending to %s.", "x", "y", other)
	if n := p.end(); n != 1 {
		t.Errorf("%d devices were left out", n)
	}
	p.begin("B")
	fail("B", other)
	fail("B", types.NewJID("3", types.HiddenUserServer))
	if n := p.end(); n != 2 {
		t.Errorf("%d devices were left out", n)
	}
	p.begin("C")
	if n := p.end(); n != 0 {
		t.Errorf("%d devices were left out of what went well", n)
	}
}

// Ensure that the library still says it in these words.
func TestPartialWords(t *testing.T) {
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "go.mau.fi/whatsmeow").Output()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "send.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{sayNotEncrypted, sayOtherDevices} {
		if !strings.Contains(string(source), `Warnf("`+words) {
			t.Errorf("send.go does not say %q any more", words)
		}
	}
}
