package sqlite

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
	"reflect"
	"strings"
)

// Parsing a statement takes SQLite longer than running it, and the driver parses each one
// anew. So a connection keeps those it has parsed, for the library's store as for ours;
// PostgreSQL's driver does the same.

// keptStatements bounds how many a connection keeps. Its own statements, ours for a message
// and the library's, are fewer.
const keptStatements = 100

// keepingConn is a connection that keeps statements. database/sql uses it from one goroutine
// at a time, but may run a second statement while the rows of the first are still read.
type keepingConn struct {
	fullConn
	byText map[string]*list.Element // of *kept
	latest *list.List               // the one used last first
}

// kept is one parsed statement.
type kept struct {
	text string
	stmt driver.Stmt
	busy bool // its rows are being read
}

func keeping(conn fullConn) *keepingConn {
	return &keepingConn{fullConn: conn, byText: make(map[string]*list.Element), latest: list.New()}
}

// take is a statement that nobody uses; nil for one that is not to be kept or is in use.
func (c *keepingConn) take(ctx context.Context, text string) (*kept, error) {
	if at := c.byText[text]; at != nil {
		k := at.Value.(*kept)
		if k.busy {
			return nil, nil
		}
		c.latest.MoveToFront(at)
		return k, nil
	}
	if !worthKeeping(text) {
		return nil, nil
	}
	stmt, err := c.fullConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	k := &kept{text: text, stmt: stmt}
	c.byText[text] = c.latest.PushFront(k)
	for at := c.latest.Back(); c.latest.Len() > keptStatements && at != nil; {
		oldest := at
		at = at.Prev()
		if old := oldest.Value.(*kept); !old.busy && old != k {
			c.latest.Remove(oldest)
			delete(c.byText, old.text)
			if err := old.stmt.Close(); err != nil {
				return nil, err
			}
		}
	}
	return k, nil
}

// worthKeeping reports whether a statement is one of those that come again and again.
func worthKeeping(text string) bool {
	text = strings.TrimSpace(text)
	word, _, _ := strings.Cut(text, " ")
	switch strings.ToUpper(word) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
		return !strings.Contains(strings.TrimSuffix(text, ";"), ";") // a script is parsed as it runs
	}
	return false
}

// ExecContext runs a statement.
func (c *keepingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	k, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return c.fullConn.ExecContext(ctx, text, args)
	}
	return k.stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext runs a query.
func (c *keepingConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	k, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return c.fullConn.QueryContext(ctx, text, args)
	}
	rows, err := k.stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	k.busy = true
	return &keptRows{Rows: rows, of: k}, nil
}

// Close closes the connection.
func (c *keepingConn) Close() (err error) {
	for at := c.latest.Front(); at != nil; at = at.Next() {
		err = errors.Join(err, at.Value.(*kept).stmt.Close())
	}
	return errors.Join(err, c.fullConn.Close())
}

// keptRows are the rows of a statement that is kept.
type keptRows struct {
	driver.Rows
	of *kept
}

// Close ends the reading.
func (r *keptRows) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}

// ColumnTypeDatabaseTypeName is the declared type of a column.
func (r *keptRows) ColumnTypeDatabaseTypeName(n int) string {
	return r.Rows.(driver.RowsColumnTypeDatabaseTypeName).ColumnTypeDatabaseTypeName(n)
}

// ColumnTypeScanType is the type that a column's values have in Go.
func (r *keptRows) ColumnTypeScanType(n int) reflect.Type {
	return r.Rows.(driver.RowsColumnTypeScanType).ColumnTypeScanType(n)
}
