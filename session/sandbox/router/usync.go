package router

import (
	"strconv"
	"strings"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
)

// usync answers questions about people: whether a number is on WhatsApp, which devices
// somebody has, under which LID, with which text and picture. It asks several things
// about several people at once.
func (s *Session) usync(id string, node *waBinary.Node) waBinary.Node {
	asked := stanza.Child(node, "usync")
	query, list := stanza.Child(&asked, "query"), stanza.Child(&asked, "list")
	var users []waBinary.Node
	for _, user := range list.GetChildren() {
		users = append(users, s.usyncUser(query.GetChildren(), &user))
	}
	attrs := waBinary.Attrs{}
	for _, name := range []string{"sid", "index", "last", "mode", "context"} {
		if value := stanza.Attr(&asked, name); value != "" {
			attrs[name] = value
		}
	}
	var results []waBinary.Node
	for _, protocol := range query.GetChildren() {
		results = append(results, stanza.New(protocol.Tag, nil))
	}
	return stanza.Result(id, stanza.New("usync", attrs, stanza.New("result", nil, results...), stanza.New("list", nil, users...)))
}

// usyncUser answers all questions about one person, who is named by an address or, in
// questions about contacts, by a number as somebody typed it.
func (s *Session) usyncUser(query []waBinary.Node, user *waBinary.Node) waBinary.Node {
	typed := string(stanza.Content(user, "contact"))
	jid := stanza.JID(user, "jid")
	if jid.IsEmpty() {
		jid = types.NewJID(digits(typed), types.DefaultUserServer)
	}
	a := s.r.find(jid)
	attrs := waBinary.Attrs{"jid": jid}
	var children []waBinary.Node
	for _, protocol := range query {
		if protocol.Tag == "contact" && a != nil && stanza.Attr(&protocol, "addressing_mode") == "lid" {
			attrs["jid"], attrs["pn_jid"] = a.jid(types.HiddenUserServer), a.jid(types.DefaultUserServer)
		}
		if child := s.usyncAnswer(protocol.Tag, a, typed); child.Tag != "" {
			children = append(children, child)
		}
	}
	return stanza.New("user", attrs, children...)
}

// usyncAnswer answers one question; an empty stanza says that there is nothing to say.
func (s *Session) usyncAnswer(protocol string, a *account, typed string) waBinary.Node {
	switch {
	case protocol == "contact" && typed != "":
		kind := "out"
		if a != nil {
			kind = "in"
		}
		return waBinary.Node{Tag: "contact", Attrs: waBinary.Attrs{"type": kind}, Content: []byte(typed)}
	case a == nil:
		return waBinary.Node{}
	}
	switch protocol {
	case "devices":
		return a.deviceList()
	case "lid":
		return stanza.New("lid", waBinary.Attrs{"val": a.jid(types.HiddenUserServer)})
	case "status":
		if a.about == "" {
			return waBinary.Node{}
		}
		return waBinary.Node{Tag: "status", Attrs: waBinary.Attrs{"t": stanza.Unix(a.aboutAt)}, Content: []byte(a.about)}
	case "picture":
		if a.picture.id == "" {
			return waBinary.Node{}
		}
		return stanza.New("picture", waBinary.Attrs{"id": a.picture.id})
	case "disappearing_mode":
		return stanza.New("disappearing_mode", waBinary.Attrs{"duration": "0", "t": "0"})
	default:
		return waBinary.Node{}
	}
}

// deviceList is the list of an account's devices as usync and its hash tell them.
func (a *account) deviceList() waBinary.Node {
	devices := a.all()
	nodes := make([]waBinary.Node, 0, len(devices))
	for _, d := range devices {
		attrs := waBinary.Attrs{"id": strconv.Itoa(int(d.index))}
		if d.index != 0 {
			attrs["key-index"] = strconv.FormatUint(uint64(d.keyIndex), 10)
		}
		nodes = append(nodes, stanza.New("device", attrs))
	}
	return stanza.New("devices", nil,
		stanza.New("device-list", waBinary.Attrs{"hash": participantHash(devices, types.DefaultUserServer)}, nodes...),
		stanza.New("key-index-list", waBinary.Attrs{"ts": stanza.Unix(time.Now())}))
}

// digits takes the digits of a number as people write it, such as +62 812 (or a
// legacy address).
func digits(typed string) string {
	typed, _, _ = strings.Cut(typed, "@")
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, typed)
}
