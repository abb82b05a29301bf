package router

import "go.mau.fi/whatsmeow/types"

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
