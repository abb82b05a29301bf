package convert

import (
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waLidMigrationSyncPayload"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
)

// plumbing reports whether p is between WhatsApp's programs alone. What the account's
// own phone hands over so is told all the same: history and pairs of addresses.
func (r *reader) plumbing(p *waE2E.ProtocolMessage) bool {
	switch p.GetType() {
	case waE2E.ProtocolMessage_REVOKE:
		return p.GetKey().GetID() == "" // also the type of a message that states none
	case waE2E.ProtocolMessage_EPHEMERAL_SETTING,
		waE2E.ProtocolMessage_MESSAGE_EDIT,
		waE2E.ProtocolMessage_SHARE_PHONE_NUMBER,
		waE2E.ProtocolMessage_LIMIT_SHARING,
		waE2E.ProtocolMessage_STATUS_MENTION_MESSAGE,
		waE2E.ProtocolMessage_GROUP_MEMBER_LABEL_CHANGE:
		return false
	case waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION:
		r.history(p.GetHistorySyncNotification())
	case waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE:
		r.keys(p.GetAppStateSyncKeyShare())
	case waE2E.ProtocolMessage_LID_MIGRATION_MAPPING_SYNC:
		r.pairs(p.GetLidMigrationMappingSyncMessage())
	default:
	}
	return true
}

// history: only our own phone may announce history.
func (r *reader) history(notice *waE2E.HistorySyncNotification) {
	if notice == nil || !r.evt.Info.IsFromMe {
		return
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(notice)
	if err != nil {
		return // what was parsed can be written: it has no required fields
	}
	r.extra = append(r.extra, message.History{ID: id(r.evt.Info.ID), Notice: raw, At: cleanTime(r.evt.Info.Timestamp)})
}

// keys: only our own phone may hand over the keys to the account's settings.
func (r *reader) keys(share *waE2E.AppStateSyncKeyShare) {
	if len(share.GetKeys()) == 0 || !r.evt.Info.IsFromMe {
		return
	}
	raw, err := marshal(share)
	if err != nil {
		return
	}
	r.extra = append(r.extra, message.AppState{Name: id(r.evt.Info.ID), Keys: raw, At: cleanTime(r.evt.Info.Timestamp)})
}

// pairs: the phone tells which LID belongs to which number it knew.
func (r *reader) pairs(sync *waE2E.LIDMigrationMappingSyncMessage) {
	var payload waLidMigrationSyncPayload.LIDMigrationMappingSyncPayload
	if sync == nil || !r.evt.Info.IsFromMe || proto.Unmarshal(sync.GetEncodedMappingPayload(), &payload) != nil {
		return
	}
	for _, pair := range payload.GetPnToLidMappings() {
		lid := pair.GetLatestLid()
		if lid == 0 {
			lid = pair.GetAssignedLid()
		}
		if lid == 0 || pair.GetPn() == 0 {
			continue
		}
		r.extra = append(r.extra, message.Pair{Person: message.PartyOf(
			address(types.JID{User: decimal(lid), Server: types.HiddenUserServer}),
			address(types.JID{User: decimal(pair.GetPn()), Server: types.DefaultUserServer}),
		)})
	}
}

func (r *reader) protocol(m *waE2E.Message) message.Content {
	p := m.GetProtocolMessage()
	switch p.GetType() {
	case waE2E.ProtocolMessage_REVOKE:
		return r.revoke(p)
	case waE2E.ProtocolMessage_MESSAGE_EDIT:
		return r.edit(p)
	case waE2E.ProtocolMessage_EPHEMERAL_SETTING:
		return message.Content{
			Kind:    message.KindSystem,
			Note:    message.NoteTimer,
			Timer:   timer(p.GetEphemeralExpiration()),
			TimerAt: unix(p.GetEphemeralSettingTimestamp()),
		}
	case waE2E.ProtocolMessage_SHARE_PHONE_NUMBER:
		return message.Content{Kind: message.KindSystem, Note: message.NoteNumberShown}
	case waE2E.ProtocolMessage_LIMIT_SHARING:
		return message.Content{Kind: message.KindSystem, Note: message.NoteLimitSharing}
	case waE2E.ProtocolMessage_STATUS_MENTION_MESSAGE:
		return message.Content{Kind: message.KindSystem, Note: message.NoteMentioned}
	case waE2E.ProtocolMessage_GROUP_MEMBER_LABEL_CHANGE:
		return message.Content{Kind: message.KindSystem, Note: message.NoteMemberLabel, Text: name(p.GetMemberLabel().GetLabel())}
	default:
		return message.Content{Kind: message.KindUnknown, Note: "protocolMessage." + strings.ToLower(p.GetType().String())}
	}
}

// revoke: everybody may take back what they wrote, and admins what others wrote; that
// they are admins WhatsApp says on the outside.
func (r *reader) revoke(p *waE2E.ProtocolMessage) message.Content {
	content := message.Content{Kind: message.KindRevoke, Target: r.own(&r.evt.Info, p.GetKey())}
	if r.evt.Info.Edit == types.EditAttributeAdminRevoke && !p.GetKey().GetFromMe() {
		content.Target = r.target(&r.evt.Info, p.GetKey())
		content.Note = message.NoteAdmin
	}
	return content
}

func (r *reader) edit(p *waE2E.ProtocolMessage) message.Content {
	content := message.Content{Kind: message.KindEdit, Target: r.own(&r.evt.Info, p.GetKey())}
	changed, ok := r.inner(p.GetEditedMessage())
	if !ok {
		changed = message.Content{Kind: message.KindUnknown, Note: "editedMessage"}
	}
	content.New = &changed
	return content
}

func (b *builder) takeBack(content message.Content) *waE2E.Message {
	return &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_REVOKE.Enum(),
		Key:  b.key(content.Target),
	}}
}

// change puts other words in the place of a text or a caption.
func (b *builder) change(content message.Content) (*waE2E.Message, error) {
	changed := *content.New
	changed.Quote = nil
	var inner *waE2E.Message
	if changed.Kind == message.KindText {
		inner = b.sendText(changed, b.context(changed))
	} else if inner = b.recaption(changed); inner == nil {
		return nil, &message.Invalid{Field: "original", Problem: message.ProblemUnsendable}
	}
	return &waE2E.Message{EditedMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
		ProtocolMessage: &waE2E.ProtocolMessage{
			Type:          waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(),
			Key:           b.key(content.Target),
			EditedMessage: inner,
			TimestampMS:   b.at(),
		},
	}}}, nil
}

// recaption is the picture, film or file that was sent, with another caption.
func (b *builder) recaption(changed message.Content) *waE2E.Message {
	m, field := b.original(passable)
	if field == nil {
		return nil
	}
	m = bare(m, field)
	said := proto.String(b.calling(changed))
	switch {
	case m.ImageMessage != nil:
		m.ImageMessage.Caption = said
	case m.VideoMessage != nil:
		m.VideoMessage.Caption = said
	case m.DocumentMessage != nil:
		m.DocumentMessage.Caption = said
	default:
		return nil
	}
	if info := b.context(changed); info != nil {
		setContext(m, field, info)
	}
	if m.DocumentMessage != nil {
		return captioned(m.DocumentMessage)
	}
	return m
}
