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
	for _, table := range []map[string]answer{answers, groupAnswers} {
		if answer := table[kind]; answer != nil {
			return answer(s, id, node)
		}
	}
	s.r.unknown(kind)
	s.r.log.Warn("unknown request refused", slog.String("device", s.d.masked()), slog.String("kind", kind))
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

	"privacy get privacy": (*Session).privacySettings,
	"privacy set privacy": (*Session).setPrivacy,
	"privacy set tokens":  (*Session).giveTokens,
	"blocklist get":       (*Session).blocklist,
	"blocklist set item":  (*Session).block,

	"w:profile:picture get picture": (*Session).showPicture,
	"w:profile:picture set picture": (*Session).setPicture,
	"w:profile:picture set":         (*Session).setPicture,
	"status set status":             (*Session).setAbout,
	"w:mex get query":               (*Session).mex,
	"w:sync:app:state set sync":     (*Session).syncAppState,
	"w:m set media_conn":            (*Session).mediaConn,

	"passive set active":                      done,
	"passive set passive":                     done,
	"urn:xmpp:whatsapp:push set config":       done,
	"urn:xmpp:whatsapp:dirty set clean":       done,
	"w:stats set add":                         done,
	"disappearing_mode set disappearing_mode": done,

	"w get props":                           fixed(stanza.New("props", waBinary.Attrs{"protocol": "1", "hash": "1"})),
	"abt get props":                         fixed(stanza.New("props", waBinary.Attrs{"protocol": "1", "hash": "1", "refresh": "86400"})),
	"status get privacy":                    fixed(stanza.New("privacy", nil, stanza.New("list", waBinary.Attrs{"type": "contacts"}))),
	"urn:xmpp:whatsapp:push get settings":   fixed(stanza.New("settings", nil)),
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

// mediaConn tells where attachments are uploaded to and downloaded from.
func (s *Session) mediaConn(id string, _ *waBinary.Node) waBinary.Node {
	return stanza.Result(id, stanza.New("media_conn", waBinary.Attrs{
		"auth": s.r.media.Auth(s.d.account.number), "ttl": "300", "auth_ttl": "21600", "max_buckets": "12", "id": s.r.newID(),
	}, stanza.New("host", waBinary.Attrs{"hostname": s.r.media.Host(), "type": "primary"}, stanza.New("upload", nil))))
}
