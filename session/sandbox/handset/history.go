package handset

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/media"
)

// historyPerChat is how many messages of a chat a new device gets at once.
const historyPerChat = 50

// Welcome gives a device that was just linked what it needs: the key to the settings, and
// the history of the chats.
func (p *Phone) Welcome(index uint16) error {
	if p.online() == nil {
		return ErrOffline
	}
	keys, err := p.share()
	if err != nil {
		return err
	}
	if err := p.toDevice(index, &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE.Enum(), AppStateSyncKeyShare: keys,
	}); err != nil {
		return err
	}
	for _, part := range p.history() {
		if err := p.sendHistory(index, part, ""); err != nil {
			return err
		}
	}
	return nil
}

// toDevice sends a message about the account to one of its linked devices.
func (p *Phone) toDevice(index uint16, message *waE2E.ProtocolMessage) error {
	device := p.lid
	device.Device = index
	_, code, err := p.send(context.Background(), parcel{
		id: newID(), chat: p.lid, message: &waE2E.Message{ProtocolMessage: message}, only: device, peer: true, time: time.Now(),
	})
	if err == nil && code != 0 {
		err = fmt.Errorf("%w: WhatsApp answers %d", ErrContent, code)
	}
	return err
}

// history makes the parts of the history: the chats with their newest messages, and the
// names of people.
func (p *Phone) history() []*waHistorySync.HistorySync {
	first := &waHistorySync.HistorySync{
		SyncType: waHistorySync.HistorySync_INITIAL_BOOTSTRAP.Enum(), ChunkOrder: proto.Uint32(1), Progress: proto.Uint32(100),
		NctSalt:        p.settings.salt,
		GlobalSettings: &waHistorySync.GlobalSettings{ChatDbLidMigrationTimestamp: proto.Int64(time.Now().Unix())},
	}
	names := &waHistorySync.HistorySync{SyncType: waHistorySync.HistorySync_PUSH_NAME.Enum(), ChunkOrder: proto.Uint32(1), Progress: proto.Uint32(100)}
	for _, one := range p.book.Chats() {
		first.Conversations = append(first.Conversations, p.conversation(one))
		if one.Group || one.Number == "" {
			continue
		}
		number := types.NewJID(one.Number, types.DefaultUserServer).String()
		first.PhoneNumberToLidMappings = append(first.PhoneNumberToLidMappings,
			&waHistorySync.PhoneNumberToLIDMapping{PnJID: proto.String(number), LidJID: proto.String(one.ID)})
		if one.Name != "" {
			names.Pushnames = append(names.Pushnames, &waHistorySync.Pushname{ID: proto.String(number), Pushname: proto.String(one.Name)})
		}
	}
	return []*waHistorySync.HistorySync{first, names}
}

// conversation is one chat as the history has it.
func (p *Phone) conversation(one chat.Chat) *waHistorySync.Conversation {
	c := &waHistorySync.Conversation{
		ID: proto.String(one.ID), Name: text(one.Name), UnreadCount: proto.Uint32(uint32(one.Unread)),
		ConversationTimestamp: proto.Uint64(uint64(max(one.Last.Time.Unix(), 0))), EndOfHistoryTransfer: proto.Bool(true),
	}
	if !one.Group {
		c.LidJID = proto.String(one.ID)
		if one.Number != "" {
			c.PnJID = proto.String(types.NewJID(one.Number, types.DefaultUserServer).String())
		}
		p.mu.Lock()
		if given, ok := p.tokens[one.ID]; ok {
			c.TcToken, c.TcTokenTimestamp = given.value, proto.Uint64(uint64(given.at.Unix()))
		}
		if at, ok := p.given[one.ID]; ok {
			c.TcTokenSenderTimestamp = proto.Uint64(uint64(at.Unix()))
		}
		p.mu.Unlock()
	}
	messages := p.book.Messages(one.ID, historyPerChat)
	for i := range messages {
		// The newest comes first.
		if web := p.webMessage(&messages[len(messages)-1-i]); web != nil {
			c.Messages = append(c.Messages, &waHistorySync.HistorySyncMsg{Message: web, MsgOrderID: proto.Uint64(uint64(len(messages) - i))})
		}
	}
	return c
}

// webMessage is a message as the history has it; nil for what is not kept.
func (p *Phone) webMessage(m *chat.Message) *waWeb.WebMessageInfo {
	var message waE2E.Message
	if m.Raw == nil || proto.Unmarshal(m.Raw, &message) != nil {
		return nil
	}
	key := &waCommon.MessageKey{RemoteJID: proto.String(m.Chat), FromMe: proto.Bool(m.FromMe), ID: proto.String(m.ID)}
	web := &waWeb.WebMessageInfo{
		Key: key, Message: &message, MessageTimestamp: proto.Uint64(uint64(m.Time.Unix())), PushName: text(m.Name),
		MessageSecret: message.GetMessageContextInfo().GetMessageSecret(),
	}
	if where, err := types.ParseJID(m.Chat); err == nil && where.Server == types.GroupServer {
		key.Participant, web.Participant = proto.String(m.Sender), proto.String(m.Sender)
	}
	return web
}

// sendHistory compresses and uploads a part of the history and tells a device of it.
func (p *Phone) sendHistory(index uint16, part *waHistorySync.HistorySync, request string) error {
	raw, err := proto.Marshal(part)
	if err != nil {
		return fmt.Errorf("marshal history: %w", err)
	}
	var packed bytes.Buffer
	writer := zlib.NewWriter(&packed)
	_, err = writer.Write(raw)
	if err = errors.Join(err, writer.Close()); err != nil {
		return fmt.Errorf("compress history: %w", err)
	}
	sealed, path, err := p.upload(packed.Bytes(), media.History)
	if err != nil {
		return err
	}
	return p.toDevice(index, &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum(),
		HistorySyncNotification: &waE2E.HistorySyncNotification{
			FileSHA256: sealed.Hash, FileLength: proto.Uint64(uint64(sealed.Size)), MediaKey: sealed.Key, FileEncSHA256: sealed.EncHash,
			DirectPath: &path, SyncType: waE2E.HistorySyncType(part.GetSyncType()).Enum(), ChunkOrder: part.ChunkOrder, Progress: part.Progress,
			PeerDataRequestSessionID: text(request),
		},
	})
}

// older answers a device that wants messages from before those it has.
func (p *Phone) older(in *incoming, asked *waE2E.PeerDataOperationRequestMessage_HistorySyncOnDemandRequest) {
	where, err := p.Resolve(asked.GetChatJID())
	if err != nil {
		return
	}
	all := p.book.Messages(where.String(), 1000)
	c := &waHistorySync.Conversation{ID: proto.String(where.String())}
	found := false
	for i := range all {
		m := &all[len(all)-1-i]
		if found && len(c.Messages) < int(asked.GetOnDemandMsgCount()) {
			if web := p.webMessage(m); web != nil {
				c.Messages = append(c.Messages, &waHistorySync.HistorySyncMsg{Message: web})
			}
		}
		found = found || m.ID == asked.GetOldestMsgID()
	}
	err = p.sendHistory(in.sender.Device, &waHistorySync.HistorySync{
		SyncType: waHistorySync.HistorySync_ON_DEMAND.Enum(), Conversations: []*waHistorySync.Conversation{c},
	}, in.id)
	if err != nil {
		p.cfg.Log.Warn("a phone cannot send older messages", slog.Any("err", err))
	}
}
