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

// Identity returns the public identity key of a device, nil when there is no such device.
func (r *Router) Identity(jid types.JID) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.findDevice(jid); d != nil {
		return d.keys.Identity
	}
	return nil
}

// Room waits until fewer than limit stanzas wait for the devices of a person or of a
// group's members that are online.
func (r *Router) Room(ctx context.Context, to types.JID, limit int) error {
	defer context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.settled.Broadcast()
	})()
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.waitingFor(to) >= limit {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.settled.Wait()
	}
	return ctx.Err()
}

// waitingFor counts what waits for those who are online. The caller holds mu.
func (r *Router) waitingFor(to types.JID) (count int) {
	var devices []*device
	if g := r.groups[to.User]; to.Server == types.GroupServer && g != nil {
		devices = g.devices()
	} else if a := r.find(to); a != nil {
		devices = a.all()
	}
	for _, d := range devices {
		if d.session != nil {
			count = max(count, d.box.len())
		}
	}
	return count
}
