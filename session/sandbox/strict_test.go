package sandbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox"
	"wadah/session/sandbox/sandboxtest"
)

func TestMalformedRegistrationIsRefused(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	for name, spoil := range map[string]func(*waWa6.ClientPayload_DevicePairingRegistrationData){
		"build hash":        func(d *waWa6.ClientPayload_DevicePairingRegistrationData) { d.BuildHash = make([]byte, 16) },
		"registration id":   func(d *waWa6.ClientPayload_DevicePairingRegistrationData) { d.ERegid = d.ERegid[:3] },
		"key type":          func(d *waWa6.ClientPayload_DevicePairingRegistrationData) { d.EKeytype = []byte{6} },
		"identity":          func(d *waWa6.ClientPayload_DevicePairingRegistrationData) { d.EIdent = keys.NewKeyPair().Pub[:] },
		"identity size":     func(d *waWa6.ClientPayload_DevicePairingRegistrationData) { d.EIdent = d.EIdent[:31] },
		"signed key":        func(d *waWa6.ClientPayload_DevicePairingRegistrationData) { d.ESkeyVal = make([]byte, 32) },
		"signature":         func(d *waWa6.ClientPayload_DevicePairingRegistrationData) { d.ESkeySig = make([]byte, 64) },
		"signature missing": func(d *waWa6.ClientPayload_DevicePairingRegistrationData) { d.ESkeySig = nil },
		"properties":        func(d *waWa6.ClientPayload_DevicePairingRegistrationData) { d.DeviceProps = []byte{0xFF} },
	} {
		t.Run(name, func(t *testing.T) {
			device := sandboxtest.OpenStore(t).NewDevice()
			c := sandboxtest.NewClient(t, s, device)
			c.GetClientPayload = func() *waWa6.ClientPayload {
				payload := device.GetClientPayload()
				spoil(payload.DevicePairingData)
				return payload
			}
			c.MustConnect()
			if got := sandboxtest.WaitFor[*events.ConnectFailure](c, 1); got.Reason != events.ConnectFailureGeneric {
				t.Errorf("refused with %v", got.Reason)
			}
		})
	}
	t.Run("neither login nor registration", func(t *testing.T) {
		c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
		c.GetClientPayload = func() *waWa6.ClientPayload { return &waWa6.ClientPayload{Passive: proto.Bool(true)} }
		c.MustConnect()
		sandboxtest.WaitFor[*events.ConnectFailure](c, 1)
	})
}

func TestMalformedPreKeysAreRefused(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, _ := sandboxtest.Link(t, s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	upload := func(change func(content []waBinary.Node) []waBinary.Node) error {
		regID := c.Store.RegistrationID
		key := keys.NewPreKey(900)
		signed := c.Store.SignedPreKey
		content := []waBinary.Node{
			{Tag: "registration", Content: []byte{byte(regID >> 24), byte(regID >> 16), byte(regID >> 8), byte(regID)}},
			{Tag: "type", Content: []byte{5}},
			{Tag: "identity", Content: c.Store.IdentityKey.Pub[:]},
			{Tag: "list", Content: []waBinary.Node{preKeyNode("key", 900, key.Pub[:])}},
			preKeyNode("skey", signed.KeyID, signed.Pub[:], waBinary.Node{Tag: "signature", Content: signed.Signature[:]}),
		}
		//nolint:staticcheck // marked as deprecated only to warn; there is no other way to send a malformed request
		_, err := c.DangerousInternals().SendIQ(t.Context(), whatsmeow.DangerousInfoQuery{
			Namespace: "encrypt", Type: "set", To: types.ServerJID, Content: change(content),
		})
		return err
	}
	if err := upload(func(content []waBinary.Node) []waBinary.Node { return content }); err != nil {
		t.Fatalf("a well-formed upload: %v", err)
	}
	for name, change := range map[string]func([]waBinary.Node) []waBinary.Node{
		"foreign registration": func(n []waBinary.Node) []waBinary.Node { n[0].Content = []byte{0, 0, 0, 0}; return n },
		"foreign identity":     func(n []waBinary.Node) []waBinary.Node { n[2].Content = keys.NewKeyPair().Pub[:]; return n },
		"no keys":              func(n []waBinary.Node) []waBinary.Node { n[3].Content = []waBinary.Node{}; return n },
		"the same key twice": func(n []waBinary.Node) []waBinary.Node {
			n[3].Content = append(n[3].GetChildren(), n[3].GetChildren()...)
			return n
		},
		"a short key": func(n []waBinary.Node) []waBinary.Node {
			n[3].Content = []waBinary.Node{preKeyNode("key", 901, make([]byte, 31))}
			return n
		},
		"no signed key": func(n []waBinary.Node) []waBinary.Node { return n[:4] },
		"a wrong signature": func(n []waBinary.Node) []waBinary.Node {
			n[4] = preKeyNode("skey", 1, make([]byte, 32), waBinary.Node{Tag: "signature", Content: make([]byte, 64)})
			return n
		},
	} {
		if err := upload(change); !errors.Is(err, whatsmeow.ErrIQNotAcceptable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if stats := s.Stats(); stats.PreKeys != 813 || stats.PreKeysRefused != 7 {
		t.Errorf("%d keys, %d refused uploads", stats.PreKeys, stats.PreKeysRefused)
	}
}

func preKeyNode(tag string, id uint32, public []byte, more ...waBinary.Node) waBinary.Node {
	return waBinary.Node{Tag: tag, Content: append([]waBinary.Node{
		{Tag: "id", Content: []byte{byte(id >> 16), byte(id >> 8), byte(id)}}, {Tag: "value", Content: public},
	}, more...)}
}

func TestBrokenProtocolEndsTheConnection(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	header := string(socket.WAConnHeader)
	for name, test := range map[string]struct {
		kind websocket.MessageType
		data string
	}{
		"no header":        {websocket.MessageBinary, "hello"},
		"old dictionary":   {websocket.MessageBinary, "WA\x06\x01\x00\x00\x01a"},
		"empty frame":      {websocket.MessageBinary, header + "\x00\x00\x00"},
		"huge frame":       {websocket.MessageBinary, header + "\xFF\xFF\xFFabc"},
		"no protobuf":      {websocket.MessageBinary, header + "\x00\x00\x03\xFF\xFF\xFF"},
		"empty hello":      {websocket.MessageBinary, header + "\x00\x00\x02\x12\x00"},
		"text":             {websocket.MessageText, header},
		"too large at all": {websocket.MessageBinary, header + string(make([]byte, 100_000))},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), sandboxtest.Patience)
			defer cancel()
			before := s.Stats().Malformed
			conn := dialRaw(t, s)
			// A message that is cut short by the service's close may fail to be
			// written; reading tells in any case.
			_ = conn.Write(ctx, test.kind, []byte(test.data))
			if _, _, err := conn.Read(ctx); err == nil || ctx.Err() != nil {
				t.Errorf("the connection stayed open: %v", err)
			}
			sandboxtest.Eventually(t, "it is counted", func() bool { return s.Stats().Malformed == before+1 })
		})
	}
}

func TestIdleConnectionIsClosed(t *testing.T) {
	// The library's first keepalive comes after 20 s at the earliest.
	s := sandboxtest.Start(t, func(cfg *sandbox.Config) { cfg.IdleTimeout = 300 * time.Millisecond })
	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	c.MustConnect()
	sandboxtest.WaitFor[*events.QR](c, 1)
	sandboxtest.WaitFor[*events.Disconnected](c, 1)
	sandboxtest.Eventually(t, "the connection is gone", func() bool { return len(s.Connections()) == 0 })
}
