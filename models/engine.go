package models

import "context"

// Engine is the version of the database engine that runs inside the program, such as
// "3.50.4".
func (s *Store) Engine(ctx context.Context) (string, error) {
	var version string
	err := s.read(ctx).Raw("SELECT sqlite_version()").Scan(&version).Error
	return version, wrap(ctx, "ask for the version of SQLite", err)
}
