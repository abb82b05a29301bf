package router

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"image/jpeg"
	"maps"
	"slices"
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
)

// picture is the picture of an account or group.
type picture struct {
	id   string // "" is none
	path string // where it can be fetched
	hash []byte // SHA-256 of the file
}

// Media is where attachments and pictures are.
type Media interface {
	// PutPicture keeps the file of a picture and returns the path that it can be fetched
	// under.
	PutPicture(data []byte) (path string, err error)
	Host() string              // host and port of the media server
	Auth(number string) string // what uploads of an account have to bring along
}

// The privacy settings and their defaults.
var privacyDefaults = map[string]string{
	"groupadd": "all", "last": "contacts", "status": "contacts", "profile": "contacts", "readreceipts": "all", "online": "all",
	"calladd": "all", "messages": "all", "defense": "off", "stickers": "contacts",
}

// privacy returns a privacy setting.
func (a *account) privacy(name string) string {
	if value, set := a.settings[name]; set {
		return value
	}
	return privacyDefaults[name]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// pictureOf finds what a request about a picture is about. May says whether the asking
// account may see it, and own whether it may change it.
func (s *Session) pictureOf(node *waBinary.Node) (p *picture, may, own bool) {
	target := stanza.JID(node, "target")
	if target.IsEmpty() {
		return &s.d.account.picture, true, true
	}
	if target.Server == types.GroupServer {
		g := s.r.groups[target.User]
		if g == nil {
			return nil, false, false
		}
		member := g.find(s.d.account) != nil
		return &g.picture, member, member && (!g.locked || g.isAdmin(s.d.account))
	}
	a := s.r.find(target)
	if a == nil {
		return nil, false, false
	}
	self := a == s.d.account
	return &a.picture, self || a.privacy("profile") != "none", self
}

// showPicture tells where a picture can be fetched. None is 404; one that is hidden 401
// (ErrProfilePictureNotSet and ErrProfilePictureUnauthorized of the library).
func (s *Session) showPicture(id string, node *waBinary.Node) waBinary.Node {
	asked := stanza.Child(node, "picture")
	p, may, _ := s.pictureOf(node)
	switch {
	case p == nil, may && p.id == "":
		return stanza.Refusal(id, 404, "item-not-found")
	case !may:
		return stanza.Refusal(id, 401, "not-authorized")
	case stanza.Attr(&asked, "id") == p.id:
		return stanza.Result(id) // the client has it already
	}
	kind := stanza.Attr(&asked, "type")
	if kind == "" {
		kind = "image"
	}
	return stanza.Result(id, stanza.New("picture", waBinary.Attrs{
		"id": p.id, "type": kind, "url": "https://" + s.r.media.Host() + p.path, "direct_path": p.path,
		"hash": base64.StdEncoding.EncodeToString(p.hash),
	}))
}

// setPicture changes a picture, or takes it away when none is sent.
func (s *Session) setPicture(id string, node *waBinary.Node) waBinary.Node {
	p, _, own := s.pictureOf(node)
	switch {
	case p == nil:
		return stanza.Refusal(id, 404, "item-not-found")
	case !own:
		return stanza.Refusal(id, 403, "forbidden")
	}
	data := stanza.Content(node, "picture")
	if len(data) == 0 {
		*p = picture{}
		s.tellPicture(node, stanza.New("delete", nil))
		return stanza.Result(id)
	}
	if _, err := jpeg.DecodeConfig(bytes.NewReader(data)); err != nil {
		return stanza.Refusal(id, 406, "not-acceptable")
	}
	path, err := s.r.media.PutPicture(data)
	if err != nil {
		s.r.log.Error("picture not kept", "err", err)
		return stanza.Refusal(id, 500, "internal-server-error")
	}
	hash := sha256.Sum256(data)
	*p = picture{id: strconv.FormatInt(time.Now().UnixMilli(), 10), path: path, hash: hash[:]}
	s.tellPicture(node, stanza.New("set", waBinary.Attrs{"id": p.id}))
	return stanza.Result(id, stanza.New("picture", waBinary.Attrs{"id": p.id}))
}

// tellPicture notifies those who know the account, or are in the group.
func (s *Session) tellPicture(node *waBinary.Node, change waBinary.Node) {
	target := stanza.JID(node, "target")
	own := s.d.account
	told := map[*account]bool{own: true}
	subject := own.jid(types.DefaultUserServer)
	if g := s.r.groups[target.User]; target.Server == types.GroupServer && g != nil {
		subject = g.jid()
		for _, m := range g.members {
			told[m.account] = true
		}
	} else {
		for peer := range own.known {
			told[peer] = true
		}
	}
	change = stanza.With(change, "jid", subject)
	change = stanza.With(change, "author", own.jid(types.DefaultUserServer))
	for a := range told {
		for _, d := range a.all() {
			if d != s.d {
				s.r.notify(d, "picture", subject, nil, change)
			}
		}
	}
}

// setAbout changes the text that an account shows of itself.
func (s *Session) setAbout(id string, node *waBinary.Node) waBinary.Node {
	s.changeAbout(string(stanza.Content(node, "status")))
	return stanza.Result(id)
}

func (s *Session) changeAbout(words string) {
	own := s.d.account
	own.about, own.aboutAt = words, time.Now()
	for peer := range own.known {
		for _, d := range peer.all() {
			s.r.notify(d, "status", own.jid(types.DefaultUserServer), nil, stanza.Blob("set", []byte(words)))
		}
	}
}
