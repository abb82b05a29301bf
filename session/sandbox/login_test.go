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
	"wadah/session/sandbox/sandboxtest"
)

func TestOldVersionIsRefused(t *testing.T) {
	minimum := store.GetWAVersion()
	minimum[2]++
	strict := func(cfg *sandbox.Config) { cfg.MinVersion = minimum }

	t.Run("registering", func(t *testing.T) {
		s := sandboxtest.Start(t, strict)
		c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
		c.MustConnect()
		sandboxtest.WaitFor[*events.ClientOutdated](c, 1)
		if got := s.Stats().LoginsFailed[405]; got != 1 {
			t.Errorf("%d refusals counted", got)
		}
	})
	t.Run("login", func(t *testing.T) {
		path := t.TempDir() + "/state.json"
		keep := func(cfg *sandbox.Config) { cfg.StateFile = path }
		s := sandboxtest.Start(t, keep)
		container := sandboxtest.OpenStore(t)
		c, _ := sandboxtest.Link(t, s, container, sandboxtest.PhoneA)
		c.Disconnect()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = sandboxtest.Start(t, func(cfg *sandbox.Config) { keep(cfg); strict(cfg) })
		device, err := container.GetFirstDevice(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		again := sandboxtest.NewClient(t, s, device)
		again.MustConnect()
		sandboxtest.WaitFor[*events.ClientOutdated](again, 1)
	})
}

func TestVersionPageTellsTheVersion(t *testing.T) {
	s := sandboxtest.Start(t, func(cfg *sandbox.Config) { cfg.Version = [3]uint32{2, 3000, 1234567890} })
	got, err := whatsmeow.GetLatestVersion(t.Context(), sandboxtest.HTTPTo(t, s))
	if err != nil || *got != (store.WAVersionContainer{2, 3000, 1234567890}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestNewerLoginReplacesTheOlder(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	container := sandboxtest.OpenStore(t)
	first, _ := sandboxtest.Link(t, s, container, sandboxtest.PhoneA)
	device, err := container.GetFirstDevice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := sandboxtest.NewClient(t, s, device)
	second.MustConnect()
	sandboxtest.WaitFor[*events.Connected](second, 1)
	sandboxtest.WaitFor[*events.StreamReplaced](first, 1)
	sandboxtest.Eventually(t, "only one connection is left", func() bool { return len(s.Connections()) == 1 })
	if s.Stats().Online != 1 {
		t.Error("the replacement took the newer connection with it")
	}
}

func TestQuestionsAfterLoginAreAnswered(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, companion := sandboxtest.Link(t, s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
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
			_, err := c.IsOnWhatsApp(ctx, []string{"+" + sandboxtest.PhoneB})
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
