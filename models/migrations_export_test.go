package models

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"

	"wadah/models/schema"
)

// SchemaVersion is how many migrations there are.
func SchemaVersion() int { return len(schema.Steps()) }

// MigrateWith applies further steps, as a later version would.
func MigrateWith(ctx context.Context, path string, key []byte, statements ...string) error {
	s, err := Open(ctx, Options{Path: path, Key: key})
	if err != nil {
		return err
	}
	steps := schema.Steps()
	for i, sql := range statements {
		steps = append(steps, &gormigrate.Migration{
			ID:      fmt.Sprintf("9%03d_later", i),
			Migrate: func(tx *gorm.DB) error { return tx.Exec(sql).Error },
		})
	}
	return errors.Join(schema.Apply(ctx, s.engine.Writes(), steps), s.Close())
}
