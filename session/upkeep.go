package session

import (
	"context"
	"errors"
	"time"

	"wadah/models"
)

// repairLinks makes our devices and the driver's credentials agree after a crash:
// a claim without credentials is cleared, credentials nobody claims are deleted. It
// changes rows in place and returns what was done, by device.
func (m *Manager) repairLinks(ctx context.Context, rows []models.Device) (map[string]string, error) {
	jids, err := m.driver.Links(ctx)
	if err != nil {
		return nil, err
	}
	unclaimed := make(map[string]bool, len(jids))
	for _, jid := range jids {
		unclaimed[jid] = true
	}
	repaired := map[string]string{}
	for i := range rows {
		row := &rows[i]
		held := unclaimed[row.JID]
		delete(unclaimed, row.JID)
		what, err := m.repairLink(ctx, row, held)
		if err != nil {
			return nil, err
		}
		if what != "" {
			repaired[row.ID] = "repaired: " + what
			m.log.Warn("repaired a device at start", "device", row.ID, "what", repaired[row.ID])
		}
	}
	for jid := range unclaimed {
		if err := m.driver.Forget(ctx, jid); err != nil {
			return nil, err
		}
		m.log.Warn("deleted credentials that no device claims")
	}
	return repaired, nil
}

// repairLink makes one device agree with what the driver holds for it, and says what
// was done; "" when nothing had to be.
func (m *Manager) repairLink(ctx context.Context, row *models.Device, held bool) (what string, err error) {
	unlinking, wasLinked := row.OffReason == unlinkingMark, row.LinkedAt != nil
	switch {
	case held && unlinking:
		return "log-out resumed", nil // by Start
	case held || row.JID == "" && !unlinking:
		return "", nil
	}
	row.JID, row.LinkedAt, row.PushName, row.Platform = "", nil, "", ""
	what = "unfinished link removed"
	if unlinking || wasLinked {
		// The link was complete and its credentials are gone: a log-out that was cut short.
		what = "log-out completed"
		now := time.Now()
		row.Desired, row.OffReason, row.OffSince, row.OffUntil = false, string(ReasonLoggedOut), &now, nil
	}
	return what, m.store.SaveLife(ctx, row.ID, row.Life(), true)
}

// sweepAlive stores when each connected device was last heard, once a minute: often
// enough for people, seldom enough for the disk.
func (m *Manager) sweepAlive() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-m.ctx.Done():
			return
		}
		heard := map[string]time.Time{}
		for _, d := range m.all() {
			if t := d.noteAlive(); !t.IsZero() {
				heard[d.id] = t
			}
		}
		m.storeAlive(m.ctx, heard)
	}
}

// noteAlive puts the time WhatsApp was last heard into the snapshot, quietly: it is
// no change anybody waits for.
func (d *device) noteAlive() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.shown()
	if d.att == nil || now.State != StateConnected {
		return time.Time{}
	}
	heard := d.att.lastHeard()
	if !heard.After(now.LastAlive) {
		return now.LastAlive
	}
	d.apply(eventHeard, func(s *Snapshot) { s.LastAlive = heard })
	return heard
}

func (m *Manager) storeAlive(ctx context.Context, heard map[string]time.Time) {
	if len(heard) == 0 {
		return
	}
	byTime := map[time.Time][]string{}
	for id, t := range heard {
		t = t.Truncate(time.Second)
		byTime[t] = append(byTime[t], id)
	}
	for t, ids := range byTime {
		if err := m.store.SetAlive(ctx, ids, t); err != nil && !errors.Is(err, context.Canceled) {
			m.log.Error("storage: last alive", "err", err)
			return
		}
	}
}
