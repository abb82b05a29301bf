package sandbox_test

import (
	"context"
	"errors"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox"
)

func TestOldVersionIsRefused(t *testing.T) {
	minimum := store.GetWAVersion()
	minimum[2]++
	strict := func(cfg *sandbox.Config) { cfg.MinVersion = minimum }

	t.Run("registering", func(t *testing.T) {
		s := startService(t, strict)
		c := newClient(t, s, openStore(t).NewDevice())
		c.connect()
		waitFor[*events.ClientOutdated](c, 1)
		if got := s.Stats().LoginsFailed[405]; got != 1 {
			t.Errorf("%d refusals counted", got)
		}
	})
	t.Run("login", func(t *testing.T) {
		path := t.TempDir() + "/state.json"
		keep := func(cfg *sandbox.Config) { cfg.StateFile = path }
		s := startService(t, keep)
		container := openStore(t)
		c, _ := linkNew(t, s, container, phoneA)
		c.Disconnect()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = startService(t, func(cfg *sandbox.Config) { keep(cfg); strict(cfg) })
		device, err := container.GetFirstDevice(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		again := newClient(t, s, device)
		again.connect()
		waitFor[*events.ClientOutdated](again, 1)
	})
}

func TestVersionPageTellsTheVersion(t *testing.T) {
	s := startService(t, func(cfg *sandbox.Config) { cfg.Version = [3]uint32{2, 3000, 1234567890} })
	got, err := whatsmeow.GetLatestVersion(t.Context(), httpTo(t, s))
	if err != nil || *got != (store.WAVersionContainer{2, 3000, 1234567890}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestNewerLoginReplacesTheOlder(t *testing.T) {
	s := startService(t, nil)
	container := openStore(t)
	first, _ := linkNew(t, s, container, phoneA)
	device, err := container.GetFirstDevice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := newClient(t, s, device)
	second.connect()
	waitFor[*events.Connected](second, 1)
	waitFor[*events.StreamReplaced](first, 1)
	eventually(t, "only one connection is left", func() bool { return len(s.Connections()) == 1 })
	if s.Stats().Online != 1 {
		t.Error("the replacement took the newer connection with it")
	}
}

func TestQuestionsAfterLoginAreAnswered(t *testing.T) {
	s := startService(t, nil)
	c, companion := linkNew(t, s, openStore(t), phoneA)
	ask := map[string]func(context.Context) error{
		"privacy": func(ctx context.Context) error {
			_, err := c.TryFetchPrivacySettings(ctx, true)
			return err
		},
		"blocklist": func(ctx context.Context) error {
			_, err := c.GetBlocklist(ctx)
			return err
		},
		"groups": func(ctx context.Context) error {
			_, err := c.GetJoinedGroups(ctx)
			return err
		},
		"passive": func(ctx context.Context) error { return c.SetPassive(ctx, false) },
		"push settings": func(ctx context.Context) error {
			_, err := c.GetServerPushNotificationConfig(ctx)
			return err
		},
		"contacts": func(ctx context.Context) error {
			_, err := c.IsOnWhatsApp(ctx, []string{"+" + phoneB})
			return err
		},
	}
	for name, question := range ask {
		if err := question(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if unknown := s.Stats().Unknown; len(unknown) > 0 {
		t.Errorf("unknown requests: %v", unknown)
	}
	// What the service does not know it refuses, and says so.
	jid, err := types.ParseJID(companion.JID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.GetBusinessProfile(t.Context(), jid.ToNonAD()); !isIQError(err) {
		t.Errorf("unknown request: %v", err)
	}
	if unknown := s.Stats().Unknown; len(unknown) != 1 {
		t.Errorf("unknown requests: %v", unknown)
	}
}

func isIQError(err error) bool {
	var refused *whatsmeow.IQError
	return errors.As(err, &refused)
}
