package models

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// A message that arrives costs about ten statements. Building them by reflection takes
// longer than running them, so these few are written out; both databases' connections keep
// what they have parsed. Everything else goes through GORM.

// placed spells the places of a statement's values as the database wants them: ? or $1.
func placed(query string, db *gorm.DB) string {
	spelled := &gorm.Statement{DB: db}
	for i, part := range strings.Split(query, "?") {
		if i > 0 {
			spelled.Vars = append(spelled.Vars, nil)
			db.BindVarTo(spelled, spelled, nil)
		}
		_, _ = spelled.WriteString(part) // never fails
	}
	return spelled.SQL.String()
}

// spelled is placed for a statement that comes again and again.
func (s *Store) spelled(query string, db *gorm.DB) string {
	if text, ok := s.spellings.Load(query); ok {
		return text.(string)
	}
	text := placed(query, db)
	s.spellings.Store(query, text)
	return text
}

// conn is the batch's transaction.
func (b *batch) conn() (*sql.Tx, error) {
	tx, ok := b.tx.Statement.ConnPool.(*sql.Tx)
	if !ok {
		return nil, fmt.Errorf("a transaction is a %T", b.tx.Statement.ConnPool)
	}
	return tx, nil
}

// exec runs a statement and returns how many rows it changed.
func (b *batch) exec(query string, args ...any) (int64, error) {
	tx, err := b.conn()
	if err != nil {
		return 0, err
	}
	res, err := tx.ExecContext(b.tx.Statement.Context, b.s.spelled(query, b.tx), args...)
	if err != nil {
		return 0, b.translated(err)
	}
	return res.RowsAffected()
}

// translated gives the database's errors the names that GORM gives them.
func (b *batch) translated(err error) error {
	if t, ok := b.tx.Dialector.(gorm.ErrorTranslator); ok {
		return t.Translate(err)
	}
	return err
}

// each runs a query and calls scan for each row.
func (b *batch) each(query string, scan func(*sql.Rows) error, args ...any) (err error) {
	tx, err := b.conn()
	if err != nil {
		return err
	}
	rows, err := tx.QueryContext(b.tx.Statement.Context, b.s.spelled(query, b.tx), args...)
	if err != nil {
		return b.translated(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return b.translated(rows.Err())
}
