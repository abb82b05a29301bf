package sandbox

import (
	waBinary "go.mau.fi/whatsmeow/binary"

	"wadah/session/sandbox/stanza"
)

// queryAnswers holds the answers to what a companion may ask after its login and
// an account without contacts, chats and groups can say.
var queryAnswers = map[string]func(*waBinary.Node) []waBinary.Node{
	"privacy get privacy":                   fixed(privacySettings()),
	"blocklist get":                         fixed(stanza.New("list", waBinary.Attrs{"dhash": "1"})),
	"w get props":                           fixed(stanza.New("props", waBinary.Attrs{"protocol": "1", "hash": "1"})),
	"abt get props":                         fixed(stanza.New("props", waBinary.Attrs{"protocol": "1", "hash": "1", "refresh": "86400"})),
	"w:m set media_conn":                    fixed(mediaConn()),
	"w:g2 get participating":                fixed(stanza.New("groups", nil)),
	"status get privacy":                    fixed(stanza.New("privacy", nil, stanza.New("list", waBinary.Attrs{"type": "contacts"}))),
	"urn:xmpp:whatsapp:push get settings":   fixed(stanza.New("settings", nil)),
	"w:sync:app:state set sync":             answerAppState,
	"usync get usync":                       answerUsync,
	"tos get request":                       fixed(stanza.New("tos", nil)),
	"fb:thrift_iq get profile_picture":      fixed(stanza.New("picture", nil)),
	"urn:xmpp:whatsapp:account get account": fixed(stanza.New("account", nil)),
}

func fixed(node waBinary.Node) func(*waBinary.Node) []waBinary.Node {
	return func(*waBinary.Node) []waBinary.Node { return []waBinary.Node{node} }
}

func privacySettings() waBinary.Node {
	category := func(name, value string) waBinary.Node {
		return stanza.New("category", waBinary.Attrs{"name": name, "value": value})
	}
	return stanza.New("privacy", nil,
		category("groupadd", "all"), category("last", "contacts"), category("status", "contacts"),
		category("profile", "contacts"), category("readreceipts", "all"), category("online", "all"),
		category("calladd", "all"))
}

func mediaConn() waBinary.Node {
	return stanza.New("media_conn", waBinary.Attrs{
		"auth": "sandbox", "ttl": "300", "auth_ttl": "21600", "max_buckets": "12",
	}, stanza.New("host", waBinary.Attrs{"hostname": "media.invalid"}))
}

// answerAppState says that every collection asked for is at the version the
// client already has.
func answerAppState(node *waBinary.Node) []waBinary.Node {
	sync := stanza.Child(node, "sync")
	var collections []waBinary.Node
	for _, asked := range sync.GetChildren() {
		version := stanza.Attr(&asked, "version")
		if version == "" {
			version = "0"
		}
		collections = append(collections, stanza.New("collection", waBinary.Attrs{"name": stanza.Attr(&asked, "name"), "version": version}))
	}
	return []waBinary.Node{stanza.New("sync", nil, collections...)}
}

// answerUsync knows nobody: it gives each user asked for back without details.
func answerUsync(node *waBinary.Node) []waBinary.Node {
	usync := stanza.Child(node, "usync")
	list := stanza.Child(&usync, "list")
	var users []waBinary.Node
	for _, user := range list.GetChildren() {
		users = append(users, stanza.New("user", waBinary.Attrs{"jid": user.Attrs["jid"]}))
	}
	return []waBinary.Node{stanza.New("usync", waBinary.Attrs{"sid": stanza.Attr(&usync, "sid")}, stanza.New("list", nil, users...))}
}
