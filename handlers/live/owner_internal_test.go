package live

import (
	"log/slog"
	"testing"

	"wadah/session"
)

// Ensure that what ends an owner ends its streams and those of nobody else, and that its
// streams are counted.
func TestOwners(t *testing.T) {
	b := NewBroadcaster(nil, nil, slog.New(slog.DiscardHandler))
	open := func(o Owner, most int) *stream {
		s := newStream(Watch{Owner: o, Most: most})
		if !b.join(s) {
			return nil
		}
		return s
	}
	key, link := Owner{ByKey, "k", "kasir"}, Owner{ByLink, "k", "kasir"}
	streams := map[string]*stream{
		"the key's": open(key, 2), "its other": open(key, 2), "the link's": open(link, 2),
		"another key's": open(Owner{ByKey, "m", "kasir"}, 2), "elsewhere": open(Owner{ByKey, "n", "gudang"}, 2),
	}
	if open(key, 2) != nil {
		t.Error("a third stream of an owner that may have two")
	}
	ended := func() (names map[string]bool) {
		names = map[string]bool{}
		for name, s := range streams {
			if s.take().ended == endedOwner {
				names[name] = true
			}
		}
		return names
	}
	b.End(ByKey, "k")
	if got := ended(); len(got) != 2 || !got["the key's"] || !got["its other"] {
		t.Errorf("the end of a key ended %v", got)
	}
	b.EndAllOf(ByKey, "kasir")
	if got := ended(); len(got) != 3 || !got["another key's"] {
		t.Errorf("the end of a device's keys ended %v", got)
	}
	b.leave(streams["the key's"])
	if open(key, 2) == nil || b.Count() != 5 {
		t.Errorf("a stream that is closed makes no room: %d are open", b.Count())
	}
}

// Ensure that who wants to be told of everything is told before the streams.
func TestTell(t *testing.T) {
	b := NewBroadcaster(nil, nil, slog.New(slog.DiscardHandler))
	s := newStream(Watch{Shows: func(id string) bool { return id == "one" }})
	b.join(s)
	var told []string
	b.Tell(func(snap session.Snapshot) {
		told = append(told, snap.ID)
		if got := s.take(); len(got.Updates) > 0 {
			t.Error("a stream was told first")
		}
	})
	b.publish(session.Snapshot{ID: "two"})
	b.publish(session.Snapshot{ID: "one"})
	if got := s.take(); len(told) != 2 || len(got.Updates) != 1 || got.Newest().Snap.ID != "one" {
		t.Errorf("told of %v, the stream of %d", told, len(got.Updates))
	}
}
