package router

import (
	"log/slog"

	waBinary "go.mau.fi/whatsmeow/binary"

	"wadah/session/sandbox/stanza"
)

// Ask answers a request (an IQ of type get or set) of the client.
func (s *Session) Ask(node *waBinary.Node) waBinary.Node {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	id := stanza.Attr(node, "id")
	kind := stanza.Kind(node)
	if answer := answers[kind]; answer != nil {
		return answer(s, id, node)
	}
	s.r.unknown(kind)
	s.r.log.Warn("unknown request refused", slog.String("device", s.d.String()), slog.String("kind", kind))
	return stanza.Refusal(id, 501, "feature-not-implemented")
}

// answer answers one kind of request. The router's lock is held.
type answer func(s *Session, id string, node *waBinary.Node) waBinary.Node

// answers holds them by kind (stanza.Kind).
var answers = map[string]answer{
	"encrypt get count":        func(s *Session, id string, _ *waBinary.Node) waBinary.Node { return s.preKeyCount(id) },
	"encrypt get digest":       func(s *Session, id string, _ *waBinary.Node) waBinary.Node { return s.digest(id) },
	"encrypt get key":          (*Session).bundles,
	"encrypt set registration": (*Session).storePreKeys,
	"encrypt set rotate":       (*Session).rotatePreKey,
	"usync get usync":          (*Session).usync,

	"passive set active":                      done,
	"passive set passive":                     done,
	"urn:xmpp:whatsapp:push set config":       done,
	"urn:xmpp:whatsapp:dirty set clean":       done,
	"w:stats set add":                         done,
	"privacy set privacy":                     done,
	"disappearing_mode set disappearing_mode": done,
	"privacy set tokens":                      done,

	"privacy get privacy":                   fixed(privacySettings()),
	"blocklist get":                         fixed(stanza.New("list", waBinary.Attrs{"dhash": "1"})),
	"w get props":                           fixed(stanza.New("props", waBinary.Attrs{"protocol": "1", "hash": "1"})),
	"abt get props":                         fixed(stanza.New("props", waBinary.Attrs{"protocol": "1", "hash": "1", "refresh": "86400"})),
	"w:m set media_conn":                    fixed(mediaConn()),
	"w:g2 get participating":                fixed(stanza.New("groups", nil)),
	"status get privacy":                    fixed(stanza.New("privacy", nil, stanza.New("list", waBinary.Attrs{"type": "contacts"}))),
	"urn:xmpp:whatsapp:push get settings":   fixed(stanza.New("settings", nil)),
	"w:sync:app:state set sync":             appState,
	"tos get request":                       fixed(stanza.New("tos", nil)),
	"fb:thrift_iq get profile_picture":      fixed(stanza.New("picture", nil)),
	"urn:xmpp:whatsapp:account get account": fixed(stanza.New("account", nil)),
}

// done accepts what changes nothing here.
func done(_ *Session, id string, _ *waBinary.Node) waBinary.Node { return stanza.Result(id) }

// fixed answers with the same always.
func fixed(node waBinary.Node) answer {
	return func(_ *Session, id string, _ *waBinary.Node) waBinary.Node { return stanza.Result(id, node) }
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

// appState says that every collection asked for is at the version the client already
// has.
func appState(_ *Session, id string, node *waBinary.Node) waBinary.Node {
	sync := stanza.Child(node, "sync")
	var collections []waBinary.Node
	for _, asked := range sync.GetChildren() {
		version := stanza.Attr(&asked, "version")
		if version == "" {
			version = "0"
		}
		collections = append(collections, stanza.New("collection", waBinary.Attrs{"name": stanza.Attr(&asked, "name"), "version": version}))
	}
	return stanza.Result(id, stanza.New("sync", nil, collections...))
}
