package whatsapp

import (
	"context"
	"errors"
	"runtime/debug"

	"go.mau.fi/whatsmeow/appstate"
)

// The library decodes the account's settings (app state) on goroutines of its own, which
// no recover protects, and trusts their shape: a setting whose index has no parts would
// end the process (appstate.go, mutation.Index[0]). Each such fetch begins with a look at
// the version that the store has. There the fetch is sent away, and made on a goroutine
// that can fail by itself.

// ours marks the context of a fetch that is protected.
type ours struct{}

// errElsewhere ends a fetch of the library's that goes on elsewhere.
var errElsewhere = errors.New("the settings are fetched on a goroutine that may fail")

// fetchAppState fetches what is new of one collection. Close ends it.
func (c *conn) fetchAppState(name string) {
	if !c.begin() {
		return
	}
	go func() {
		defer c.work.Done()
		defer func() {
			if r := recover(); r != nil {
				c.log.Error("recovered from a panic", "in", "whatsmeow app state", "collection", name, "panic", r, "stack", string(debug.Stack()))
			}
		}()
		ctx, cancel := context.WithCancel(context.WithValue(context.Background(), ours{}, true))
		defer cancel()
		go func() {
			select {
			case <-c.wire.leaving.c:
				cancel()
			case <-ctx.Done():
			}
		}()
		if err := c.cli.FetchAppState(ctx, appstate.WAPatchName(name), false, false); err != nil {
			c.log.Debug("settings were not fetched", "collection", name, "err", plainIQError(err))
		}
	}()
}
