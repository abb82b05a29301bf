package limit

import (
	"strconv"
	"testing"
	"time"
)

func TestMap(t *testing.T) {
	now, m := time.Now(), NewMap[string, int](1000, time.Minute)
	m.Put("a", now, 1)
	if v, ok := m.Get("a", now); !ok || v != 1 {
		t.Errorf("get: %d %v", v, ok)
	}
	if _, ok := m.Get("a", now.Add(time.Minute)); ok {
		t.Error("it lasts for ever")
	}
	if v, ok := m.Take("a", now); !ok || v != 1 {
		t.Errorf("take: %d %v", v, ok)
	}
	if _, ok := m.Take("a", now); ok {
		t.Error("taken twice")
	}
	if !m.Add("b", now, 1) || m.Add("b", now.Add(time.Second), 2) || !m.Add("b", now.Add(time.Minute), 3) {
		t.Error("added although there was something, or not although there was nothing")
	}
	m.Put("old", now.Add(-time.Second), 1)
	for i := range 1005 {
		m.Put(strconv.Itoa(i), now, i)
	}
	if _, ok := m.Get("old", now); ok || m.Len() > 1000 {
		t.Errorf("%d entries are kept, the oldest among them: %v", m.Len(), ok)
	}
	m.Put("1000", now, 4)
	m.Drop("1000")
	if _, ok := m.Get("1000", now); ok {
		t.Error("dropped and still there")
	}
}

// Ensure that what was written again is no longer the oldest, and lasts from then on.
func TestMapUpdate(t *testing.T) {
	now, m := time.Now(), NewMap[string, int](2, time.Minute)
	add := func(v int, found bool) int {
		if !found {
			return 1
		}
		return v + 1
	}
	m.Update("a", now, add)
	m.Update("b", now, add)
	if got := m.Update("a", now.Add(time.Second), add); got != 2 {
		t.Errorf("updated to %d, want 2", got)
	}
	m.Put("c", now.Add(time.Second), 1)
	if _, ok := m.Get("b", now.Add(time.Second)); ok {
		t.Error("the oldest did not make room")
	}
	if v, ok := m.Get("a", now.Add(time.Minute)); !ok || v != 2 {
		t.Errorf("a minute after the first time: %d %v", v, ok)
	}
	if got := m.Update("a", now.Add(time.Hour), add); got != 1 {
		t.Errorf("an hour later %d, want to begin anew", got)
	}
}

// Ensure that what is over goes first, and then what is worth least.
func TestMapWorth(t *testing.T) {
	now, m := time.Now(), NewWorthMap[string](3, time.Minute, func(v int) int { return v })
	m.Put("dear", now.Add(-time.Minute), 9)
	m.Put("a", now, 5)
	m.Put("b", now, 2)
	m.Put("c", now, 2)
	if _, ok := m.Get("b", now); !ok || m.Len() != 3 {
		t.Errorf("what was over did not make room: %d entries", m.Len())
	}
	m.Put("d", now, 7)
	for key, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if _, ok := m.Get(key, now); ok != want {
			t.Errorf("%s is there: %v, want %v", key, ok, want)
		}
	}
}

func TestMapForEver(t *testing.T) {
	now, m := time.Now(), NewMap[string, int](10, 0)
	m.Put("a", now, 1)
	if _, ok := m.Get("a", now.Add(1000*time.Hour)); !ok {
		t.Error("it is gone")
	}
}
