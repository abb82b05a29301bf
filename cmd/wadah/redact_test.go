package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// Ensure that a secret in a line of the log is hidden, wherever it stands, and that
// what people need to read stays.
func TestRedact(t *testing.T) {
	secrets := map[string]string{
		"API key":      "be670d0018987231588ff183a0e8d509",
		"server key":   strings.Repeat("be670d0018987231", 4),
		"QR text":      "https://wa.me/settings/linked_devices#2@abc,def=,ghi=,jkl=,1",
		"QR picture":   "data:image/png;base64,iVBORw0KGgo=",
		"set-up link":  "/setup?token=JCPDMSFXBLTMZ75F4HE66CT5DL",
		"scan link":    "/scan/AbCdEfGhIjKlMnOpQrStUvWxYz012345",
		"pairing code": "ABCD-EF23",
		"phone number": "6281234567890",
		"JID":          "6281234567890:3@s.whatsapp.net",
		"proxy":        "socks5://budi:rahasia%201@10.0.0.1:1080",
	}
	for _, format := range []string{"text", "json"} {
		for name, secret := range secrets {
			for where, write := range map[string]func(*bytes.Buffer) error{
				"message": func(b *bytes.Buffer) error {
					log, err := newLogger(b, "debug", format)
					if err == nil {
						log.Debug("got " + secret + " here") //nolint:sloglint // what the test is about
					}
					return err
				},
				"attribute": func(b *bytes.Buffer) error {
					log, err := newLogger(b, "debug", format)
					if err == nil {
						log.With("with", secret).Debug("got", "text", "is "+secret, "err", errors.New("bad "+secret))
					}
					return err
				},
			} {
				var b bytes.Buffer
				if err := write(&b); err != nil {
					t.Fatal(err)
				}
				core := strings.TrimPrefix(strings.TrimSuffix(secret, "@s.whatsapp.net"), "https://wa.me/settings/linked_devices#")
				core = strings.TrimSuffix(strings.TrimPrefix(core, "socks5://budi:"), "@10.0.0.1:1080")
				if strings.Contains(b.String(), core) || !strings.Contains(b.String(), hidden) {
					t.Errorf("%s in the %s (%s): %s", name, where, format, b.String())
				}
			}
		}
	}

	harmless := `device=06h0d9ch71fhggsfdek8176fa0 state=CONNECTED url=http://127.0.0.1:8080 version=2.3000.1045649367 took=1.5s data=/tmp/wadah-sandbox-2871234567`
	if got := redactText(harmless); got != harmless {
		t.Errorf("hidden without need: %s", got)
	}
}
