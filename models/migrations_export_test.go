package models

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// SchemaVersion is how many migrations there are.
func SchemaVersion() int { return len(migrations()) }

// MigrateWith applies further steps, as a later version would.
func MigrateWith(ctx context.Context, path string, key []byte, statements ...string) error {
	s, err := Open(ctx, Options{Path: path, Key: key})
	if err != nil {
		return err
	}
	steps := migrations()
	for i, sql := range statements {
		steps = append(steps, &gormigrate.Migration{
			ID:      fmt.Sprintf("9%03d_later", i),
			Migrate: func(tx *gorm.DB) error { return tx.Exec(sql).Error },
		})
	}
	return errors.Join(migrateSteps(ctx, s.db, steps), s.Close())
}
