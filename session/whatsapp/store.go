package whatsapp

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/store/sqlstore/upgrades"
	"go.mau.fi/whatsmeow/types"
	waLog "go.mau.fi/whatsmeow/util/log"

	"wadah/session"
)

// container is the library's store with corrections: a failure is noticed before the
// library acknowledges to WhatsApp what it could not store (see guard), pre-keys are
// written together (see preKeyStore), secrets of messages have their time (see
// secretStore), and a deleted device leaves nothing behind.
type container struct {
	*sqlstore.Container
	db      *dbutil.Database
	preKeys sync.Map // locks of preKeyStore by JID
}

// values passes lists to PostgreSQL's driver, which takes them as they are.
type values struct{ list any }

// Value is the list itself.
func (v values) Value() (driver.Value, error) { return v.list, nil }

// Scan is for lists that come back, which the library does not ask for.
func (v values) Scan(any) error { return fmt.Errorf("whatsapp: %T is only written", v.list) }

// passValues tells the library, which keeps it in a package variable.
var passValues = sync.OnceFunc(func() {
	sqlstore.PostgresArrayWrapper = func(list any) interface {
		driver.Valuer
		sql.Scanner
	} {
		return values{list}
	}
})

// Prepare makes the library's tables, and ours beside them, or brings them up to date.
func Prepare(ctx context.Context, db *sql.DB, dialect string) error {
	_, err := openContainer(ctx, db, dialect, waLog.Noop)
	return err
}

func openContainer(ctx context.Context, db *sql.DB, dialect string, log waLog.Logger) (*container, error) {
	passValues()
	wrapped, err := dbutil.NewWithDB(db, dialect)
	if err != nil {
		return nil, fmt.Errorf("whatsapp: %w", err)
	}
	// One handle for the library and for us: what we do inside its transactions is part of
	// them. The two names are those of sqlstore.NewWithDB.
	wrapped.UpgradeTable, wrapped.VersionTable = upgrades.Table, "whatsmeow_version"
	c := &container{Container: sqlstore.NewWithWrappedDB(wrapped, log), db: wrapped}
	if err := c.Upgrade(ctx); err != nil {
		return nil, storage(ctx, "preparing the library's tables", err)
	}
	if err := prepareSecrets(ctx, c.db); err != nil {
		return nil, storage(ctx, "preparing the table of secrets", err)
	}
	for _, query := range []string{deleteOrphansQuery, deletePairsQuery} {
		if _, err := c.db.Exec(ctx, query); err != nil {
			return nil, storage(ctx, "removing rows of deleted devices", err)
		}
	}
	return c, nil
}

const (
	linksQuery        = `SELECT jid FROM whatsmeow_device ORDER BY jid`
	deleteDeviceQuery = `DELETE FROM whatsmeow_device WHERE jid=$1`

	// Every table of the library that belongs to a device refers to it and goes with it,
	// but for this one (store/sqlstore/upgrades/00-latest-schema.sql). whatsmeow_lid_map
	// belongs to nobody: it pairs the two addresses of accounts, for all devices, and goes
	// when the last of them is gone.
	deleteTokensQuery  = `DELETE FROM whatsmeow_privacy_tokens WHERE our_jid=$1`
	deleteOrphansQuery = `DELETE FROM whatsmeow_privacy_tokens WHERE our_jid NOT IN (SELECT jid FROM whatsmeow_device)`
	deletePairsQuery   = `DELETE FROM whatsmeow_lid_map WHERE NOT EXISTS (SELECT 1 FROM whatsmeow_device)`
)

// load returns the credentials of jid, or new ones to link with when jid is empty; g
// watches what is stored through them.
func (c *container) load(ctx context.Context, jid string, g *guard) (*store.Device, error) {
	if jid == "" {
		device := c.NewDevice()
		return device, c.dress(device, g)
	}
	parsed, err := types.ParseJID(jid)
	if err != nil {
		return nil, session.ErrNoLink
	}
	device, err := c.GetDevice(ctx, parsed)
	if err != nil {
		return nil, storage(ctx, "loading credentials", err)
	}
	if device == nil {
		return nil, session.ErrNoLink
	}
	return device, c.dress(device, g)
}

// DeleteDevice deletes a device. The library calls it when WhatsApp ends the link.
func (c *container) DeleteDevice(ctx context.Context, device *store.Device) error {
	if device.ID == nil {
		return sqlstore.ErrDeviceIDMustBeSet
	}
	return c.forget(ctx, device.ID.String())
}

func (c *container) forget(ctx context.Context, jid string) error {
	err := c.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		_, err := c.db.Exec(ctx, deleteDeviceQuery, jid)
		if err != nil {
			return err
		}
		_, err = c.db.Exec(ctx, deleteTokensQuery, jid)
		return err
	})
	if err != nil {
		return storage(ctx, "deleting credentials", err)
	}
	c.preKeys.Delete(jid)
	return nil
}

// eraseQueries delete what is kept of the address $2 for the credentials $1.
var eraseQueries = []string{
	`DELETE FROM whatsmeow_contacts WHERE our_jid=$1 AND their_jid=$2`,
	`DELETE FROM whatsmeow_chat_settings WHERE our_jid=$1 AND chat_jid=$2`,
	`DELETE FROM whatsmeow_message_secrets WHERE our_jid=$1 AND (chat_jid=$2 OR sender_jid=$2)`,
	`DELETE FROM library_message_secrets WHERE our_jid=$1 AND (chat_jid=$2 OR sender_jid=$2)`,
	`DELETE FROM whatsmeow_privacy_tokens WHERE our_jid=$1 AND their_jid=$2`,
	`DELETE FROM whatsmeow_retry_buffer WHERE our_jid=$1 AND chat_jid=$2`,
}

// erasePairQuery: the table of pairs keeps users without their servers. It belongs to all
// devices, so a pair goes when no device knows the person any more; WhatsApp tells it again
// when it is needed.
const erasePairQuery = `DELETE FROM whatsmeow_lid_map WHERE lid=$1 OR pn=$1`

func (c *container) erase(ctx context.Context, jids, addresses []string, pair bool) error {
	err := c.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		for _, address := range addresses {
			for _, jid := range jids {
				for _, query := range eraseQueries {
					if _, err := c.db.Exec(ctx, query, jid, address); err != nil {
						return err
					}
				}
			}
			if user, _, _ := strings.Cut(address, "@"); pair {
				if _, err := c.db.Exec(ctx, erasePairQuery, user); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return storage(ctx, "erasing a person", err)
	}
	return nil
}

func (c *container) links(ctx context.Context) (jids []string, err error) {
	rows, err := c.db.Query(ctx, linksQuery)
	if err != nil {
		return nil, storage(ctx, "listing credentials", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var jid string
		if err := rows.Scan(&jid); err != nil {
			return nil, storage(ctx, "listing credentials", err)
		}
		jids = append(jids, jid)
	}
	if err := rows.Err(); err != nil {
		return nil, storage(ctx, "listing credentials", err)
	}
	return jids, nil
}

const (
	// bufferLife is how long WhatsApp repeats what was not acknowledged; the library keeps
	// the hashes of what it has decrypted as long, and sweeps only while messages come.
	bufferLife = 14 * 24 * time.Hour
	// sentLife is how long recipients ask again for what they could not decrypt.
	sentLife = 7 * 24 * time.Hour

	sweepBufferQuery = `DELETE FROM whatsmeow_event_buffer WHERE insert_timestamp < $1`
	sweepSentQuery   = `DELETE FROM whatsmeow_retry_buffer WHERE timestamp < $1`
)

// Sweep deletes what the library has stored and does not need any more, of all devices,
// connected or not. What it holds beside that grows with the people and groups an
// account knows, not with its messages.
func (d *Driver) Sweep(ctx context.Context) error {
	now := time.Now()
	for _, sweep := range []struct {
		query string
		life  time.Duration
	}{
		{sweepKeysQuery, secretLife}, {sweepBufferQuery, bufferLife}, {sweepSentQuery, sentLife},
	} {
		if _, err := d.store.db.Exec(ctx, sweep.query, now.Add(-sweep.life).UnixMilli()); err != nil {
			return storage(ctx, "sweeping the library's tables", err)
		}
	}
	return nil
}
