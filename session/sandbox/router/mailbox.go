package router

import (
	"container/list"
	"hash/maphash"
	"strconv"

	waBinary "go.mau.fi/whatsmeow/binary"

	"wadah/session/sandbox/stanza"
)

// letter is a stanza that waits for a device until the device acknowledges it.
type letter struct {
	key   letterKey
	plain []byte // marshalled
	sent  int    // how often it was handed out
}

// letterKey is what an acknowledgement names. The user part of the sender stands for
// the whole address, because clients answer to a person or to that person's device.
type letterKey struct {
	class string // tag of the stanza
	id    string
	from  string
	kind  string // type of the stanza; empty for messages
}

// mailbox is what waits for one device, in order. The zero value is empty.
type mailbox struct {
	letters *list.List // of *letter; nil while nothing waits
	next    *list.Element
	index   map[letterKey][]*list.Element
	done    memory // keys of what was acknowledged
}

func (m *mailbox) len() int {
	if m.letters == nil {
		return 0
	}
	return m.letters.Len()
}

// put appends a letter.
func (m *mailbox) put(l *letter) {
	if m.letters == nil {
		m.letters, m.index = list.New(), make(map[letterKey][]*list.Element)
	}
	element := m.letters.PushBack(l)
	m.index[l.key] = append(m.index[l.key], element)
	if m.next == nil {
		m.next = element
	}
}

// rewind begins anew with the oldest letter, as a login does.
func (m *mailbox) rewind() {
	m.next = nil
	if m.letters != nil {
		m.next = m.letters.Front()
	}
}

// take hands out the next letter; nil when all are handed out.
func (m *mailbox) take() *letter {
	if m.next == nil {
		return nil
	}
	l, _ := m.next.Value.(*letter)
	m.next = m.next.Next()
	l.sent++
	return l
}

// settle removes the oldest letter with this key that was handed out. It returns false
// when there is none and never was.
func (m *mailbox) settle(key letterKey) bool {
	for i, element := range m.index[key] {
		if l, _ := element.Value.(*letter); l.sent == 0 {
			continue
		}
		m.remove(element, key, i)
		m.done.add(key)
		return true
	}
	return m.done.has(key)
}

func (m *mailbox) remove(element *list.Element, key letterKey, i int) {
	if m.next == element {
		m.next = element.Next()
	}
	m.letters.Remove(element)
	rest := m.index[key]
	if len(rest) == 1 {
		delete(m.index, key)
	} else {
		m.index[key] = append(rest[:i:i], rest[i+1:]...)
	}
	if m.letters.Len() == 0 {
		m.letters, m.index, m.next = nil, nil, nil
	}
}

// remembered is how many acknowledged keys of a device are kept: clients acknowledge
// some stanzas twice, and may do so after a while.
const remembered = 2048

// memory is a set of the newest keys. The zero value is empty.
type memory struct {
	set  map[uint64]struct{}
	ring []uint64
	at   int
}

var memorySeed = maphash.MakeSeed()

func (m *memory) add(key letterKey) {
	hash := maphash.Comparable(memorySeed, key)
	if m.set == nil {
		m.set = make(map[uint64]struct{})
	}
	if _, known := m.set[hash]; known {
		return
	}
	m.set[hash] = struct{}{}
	if len(m.ring) < remembered {
		m.ring = append(m.ring, hash)
		return
	}
	delete(m.set, m.ring[m.at])
	m.ring[m.at] = hash
	m.at = (m.at + 1) % remembered
}

func (m *memory) has(key letterKey) bool {
	_, known := m.set[maphash.Comparable(memorySeed, key)]
	return known
}

// deliver puts a stanza into a device's mailbox and wakes the device.
func (d *device) deliver(node waBinary.Node) error {
	plain, err := waBinary.Marshal(node)
	if err != nil {
		return err
	}
	from := stanza.JID(&node, "from")
	key := letterKey{class: node.Tag, id: stanza.Attr(&node, "id"), from: from.User}
	if node.Tag != "message" {
		key.kind = stanza.Attr(&node, "type")
	}
	d.box.put(&letter{key: key, plain: plain})
	if d.session != nil {
		d.session.line.Wake()
	}
	return nil
}

// markOffline adds to a marshalled stanza that it waited while the device was offline;
// the number grows with each of them.
func markOffline(plain []byte, number int) []byte {
	node, err := waBinary.Unmarshal(plain[1:])
	if err != nil {
		return plain // made by Marshal, so this cannot be
	}
	marked, err := waBinary.Marshal(stanza.With(*node, "offline", strconv.Itoa(number)))
	if err != nil {
		return plain
	}
	return marked
}
