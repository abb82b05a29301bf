package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.mau.fi/whatsmeow/store"
)

// stores are all stores of the library's device for one connection. Each call passes
// through, inside the library's own transactions too, and its guard sees how it ends.
// They are written out, not embedded: a store that a new version of the library adds
// must not get past the guard unseen.
type stores struct {
	*guard
	inner   store.AllSessionSpecificStores
	preKeys store.PreKeyStore
	secrets store.MsgSecretStore
	lids    store.LIDStore
	durable *durable
	signal  sync.Mutex        // see alone
	begun   map[string][]byte // sessions as GetManySessions gave them last; guarded by signal
	single  map[string][]byte // likewise GetSession, until they are put

	identities identities // those that this connection has stored

	vault    Vault           // seals the plaintext of messages until they are stored; nil seals nothing
	owner    string          // our id of the device
	ownPhone map[string]bool // addresses of the account's own phone
	settings *settings       // nil on a connection that receives nothing
}

var (
	_ store.AllStores       = (*stores)(nil)
	_ store.DeviceContainer = (*guardedContainer)(nil)
)

// guardedContainer saves and deletes the device itself.
type guardedContainer struct {
	*container
	guard *guard
}

// PutDevice saves a device. The library calls it when linking succeeds, and when the
// name or the addresses of the account change.
func (c *guardedContainer) PutDevice(ctx context.Context, device *store.Device) error {
	err := c.guard.do(ctx, func() error { return c.container.PutDevice(ctx, device) })
	if dressErr := c.dress(device, c.guard); err == nil {
		err = dressErr
	}
	return err
}

// errDeviceOurs keeps the library from clearing its device after it was deleted, which
// would race with all that reads it (store.Device.Delete takes no lock).
var errDeviceOurs = errors.New("the device is not cleared, its connection ends")

// DeleteDevice deletes a device. The library calls it when WhatsApp ends the link, on a
// connection for which nothing is stored from then on. When we have asked WhatsApp to end
// it, its owner decides when the credentials go.
func (c *guardedContainer) DeleteDevice(ctx context.Context, device *store.Device) error {
	c.guard.end()
	if c.guard != nil && c.guard.unlinks.Load() {
		return errDeviceOurs
	}
	return errors.Join(errDeviceOurs, c.container.DeleteDevice(ctx, device))
}

// dress puts our stores in place of those that the library has made for a device. It
// makes them when the device is loaded, or first saved.
func (c *container) dress(device *store.Device, g *guard) error {
	device.Container = &guardedContainer{container: c, guard: g}
	if !device.Initialized {
		return nil
	}
	if _, done := device.Identities.(*stores); done {
		return nil
	}
	inner, ok := device.Identities.(store.AllSessionSpecificStores)
	if !ok {
		return fmt.Errorf("the library's store is a %T", device.Identities)
	}
	jid := device.ID.String()
	all := &stores{
		guard: g, inner: inner, lids: device.LIDs, single: make(map[string][]byte),
		preKeys: newPreKeyStore(inner, c, jid), secrets: &secretStore{db: c.db, jid: jid, lids: device.LIDs},
	}
	device.SetAllStores(all)
	device.LIDs = all
	return nil
}

// step is do for what no frame may overtake: WhatsApp does not hand over again what it was
// told that we have, and a counter or key that it was given must not be used for another.
func (s *stores) step(ctx context.Context, f func() error) error {
	err := s.do(ctx, f)
	if err == nil {
		s.durable.stepped()
	}
	return err
}
