package router

import (
	"context"

	"go.mau.fi/whatsmeow/types"
)

// What every phone may know of the others: their addresses and public identities.

// LID returns the hidden address that belongs to an address, with the same device.
func (r *Router) LID(jid types.JID) (types.JID, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.find(jid)
	if a == nil {
		return types.EmptyJID, false
	}
	return types.JID{User: a.lid, Device: jid.Device, Server: types.HiddenUserServer}, true
}

// Number returns the phone number that belongs to an address, without a device.
func (r *Router) Number(jid types.JID) (types.JID, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.find(jid)
	if a == nil {
		return types.EmptyJID, false
	}
	return a.jid(types.DefaultUserServer), true
}

// Room waits until fewer than limit stanzas wait for each device that is online of these
// people and of the members of these groups.
func (r *Router) Room(ctx context.Context, limit int, people ...types.JID) error {
	defer context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.settled.Broadcast()
	})()
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.mostWaiting(people) >= limit {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.settled.Wait()
	}
	return ctx.Err()
}

// mostWaiting counts what waits for the one who is online and has most. The caller holds
// mu.
func (r *Router) mostWaiting(people []types.JID) (count int) {
	for _, who := range people {
		var devices []*device
		if g := r.groups[who.User]; who.Server == types.GroupServer && g != nil {
			devices = g.devices()
		} else if a := r.find(who); a != nil {
			devices = a.all()
		}
		for _, d := range devices {
			if d.session != nil {
				count = max(count, d.box.len())
			}
		}
	}
	return count
}
