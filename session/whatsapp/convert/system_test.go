package convert_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waLidMigrationSyncPayload"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
)

// What WhatsApp notes in a chat.
func TestSystemNotes(t *testing.T) {
	goldenContents(t, map[string]*waE2E.Message{
		"timer": protocol(&waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum(), EphemeralExpiration: proto.Uint32(604800),
			EphemeralSettingTimestamp: proto.Int64(1_790_000_000),
		}),
		"timer-off":    protocol(&waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum()}),
		"number-shown": protocol(&waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_SHARE_PHONE_NUMBER.Enum()}),
		"number-asked": {RequestPhoneNumberMessage: &waE2E.RequestPhoneNumberMessage{}},
		"limit-sharing": {LimitSharingMessage: &waE2E.FutureProofMessage{Message: protocol(&waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_LIMIT_SHARING.Enum(),
		})}},
		"mentioned": {StatusMentionMessage: &waE2E.FutureProofMessage{Message: protocol(&waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_STATUS_MENTION_MESSAGE.Enum(),
		})}},
		"member-label": protocol(&waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_GROUP_MEMBER_LABEL_CHANGE.Enum(), MemberLabel: &waE2E.MemberLabel{Label: proto.String("Ketua RT")},
		}),
		"masked": {PlaceholderMessage: &waE2E.PlaceholderMessage{}},
		"call": {CallLogMesssage: &waE2E.CallLogMessage{
			IsVideo: proto.Bool(true), CallOutcome: waE2E.CallLogMessage_MISSED.Enum(), DurationSecs: proto.Int64(0),
		}},
	})
}

// What goes on between WhatsApp's programs is no message, whoever sends it. It may come
// beside the true message under the same id, and must not take its place.
func TestPlumbingIsNoMessage(t *testing.T) {
	keys := &waE2E.SenderKeyDistributionMessage{GroupID: proto.String(group.String())}
	unknown := &waE2E.Message{SenderKeyDistributionMessage: keys}
	unknown.ProtoReflect().SetUnknown([]byte{0xf8, 0x3f, 1})
	for name, m := range map[string]*waE2E.Message{
		"nothing":              nil,
		"empty":                {},
		"empty text":           conversation(""),
		"keys":                 {SenderKeyDistributionMessage: keys, MessageContextInfo: &waE2E.MessageContextInfo{}},
		"keys and news":        unknown,
		"device list":          {MessageContextInfo: &waE2E.MessageContextInfo{DeviceListMetadata: &waE2E.DeviceListMetadata{}}},
		"wrapped nothing":      {EphemeralMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{}}},
		"app state keys":       protocol(&waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE.Enum()}),
		"peer data":            protocol(&waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE.Enum()}),
		"of no type":           protocol(&waE2E.ProtocolMessage{}),
		"of a type yet to be":  protocol(&waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_Type(999).Enum()}),
		"somebody's history":   history(),
		"somebody's pairs":     pairs(t),
		"device list and keys": {DeviceSentMessage: &waE2E.DeviceSentMessage{Message: &waE2E.Message{SenderKeyDistributionMessage: keys}}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := converter().Incoming(context.Background(), inGroup(m)); len(got) != 0 {
				t.Errorf("it became %+v", got)
			}
		})
	}
}

func history() *waE2E.Message {
	return protocol(&waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum(),
		HistorySyncNotification: &waE2E.HistorySyncNotification{
			SyncType: waE2E.HistorySyncType_RECENT.Enum(), DirectPath: proto.String(filePath), MediaKey: fileKey,
			InitialHistBootstrapInlinePayload: []byte("a blob"),
		},
	})
}

func pairs(t *testing.T) *waE2E.Message {
	t.Helper()
	payload, err := proto.Marshal(&waLidMigrationSyncPayload.LIDMigrationMappingSyncPayload{
		PnToLidMappings: []*waLidMigrationSyncPayload.LIDMigrationMapping{
			{Pn: proto.Uint64(62811000101), AssignedLid: proto.Uint64(101)},
			{Pn: proto.Uint64(62811000102), AssignedLid: proto.Uint64(1), LatestLid: proto.Uint64(102)},
			{Pn: proto.Uint64(0), AssignedLid: proto.Uint64(5)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return protocol(&waE2E.ProtocolMessage{
		Type:                           waE2E.ProtocolMessage_LID_MIGRATION_MAPPING_SYNC.Enum(),
		LidMigrationMappingSyncMessage: &waE2E.LIDMigrationMappingSyncMessage{EncodedMappingPayload: payload},
	})
}

// Our own phone hands over history and pairs.
func TestOwnPhone(t *testing.T) {
	ins := converter().Incoming(context.Background(), bySelf(history()))
	if len(ins) != 1 {
		t.Fatalf("history became %+v", ins)
	}
	notice := &waE2E.HistorySyncNotification{}
	h, ok := ins[0].(message.History)
	if !ok || h.ID != "3EB0AA" || !h.At.Equal(sentAt) || proto.Unmarshal(h.Notice, notice) != nil ||
		!proto.Equal(notice, history().GetProtocolMessage().GetHistorySyncNotification()) {
		t.Errorf("history became %+v", ins[0])
	}
	want := []message.Incoming{message.Pair{Person: budi}, message.Pair{Person: sari}}
	if diff := cmp.Diff(want, converter().Incoming(context.Background(), bySelf(pairs(t)))); diff != "" {
		t.Errorf("the pairs differ (-want +got):\n%s", diff)
	}
	broken := protocol(&waE2E.ProtocolMessage{
		Type:                           waE2E.ProtocolMessage_LID_MIGRATION_MAPPING_SYNC.Enum(),
		LidMigrationMappingSyncMessage: &waE2E.LIDMigrationMappingSyncMessage{EncodedMappingPayload: []byte{0xff}},
	})
	if got := converter().Incoming(context.Background(), bySelf(broken)); len(got) != 0 {
		t.Errorf("broken pairs became %+v", got)
	}
}
