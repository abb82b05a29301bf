package whatsapp

import (
	"strings"
	"sync"

	"go.mau.fi/whatsmeow/types"
)

// What the library says of devices that do not get a message is in its log alone, as of
// the pinned version: it leaves out a device for which it cannot encrypt (send.go,
// encryptMessageForDevices), and goes on when WhatsApp knows of others than it does.
const (
	sayNotEncrypted = "Failed to encrypt %s for %s: "
	sayOtherDevices = "Server returned different participant list hash "
)

// partial counts the devices that could not be given the message that is just being sent.
type partial struct {
	own func(types.JID) bool // the account's own devices are nobody's recipients

	mu     sync.Mutex
	id     string // of the message; "" while none is being sent
	failed int
	others bool
}

// begin begins to count for a message.
func (p *partial) begin(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.id, p.failed, p.others = id, 0, false
}

// end is how many devices were left out; when WhatsApp only says that there are others, at
// least one.
func (p *partial) end() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.id = ""
	if p.others {
		return max(p.failed, 1)
	}
	return p.failed
}

// said takes up a warning of the library's.
func (p *partial) said(format string, args []any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.id == "":
	case strings.HasPrefix(format, sayOtherDevices):
		p.others = true
	case strings.HasPrefix(format, sayNotEncrypted) && len(args) > 1 && args[0] == any(p.id):
		if jid, ok := args[1].(types.JID); ok && !p.own(jid) {
			p.failed++
		}
	}
}
