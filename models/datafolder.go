package models

import (
	"context"

	"gorm.io/gorm"

	"wadah/models/sqlite"
	"wadah/models/vault"
)

// The names of Wadah's files in the data folder.
const (
	DatabaseFile  = "wadah.db"
	ServerKeyFile = vault.KeyFile
)

// DatabaseFiles are the names of the files that a database in the data folder consists of
// while it is in use, and of what an interrupted one may have left.
func DatabaseFiles() []string { return sqlite.Files(DatabaseFile) }

// LoadServerKey returns the server key kept in the data folder dir, and makes
// folder and key when there is none yet (created is true then). A key that others
// may read is made private (0600). It never makes a new key beside an existing
// database, whose secrets only the old key can open: that is ErrWrongKey. When
// the folder cannot be used the error is ErrStorage.
func LoadServerKey(dir string) (key []byte, created bool, err error) {
	return vault.Load(dir, DatabaseFile, DatabaseFile+"-wal")
}

// ParseServerKey reads a server key from its text form, 64 hexadecimal digits;
// white space around them is ignored. The error is ErrWrongKey and does not
// contain the text.
func ParseServerKey(text string) ([]byte, error) { return vault.Parse(text) }

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
