package whatsapp

import (
	"context"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

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
