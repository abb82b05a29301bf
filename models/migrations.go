package models

import (
	"context"

	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// migrationTable records which of the steps below a database has seen.
const migrationTable = "migrations"

// migrations lists every change of the schema, oldest first. A step that has been
// released is never edited: databases exist that have seen it. Each step has its
// own frozen copies of the tables it makes (schema_1.go), so that the
// models of today do not rewrite history.
func migrations() []*gormigrate.Migration {
	return []*gormigrate.Migration{
		{ID: "0001_initial", Migrate: migrate1},
		{ID: "0002_doors", Migrate: migrate2},
		{ID: "0003_zone", Migrate: migrate3},
		{ID: "0004_password_due", Migrate: migrate4},
		{ID: "0005_messages", Migrate: migrate5},
	}
}

// migrate applies the missing steps, all of them or none.
func migrate(ctx context.Context, db *gorm.DB) error {
	return migrateSteps(ctx, db, migrations())
}

func migrateSteps(ctx context.Context, db *gorm.DB, steps []*gormigrate.Migration) error {
	return gormigrate.New(db.WithContext(ctx), &gormigrate.Options{
		TableName:                 migrationTable,
		IDColumnName:              "id",
		IDColumnSize:              100,
		UseTransaction:            true,
		ValidateUnknownMigrations: true,
	}, steps).Migrate()
}
