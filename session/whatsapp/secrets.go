package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// secretLife is how long the secret of a message is kept: votes, edits and reactions that
// come later than that cannot be read.
const secretLife = 30 * 24 * time.Hour

// secretStore is the library's store of messages' secrets, but each has its time. Nearly
// every message brings one, and the library's own table (whatsmeow_message_secrets)
// neither forgets any nor says how old it is.
type secretStore struct {
	db   *dbutil.Database
	jid  string
	lids store.LIDStore
}

var _ store.MsgSecretStore = (*secretStore)(nil)

// secretTables are made beside the library's; the second moves what its own table holds.
// Nobody knows how old that is, so it begins its life now.
var secretTables = []string{
	`CREATE TABLE IF NOT EXISTS library_message_secrets (
		our_jid    TEXT,
		chat_jid   TEXT,
		sender_jid TEXT,
		message_id TEXT,
		key        bytea  NOT NULL,
		at         BIGINT NOT NULL,
		PRIMARY KEY (our_jid, chat_jid, sender_jid, message_id),
		FOREIGN KEY (our_jid) REFERENCES whatsmeow_device(jid) ON DELETE CASCADE ON UPDATE CASCADE
	)`,
	`CREATE INDEX IF NOT EXISTS library_message_secrets_at ON library_message_secrets (at)`,
}

const (
	moveKeysQuery = `
		INSERT INTO library_message_secrets (our_jid, chat_jid, sender_jid, message_id, key, at)
		SELECT our_jid, chat_jid, sender_jid, message_id, key, $1 FROM whatsmeow_message_secrets WHERE true
		ON CONFLICT (our_jid, chat_jid, sender_jid, message_id) DO NOTHING`
	clearTheirsQuery = `DELETE FROM whatsmeow_message_secrets`
	sweepKeysQuery   = `DELETE FROM library_message_secrets WHERE at < $1`

	putKeyQuery = `
		INSERT INTO library_message_secrets (our_jid, chat_jid, sender_jid, message_id, key, at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (our_jid, chat_jid, sender_jid, message_id) DO NOTHING`
	getKeyQuery = `
		SELECT key, sender_jid FROM library_message_secrets
		WHERE our_jid=$1 AND message_id=$2 AND chat_jid IN ($3, $4) AND sender_jid IN ($5, $6)`
)

// prepareSecrets makes the table and takes over what the library's holds.
func prepareSecrets(ctx context.Context, db *dbutil.Database) error {
	return db.DoTxn(ctx, nil, func(ctx context.Context) error {
		for _, query := range secretTables {
			if _, err := db.Exec(ctx, query); err != nil {
				return err
			}
		}
		if _, err := db.Exec(ctx, moveKeysQuery, time.Now().UnixMilli()); err != nil {
			return err
		}
		_, err := db.Exec(ctx, clearTheirsQuery)
		return err
	})
}

// PutMessageSecret stores the secret of a message, unless it is known.
func (s *secretStore) PutMessageSecret(ctx context.Context, chat, sender types.JID, id types.MessageID, secret []byte) error {
	_, err := s.db.Exec(ctx, putKeyQuery,
		s.jid, chat.ToNonAD().String(), sender.ToNonAD().String(), id, secret, time.Now().UnixMilli())
	return err
}

// PutMessageSecrets stores many, all or none.
func (s *secretStore) PutMessageSecrets(ctx context.Context, inserts []store.MessageSecretInsert) error {
	if len(inserts) == 0 {
		return nil
	}
	return s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		for _, one := range inserts {
			if err := s.PutMessageSecret(ctx, one.Chat, one.Sender, one.ID, one.Secret); err != nil {
				return err
			}
		}
		return nil
	})
}

// GetMessageSecret returns the secret of a message and its sender as it was stored; nil
// when there is none. Chat and sender are found by either of their two addresses.
func (s *secretStore) GetMessageSecret(ctx context.Context, chat, sender types.JID, id types.MessageID) (secret []byte, from types.JID, err error) {
	otherChat, err := s.other(ctx, chat)
	if err != nil {
		return nil, from, err
	}
	otherSender, err := s.other(ctx, sender)
	if err != nil {
		return nil, from, err
	}
	err = s.db.QueryRow(ctx, getKeyQuery, s.jid, id,
		chat.ToNonAD().String(), otherChat, sender.ToNonAD().String(), otherSender).Scan(&secret, &from)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return secret, from, err
}

// other is the other address of a person; the same for what has only one.
func (s *secretStore) other(ctx context.Context, jid types.JID) (string, error) {
	jid = jid.ToNonAD()
	other, err := jid, error(nil)
	switch jid.Server {
	case types.HiddenUserServer:
		other, err = s.lids.GetPNForLID(ctx, jid)
	case types.DefaultUserServer:
		other, err = s.lids.GetLIDForPN(ctx, jid)
	}
	if err != nil {
		return "", fmt.Errorf("find the other address: %w", err)
	}
	if other.IsEmpty() {
		other = jid
	}
	return other.String(), nil
}
