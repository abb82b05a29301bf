package whatsapp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

// The stores of the Signal protocol: identities, sessions, pre-keys, sender keys.

// PutIdentity is called for each device at each message, with what is stored already: one
// write for each recipient. What this connection has stored is not stored again.
func (s *stores) PutIdentity(ctx context.Context, address string, key [32]byte) error {
	if s.identities.has(address, key) {
		return nil
	}
	err := s.do(ctx, func() error { return s.inner.PutIdentity(ctx, address, key) })
	if _, decrypts := ctx.Value(using{}).(*use); err == nil && !decrypts { // a decryption may be rolled back
		s.identities.add(address, key)
	}
	return err
}

func (s *stores) DeleteAllIdentities(ctx context.Context, phone string) error {
	defer s.identities.clear() // afterwards, for one may be stored meanwhile
	return s.do(ctx, func() error { return s.inner.DeleteAllIdentities(ctx, phone) })
}

func (s *stores) DeleteIdentity(ctx context.Context, address string) error {
	defer s.identities.clear()
	return s.do(ctx, func() error { return s.inner.DeleteIdentity(ctx, address) })
}

func (s *stores) IsTrustedIdentity(ctx context.Context, address string, key [32]byte) (v bool, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.IsTrustedIdentity(ctx, address, key); return err })
	return v, err
}

// GetSession is what a decryption begins with, in its transaction, and what the library
// encrypts for a single device: a request to the own phone, a message that somebody has
// asked for again. It ends with PutSession.
func (s *stores) GetSession(ctx context.Context, address string) (v []byte, err error) {
	use, decrypts := ctx.Value(using{}).(*use)
	ctx, unlock := s.alone(ctx)
	defer unlock()
	err = s.do(ctx, func() error { v, err = s.inner.GetSession(ctx, address); return err })
	if decrypts {
		use.address, use.session = address, v
	} else {
		s.single[address] = v
	}
	return v, err
}

func (s *stores) HasSession(ctx context.Context, address string) (v bool, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.HasSession(ctx, address); return err })
	return v, err
}

// GetManySessions is what the library begins a message with: it turns the ratchets of all
// recipients in its memory, asks WhatsApp for keys of new ones in between, and ends with
// PutManySessions. One message at a time does that (whatsmeow send.go, messageSendLock).
func (s *stores) GetManySessions(ctx context.Context, addresses []string) (v map[string][]byte, err error) {
	ctx, unlock := s.alone(ctx)
	defer unlock()
	err = s.do(ctx, func() error { v, err = s.inner.GetManySessions(ctx, addresses); return err })
	s.begun = v
	return v, err
}

// PutSession stores what has become of a session. Encrypting for a single device is
// refused as in PutManySessions.
func (s *stores) PutSession(ctx context.Context, address string, session []byte) (err error) {
	use, decrypts := ctx.Value(using{}).(*use)
	ctx, unlock := s.alone(ctx)
	defer unlock()
	switch was, read := s.single[address]; {
	case decrypts && use.address == address:
		session, err = untried(use.session, session)
	case !decrypts && read:
		delete(s.single, address)
		err = s.unturned(ctx, map[string][]byte{address: was}, address)
		if again, ok := ctx.Value(repeating{}).(func()); ok && errors.Is(err, errSessionTurned) {
			again()
		}
	}
	if err != nil {
		return err
	}
	return s.step(ctx, func() error { return s.inner.PutSession(ctx, address, session) })
}

// errSessionTurned: what was read of a session is out of date. The message has not left. As
// something that was cancelled it lets the library leave unacknowledged what asked for the
// message (tryHandleRetryReceipt in its retry.go), which is done once more: see repeating.
var errSessionTurned = fmt.Errorf("a session was used by somebody else meanwhile: %w", context.Canceled)

// PutManySessions stores what has become of the sessions that GetManySessions gave, unless
// one of them has changed since: then a message has arrived in between, and its step of
// the ratchet, or the whole session with somebody who writes for the first time, would be
// undone; whatever they write next could not be decrypted.
func (s *stores) PutManySessions(ctx context.Context, sessions map[string][]byte) error {
	ctx, unlock := s.alone(ctx)
	defer unlock()
	if err := s.unturned(ctx, s.begun, slices.Collect(maps.Keys(sessions))...); err != nil {
		return err
	}
	return s.step(ctx, func() error { return s.inner.PutManySessions(ctx, sessions) })
}

// unturned makes sure that sessions are as they were.
func (s *stores) unturned(ctx context.Context, were map[string][]byte, addresses ...string) error {
	var now map[string][]byte
	err := s.do(ctx, func() (err error) {
		now, err = s.inner.GetManySessions(ctx, addresses)
		return err
	})
	if err != nil {
		return err
	}
	for address, is := range now {
		if was, read := were[address]; read && !bytes.Equal(was, is) {
			return errSessionTurned
		}
	}
	return nil
}

func (s *stores) DeleteAllSessions(ctx context.Context, phone string) error {
	ctx, unlock := s.alone(ctx)
	defer unlock()
	return s.do(ctx, func() error { return s.inner.DeleteAllSessions(ctx, phone) })
}

func (s *stores) DeleteSession(ctx context.Context, address string) error {
	ctx, unlock := s.alone(ctx)
	defer unlock()
	return s.do(ctx, func() error { return s.inner.DeleteSession(ctx, address) })
}

func (s *stores) MigratePNToLID(ctx context.Context, pn, lid types.JID) error {
	ctx, unlock := s.alone(ctx)
	defer unlock()
	defer s.identities.clear()
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
	ctx, unlock := s.alone(ctx)
	defer unlock()
	return s.step(ctx, func() error { return s.inner.PutSenderKey(ctx, group, user, session) })
}

func (s *stores) GetSenderKey(ctx context.Context, group, user string) (v []byte, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.GetSenderKey(ctx, group, user); return err })
	return v, err
}

// The pairs of an account's two addresses. All devices share them, and the library's
// memory of them; each connection has a guard of its own in front. An address of the
// wrong kind is refused without asking the database, which is no failure of it.

func (s *stores) PutManyLIDMappings(ctx context.Context, mappings []store.LIDMapping) error {
	return s.do(ctx, func() error { return s.lids.PutManyLIDMappings(ctx, mappings) })
}

func (s *stores) PutLIDMapping(ctx context.Context, lid, jid types.JID) error {
	if lid.Server != types.HiddenUserServer || jid.Server != types.DefaultUserServer {
		return s.lids.PutLIDMapping(ctx, lid, jid)
	}
	return s.do(ctx, func() error { return s.lids.PutLIDMapping(ctx, lid, jid) })
}

func (s *stores) GetPNForLID(ctx context.Context, lid types.JID) (v types.JID, err error) {
	if lid.Server != types.HiddenUserServer {
		return s.lids.GetPNForLID(ctx, lid)
	}
	err = s.do(ctx, func() error { v, err = s.lids.GetPNForLID(ctx, lid); return err })
	return v, err
}

func (s *stores) GetLIDForPN(ctx context.Context, pn types.JID) (v types.JID, err error) {
	if pn.Server != types.DefaultUserServer {
		return s.lids.GetLIDForPN(ctx, pn)
	}
	err = s.do(ctx, func() error { v, err = s.lids.GetLIDForPN(ctx, pn); return err })
	return v, err
}

func (s *stores) GetManyLIDsForPNs(ctx context.Context, pns []types.JID) (v map[types.JID]types.JID, err error) {
	err = s.do(ctx, func() error { v, err = s.lids.GetManyLIDsForPNs(ctx, pns); return err })
	return v, err
}
