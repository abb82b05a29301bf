package whatsapp

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"

	"filippo.io/edwards25519"
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
	mu  *sync.Mutex // key ids are given out in order; of the device, whose connections may overlap
}

func newPreKeyStore(base store.PreKeyStore, c *container, jid string) *preKeyStore {
	mu, _ := c.preKeys.LoadOrStore(jid, new(sync.Mutex))
	return &preKeyStore{PreKeyStore: base, db: c.db, jid: jid, mu: mu.(*sync.Mutex)}
}

const (
	lastPreKeyQuery  = `SELECT MAX(key_id) FROM whatsmeow_pre_keys WHERE jid=$1`
	sparePreKeyQuery = `SELECT key_id, key FROM whatsmeow_pre_keys WHERE jid=$1 AND uploaded=false ORDER BY key_id LIMIT $2`
	insertPreKeys    = `INSERT INTO whatsmeow_pre_keys (jid, key_id, key, uploaded) VALUES `

	// preKeysPerInsert keeps a statement far below the databases' limits of parameters,
	// and small: the SQLite driver looks through all arguments for each parameter.
	preKeysPerInsert = 50
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
		list = append(list, newPreKey(id))
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
		list = append(list, &keys.PreKey{KeyPair: keyPair([32]byte(private)), KeyID: id})
	}
	return list, rows.Err()
}

func (s *preKeyStore) insert(ctx context.Context, list []*keys.PreKey) error {
	for part := range slices.Chunk(list, preKeysPerInsert) {
		args := make([]any, 0, 3*len(part))
		for _, key := range part {
			args = append(args, s.jid, key.KeyID, key.Priv[:])
		}
		if _, err := s.db.Exec(ctx, insertPreKeys+s.places(len(part)), args...); err != nil {
			return err
		}
	}
	return nil
}

// places is the VALUES of so many rows. SQLite's driver takes several times as long
// for numbered parameters as for plain ones; PostgreSQL has only numbered ones.
func (s *preKeyStore) places(rows int) string {
	if s.db.Dialect == dbutil.SQLite {
		return strings.Repeat("(?,?,?,false),", rows-1) + "(?,?,?,false)"
	}
	var b strings.Builder
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "($%d,$%d,$%d,false)", 3*i+1, 3*i+2, 3*i+3)
	}
	return b.String()
}

// newPreKey makes a random key.
func newPreKey(id uint32) *keys.PreKey {
	var private [32]byte
	_, _ = rand.Read(private[:]) // never fails, by its documentation
	private[0] &= 248            // as RFC 7748 has it, and the library
	private[31] &= 127
	private[31] |= 64
	return &keys.PreKey{KeyPair: keyPair(private), KeyID: id}
}

// keyPair finds the X25519 public key of a private one, in a fifth of the time that
// the library takes: a multiple of the base point is quick on the Edwards form of the
// curve, which has tables for it. The two forms are the same group (RFC 7748, 4.1).
func keyPair(private [32]byte) keys.KeyPair {
	scalar, err := edwards25519.NewScalar().SetBytesWithClamping(private[:])
	if err != nil { // only for another length
		return *keys.NewKeyPairFromPrivateKey(private)
	}
	public := [32]byte(new(edwards25519.Point).ScalarBaseMult(scalar).BytesMontgomery())
	return keys.KeyPair{Priv: &private, Pub: &public}
}
