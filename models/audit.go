package models

import (
	"context"
	"time"
)

// AuditEntry is who did what. Entries outlive what they speak of.
type AuditEntry struct {
	ID        string    // given by AddAudit; sorts by time
	At        time.Time // zero: now
	Actor     string    // a user's or key's ID or name
	ActorKind string    // "user", "key", "cli", "system"
	Action    string    // "device.create", "key.reveal", …
	DeviceID  string    // empty: about no device
	Target    string    // what it was done to, for people
	Address   string    // where the request came from
	Detail    string
}

// AuditFilter chooses entries; empty fields choose all.
type AuditFilter struct {
	Actor    string
	Action   string
	DeviceID string
	BeforeID string // only older entries than this one
	Limit    int    // 1 to 500; otherwise 100
}

type auditRow struct {
	ID        string `gorm:"primaryKey"`
	At        int64
	Actor     string
	ActorKind string
	Action    string
	DeviceID  string
	Target    string
	Address   string
	Detail    string
}

func (auditRow) TableName() string { return "audit_entries" }

// AddAudit stores an entry. Texts that are too long are cut.
func (s *Store) AddAudit(ctx context.Context, e AuditEntry) error {
	now := s.now()
	if e.At.IsZero() {
		e.At = now
	}
	row := auditRow{
		ID: s.ids.next(now), At: e.At.UnixMilli(),
		Actor: clip(e.Actor, 100), ActorKind: clip(e.ActorKind, 20), Action: clip(e.Action, 60),
		DeviceID: clip(e.DeviceID, 26), Target: clip(e.Target, 200),
		Address: clip(e.Address, 64), Detail: clip(e.Detail, 2000),
	}
	return wrap(ctx, "store audit entry", s.write(ctx).Create(&row).Error)
}

// Audit returns entries, newest first.
func (s *Store) Audit(ctx context.Context, f AuditFilter) ([]AuditEntry, error) {
	if f.Limit <= 0 || f.Limit > 500 {
		f.Limit = 100
	}
	q := s.read(ctx)
	for column, value := range map[string]string{"actor": f.Actor, "action": f.Action, "device_id": f.DeviceID} {
		if value != "" {
			q = q.Where(column+" = ?", value)
		}
	}
	if f.BeforeID != "" {
		q = q.Where("id < ?", f.BeforeID)
	}
	var rows []auditRow
	if err := q.Order("id DESC").Limit(f.Limit).Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list audit entries", err)
	}
	entries := make([]AuditEntry, 0, len(rows))
	for _, r := range rows {
		entries = append(entries, AuditEntry{
			ID: r.ID, At: fromMilli(r.At), Actor: r.Actor, ActorKind: r.ActorKind, Action: r.Action,
			DeviceID: r.DeviceID, Target: r.Target, Address: r.Address, Detail: r.Detail,
		})
	}
	return entries, nil
}
