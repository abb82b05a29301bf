package models

import "time"

// Times are stored as Unix milliseconds: one representation for every database,
// exact comparisons in SQL, and no driver's opinion about text formats or zones.

func (s *Store) nowMilli() int64 { return s.now().UnixMilli() }

func fromMilli(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func fromMilliPtr(ms *int64) *time.Time {
	if ms == nil {
		return nil
	}
	t := fromMilli(*ms)
	return &t
}

func milliPtr(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}
