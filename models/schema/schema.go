// Package schema is how the tables came to be what they are: numbered steps, each in a
// file named for what it does, the same for every database.
package schema

import (
	"context"

	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// Table records which of the steps a database has seen, in its column id.
const Table = "migrations"

// Seen asks a database for the steps it has seen.
const Seen = "SELECT id FROM " + Table + " ORDER BY id"

// Steps lists every change of the schema, oldest first. A step that has been released is
// never edited: databases exist that have seen it. Each step has its own frozen copies of
// the tables it makes, named with its number, so that the rows of today (package models)
// do not rewrite history.
func Steps() []*gormigrate.Migration {
	return []*gormigrate.Migration{
		{ID: "0001_initial", Migrate: initial},
		{ID: "0002_doors", Migrate: doors},
		{ID: "0003_zone", Migrate: zone},
		{ID: "0004_password_due", Migrate: passwordDue},
		{ID: "0005_messages", Migrate: messages},
		{ID: "0006_secret_views", Migrate: secretViews},
		{ID: "0007_any_sender", Migrate: anySender},
		{ID: "0008_login_columns", Migrate: loginColumns},
		{ID: "0009_key_rights", Migrate: keyRights},
		{ID: "0010_groups", Migrate: groups},
		{ID: "0011_webhooks", Migrate: webhooks},
		{ID: "0012_message_indexes", Migrate: messageIndexes},
		{ID: "0015_webhook_choices", Migrate: webhookChoices},
		{ID: "0018_linked_name", Migrate: linkedName},
		{ID: "0020_invitations", Migrate: invitations},
		{ID: "0019_key_calls", Migrate: keyCalls},
	}
}

// Names are the names of all steps, in order.
func Names() []string {
	var names []string
	for _, step := range Steps() {
		names = append(names, step.ID)
	}
	return names
}

// Apply applies those of the steps that db has not seen, all of them or none. Within a
// transaction they are part of it.
func Apply(ctx context.Context, db *gorm.DB, steps []*gormigrate.Migration) error {
	_, within := db.Statement.ConnPool.(gorm.TxCommitter)
	return gormigrate.New(db.WithContext(ctx), &gormigrate.Options{
		TableName:                 Table,
		IDColumnName:              "id",
		IDColumnSize:              100,
		UseTransaction:            !within,
		ValidateUnknownMigrations: true,
	}, steps).Migrate()
}
