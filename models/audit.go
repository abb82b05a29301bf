package models

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// AuditEntry is who did what. Entries outlive what they speak of.
type AuditEntry struct {
	ID        string    // given by AddAudit; sorts by time
	At        time.Time // zero: now
	Actor     string    // a user's name, or the ID of a key or scan link
	ActorKind string    // "user", "key", "keyless", "guest", "cli", "system"
	Action    string    // "device.create", "key.reveal", …
	DeviceID  string    // empty: about no device
	Target    string    // what it was done to, for people
	Address   string    // where the request came from
	Detail    string
}

// AuditFilter chooses entries; empty fields choose all.
type AuditFilter struct {
	Actor    string
	Action   string // an action, or its beginning up to a dot: "key" chooses "key.reveal"
	DeviceID string
	Text     string    // anywhere in actor, its kind, action, target, address or detail, whatever the case
	From     time.Time // zero: from the first entry on
	To       time.Time // zero: to the last one
	BeforeID string    // only older entries than this one
	Limit    int       // 1 to 500; otherwise 100
}

// MinAuditAge is how long entries are kept at least: retention cannot be set so that
// somebody sweeps away what they have just done.
const MinAuditAge = 7 * 24 * time.Hour

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
		Actor: rules.Clip(e.Actor, 100), ActorKind: rules.Clip(e.ActorKind, 20), Action: rules.Clip(e.Action, 60),
		DeviceID: rules.Clip(e.DeviceID, 26), Target: rules.Clip(e.Target, 200),
		Address: rules.Clip(e.Address, 64), Detail: rules.Clip(e.Detail, 2000),
	}
	return wrap(ctx, "store audit entry", s.write(ctx).Create(&row).Error)
}

// Audit returns entries, newest first.
func (s *Store) Audit(ctx context.Context, f AuditFilter) ([]AuditEntry, error) {
	if f.Limit <= 0 || f.Limit > 500 {
		f.Limit = 100
	}
	q := f.choose(s.read(ctx))
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

// choose narrows q to what f names, but for its limit.
func (f AuditFilter) choose(q *gorm.DB) *gorm.DB {
	if f.Actor != "" {
		q = q.Where("actor = ?", f.Actor)
	}
	if f.DeviceID != "" {
		q = q.Where("device_id = ?", f.DeviceID)
	}
	if f.Action != "" {
		q = q.Where("action = ? OR action LIKE ? ESCAPE '!'", f.Action, likeText(f.Action)+".%")
	}
	if f.Text != "" {
		pattern := "%" + likeText(strings.ToLower(f.Text)) + "%"
		q = q.Where("LOWER(actor || ' ' || actor_kind || ' ' || action || ' ' || target || ' ' || address || ' ' || detail) LIKE ? ESCAPE '!'", pattern)
	}
	if !f.From.IsZero() {
		q = q.Where("at >= ?", f.From.UnixMilli())
	}
	if !f.To.IsZero() {
		q = q.Where("at < ?", f.To.UnixMilli())
	}
	if f.BeforeID != "" {
		q = q.Where("id < ?", f.BeforeID)
	}
	return q
}

// likeText makes text stand for itself in a LIKE pattern.
func likeText(text string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text)
}

// EachAudit calls do with every entry that f chooses, newest first, whatever f.Limit
// says; an error of do ends it. It reads page by page: the whole never is in memory.
func (s *Store) EachAudit(ctx context.Context, f AuditFilter, do func(AuditEntry) error) error {
	f.Limit = 500
	for {
		page, err := s.Audit(ctx, f)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := do(e); err != nil {
				return err
			}
		}
		if len(page) < f.Limit {
			return nil
		}
		f.BeforeID = page[len(page)-1].ID
	}
}

// SweepAudit removes entries older than age, which is at least MinAuditAge, and
// returns how many there were. It is the only way an entry goes.
func (s *Store) SweepAudit(ctx context.Context, age time.Duration) (int64, error) {
	before := s.now().Add(-max(age, MinAuditAge))
	res := s.write(ctx).Where("at < ?", before.UnixMilli()).Delete(&auditRow{})
	return res.RowsAffected, wrap(ctx, "sweep audit entries", res.Error)
}
