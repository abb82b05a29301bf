package sandbox

import (
	"strconv"

	waBinary "go.mau.fi/whatsmeow/binary"

	"wadah/session/sandbox/stanza"
)

// The last stanzas of a connection.

func streamError(code int) waBinary.Node {
	return stanza.New("stream:error", waBinary.Attrs{"code": strconv.Itoa(code)})
}

// conflict is the stream error of a connection that must give way: "replaced" by
// a newer one, or of a "device_removed" from the account.
func conflict(kind string) waBinary.Node {
	node := stanza.New("stream:error", waBinary.Attrs{}, stanza.New("conflict", waBinary.Attrs{"type": kind}))
	if kind == conflictRemoved {
		node.Attrs["code"] = strconv.Itoa(codeLoggedOut)
	}
	return node
}

const (
	conflictReplaced = "replaced"
	conflictRemoved  = "device_removed"
)

// The reasons of a refused login that the service gives on its own account.
const (
	codeBadRequest = 400
	codeLoggedOut  = 401
	codeBanned     = 402
	codeOutdated   = 405
)

func failure(reason int, more waBinary.Attrs) waBinary.Node {
	attrs := waBinary.Attrs{"reason": strconv.Itoa(reason), "location": "sandbox"}
	for name, value := range more {
		attrs[name] = value
	}
	return stanza.New("failure", attrs)
}
