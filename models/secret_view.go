package models

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"wadah/models/rules"
)

// Viewer is to whom a key or a system secret is shown in plain text.
type Viewer struct {
	ID   string // a user's, or one of ViewerCLI and ViewerSystem
	Name string // the user's; empty for the others
}

// Viewers that are no users.
const (
	ViewerCLI    = "cli"    // the command line
	ViewerSystem = "system" // a program with a system secret
)

// viewEvery is how exactly it is known when the same viewer was last shown the same: a
// program that lists all devices must not write a row for each, all day.
const viewEvery = time.Minute

// SecretView says that a key or a system secret was shown to somebody, and when last.
type SecretView struct {
	SecretID string
	Viewer   Viewer
	At       time.Time
}

type secretViewRow struct {
	SecretID   string `gorm:"primaryKey"`
	ViewerID   string `gorm:"primaryKey"`
	ViewerName string
	At         int64
	// Settled: somebody has decided that it may stay so, although this viewer must not use
	// it any more.
	Settled bool
}

func (secretViewRow) TableName() string { return "secret_views" }

func (r secretViewRow) view() SecretView {
	return SecretView{SecretID: r.SecretID, Viewer: Viewer{ID: r.ViewerID, Name: r.ViewerName}, At: fromMilli(r.At)}
}

// NoteViews stores that keys or system secrets, by their IDs, are about to be shown.
func (s *Store) NoteViews(ctx context.Context, by Viewer, secretIDs ...string) error {
	if len(secretIDs) == 0 {
		return nil
	}
	now := s.now()
	var fresh []string
	err := s.read(ctx).Model(&secretViewRow{}).
		Where("viewer_id = ? AND settled = ? AND at > ? AND secret_id IN ?", by.ID, false, now.Add(-viewEvery).UnixMilli(), secretIDs).
		Pluck("secret_id", &fresh).Error
	if err != nil {
		return wrap(ctx, "look who was shown a key", err)
	}
	seen := make(map[string]bool, len(secretIDs))
	for _, id := range fresh {
		seen[id] = true
	}
	var rows []secretViewRow
	for _, id := range secretIDs {
		if !seen[id] {
			seen[id] = true
			rows = append(rows, secretViewRow{SecretID: id, ViewerID: by.ID, ViewerName: rules.Clip(by.Name, 40), At: now.UnixMilli()})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	err = s.write(ctx).Clauses(clause.OnConflict{UpdateAll: true}).CreateInBatches(&rows, 200).Error
	return wrap(ctx, "store who is shown a key", err)
}

// LastViews is who was last shown each of these keys or system secrets, by its ID; those
// that nobody was shown are not in it.
func (s *Store) LastViews(ctx context.Context, secretIDs []string) (map[string]SecretView, error) {
	last := make(map[string]SecretView)
	if len(secretIDs) == 0 {
		return last, nil
	}
	var rows []secretViewRow
	if err := s.read(ctx).Where("secret_id IN ?", secretIDs).Order("at, viewer_id").Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list who was shown keys", err)
	}
	for _, r := range rows {
		last[r.SecretID] = r.view()
	}
	return last, nil
}

// KnownSecret is a valid key or system secret that a user was shown.
type KnownSecret struct {
	SecretView
	DeviceID string // empty: a system secret
	Name     string // the key's
}

// KnownSecrets returns what users were shown and what is valid, but what SettleViews has
// settled, oldest key first.
func (s *Store) KnownSecrets(ctx context.Context) ([]KnownSecret, error) {
	doing := "list what people were shown"
	known, err := s.knownSecrets(ctx, "system_secrets", "'' AS device_id, '' AS name")
	if err != nil {
		return nil, wrap(ctx, doing, err)
	}
	keys, err := s.knownSecrets(ctx, "api_keys", "device_id, name")
	return append(known, keys...), wrap(ctx, doing, err)
}

// knownSecrets is KnownSecrets for those in a table, of which columns tell the device and
// the name.
func (s *Store) knownSecrets(ctx context.Context, table, columns string) ([]KnownSecret, error) {
	var rows []struct {
		SecretID, ViewerID, ViewerName, DeviceID, Name string
		At                                             int64
	}
	err := s.read(ctx).Table("secret_views").Select("secret_id, viewer_id, viewer_name, at, "+columns).
		Joins("JOIN "+table+" ON "+table+".id = secret_id").
		Where("settled = ? AND viewer_id NOT IN ?", false, []string{ViewerCLI, ViewerSystem}).Where(whileValid, s.nowMilli()).
		Order("secret_id, viewer_id").Scan(&rows).Error
	known := make([]KnownSecret, 0, len(rows))
	for _, r := range rows {
		view := secretViewRow{SecretID: r.SecretID, ViewerID: r.ViewerID, ViewerName: r.ViewerName, At: r.At}.view()
		known = append(known, KnownSecret{SecretView: view, DeviceID: r.DeviceID, Name: r.Name})
	}
	return known, err
}

// SettleViews says of what some viewers were shown that nothing more is to be done about
// it, until they are shown it again.
func (s *Store) SettleViews(ctx context.Context, secretID string, viewerIDs []string) error {
	err := s.write(ctx).Model(&secretViewRow{}).Where("secret_id = ? AND viewer_id IN ?", secretID, viewerIDs).
		Update("settled", true).Error
	return wrap(ctx, "settle who was shown a key", err)
}

// SweepSecretViews removes what is about keys and secrets that are gone.
func (s *Store) SweepSecretViews(ctx context.Context) (int64, error) {
	res := s.write(ctx).Where("secret_id NOT IN (SELECT id FROM api_keys) AND secret_id NOT IN (SELECT id FROM system_secrets)").
		Delete(&secretViewRow{})
	return res.RowsAffected, wrap(ctx, "sweep who was shown keys", res.Error)
}
