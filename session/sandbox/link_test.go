package sandbox_test

import (
	"testing"

	"go.mau.fi/whatsmeow/types/events"
)

func TestScanLinksADevice(t *testing.T) {
	s := startService(t, nil)
	container := openStore(t)
	c, companion := linkNew(t, s, container, phoneA)
	if got := c.Store.ID.String(); got != companion.JID {
		t.Errorf("device is %s, phone says %s", got, companion.JID)
	}
	success := seen[*events.PairSuccess](c)[0]
	if success.LID.IsEmpty() || success.Platform == "" {
		t.Errorf("pair success without LID or platform: %+v", success)
	}
	if n := s.Stats().PreKeys; n < 800 {
		t.Errorf("service has %d pre-keys, want the first upload of 812", n)
	}
	if unknown := s.Stats().Unknown; len(unknown) > 0 {
		t.Errorf("requests the service does not know: %v", unknown)
	}
}
