package convert_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
)

func protocol(p *waE2E.ProtocolMessage) *waE2E.Message { return &waE2E.Message{ProtocolMessage: p} }

func edit(k bool, participant string, inner *waE2E.Message) *waE2E.Message {
	return &waE2E.Message{EditedMessage: &waE2E.FutureProofMessage{Message: protocol(&waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), Key: key("3EB0B1", k, participant), EditedMessage: inner,
	})}}
}

// What is said about other messages.
func TestAboutAnother(t *testing.T) {
	goldenContents(t, map[string]*waE2E.Message{
		"reaction": {ReactionMessage: &waE2E.ReactionMessage{
			Key: key("3EB0B1", false, ""), Text: proto.String("❤️"), SenderTimestampMS: proto.Int64(1_790_000_000_000),
		}},
		"reaction-back":   {ReactionMessage: &waE2E.ReactionMessage{Key: key("3EB0B1", true, ""), Text: proto.String("")}},
		"reaction-sealed": {EncReactionMessage: &waE2E.EncReactionMessage{TargetMessageKey: key("3EB0B1", true, "")}},
		"comment": {CommentMessage: &waE2E.CommentMessage{
			TargetMessageKey: key("3EB0B1", false, ""), Message: conversation("sependapat"),
		}},
		"comment-sealed": {EncCommentMessage: &waE2E.EncCommentMessage{TargetMessageKey: key("3EB0B1", false, "")}},
		"pin": {
			PinInChatMessage:   &waE2E.PinInChatMessage{Key: key("3EB0B1", true, ""), Type: waE2E.PinInChatMessage_PIN_FOR_ALL.Enum()},
			MessageContextInfo: &waE2E.MessageContextInfo{MessageAddOnDurationInSecs: proto.Uint32(604800)},
		},
		"unpin": {PinInChatMessage: &waE2E.PinInChatMessage{Key: key("3EB0B1", true, ""), Type: waE2E.PinInChatMessage_UNPIN_FOR_ALL.Enum()}},
		"keep":  {KeepInChatMessage: &waE2E.KeepInChatMessage{Key: key("3EB0B1", true, ""), KeepType: waE2E.KeepType_KEEP_FOR_ALL.Enum()}},
		"unkeep": {KeepInChatMessage: &waE2E.KeepInChatMessage{
			Key: key("3EB0B1", true, ""), KeepType: waE2E.KeepType_UNDO_KEEP_FOR_ALL.Enum(),
		}},
		"edit":         edit(true, "", conversation("jam empat")),
		"edit-caption": edit(true, "", &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("di gunung")}}),
		"edit-answer":  edit(true, "", quotes(2)),
		"edit-nothing": edit(true, "", nil),
		"edit-sealed": {SecretEncryptedMessage: &waE2E.SecretEncryptedMessage{
			TargetMessageKey: key("3EB0B1", true, ""), SecretEncType: waE2E.SecretEncryptedMessage_MESSAGE_EDIT.Enum(),
		}},
		"schedule-sealed": {SecretEncryptedMessage: &waE2E.SecretEncryptedMessage{
			TargetMessageKey: key("3EB0B1", true, ""), SecretEncType: waE2E.SecretEncryptedMessage_MESSAGE_SCHEDULE.Enum(),
		}},
		"revoke": protocol(&waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_REVOKE.Enum(), Key: key("3EB0B1", true, "")}),
	})
	ours, theirs := &message.Ref{ID: "3EB0B1", FromMe: true}, &message.Ref{ID: "3EB0B1", Sender: sari}
	inGroup := message.ChatAt(group.String())
	image := raw(t, &waE2E.Message{ImageMessage: imageMessage()})
	changed := func(kind message.Kind) message.Content {
		return message.Content{Kind: message.KindEdit, Target: ours, New: &message.Content{Kind: kind, Text: "lebih baik", Timer: 86400e9}}
	}
	goldenOutgoing(t, map[string]message.Outgoing{
		"reaction":       {At: sentAt, Content: message.Content{Kind: message.KindReaction, Target: theirs, Emoji: "👍"}},
		"reaction-group": {To: inGroup, Content: message.Content{Kind: message.KindReaction, Target: theirs}},
		"edit":           {At: sentAt, Content: changed(message.KindText)},
		"edit-caption":   {Content: changed(message.KindImage), Original: image},
		"revoke":         {Content: message.Content{Kind: message.KindRevoke, Target: ours}},
		"revoke-admin":   {To: inGroup, Content: message.Content{Kind: message.KindRevoke, Target: theirs}},
	})
}

// Nobody changes or takes back what others wrote: whatever the key says, an edit is of
// its sender's own message, and a revoke too unless WhatsApp says on the outside that it
// is an admin's.
func TestForgedEditsAndRevokes(t *testing.T) {
	revoke := protocol(&waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_REVOKE.Enum(), Key: key("3EB0B1", false, "102@lid")})
	sealed := &waE2E.Message{SecretEncryptedMessage: &waE2E.SecretEncryptedMessage{
		TargetMessageKey: key("3EB0B1", false, "102@lid"), SecretEncType: waE2E.SecretEncryptedMessage_MESSAGE_EDIT.Enum(),
	}}
	better := &waE2E.Message{
		ImageMessage: &waE2E.ImageMessage{},
		MessageContextInfo: &waE2E.MessageContextInfo{MessageAssociation: &waE2E.MessageAssociation{
			AssociationType:  waE2E.MessageAssociation_HD_IMAGE_DUAL_UPLOAD.Enum(),
			ParentMessageKey: key("3EB0B1", false, "102@lid"),
		}},
	}
	for name, m := range map[string]*waE2E.Message{
		"edit": edit(false, "102@lid", conversation("x")), "revoke": revoke, "sealed edit": sealed, "better picture": better,
	} {
		t.Run(name, func(t *testing.T) {
			want := &message.Ref{ID: "3EB0B1", Sender: budi}
			if diff := cmp.Diff(want, received(t, converter(), inGroup(m)).Content.Target); diff != "" {
				t.Errorf("the target differs (-want +got):\n%s", diff)
			}
		})
	}
	byAdmin := changed(inGroup(revoke), func(i *types.MessageInfo) { i.Edit = types.EditAttributeAdminRevoke })
	content := received(t, converter(), byAdmin).Content
	want := message.Content{
		Kind: message.KindRevoke, Note: message.NoteAdmin,
		Target: &message.Ref{ID: "3EB0B1", Sender: message.Party{LID: sari.LID}},
	}
	if diff := cmp.Diff(want, content); diff != "" {
		t.Errorf("an admin's revoke differs (-want +got):\n%s", diff)
	}
}
