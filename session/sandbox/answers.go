package sandbox

import (
	waBinary "go.mau.fi/whatsmeow/binary"
)

// queryAnswers holds the answers to what a companion may ask after its login and
// an account without contacts, chats and groups can say.
var queryAnswers = map[string]func(*waBinary.Node) []waBinary.Node{
	"privacy get privacy":                   fixed(privacySettings()),
	"blocklist get":                         fixed(el("list", waBinary.Attrs{"dhash": "1"})),
	"w get props":                           fixed(el("props", waBinary.Attrs{"protocol": "1", "hash": "1"})),
	"abt get props":                         fixed(el("props", waBinary.Attrs{"protocol": "1", "hash": "1", "refresh": "86400"})),
	"w:m set media_conn":                    fixed(mediaConn()),
	"w:g2 get participating":                fixed(el("groups", nil)),
	"status get privacy":                    fixed(el("privacy", nil, el("list", waBinary.Attrs{"type": "contacts"}))),
	"urn:xmpp:whatsapp:push get settings":   fixed(el("settings", nil)),
	"w:sync:app:state set sync":             answerAppState,
	"usync get usync":                       answerUsync,
	"tos get request":                       fixed(el("tos", nil)),
	"fb:thrift_iq get profile_picture":      fixed(el("picture", nil)),
	"urn:xmpp:whatsapp:account get account": fixed(el("account", nil)),
}

func fixed(node waBinary.Node) func(*waBinary.Node) []waBinary.Node {
	return func(*waBinary.Node) []waBinary.Node { return []waBinary.Node{node} }
}

func privacySettings() waBinary.Node {
	category := func(name, value string) waBinary.Node {
		return el("category", waBinary.Attrs{"name": name, "value": value})
	}
	return el("privacy", nil,
		category("groupadd", "all"), category("last", "contacts"), category("status", "contacts"),
		category("profile", "contacts"), category("readreceipts", "all"), category("online", "all"),
		category("calladd", "all"))
}

func mediaConn() waBinary.Node {
	return el("media_conn", waBinary.Attrs{
		"auth": "sandbox", "ttl": "300", "auth_ttl": "21600", "max_buckets": "12",
	}, el("host", waBinary.Attrs{"hostname": "media.invalid"}))
}

// answerAppState says that every collection asked for is at the version the
// client already has.
func answerAppState(node *waBinary.Node) []waBinary.Node {
	sync := child(node, "sync")
	var collections []waBinary.Node
	for _, asked := range sync.GetChildren() {
		version := attr(&asked, "version")
		if version == "" {
			version = "0"
		}
		collections = append(collections, el("collection", waBinary.Attrs{"name": attr(&asked, "name"), "version": version}))
	}
	return []waBinary.Node{el("sync", nil, collections...)}
}

// answerUsync knows nobody: it gives each user asked for back without details.
func answerUsync(node *waBinary.Node) []waBinary.Node {
	usync := child(node, "usync")
	list := child(&usync, "list")
	var users []waBinary.Node
	for _, user := range list.GetChildren() {
		users = append(users, el("user", waBinary.Attrs{"jid": user.Attrs["jid"]}))
	}
	return []waBinary.Node{el("usync", waBinary.Attrs{"sid": attr(&usync, "sid")}, el("list", nil, users...))}
}
