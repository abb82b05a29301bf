package whatsapp

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// The store of what was decrypted and not handed on yet, and of what was sent.

func (s *stores) GetBufferedEvent(ctx context.Context, ciphertextHash [32]byte) (v *store.BufferedEvent, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.GetBufferedEvent(ctx, ciphertextHash); return err })
	if err == nil && v != nil && v.Plaintext != nil && s.vault != nil {
		v.Plaintext, _, err = openBuffered(s.vault, s.owner, ciphertextHash[:], v.Plaintext)
	}
	return v, err
}

// PutBufferedEvent keeps the plaintext of a message, sealed, until it is stored. The seal
// says whether it is of the account's own phone, see takeUp.
func (s *stores) PutBufferedEvent(ctx context.Context, ciphertextHash [32]byte, plaintext []byte, serverTimestamp time.Time) error {
	if s.vault != nil {
		owner := hex.EncodeToString(ciphertextHash[:])
		if use, ok := ctx.Value(using{}).(*use); ok && s.ownPhone[use.address] {
			owner += fromOwnPhone
		}
		var err error
		if plaintext, err = s.vault.SealData(s.owner, owner, plaintext); err != nil {
			return err
		}
	}
	return s.do(ctx, func() error { return s.inner.PutBufferedEvent(ctx, ciphertextHash, plaintext, serverTimestamp) })
}

// alone keeps whatever else writes sessions of this connection waiting until unlock. A
// ratchet is read, turned and written: SQLite lets one transaction at a time do that,
// PostgreSQL would let the one that ends last undo the other's step. Inside a decryption
// that is so already.
func (s *stores) alone(ctx context.Context) (within context.Context, unlock func()) {
	if ctx.Value(using{}) != nil {
		return ctx, func() {}
	}
	s.signal.Lock()
	return context.WithValue(ctx, using{}, new(use)), s.signal.Unlock
}

// using is the key of a context under which stands the use that is made of a session.
type using struct{}

// use is what a decryption does with a session.
type use struct {
	address string
	session []byte // as it was read
}

const fromOwnPhone = " of the account's own phone"

// openBuffered opens what PutBufferedEvent has sealed, and says whether the account's own
// phone wrote it.
func openBuffered(vault Vault, device string, hash, sealed []byte) (plain []byte, own bool, err error) {
	owner := hex.EncodeToString(hash)
	if plain, err = vault.OpenData(device, owner+fromOwnPhone, sealed); err == nil {
		return plain, true, nil
	}
	plain, err = vault.OpenData(device, owner, sealed)
	return plain, false, err
}

// DoDecryptionTxn runs fn in a transaction. What fn returns may be about the message and
// is no failure of the database: where it is one, the store that met it has said so. A
// panic in fn (the library's decryption is given what strangers send) would leave the
// transaction open, and with it the database locked for everybody.
func (s *stores) DoDecryptionTxn(ctx context.Context, fn func(context.Context) error) error {
	failure, odd := s.decrypt(ctx, fn)
	if a, ok := ctx.Value(stepping{}).(*aside); ok && failure == nil && isUndecryptable(odd) {
		a.step(ctx)
	}
	return errors.Join(failure, odd)
}

// decrypt tells what fn returns from a failure of the database.
func (s *stores) decrypt(ctx context.Context, fn func(context.Context) error) (failure, inner error) {
	ctx, unlock := s.alone(ctx)
	defer unlock()
	failure = s.do(ctx, func() error {
		outer := s.inner.DoDecryptionTxn(ctx, func(ctx context.Context) error {
			inner = survive(ctx, fn)
			return inner
		})
		if inner == nil {
			return outer
		}
		return nil
	})
	return failure, inner
}

// survive makes a panic in fn an error.
func survive(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("decrypting panicked: %v", r)
		}
	}()
	return fn(ctx)
}

func (s *stores) ClearBufferedEventPlaintext(ctx context.Context, ciphertextHash [32]byte) error {
	return s.do(ctx, func() error { return s.inner.ClearBufferedEventPlaintext(ctx, ciphertextHash) })
}

func (s *stores) DeleteOldBufferedHashes(ctx context.Context) error {
	return s.do(ctx, func() error { return s.inner.DeleteOldBufferedHashes(ctx) })
}

func (s *stores) GetOutgoingEvent(ctx context.Context, chatJID, altChatJID types.JID, id types.MessageID) (v string, w []byte, err error) {
	err = s.do(ctx, func() error { v, w, err = s.inner.GetOutgoingEvent(ctx, chatJID, altChatJID, id); return err })
	return v, w, err
}

func (s *stores) AddOutgoingEvent(ctx context.Context, chatJID types.JID, id types.MessageID, format string, plaintext []byte) error {
	return s.do(ctx, func() error { return s.inner.AddOutgoingEvent(ctx, chatJID, id, format, plaintext) })
}

func (s *stores) DeleteOldOutgoingEvents(ctx context.Context) error {
	return s.do(ctx, func() error { return s.inner.DeleteOldOutgoingEvents(ctx) })
}
