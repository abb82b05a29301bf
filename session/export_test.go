package session

import "time"

// SetUptime replaces the clock that also goes while the machine sleeps; before Start.
func (m *Manager) SetUptime(f func() time.Duration) { m.uptime = f }
