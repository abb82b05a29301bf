package whatsapp

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// The stores of what the account knows: app state, contacts, chats, secrets of messages,
// privacy tokens.

// indexesPerDelete keeps a statement far below the databases' limits of parameters.
const indexesPerDelete = 400

var errVersionZero = errors.New("app state has no version 0")

func (s *stores) PutAppStateSyncKey(ctx context.Context, id []byte, key store.AppStateSyncKey) error {
	return s.step(ctx, func() error { return s.inner.PutAppStateSyncKey(ctx, id, key) })
}

func (s *stores) GetAppStateSyncKey(ctx context.Context, id []byte) (v *store.AppStateSyncKey, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.GetAppStateSyncKey(ctx, id); return err })
	return v, err
}

func (s *stores) GetLatestAppStateSyncKeyID(ctx context.Context) (v []byte, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.GetLatestAppStateSyncKeyID(ctx); return err })
	return v, err
}

func (s *stores) GetAllAppStateSyncKeys(ctx context.Context) (v []*store.AppStateSyncKey, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.GetAllAppStateSyncKeys(ctx); return err })
	return v, err
}

// PutAppStateVersion refuses version 0, which the library would store and never read
// again: its GetAppStateVersion calls such a row an error.
func (s *stores) PutAppStateVersion(ctx context.Context, name string, version uint64, hash [128]byte) error {
	if version == 0 {
		return errVersionZero
	}
	return s.do(ctx, func() error { return s.inner.PutAppStateVersion(ctx, name, version, hash) })
}

// GetAppStateVersion begins every fetch of the library's; see appstate.go.
func (s *stores) GetAppStateVersion(ctx context.Context, name string) (v uint64, w [128]byte, err error) {
	if s.guard != nil && s.fetch != nil && ctx.Value(ours{}) == nil {
		s.fetch(name)
		return 0, w, errElsewhere
	}
	err = s.do(ctx, func() error { v, w, err = s.inner.GetAppStateVersion(ctx, name); return err })
	return v, w, err
}

func (s *stores) DeleteAppStateVersion(ctx context.Context, name string) error {
	return s.do(ctx, func() error { return s.inner.DeleteAppStateVersion(ctx, name) })
}

// PutAppStateMutationMACs replaces what is known of the same indexes: the library reads
// only the newest, and would keep one more for each time a chat is read or muted.
func (s *stores) PutAppStateMutationMACs(ctx context.Context, name string, version uint64, mutations []store.AppStateMutationMAC) error {
	indexes := make([][]byte, len(mutations))
	for i, m := range mutations {
		indexes[i] = m.IndexMAC
	}
	return s.do(ctx, func() error {
		return s.inner.DoDecryptionTxn(ctx, func(ctx context.Context) error { // any transaction
			for part := range slices.Chunk(indexes, indexesPerDelete) {
				if err := s.inner.DeleteAppStateMutationMACs(ctx, name, part); err != nil {
					return err
				}
			}
			return s.inner.PutAppStateMutationMACs(ctx, name, version, mutations)
		})
	})
}

func (s *stores) DeleteAppStateMutationMACs(ctx context.Context, name string, indexMACs [][]byte) error {
	return s.do(ctx, func() error { return s.inner.DeleteAppStateMutationMACs(ctx, name, indexMACs) })
}

func (s *stores) GetAppStateMutationMAC(ctx context.Context, name string, indexMAC []byte) (valueMAC []byte, err error) {
	err = s.do(ctx, func() error { valueMAC, err = s.inner.GetAppStateMutationMAC(ctx, name, indexMAC); return err })
	return valueMAC, err
}

func (s *stores) PutPushName(ctx context.Context, user types.JID, pushName string) (v bool, w string, err error) {
	err = s.do(ctx, func() error { v, w, err = s.inner.PutPushName(ctx, user, pushName); return err })
	return v, w, err
}

func (s *stores) PutBusinessName(ctx context.Context, user types.JID, businessName string) (v bool, w string, err error) {
	err = s.do(ctx, func() error { v, w, err = s.inner.PutBusinessName(ctx, user, businessName); return err })
	return v, w, err
}

func (s *stores) PutContactName(ctx context.Context, user types.JID, fullName, firstName string) error {
	s.settings.touchPeople(user)
	return s.do(ctx, func() error { return s.inner.PutContactName(ctx, user, fullName, firstName) })
}

func (s *stores) PutAllContactNames(ctx context.Context, contacts []store.ContactEntry) error {
	for _, c := range contacts {
		s.settings.touchPeople(c.JID)
	}
	return s.do(ctx, func() error { return s.inner.PutAllContactNames(ctx, contacts) })
}

func (s *stores) PutManyRedactedPhones(ctx context.Context, entries []store.RedactedPhoneEntry) error {
	return s.do(ctx, func() error { return s.inner.PutManyRedactedPhones(ctx, entries) })
}

func (s *stores) GetContact(ctx context.Context, user types.JID) (v types.ContactInfo, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.GetContact(ctx, user); return err })
	return v, err
}

func (s *stores) GetAllContacts(ctx context.Context) (v map[types.JID]types.ContactInfo, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.GetAllContacts(ctx); return err })
	return v, err
}

func (s *stores) PutMutedUntil(ctx context.Context, chat types.JID, mutedUntil time.Time) error {
	s.settings.touchChat(chat)
	return s.do(ctx, func() error { return s.inner.PutMutedUntil(ctx, chat, mutedUntil) })
}

func (s *stores) PutPinned(ctx context.Context, chat types.JID, pinned bool) error {
	s.settings.touchChat(chat)
	return s.do(ctx, func() error { return s.inner.PutPinned(ctx, chat, pinned) })
}

func (s *stores) PutArchived(ctx context.Context, chat types.JID, archived bool) error {
	s.settings.touchChat(chat)
	return s.do(ctx, func() error { return s.inner.PutArchived(ctx, chat, archived) })
}

func (s *stores) GetChatSettings(ctx context.Context, chat types.JID) (v types.LocalChatSettings, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.GetChatSettings(ctx, chat); return err })
	return v, err
}

func (s *stores) PutMessageSecrets(ctx context.Context, inserts []store.MessageSecretInsert) error {
	return s.do(ctx, func() error { return s.secrets.PutMessageSecrets(ctx, inserts) })
}

func (s *stores) PutMessageSecret(ctx context.Context, chat, sender types.JID, id types.MessageID, secret []byte) error {
	return s.do(ctx, func() error { return s.secrets.PutMessageSecret(ctx, chat, sender, id, secret) })
}

func (s *stores) GetMessageSecret(ctx context.Context, chat, sender types.JID, id types.MessageID) (v []byte, w types.JID, err error) {
	err = s.do(ctx, func() error { v, w, err = s.secrets.GetMessageSecret(ctx, chat, sender, id); return err })
	return v, w, err
}

func (s *stores) PutPrivacyTokens(ctx context.Context, tokens ...store.PrivacyToken) error {
	return s.step(ctx, func() error { return s.inner.PutPrivacyTokens(ctx, tokens...) })
}

func (s *stores) GetPrivacyToken(ctx context.Context, user types.JID) (v *store.PrivacyToken, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.GetPrivacyToken(ctx, user); return err })
	return v, err
}

func (s *stores) DeleteExpiredPrivacyTokens(ctx context.Context, cutoff time.Time) (v int64, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.DeleteExpiredPrivacyTokens(ctx, cutoff); return err })
	return v, err
}

func (s *stores) PutNCTSalt(ctx context.Context, salt []byte) error {
	return s.step(ctx, func() error { return s.inner.PutNCTSalt(ctx, salt) })
}

func (s *stores) GetNCTSalt(ctx context.Context) (v []byte, err error) {
	err = s.do(ctx, func() error { v, err = s.inner.GetNCTSalt(ctx); return err })
	return v, err
}

func (s *stores) DeleteNCTSalt(ctx context.Context) error {
	return s.do(ctx, func() error { return s.inner.DeleteNCTSalt(ctx) })
}
