package models

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"wadah/models/postgres"
	"wadah/models/schema"
)

// Moved says what Move copied.
type Moved struct {
	Tables  int
	Rows    int64
	Already bool // all of it was there before, and nothing was written
}

// notMoved are the tables that each database has of itself: which steps it has seen.
var notMoved = []string{schema.Table, "whatsmeow_version"}

// moveRows is how many rows one statement inserts; PostgreSQL takes 65,535 values.
const moveRows = 200

// Move copies all rows of a store, the library's too, into one on PostgreSQL, in one
// transaction, and reads them again to compare. Both must have all tables, and be used by
// nobody else. The error is ErrConflict when the other database has rows of its own.
func Move(ctx context.Context, from, to *Store) (moved Moved, err error) {
	const doing = "move the database"
	err = to.tx(ctx, doing, func(tx *gorm.DB) error {
		m := mover{ctx: ctx, from: from.SQL(), to: tx}
		tables, err := m.tables()
		if err != nil {
			return err
		}
		moved = Moved{Tables: len(tables)}
		filled, err := m.filled(tables)
		if err != nil {
			return err
		}
		moved.Already = filled
		for _, t := range tables {
			sent, err := m.copy(t, !filled)
			if err != nil {
				return err
			}
			got, err := m.sum(tx.Statement.ConnPool, t)
			if err != nil {
				return err
			}
			if sent != got {
				if filled {
					return faultf(ErrConflict, nil, "the other database has an installation of its own (its table %s has %d rows, this one's %d); name an empty one", t.name, got.rows, sent.rows)
				}
				return faultf(ErrCorrupt, nil, "the table %s has %d rows that read otherwise after copying than before (%d)", t.name, got.rows, sent.rows)
			}
			moved.Rows += sent.rows
		}
		return nil
	})
	return moved, err
}

type mover struct {
	ctx  context.Context
	from *sql.DB
	to   *gorm.DB
}

// moveTable is a table of the target, with its columns and their types.
type moveTable struct {
	name    string
	columns []string
	kinds   []string
}

// sum is what is compared: the number of rows, and the exclusive or of their hashes, which
// does not depend on their order.
type sum struct {
	rows int64
	hash [sha256.Size]byte
}

// tables lists the target's tables, those first that others refer to.
func (m *mover) tables() ([]moveTable, error) {
	var columns []struct{ TableName, ColumnName, DataType string }
	err := m.to.Raw(`SELECT table_name, column_name, data_type FROM information_schema.columns
		WHERE table_schema = current_schema() ORDER BY table_name, column_name`).Scan(&columns).Error
	if err != nil {
		return nil, err
	}
	var links []struct{ Child, Parent string }
	err = m.to.Raw(`SELECT c.relname AS child, p.relname AS parent FROM pg_constraint k
		JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
		WHERE k.contype = 'f' AND k.conrelid <> k.confrelid AND k.connamespace = current_schema()::regnamespace`).Scan(&links).Error
	if err != nil {
		return nil, err
	}
	left := make(map[string]*moveTable)
	var names []string
	for _, c := range columns {
		if slices.Contains(notMoved, c.TableName) {
			continue
		}
		if left[c.TableName] == nil {
			left[c.TableName] = &moveTable{name: c.TableName}
			names = append(names, c.TableName)
		}
		t := left[c.TableName]
		t.columns, t.kinds = append(t.columns, c.ColumnName), append(t.kinds, c.DataType)
	}
	var ordered []moveTable
	for len(left) > 0 {
		before := len(ordered)
		for _, name := range names {
			waits := slices.ContainsFunc(links, func(l struct{ Child, Parent string }) bool { return l.Child == name && left[l.Parent] != nil })
			if left[name] != nil && !waits {
				ordered = append(ordered, *left[name])
				delete(left, name)
			}
		}
		if len(ordered) == before {
			return nil, fmt.Errorf("tables refer to each other in a circle: %d", len(left))
		}
	}
	return ordered, nil
}

// filled reports whether the target holds people or devices. The few settings with which
// a database begins are removed otherwise: the source has them, too.
func (m *mover) filled(tables []moveTable) (bool, error) {
	for _, t := range tables {
		if t.name == "settings" {
			continue
		}
		var rows bool
		if err := m.to.Raw("SELECT EXISTS (SELECT 1 FROM " + quoted(t.name) + ")").Scan(&rows).Error; err != nil || rows {
			return rows, err
		}
	}
	return false, m.to.Exec("DELETE FROM settings").Error
}

// copy reads a table of the source, and writes it where write is set.
func (m *mover) copy(t moveTable, write bool) (s sum, err error) {
	rows, err := m.from.QueryContext(m.ctx, t.selects())
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var values []any
	flush := func() error {
		if len(values) == 0 || !write {
			return nil
		}
		one := "(" + strings.TrimSuffix(strings.Repeat("?,", len(t.columns)), ",") + ")"
		count := len(values) / len(t.columns)
		query := "INSERT INTO " + quoted(t.name) + " (" + t.list() + ") VALUES " + strings.TrimSuffix(strings.Repeat(one+",", count), ",")
		_, err := m.to.Statement.ConnPool.ExecContext(m.ctx, placed(query, m.to), values...)
		values = values[:0]
		return err
	}
	err = t.each(rows, func(row []any) error {
		s.add(row)
		values = append(values, row...)
		if len(values) >= moveRows*len(t.columns) {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	return s, err
}

// sum reads a table of the target.
func (m *mover) sum(in gorm.ConnPool, t moveTable) (s sum, err error) {
	rows, err := in.QueryContext(m.ctx, t.selects())
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return s, t.each(rows, func(row []any) error { s.add(row); return nil })
}

// add takes up a row.
func (s *sum) add(row []any) {
	h := sha256.New()
	for _, v := range row {
		if b, ok := v.([]byte); ok {
			v = string(b)
		}
		text := fmt.Sprint(v)
		fmt.Fprintf(h, "%T %d %s\n", v, len(text), text)
	}
	for i, b := range h.Sum(nil) {
		s.hash[i] ^= b
	}
	s.rows++
}

// each calls do with each row, as PostgreSQL wants its values.
func (t moveTable) each(rows *sql.Rows, do func(row []any) error) error {
	for rows.Next() {
		row := make([]any, len(t.columns))
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i := range row {
			var err error
			if row[i], err = postgres.Value(t.kinds[i], row[i]); err != nil {
				return fmt.Errorf("%s.%s: %w", t.name, t.columns[i], err)
			}
		}
		if err := do(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (t moveTable) selects() string { return "SELECT " + t.list() + " FROM " + quoted(t.name) }

func (t moveTable) list() string {
	names := make([]string, len(t.columns))
	for i, name := range t.columns {
		names[i] = quoted(name)
	}
	return strings.Join(names, ", ")
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
