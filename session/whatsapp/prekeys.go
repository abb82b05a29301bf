package whatsapp

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/util/keys"
)

// preKeyStore is the library's store of one-time keys, but writes new keys together.
// The first login makes 812 of them, and the library's store would commit each by
// itself: the largest cost of linking a device.
type preKeyStore struct {
	store.PreKeyStore
	db  *dbutil.Database
	jid string

	mu sync.Mutex // key ids are given out in order
}

func newPreKeyStore(base store.PreKeyStore, db *dbutil.Database, jid string) *preKeyStore {
	return &preKeyStore{PreKeyStore: base, db: db, jid: jid}
}

const (
	lastPreKeyQuery  = `SELECT MAX(key_id) FROM whatsmeow_pre_keys WHERE jid=$1`
	sparePreKeyQuery = `SELECT key_id, key FROM whatsmeow_pre_keys WHERE jid=$1 AND uploaded=false ORDER BY key_id LIMIT $2`
	insertPreKeys    = `INSERT INTO whatsmeow_pre_keys (jid, key_id, key, uploaded) VALUES `

	// preKeysPerInsert keeps a statement far below the databases' limits of parameters.
	preKeysPerInsert = 200
)

// GenOnePreKey makes a key that counts as uploaded.
func (s *preKeyStore) GenOnePreKey(ctx context.Context) (*keys.PreKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.PreKeyStore.GenOnePreKey(ctx)
}

// GetOrGenPreKeys returns count keys that are not uploaded yet, the oldest first,
// and makes those that are missing.
func (s *preKeyStore) GetOrGenPreKeys(ctx context.Context, count uint32) ([]*keys.PreKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, err := s.spare(ctx, count)
	if err != nil {
		return nil, fmt.Errorf("reading pre-keys: %w", err)
	}
	have := len(list)
	if have >= int(count) {
		return list, nil
	}
	var last sql.NullInt64
	if err := s.db.QueryRow(ctx, lastPreKeyQuery, s.jid).Scan(&last); err != nil {
		return nil, fmt.Errorf("reading the last pre-key: %w", err)
	}
	// The keys are made before the transaction begins: they cost more than the writing.
	for id := uint32(last.Int64) + 1; len(list) < int(count); id++ {
		list = append(list, keys.NewPreKey(id))
	}
	err = s.db.DoTxn(ctx, nil, func(ctx context.Context) error { return s.insert(ctx, list[have:]) })
	if err != nil {
		return nil, fmt.Errorf("writing pre-keys: %w", err)
	}
	return list, nil
}

func (s *preKeyStore) spare(ctx context.Context, count uint32) ([]*keys.PreKey, error) {
	rows, err := s.db.Query(ctx, sparePreKeyQuery, s.jid, count)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells about a broken result
	list := make([]*keys.PreKey, 0, count)
	for rows.Next() {
		var id uint32
		var private []byte
		if err := rows.Scan(&id, &private); err != nil {
			return nil, err
		}
		if len(private) != 32 {
			return nil, fmt.Errorf("pre-key %d has %d bytes", id, len(private))
		}
		list = append(list, &keys.PreKey{KeyPair: *keys.NewKeyPairFromPrivateKey([32]byte(private)), KeyID: id})
	}
	return list, rows.Err()
}

func (s *preKeyStore) insert(ctx context.Context, list []*keys.PreKey) error {
	for len(list) > 0 {
		part := list[:min(len(list), preKeysPerInsert)]
		list = list[len(part):]
		var query strings.Builder
		query.WriteString(insertPreKeys)
		args := make([]any, 1, 1+2*len(part))
		args[0] = s.jid
		for i, key := range part {
			if i > 0 {
				query.WriteByte(',')
			}
			query.WriteString("($1,$" + strconv.Itoa(2*i+2) + ",$" + strconv.Itoa(2*i+3) + ",false)")
			args = append(args, key.KeyID, key.Priv[:])
		}
		if _, err := s.db.Exec(ctx, query.String(), args...); err != nil {
			return err
		}
	}
	return nil
}
