package router

import (
	"strconv"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/stanza"
)

// collection is a part of what the devices of an account share, such as which chats are
// muted: patches, one a version, encrypted with keys that WhatsApp does not have; guarded
// by Router.mu.
type collection struct {
	version  uint64
	first    uint64   // version of the first patch that is kept
	patches  [][]byte // marshalled waServerSync.SyncdPatch with its version
	snapshot []byte   // marshalled waServerSync.ExternalBlobReference; nil: none
	covers   uint64   // version of the snapshot
}

// The collections that there are (appstate.AllPatchNames of the library).
var collectionNames = map[string]bool{
	"critical_block": true, "critical_unblock_low": true, "regular_high": true, "regular": true, "regular_low": true,
}

// maxPatches is how many patches one answer carries.
const maxPatches = 50

// syncAppState takes patches of the account's settings and answers with those that the
// client does not have.
func (s *Session) syncAppState(id string, node *waBinary.Node) waBinary.Node {
	sync := stanza.Child(node, "sync")
	var answers []waBinary.Node
	for _, asked := range sync.GetChildren() {
		answers = append(answers, s.syncCollection(&asked))
	}
	return stanza.Result(id, stanza.New("sync", nil, answers...))
}

func (s *Session) syncCollection(asked *waBinary.Node) waBinary.Node {
	name := stanza.Attr(asked, "name")
	if !collectionNames[name] {
		return stanza.New("collection", waBinary.Attrs{"name": name, "type": "error"},
			stanza.New("error", waBinary.Attrs{"code": "400", "text": "bad-request"}))
	}
	c := s.d.account.collection(name)
	has, err := strconv.ParseUint(stanza.Attr(asked, "version"), 10, 64)
	if err != nil {
		has = 0 // nothing yet
	}
	patch := patchIn(asked)
	switch {
	case patch == nil:
	case has != c.version:
		// Somebody else was quicker: the client gets what it lacks, and tries again.
		conflict := c.answer(name, has, false)
		conflict = stanza.With(conflict, "type", "error")
		conflict.Content = append(conflict.GetChildren(), stanza.New("error", waBinary.Attrs{"code": "409", "text": "conflict"}))
		return conflict
	default:
		if !s.addPatch(name, c, patch) {
			return stanza.New("collection", waBinary.Attrs{"name": name, "type": "error"},
				stanza.New("error", waBinary.Attrs{"code": "400", "text": "bad-request"}))
		}
		return stanza.New("collection", waBinary.Attrs{"name": name, "version": strconv.FormatUint(c.version, 10)})
	}
	return c.answer(name, has, stanza.Attr(asked, "return_snapshot") == "true")
}

// patchIn returns the patch that a client sends along; nil when it only asks.
func patchIn(asked *waBinary.Node) []byte {
	if raw := stanza.Content(asked, "patch"); raw != nil {
		return raw
	}
	patches := stanza.Child(asked, "patches")
	return stanza.Content(&patches, "patch")
}

func (a *account) collection(name string) *collection {
	if a.collections == nil {
		a.collections = make(map[string]*collection)
	}
	if a.collections[name] == nil {
		a.collections[name] = &collection{first: 1}
	}
	return a.collections[name]
}

// addPatch gives a patch the next version, and tells the other devices.
func (s *Session) addPatch(name string, c *collection, raw []byte) bool {
	var patch waServerSync.SyncdPatch
	if proto.Unmarshal(raw, &patch) != nil || len(patch.GetPatchMAC()) != 32 || len(patch.GetSnapshotMAC()) != 32 ||
		len(patch.GetKeyID().GetID()) == 0 {
		return false
	}
	patch.Version = &waServerSync.SyncdVersion{Version: proto.Uint64(c.version + 1)}
	numbered, err := proto.Marshal(&patch)
	if err != nil {
		return false
	}
	c.version++
	c.patches = append(c.patches, numbered)
	for _, d := range s.d.account.all() {
		if d != s.d {
			s.r.notify(d, "server_sync", s.d.account.jid(types.DefaultUserServer), nil,
				stanza.New("collection", waBinary.Attrs{"name": name, "version": strconv.FormatUint(c.version, 10)}))
		}
	}
	return true
}

// answer gives a client what it lacks of a collection: the snapshot, if there is one and
// it has nothing, and patches.
func (c *collection) answer(name string, has uint64, wantsSnapshot bool) waBinary.Node {
	attrs := waBinary.Attrs{"name": name, "version": strconv.FormatUint(c.version, 10)}
	var children []waBinary.Node
	if has < c.covers && wantsSnapshot {
		children = append(children, stanza.Blob("snapshot", c.snapshot))
		has = c.covers
	}
	var list []waBinary.Node
	for i, patch := range c.patches {
		if version := c.first + uint64(i); version > has {
			if len(list) == maxPatches {
				attrs["has_more_patches"] = "true"
				break
			}
			list = append(list, stanza.Blob("patch", patch))
		}
	}
	if len(list) > 0 {
		children = append(children, stanza.New("patches", nil, list...))
	}
	return stanza.New("collection", attrs, children...)
}

// SetSnapshot keeps the whole of a collection as a phone has uploaded it: a marshalled
// waServerSync.ExternalBlobReference, and the version that it has. Patches up to that one
// are still kept for devices that are nearly up to date.
func (r *Router) SetSnapshot(number, name string, version uint64, reference []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.accounts[number]; a != nil && collectionNames[name] {
		c := a.collection(name)
		if version <= c.version {
			c.snapshot, c.covers = reference, version
		}
	}
}
