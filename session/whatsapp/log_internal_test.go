package whatsapp

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

func TestLibraryLogKeepsSecrets(t *testing.T) {
	var out bytes.Buffer
	log := newLibraryLog(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), "device-1").Sub("Socket")
	secret := &waBinary.Node{Tag: "iq", Content: []waBinary.Node{{Tag: "ref", Content: []byte("2@SECRETSECRET")}}}
	jid := types.NewJID("6281234567890", types.DefaultUserServer)

	log.Debugf("%s", secret)
	log.Infof("Successfully paired %s", jid)
	if out.Len() != 0 {
		t.Fatalf("debug and info messages came through: %s", out.String())
	}
	log.Warnf("Unknown %s and %s from %s (%s) %X", secret, *secret, jid, &jid, []byte("SECRETSECRET"))
	log.Errorf("failed: %v", errors.New("prekey of 6281234567890 is AAAABBBBCCCCDDDDEEEEFFFFGGGG=="))
	got := out.String()
	for _, leak := range []string{"SECRET", "6281234567890", "AAAABBBB", "<ref"} {
		if strings.Contains(got, leak) {
			t.Errorf("the log holds %q:\n%s", leak, got)
		}
	}
	for _, want := range []string{"device=device-1", "module=Socket", "<iq>", "level=DEBUG", "failed: prekey of"} {
		if !strings.Contains(got, want) {
			t.Errorf("the log lacks %q:\n%s", want, got)
		}
	}
}
