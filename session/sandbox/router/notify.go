package router

import (
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
)

// notify puts a notification into a device's mailbox. Attributes are added to the usual
// ones.
func (r *Router) notify(d *device, kind string, from types.JID, more waBinary.Attrs, children ...waBinary.Node) {
	attrs := waBinary.Attrs{"from": from, "type": kind, "id": r.newID(), "t": stanza.Unix(time.Now())}
	for name, value := range more {
		attrs[name] = value
	}
	r.stats.Notifications++
	r.post(d, stanza.New("notification", attrs, children...))
}

// Tell puts a notification into the mailbox of a device, as a phone has WhatsApp do.
// Attributes are added to the usual ones, or replace them.
func (r *Router) Tell(to types.JID, kind string, from types.JID, more waBinary.Attrs, children ...waBinary.Node) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.findDevice(to); d != nil {
		r.notify(d, kind, from, more, children...)
	}
}

// newID makes the id of a stanza that the service begins.
func (r *Router) newID() string {
	r.nextID++
	return "s" + strconv.FormatUint(r.nextID, 10)
}
