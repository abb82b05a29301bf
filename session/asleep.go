package session

import "time"

// Timers and durations go by the monotonic clock, which stands still while a laptop
// sleeps: what WhatsApp has ended meanwhile would go unnoticed until the next keepalive,
// and a code would be shown long after its time. So the time that this clock does not
// count is watched, and after a sleep every connection is looked at.

const (
	sleepLook  = 2 * time.Second
	sleepLeast = 5 * time.Second // slept shorter, nothing has ended
)

// watchSleep looks whether the machine has slept.
func (m *Manager) watchSleep() {
	tick := time.NewTicker(sleepLook)
	defer tick.Stop()
	awake, all := time.Now(), m.uptime()
	for {
		select {
		case <-tick.C:
		case <-m.ctx.Done():
			return
		}
		now, up := time.Now(), m.uptime()
		if slept := up - all - now.Sub(awake); slept >= sleepLeast {
			m.log.Info("the machine has slept; every connection is looked at", "slept", slept.Round(time.Second))
			for _, d := range m.all() {
				if conn := d.wake(); conn != nil {
					conn.Check()
				}
			}
		}
		awake, all = now, up
	}
}

// wake sees to what runs for the device after a sleep, and returns the connection that
// is to be checked, if there is one.
func (d *device) wake() (check Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.att
	switch {
	case a == nil:
	case d.shown().State == StateScan:
		d.lost(a, "asleep") // nobody knows how much of a code's time is left
	case a.conn != nil:
		return a.conn
	case !a.isDialing() && !d.toldToWait():
		d.begin(0, false) // the network is another one, or there is one again
		d.apply(eventNews, func(s *Snapshot) { s.NextTry = time.Time{} })
	}
	return nil
}
