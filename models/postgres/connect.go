package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/migrator"
	gormschema "gorm.io/gorm/schema"

	"wadah/models/engine"
)

const (
	// dialLimit bounds the opening of a connection; connect_timeout in the URL wins.
	dialLimit = 5 * time.Second
	// sharedConns bounds the pool that the library's store and our writes share: the
	// library may read a row while it holds another result open, for each of a few dozen
	// devices that connect at a time. With readConns and the lock it stays below a
	// server's usual limit of 100.
	sharedConns = 64
	readConns   = 8
	// A connection takes its server some megabytes; a new one takes milliseconds and knows
	// none of the prepared statements. So all are kept while there is work, and for this
	// long: with few kept, 200 devices that start at once took twice the time.
	idleTime = 30 * time.Second
	// silenceLimit bounds how long a server may leave a statement without an answer: twice
	// what SQLite waits for another program. One that hangs, or a network that swallows
	// everything, must not keep whoever asked for something waiting for ever.
	silenceLimit = 20 * time.Second
)

// connect opens both pools.
func (e *Engine) connect(ctx context.Context, t engine.Tables) (err error) {
	config := e.config.Copy()
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := e.config.DialFunc(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &impatientConn{Conn: c, patient: &e.preparing}, nil
	}
	if e.pool, err = openPool(ctx, config, durable, sharedConns); err != nil {
		return err
	}
	if e.reads, err = openPool(ctx, config, onlyReading, readConns); err != nil {
		return err
	}
	if e.db, err = t.Open(dialectOf(e.pool)); err != nil {
		return err
	}
	e.rd, err = t.Open(dialectOf(e.reads))
	return err
}

const (
	// durable: a commit that was answered survives a power cut, whatever the server's default.
	durable     = "SET synchronous_commit = on"
	onlyReading = "SET default_transaction_read_only = on"
)

// openPool opens a pool and makes sure that a connection works. Setting is a statement for
// each new one: poolers refuse most settings that come with a connection's beginning.
func openPool(ctx context.Context, config *pgx.ConnConfig, setting string, limit int) (*sql.DB, error) {
	set := func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, setting)
		return err
	}
	db := sql.OpenDB(connector{stdlib.GetConnector(*config, stdlib.OptionAfterConnect(set))})
	db.SetMaxOpenConns(limit)
	db.SetMaxIdleConns(limit)
	db.SetConnMaxIdleTime(idleTime)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// impatientConn is a connection on which no answer is waited for longer than silenceLimit.
type impatientConn struct {
	net.Conn
	patient *atomic.Bool // what takes long is being done: a change of the tables
	mu      sync.Mutex
	until   time.Time // what the driver has set
}

// SetDeadline lets the driver end what a context has cancelled.
func (c *impatientConn) SetDeadline(until time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = until
	return c.Conn.SetDeadline(until)
}

// Read waits for a part of an answer.
func (c *impatientConn) Read(into []byte) (int, error) {
	c.limit(c.SetReadDeadline)
	return c.Conn.Read(into)
}

// Write waits until the network takes a question.
func (c *impatientConn) Write(from []byte) (int, error) {
	c.limit(c.SetWriteDeadline)
	return c.Conn.Write(from)
}

func (c *impatientConn) limit(set func(time.Time) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.until.IsZero() && !c.patient.Load() {
		_ = set(time.Now().Add(silenceLimit)) // a connection that is closed says so when it is used
	}
}

// connector opens connections that take any text.
type connector struct{ driver.Connector }

// Connect opens a connection.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	plain, ok := inner.(*stdlib.Conn)
	if !ok {
		return nil, fmt.Errorf("the PostgreSQL driver's connection is a %T", inner)
	}
	return textConn{plain}, nil
}

// textConn is a connection that takes any text. SQLite stores what it is given; PostgreSQL
// refuses NUL and what is no UTF-8, and with it the whole transaction. Strangers choose
// their names and what they write: a message must not be refused for it each time that
// WhatsApp repeats it. Text that is searched for is changed in the same way.
type textConn struct{ *stdlib.Conn }

// CheckNamedValue changes what PostgreSQL does not take. Everything else is the driver's.
func (textConn) CheckNamedValue(v *driver.NamedValue) error {
	switch text := v.Value.(type) {
	case string:
		v.Value = storable(text)
	case *string:
		if text != nil {
			v.Value = storable(*text)
		}
	}
	return nil
}

func storable(text string) string {
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// dialector is GORM's dialect, but text is ordered by its bytes, as on SQLite: IDs, and the
// keys by which names are ordered, must not depend on the server's language.
type dialector struct {
	*gormpostgres.Dialector
}

func dialectOf(db *sql.DB) gorm.Dialector {
	return dialector{&gormpostgres.Dialector{Config: &gormpostgres.Config{Conn: db}}}
}

// DataTypeOf is the type of a column.
func (d dialector) DataTypeOf(field *gormschema.Field) string {
	kind := d.Dialector.DataTypeOf(field)
	if field.DataType == gormschema.String {
		kind += ` COLLATE "C"`
	}
	return kind
}

// Migrator makes tables with these types.
func (d dialector) Migrator(db *gorm.DB) gorm.Migrator {
	return gormpostgres.Migrator{Migrator: migrator.Migrator{Config: migrator.Config{
		DB: db, Dialector: d, CreateIndexAfterCreateTable: true,
	}}}
}
