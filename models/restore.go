package models

import (
	"context"

	"gorm.io/gorm"
)

// ForgetRatchets deletes the library's sessions and sender keys, which in an older copy of
// the database have counters that were used since. Recipients drop a message under a used
// counter; new sessions are begun with the next message to each.
func (s *Store) ForgetRatchets(ctx context.Context) error {
	err := s.write(ctx).Transaction(func(tx *gorm.DB) error {
		for _, table := range []string{"whatsmeow_sessions", "whatsmeow_sender_keys"} {
			if !tx.Migrator().HasTable(table) {
				continue // the server never ran on this database
			}
			if err := tx.Exec("DELETE FROM " + table).Error; err != nil {
				return err
			}
		}
		return nil
	})
	return wrap(ctx, "forget sessions of an older copy", err)
}
