package whatsapp

import (
	"context"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

// The stores of the Signal protocol: identities, sessions, pre-keys, sender keys.

func (s *stores) PutIdentity(ctx context.Context, address string, key [32]byte) error {
	return s.do(ctx, func() error { return s.inner.PutIdentity(ctx, address, key) })
}

func (s *stores) DeleteAllIdentities(ctx context.Context, phone string) error {
	return s.do(ctx, func() error { return s.inner.DeleteAllIdentities(ctx, phone) })
}

func (s *stores) DeleteIdentity(ctx context.Context, address string) error {
	return s.do(ctx, func() error { return s.inner.DeleteIdentity(ctx, address) })
}

func (s *stores) IsTrustedIdentity(ctx context.Context, address string, key [32]byte) (v bool, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.IsTrustedIdentity(ctx, address, key); return err })
	return v, err
}

func (s *stores) GetSession(ctx context.Context, address string) (v []byte, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.GetSession(ctx, address); return err })
	return v, err
}

func (s *stores) HasSession(ctx context.Context, address string) (v bool, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.HasSession(ctx, address); return err })
	return v, err
}

func (s *stores) GetManySessions(ctx context.Context, addresses []string) (v map[string][]byte, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.GetManySessions(ctx, addresses); return err })
	return v, err
}

func (s *stores) PutSession(ctx context.Context, address string, session []byte) error {
	if from, ok := ctx.Value(decrypted{}).(*string); ok {
		*from = address
	}
	return s.step(ctx, func() error { return s.inner.PutSession(ctx, address, session) })
}

func (s *stores) PutManySessions(ctx context.Context, sessions map[string][]byte) error {
	return s.step(ctx, func() error { return s.inner.PutManySessions(ctx, sessions) })
}

func (s *stores) DeleteAllSessions(ctx context.Context, phone string) error {
	return s.do(ctx, func() error { return s.inner.DeleteAllSessions(ctx, phone) })
}

func (s *stores) DeleteSession(ctx context.Context, address string) error {
	return s.do(ctx, func() error { return s.inner.DeleteSession(ctx, address) })
}

func (s *stores) MigratePNToLID(ctx context.Context, pn, lid types.JID) error {
	return s.do(ctx, func() error { return s.inner.MigratePNToLID(ctx, pn, lid) })
}

func (s *stores) GetOrGenPreKeys(ctx context.Context, count uint32) (v []*keys.PreKey, err error) {
	err = s.step(ctx, func() error { v, err = s.preKeys.GetOrGenPreKeys(ctx, count); return err })
	return v, err
}

func (s *stores) GenOnePreKey(ctx context.Context) (v *keys.PreKey, err error) {
	err = s.step(ctx, func() error { v, err = s.preKeys.GenOnePreKey(ctx); return err })
	return v, err
}

func (s *stores) GetPreKey(ctx context.Context, id uint32) (v *keys.PreKey, err error) {
	err = s.do(ctx, func() error { v, err = s.preKeys.GetPreKey(ctx, id); return err })
	return v, err
}

func (s *stores) RemovePreKey(ctx context.Context, id uint32) error {
	return s.do(ctx, func() error { return s.preKeys.RemovePreKey(ctx, id) })
}

func (s *stores) MarkPreKeysAsUploaded(ctx context.Context, upToID uint32) error {
	return s.do(ctx, func() error { return s.preKeys.MarkPreKeysAsUploaded(ctx, upToID) })
}

func (s *stores) UploadedPreKeyCount(ctx context.Context) (v int, err error) {
	err = s.do(ctx, func() error { v, err = s.preKeys.UploadedPreKeyCount(ctx); return err })
	return v, err
}

func (s *stores) PutSenderKey(ctx context.Context, group, user string, session []byte) error {
	return s.step(ctx, func() error { return s.inner.PutSenderKey(ctx, group, user, session) })
}

func (s *stores) GetSenderKey(ctx context.Context, group, user string) (v []byte, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.GetSenderKey(ctx, group, user); return err })
	return v, err
}
