package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"google.golang.org/protobuf/proto"

	"wadah/session"
	"wadah/session/message"
)

// The settings that an account's devices share, WhatsApp's "app state", are fetched when
// they have changed. The library would do that on goroutines of its own, which has two
// faults:
//
//   - No recover protects them, and it trusts the settings' shape: one whose index has no
//     parts would end the process (appstate.go, mutation.Index[0]).
//   - It acknowledges the news first, and stores the new version before what it says: a
//     program that is killed would never learn of it.
//
// So what has changed is expected, in the store, before anything is acknowledged (see
// message.AppState), and fetched by whoever reads what is expected. Each fetch begins with
// a look at the version that the store has: there the library's own are sent away.

// ours marks the context of a fetch that may go on.
type ours struct{}

// errElsewhere ends a fetch of the library's that goes on elsewhere.
var errElsewhere = errors.New("the settings are fetched elsewhere")

// fetchAppState is asked by the library's store for a collection.
func (c *conn) fetchAppState(name string) {
	if c.settings != nil {
		if err := c.expectAppState(name); err != nil {
			c.guard.trip(err)
		}
		return
	}
	if !c.begin() {
		return
	}
	go func() {
		defer c.work.Done()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() {
			select {
			case <-c.wire.leaving.c:
				cancel()
			case <-ctx.Done():
			}
		}()
		if err := c.fetch(ctx, appstate.WAPatchName(name), false); err != nil {
			c.log.Debug("settings were not fetched", "collection", name, "err", err)
		}
	}()
}

// expectAppState has a collection fetched. Of one that the library does not know nothing
// could be read.
func (c *conn) expectAppState(name string) error {
	if !slices.Contains(appstate.AllPatchNames[:], appstate.WAPatchName(name)) {
		return nil
	}
	return c.on.Accept(message.AppState{Name: name, At: time.Now()})
}

// noteAppState has what a stanza says has changed fetched, before the library acknowledges
// the stanza. It reports whether the library may have it.
func (c *conn) noteAppState(node *waBinary.Node) bool {
	if c.settings == nil || node.Tag != "notification" || node.Attrs["type"] != "server_sync" {
		return true
	}
	for _, collection := range node.GetChildrenByTag("collection") {
		name, _ := collection.Attrs["name"].(string)
		if err := c.expectAppState(name); err != nil {
			c.guard.trip(err)
			return false
		}
	}
	return true
}

// ReadAppState fetches a collection, or all with new keys; see session.Conn.
func (c *conn) ReadAppState(ctx context.Context, name string, keys []byte, afresh bool) (message.Digest, error) {
	if c.settings == nil || !c.begin() {
		return message.Digest{}, errHungUp
	}
	defer c.work.Done()
	names := []appstate.WAPatchName{appstate.WAPatchName(name)}
	if len(keys) > 0 {
		if err := c.takeKeys(ctx, keys); err != nil {
			return message.Digest{}, err
		}
		names = appstate.AllPatchNames[:]
	}
	for _, one := range names {
		if err := c.fetch(ctx, one, afresh); err != nil {
			return message.Digest{}, fmt.Errorf("fetching %s: %w", one, err)
		}
	}
	digest, err := c.settingsDigest(ctx, afresh)
	if err == nil {
		err = c.guard.failure()
	}
	if err != nil {
		return message.Digest{}, fmt.Errorf("%w: %w", session.ErrStorage, err)
	}
	return digest, nil
}

// fetch fetches what is new of a collection, or all of it. What the library cannot digest
// it never will.
func (c *conn) fetch(ctx context.Context, name appstate.WAPatchName, afresh bool) (err error) {
	defer func() {
		if r := recover(); r != nil {
			c.log.Error("recovered from a panic", "in", "whatsmeow app state", "collection", name, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("%w: the library cannot read it", session.ErrGone)
		}
	}()
	return plainIQError(c.cli.FetchAppState(context.WithValue(ctx, ours{}, true), name, afresh, false))
}

// takeKeys stores keys that the phone has handed over. The library does it, too, after it
// has told the phone that it has them.
func (c *conn) takeKeys(ctx context.Context, raw []byte) error {
	var share waE2E.AppStateSyncKeyShare
	if err := proto.Unmarshal(raw, &share); err != nil {
		return fmt.Errorf("%w: keys cannot be read: %w", session.ErrGone, err)
	}
	for _, key := range share.GetKeys() {
		fingerprint, err := proto.Marshal(key.GetKeyData().GetFingerprint())
		if err != nil {
			return fmt.Errorf("%w: keys cannot be read: %w", session.ErrGone, err)
		}
		err = c.cli.Store.AppStateKeys.PutAppStateSyncKey(ctx, key.GetKeyID().GetKeyID(), store.AppStateSyncKey{
			Data: key.GetKeyData().GetKeyData(), Fingerprint: fingerprint, Timestamp: key.GetKeyData().GetTimestamp(),
		})
		if err != nil {
			return fmt.Errorf("%w: %w", session.ErrStorage, err)
		}
	}
	return nil
}
