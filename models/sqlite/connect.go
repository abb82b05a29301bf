package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"modernc.org/sqlite"
)

const (
	// sharedConns bounds the pool that the library's store and our writes share. A
	// write that waits for its turn keeps its connection, and the library may read a
	// row while it still holds another result open; a pool as small as the number
	// of goroutines doing that would stop for good. Session dials at most a few
	// dozen devices at a time, so this is ample.
	sharedConns = 64
	// durableConns bounds the pool of durable writes: there is one writer.
	durableConns = 2
	// readConns bounds the pool of our own reads. It is apart, so that a read
	// never queues for a connection behind writers: in WAL mode the database
	// itself lets readers pass. More than a few would only fight for the CPU.
	readConns = 8
	// An idle connection holds most of a megabyte; a new one takes milliseconds. So all
	// are kept while there is work, and for this long: with few kept, a fifth of what fifty
	// busy devices cost was to open connections.
	idleTime = 5 * time.Second

	// pageCache is what one connection may cache, in KiB. SQLite's default of 2 MiB for
	// each of a dozen connections would be an eighth of what a thousand devices take,
	// and be thrown away at every write of another connection.
	pageCache = "_pragma=cache_size(-512)"
)

// dsnOf spells a path and the settings of every connection for modernc.org/sqlite.
// The path is percent-encoded, for it may contain '?', '#', '%' and spaces.
func dsnOf(path string, settings ...string) string {
	path = filepath.ToSlash(path)
	if runtime.GOOS == "windows" && filepath.VolumeName(path) != "" && !strings.HasPrefix(path, "/") {
		path = "/" + path // file:/C:/…, as SQLite wants drive letters
	}
	var b strings.Builder
	b.WriteString("file:")
	for i, part := range strings.Split(path, "/") {
		if i > 0 {
			b.WriteByte('/')
		}
		// PathEscape covers all that a URI gives a meaning to: ? # % and space.
		b.WriteString(url.PathEscape(part))
	}
	b.WriteByte('?')
	b.WriteString(strings.Join(settings, "&"))
	return b.String()
}

var (
	// writeSettings: wait for a lock instead of failing; readers and one writer at
	// once (WAL); foreign keys, which the library insists on; take the write lock when
	// a transaction begins, since a lock asked for later fails at once when somebody
	// else wrote meanwhile, whatever the timeout. A file that is missing is never made
	// anew (mode=rw). With synchronous NORMAL a power cut may lose the last commits,
	// never consistency. What is deleted is overwritten: old messages must not stay in
	// pages that nothing uses.
	writeSettings = []string{
		"mode=rw", "_pragma=busy_timeout(10000)", "_pragma=journal_mode(WAL)", "_pragma=foreign_keys(1)",
		"_txlock=immediate", "_error_rc=1", pageCache, "_pragma=secure_delete(1)",
	}
	readSettings = []string{
		"_pragma=busy_timeout(10000)", "_pragma=query_only(1)", "_txlock=deferred", "_error_rc=1", pageCache,
	}
	// inspectSettings open without the right to change anything.
	inspectSettings = []string{"mode=ro", "_pragma=busy_timeout(10000)", "_pragma=query_only(1)", "_error_rc=1"}
)

// openWriters opens the pool for writers, and the one for what nobody may see before it
// survives a power cut. All their connections wait in one line.
func openWriters(ctx context.Context, at *place) (shared, durable *sql.DB, err error) {
	line := make(chan struct{}, 1)
	open := func(limit int, settings ...string) (*sql.DB, error) {
		return setPool(ctx, sql.OpenDB(&turnConnector{
			placeConnector: placeConnector{dsn: dsnOf(at.path, append(settings, writeSettings...)...), place: at}, line: line,
		}), limit)
	}
	if shared, err = open(sharedConns, "_pragma=synchronous(NORMAL)"); err != nil {
		return nil, nil, err
	}
	// SQLite syncs its log before it lets readers see a commit.
	durable, err = open(durableConns, "_pragma=synchronous(FULL)")
	return shared, durable, err
}

// openPlain opens a pool of at most limit connections with these settings.
func openPlain(ctx context.Context, at *place, limit int, settings []string) (*sql.DB, error) {
	db := sql.OpenDB(&placeConnector{dsn: dsnOf(at.path, settings...), place: at})
	return setPool(ctx, db, limit)
}

// placeConnector opens connections to the file that was opened at first, and to no other.
type placeConnector struct {
	dsn   string
	place *place
}

// Driver is SQLite's.
func (*placeConnector) Driver() driver.Driver { return &sqlite.Driver{} }

// Connect opens a connection.
func (c *placeConnector) Connect(context.Context) (driver.Conn, error) { return c.open() }

func (c *placeConnector) open() (*keepingConn, error) {
	if err := c.place.check(); err != nil {
		return nil, err
	}
	conn, err := c.Driver().Open(c.dsn)
	if err != nil {
		return nil, err
	}
	if err := c.place.check(); err != nil { // replaced in this very moment
		return nil, errors.Join(err, conn.Close())
	}
	full, ok := conn.(fullConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the SQLite driver's connection is a %T, which lacks what is needed", conn), conn.Close())
	}
	return keeping(full), nil
}

// setPool sets the size of a pool and makes sure that a connection works.
func setPool(ctx context.Context, db *sql.DB, limit int) (*sql.DB, error) {
	db.SetMaxOpenConns(limit)
	db.SetMaxIdleConns(limit)
	db.SetConnMaxIdleTime(idleTime)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// dialector is GORM's SQLite dialect over a pool of modernc.org/sqlite, whose
// errors the original does not know.
type dialector struct {
	*gormsqlite.Dialector
}

func dialectOf(db *sql.DB) gorm.Dialector {
	return dialector{&gormsqlite.Dialector{DriverName: "sqlite", Conn: db}}
}
