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

// newID makes the id of a stanza that the service begins.
func (r *Router) newID() string {
	r.nextID++
	return "s" + strconv.FormatUint(r.nextID, 10)
}
