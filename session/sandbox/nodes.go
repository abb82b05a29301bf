package sandbox

import (
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// The stanzas the service sends. Attribute values are strings or JIDs: that is
// what the decoder on the other side gives back.

func el(tag string, attrs waBinary.Attrs, children ...waBinary.Node) waBinary.Node {
	node := waBinary.Node{Tag: tag, Attrs: attrs}
	if len(children) > 0 {
		node.Content = children
	}
	return node
}

func blob(tag string, content []byte) waBinary.Node {
	return waBinary.Node{Tag: tag, Content: content}
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// request is an IQ that the service begins itself.
func request(id string, child waBinary.Node) waBinary.Node {
	return el("iq", waBinary.Attrs{
		"from": types.ServerJID, "type": "set", "id": id, "t": unix(time.Now()), "xmlns": "md",
	}, child)
}

// result answers a client's IQ.
func result(id string, children ...waBinary.Node) waBinary.Node {
	return el("iq", waBinary.Attrs{
		"from": types.ServerJID, "type": "result", "id": id, "t": unix(time.Now()),
	}, children...)
}

// refusal answers a client's IQ with an error.
func refusal(id string, code int, text string) waBinary.Node {
	return el("iq", waBinary.Attrs{"from": types.ServerJID, "type": "error", "id": id},
		el("error", waBinary.Attrs{"code": strconv.Itoa(code), "text": text}))
}

func streamError(code int) waBinary.Node {
	return el("stream:error", waBinary.Attrs{"code": strconv.Itoa(code)})
}

// conflict is the stream error of a connection that must give way: "replaced" by
// a newer one, or of a "device_removed" from the account.
func conflict(kind string) waBinary.Node {
	node := el("stream:error", waBinary.Attrs{}, el("conflict", waBinary.Attrs{"type": kind}))
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
	return el("failure", attrs)
}

// attr returns a string attribute, empty when it is missing or not a string.
func attr(node *waBinary.Node, name string) string {
	value, _ := node.Attrs[name].(string)
	return value
}

// child returns the first child with this tag, or an empty node. The library's
// GetChildByTag returns the node itself when there is none, which would pass for a
// child.
func child(node *waBinary.Node, tag string) waBinary.Node {
	for _, c := range node.GetChildren() {
		if c.Tag == tag {
			return c
		}
	}
	return waBinary.Node{}
}

// content returns the bytes inside a child, nil when it is missing or holds
// something else. whatsmeow sends some texts as strings, which arrive as bytes
// or, if the dictionary knows them, as strings.
func content(node *waBinary.Node, tag string) []byte {
	c := child(node, tag)
	switch value := c.Content.(type) {
	case []byte:
		return value
	case string:
		return []byte(value)
	default:
		return nil
	}
}
