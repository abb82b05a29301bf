package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"wadah/models/engine"
)

// wrap is engine.Wrap for what PostgreSQL reports.
func wrap(ctx context.Context, doing string, err error) error {
	return engine.Wrap(ctx, doing, err, Classify)
}

// Classify finds the sentinel and the sentence for an error of PostgreSQL
// (https://www.postgresql.org/docs/15/errcodes-appendix.html); kind is nil for other
// errors.
func Classify(err error) (why string, kind error) {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return byCode(e)
	}
	var dial *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.Is(err, engine.ErrReplaced):
		return "the connection that kept the database for this server is gone; Wadah goes on when it has it again", engine.ErrStorage
	case errors.As(err, &dial):
		if strings.Contains(err.Error(), "tls") || strings.Contains(err.Error(), "x509") {
			return "the database server's TLS does not fit; check sslmode and sslrootcert in the database URL", engine.ErrStorage
		}
		return "the database server cannot be reached; check that it runs, and host and port in the database URL", engine.ErrStorage
	case errors.Is(err, context.DeadlineExceeded): // it is a net.Error, too
		return "", nil
	case errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, driver.ErrBadConn),
		pgconn.SafeToRetry(err), strings.Contains(err.Error(), "conn closed"):
		return "the connection to the database was lost; check that its server runs", engine.ErrStorage
	}
	return "", nil
}

func byCode(e *pgconn.PgError) (why string, kind error) {
	switch e.Code {
	case "28P01", "28000":
		return "the database server does not let Wadah in; check user and password in the database URL, and the server's pg_hba.conf", engine.ErrStorage
	case "3D000":
		return "there is no such database; make it (CREATE DATABASE) or mend the database URL", engine.ErrStorage
	case "42501":
		return "the database user lacks rights; let it make and use tables in its schema (GRANT ALL ON SCHEMA)", engine.ErrStorage
	case "25006":
		return "the database takes no writes; name the primary server in the database URL", engine.ErrStorage
	case "53100":
		return "the database server's disk is full; free some space", engine.ErrStorage
	case "53300":
		return "the database server has no connection left; raise its max_connections, Wadah uses up to 73", engine.ErrStorage
	case "57P01", "57P02", "57P03":
		return "the database server is stopping or starting", engine.ErrStorage
	case "08P01":
		return "the database server does not speak as PostgreSQL does; connect directly, not through a pooler", engine.ErrStorage
	case "23502", "23514":
		return "a value has no place in its column", engine.ErrRefused
	case "42P01", "3F000":
		return "a table is missing; restore a backup", engine.ErrCorrupt
	case "XX001", "XX002":
		return "the database is damaged; restore a backup", engine.ErrCorrupt
	case "40001", "40P01":
		return "another transaction was in the way", engine.ErrBusy
	}
	switch e.Code[:min(2, len(e.Code))] { // the class
	case "22", "54":
		return "a value has no place in its column", engine.ErrRefused
	case "08":
		return "the connection to the database was lost; check that its server runs", engine.ErrStorage
	}
	return "", nil
}
