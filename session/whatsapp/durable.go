package whatsapp

import "sync/atomic"

// durable sees to it that no frame leaves before what it needs survives a power cut: the
// step of a ratchet (otherwise a counter would be used twice, and recipients drop the
// second message), a pre-key that WhatsApp is given, and the row of the message itself,
// which was stored before. SQLite's log is synced as a whole; PostgreSQL's commits are
// durable by themselves.
type durable struct {
	sync  func() error // nil: what is stored is durable
	steps atomic.Int64 // how many were stored
	safe  atomic.Int64 // how many of them survive
}

// stepped notes that something was stored that no frame may overtake.
func (d *durable) stepped() {
	if d != nil {
		d.steps.Add(1)
	}
}

// mark returns what to give to settled once something later survives.
func (d *durable) mark() int64 {
	if d == nil {
		return 0
	}
	return d.steps.Load()
}

// settled notes that everything stored before mark survives.
func (d *durable) settled(mark int64) {
	if d == nil {
		return
	}
	for {
		safe := d.safe.Load()
		if safe >= mark || d.safe.CompareAndSwap(safe, mark) {
			return
		}
	}
}

// settle makes everything stored so far survive.
func (d *durable) settle() error {
	if d == nil || d.sync == nil {
		return nil
	}
	mark := d.steps.Load()
	if d.safe.Load() >= mark {
		return nil
	}
	if err := d.sync(); err != nil {
		return err
	}
	d.settled(mark)
	return nil
}
