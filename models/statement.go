package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"gorm.io/gorm"
)

// A message that arrives costs about ten statements. Parsing them again for each message,
// and building them by reflection, takes three times as long as running them, so these
// few are prepared once. Everything else goes through GORM.

// statements are prepared statements of the writer, by their text.
type statements struct {
	mu   sync.Mutex
	made map[string]*sql.Stmt
}

// get prepares a statement that was not prepared before.
func (s *statements) get(ctx context.Context, pool *sql.DB, query string) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt, ok := s.made[query]; ok {
		return stmt, nil
	}
	stmt, err := pool.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if s.made == nil {
		s.made = make(map[string]*sql.Stmt)
	}
	s.made[query] = stmt
	return stmt, nil
}

func (s *statements) close() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, stmt := range s.made {
		err = errors.Join(err, stmt.Close())
	}
	s.made = nil
	return err
}

// prepared is a statement that runs in the batch's transaction.
func (b *batch) prepared(query string) (*sql.Stmt, error) {
	if stmt, ok := b.stmts[query]; ok {
		return stmt, nil
	}
	tx, ok := b.tx.Statement.ConnPool.(*sql.Tx)
	if !ok {
		return nil, fmt.Errorf("a transaction is a %T", b.tx.Statement.ConnPool)
	}
	ctx := b.tx.Statement.Context
	stmt, err := b.s.statements.get(ctx, b.s.SQL(), query)
	if err != nil {
		return nil, err
	}
	if b.stmts == nil {
		b.stmts = make(map[string]*sql.Stmt)
	}
	own := tx.StmtContext(ctx, stmt)
	b.stmts[query] = own
	return own, nil
}

// exec runs a prepared statement and returns how many rows it changed.
func (b *batch) exec(query string, args ...any) (int64, error) {
	stmt, err := b.prepared(query)
	if err != nil {
		return 0, err
	}
	res, err := stmt.ExecContext(b.tx.Statement.Context, args...)
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

// each runs a prepared query and calls scan for each row.
func (b *batch) each(query string, scan func(*sql.Rows) error, args ...any) (err error) {
	stmt, err := b.prepared(query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(b.tx.Statement.Context, args...)
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
