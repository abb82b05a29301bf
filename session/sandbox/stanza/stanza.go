// Package stanza builds, reads and decodes the binary stanzas of WhatsApp's
// protocol, as the simulated service and its virtual phones need them.
package stanza

import (
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// New makes a stanza. Attribute values are strings or JIDs: that is what the decoder
// on the other side gives back.
func New(tag string, attrs waBinary.Attrs, children ...waBinary.Node) waBinary.Node {
	node := waBinary.Node{Tag: tag, Attrs: attrs}
	if len(children) > 0 {
		node.Content = children
	}
	return node
}

// Blob makes a stanza that holds bytes.
func Blob(tag string, content []byte) waBinary.Node {
	return waBinary.Node{Tag: tag, Content: content}
}

// Unix writes a time as attributes have it, in seconds.
func Unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// Request is an IQ that the service begins itself.
func Request(id string, child waBinary.Node) waBinary.Node {
	return New("iq", waBinary.Attrs{
		"from": types.ServerJID, "type": "set", "id": id, "t": Unix(time.Now()), "xmlns": "md",
	}, child)
}

// Result answers a client's IQ.
func Result(id string, children ...waBinary.Node) waBinary.Node {
	return New("iq", waBinary.Attrs{
		"from": types.ServerJID, "type": "result", "id": id, "t": Unix(time.Now()),
	}, children...)
}

// Refusal answers a client's IQ with an error.
func Refusal(id string, code int, text string) waBinary.Node {
	return New("iq", waBinary.Attrs{"from": types.ServerJID, "type": "error", "id": id},
		New("error", waBinary.Attrs{"code": strconv.Itoa(code), "text": text}))
}

// Kind names a request by what distinguishes it: namespace, type and first child.
func Kind(node *waBinary.Node) string {
	name := Attr(node, "xmlns") + " " + Attr(node, "type")
	if children := node.GetChildren(); len(children) > 0 {
		name += " " + children[0].Tag
	}
	return name
}

// Attr returns a string attribute, empty when it is missing or not a string.
func Attr(node *waBinary.Node, name string) string {
	value, _ := node.Attrs[name].(string)
	return value
}

// Child returns the first child with this tag, or an empty node. The library's
// GetChildByTag returns the node itself when there is none, which would pass for a
// child.
func Child(node *waBinary.Node, tag string) waBinary.Node {
	for _, c := range node.GetChildren() {
		if c.Tag == tag {
			return c
		}
	}
	return waBinary.Node{}
}

// Content returns the bytes inside a child, nil when it is missing or holds
// something else. whatsmeow sends some texts as strings, which arrive as bytes
// or, if the dictionary knows them, as strings.
func Content(node *waBinary.Node, tag string) []byte {
	c := Child(node, tag)
	return Bytes(&c)
}

// JID returns an address attribute, empty when it is missing or is none. Clients may
// write an address as text.
func JID(node *waBinary.Node, name string) types.JID {
	switch value := node.Attrs[name].(type) {
	case types.JID:
		return value
	case string:
		if jid, err := types.ParseJID(value); err == nil {
			return jid
		}
	}
	return types.EmptyJID
}

// Bytes returns what a stanza holds, if that is bytes or text.
func Bytes(node *waBinary.Node) []byte {
	switch value := node.Content.(type) {
	case []byte:
		return value
	case string:
		return []byte(value)
	default:
		return nil
	}
}

// Has says whether a stanza has a child with this tag.
func Has(node *waBinary.Node, tag string) bool { return Child(node, tag).Tag == tag }

// With returns a copy of the stanza with one more attribute; nil leaves it out.
func With(node waBinary.Node, name string, value any) waBinary.Node {
	attrs := make(waBinary.Attrs, len(node.Attrs)+1)
	for key, old := range node.Attrs {
		attrs[key] = old
	}
	if value != nil {
		attrs[name] = value
	}
	node.Attrs = attrs
	return node
}
