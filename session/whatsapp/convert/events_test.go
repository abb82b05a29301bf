package convert_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mau.fi/util/jsontime"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/message"
)

// became is what came of an event, with its type.
func became(t *testing.T, event any) []message.Incoming {
	t.Helper()
	return converter().Incoming(context.Background(), event)
}

func receipt(kind types.ReceiptType) *events.Receipt {
	return &events.Receipt{
		MessageSource: types.MessageSource{Chat: budiJID, Sender: budiJID, SenderAlt: budiPN},
		MessageIDs:    []string{"3EB0B1", "3EB0B2"}, Timestamp: sentAt, Type: kind,
	}
}

func ownReceipt(kind types.ReceiptType) *events.Receipt {
	r := receipt(kind)
	r.Sender, r.SenderAlt, r.RecipientAlt, r.IsFromMe = selfJID, types.EmptyJID, budiPN, true
	return r
}

func TestReceipts(t *testing.T) {
	ids := []string{"3EB0B1", "3EB0B2"}
	says := func(s message.Status) []message.Incoming {
		return []message.Incoming{message.Receipt{IDs: ids, Chat: message.ChatWith(budi), By: budi, Status: s, At: sentAt}}
	}
	read := func(played bool) []message.Incoming {
		return []message.Incoming{message.OwnRead{IDs: ids, Chat: message.ChatWith(budi), Played: played, At: sentAt}}
	}
	for kind, want := range map[types.ReceiptType]struct{ theirs, ours []message.Incoming }{
		types.ReceiptTypeDelivered:   {says(message.StatusDelivered), nil},
		types.ReceiptTypeRead:        {says(message.StatusRead), read(false)},
		types.ReceiptTypePlayed:      {says(message.StatusPlayed), read(true)},
		types.ReceiptTypeReadSelf:    {nil, read(false)},
		types.ReceiptTypePlayedSelf:  {nil, read(true)},
		types.ReceiptTypeSender:      {nil, nil},
		types.ReceiptTypeInactive:    {nil, nil},
		types.ReceiptTypeRetry:       {nil, nil},
		types.ReceiptTypeServerError: {nil, nil},
		types.ReceiptTypePeerMsg:     {nil, nil},
		types.ReceiptTypeHistorySync: {nil, nil},
		"something new":              {nil, nil},
	} {
		t.Run("type "+string(kind), func(t *testing.T) {
			if diff := cmp.Diff(want.theirs, became(t, receipt(kind))); diff != "" {
				t.Errorf("theirs differs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.ours, became(t, ownReceipt(kind))); diff != "" {
				t.Errorf("ours differs (-want +got):\n%s", diff)
			}
		})
	}

	inGroup := receipt(types.ReceiptTypeRead)
	inGroup.Chat, inGroup.IsGroup, inGroup.AddressingMode = group, true, types.AddressingModeLID
	want := []message.Incoming{message.Receipt{
		IDs: ids, Chat: message.ChatAt(group.String()), By: budi, Status: message.StatusRead, At: sentAt,
	}}
	if diff := cmp.Diff(want, became(t, inGroup)); diff != "" {
		t.Errorf("in a group it differs (-want +got):\n%s", diff)
	}
	inGroup.Sender, inGroup.SenderAlt, inGroup.IsFromMe, inGroup.MessageSender = selfJID, types.EmptyJID, true, budiJID
	want = []message.Incoming{message.OwnRead{
		IDs: ids, Chat: message.ChatAt(group.String()), Sender: message.Party{LID: budi.LID}, At: sentAt,
	}}
	if diff := cmp.Diff(want, became(t, inGroup)); diff != "" {
		t.Errorf("our reading in a group differs (-want +got):\n%s", diff)
	}

	empty := receipt(types.ReceiptTypeRead)
	empty.MessageIDs = []string{""}
	if got := became(t, empty); len(got) != 0 {
		t.Errorf("a receipt for nothing became %+v", got)
	}
	many := receipt(types.ReceiptTypeRead)
	many.MessageIDs = make([]string, 100_000)
	for i := range many.MessageIDs {
		many.MessageIDs[i] = strings.Repeat("x", 200)
	}
	if got := became(t, many)[0].(message.Receipt).IDs; len(got) != message.MaxIDs || len(got[0]) > message.MaxID {
		t.Errorf("%d ids of %d bytes are kept", len(got), len(got[0]))
	}
}

func TestCalls(t *testing.T) {
	meta := types.BasicCallMeta{
		From: types.JID{User: "101", Server: types.HiddenUserServer, Device: 3}, CallCreator: budiJID, CallCreatorAlt: budiPN, CallID: "C1", Timestamp: sentAt,
	}
	video := &waBinary.Node{Tag: "offer", Content: []waBinary.Node{{Tag: "audio"}, {Tag: "video"}}}
	call := func(change func(*message.Call)) []message.Incoming {
		c := message.Call{ID: "C1", From: budi, By: budi, Step: message.CallOffered, At: sentAt}
		change(&c)
		return []message.Incoming{c}
	}
	accepted := meta
	accepted.From = selfPN
	ours := meta
	ours.CallCreator, ours.CallCreatorAlt = selfPN, types.EmptyJID
	inGroup := meta
	inGroup.GroupJID = group
	for name, c := range map[string]struct {
		event any
		want  []message.Incoming
	}{
		"offered":        {&events.CallOffer{BasicCallMeta: meta, Data: &waBinary.Node{Tag: "offer"}}, call(func(*message.Call) {})},
		"without data":   {&events.CallOffer{BasicCallMeta: meta}, call(func(*message.Call) {})},
		"by video":       {&events.CallOffer{BasicCallMeta: meta, Data: video}, call(func(c *message.Call) { c.Video = true })},
		"noticed":        {&events.CallOfferNotice{BasicCallMeta: inGroup, Media: "video"}, call(func(c *message.Call) { c.Video, c.Group = true, group.String() })},
		"accepted by us": {&events.CallAccept{BasicCallMeta: accepted}, call(func(c *message.Call) { c.By, c.Step = self, message.CallAccepted })},
		"rejected":       {&events.CallReject{BasicCallMeta: meta}, call(func(c *message.Call) { c.Step = message.CallRejected })},
		"ended":          {&events.CallTerminate{BasicCallMeta: meta, Reason: "timeout\x00"}, call(func(c *message.Call) { c.Step, c.Why = message.CallEnded, "timeout" })},
		"ours": {&events.CallTerminate{BasicCallMeta: ours}, call(func(c *message.Call) {
			c.From, c.FromMe, c.By, c.Step = self, true, message.Party{LID: budi.LID}, message.CallEnded
		})},
		"its technique":    {&events.CallTransport{BasicCallMeta: meta}, nil},
		"its latency":      {&events.CallRelayLatency{BasicCallMeta: meta}, nil},
		"not yet accepted": {&events.CallPreAccept{BasicCallMeta: meta}, nil},
		"something new":    {&events.UnknownCallEvent{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := became(t, c.event)
			if len(got) == 0 {
				got = nil
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("it differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGroupChanges(t *testing.T) {
	link := "https://chat.whatsapp.com/AbCdEf"
	request := &waBinary.Node{Tag: "created_membership_requests", Content: []waBinary.Node{
		{Tag: "requested_user", Attrs: waBinary.Attrs{"jid": lid("102"), "phone_number": number("62811000102")}},
		{Tag: "requested_user"},
	}}
	base := func(action message.GroupAction, value string) message.GroupChange {
		return message.GroupChange{Group: group.String(), By: budi, At: sentAt, Action: action, Value: value}
	}
	with := func(c message.GroupChange, why string, members ...message.Party) message.GroupChange {
		c.Why, c.Members, c.Own = why, members, slices.ContainsFunc(members, self.Is)
		return c
	}
	for name, c := range map[string]struct {
		event events.GroupInfo
		want  []message.GroupChange
	}{
		"joined": {
			events.GroupInfo{Join: []types.JID{lid("102"), selfPN, {}}, JoinReason: "invite"},
			[]message.GroupChange{with(base(message.GroupJoined, ""), "invite", message.Party{LID: sari.LID}, self)},
		},
		"left":     {events.GroupInfo{Leave: []types.JID{budiJID}}, []message.GroupChange{with(base(message.GroupLeft, ""), "", message.Party{LID: budi.LID})}},
		"promoted": {events.GroupInfo{Promote: []types.JID{selfJID}}, []message.GroupChange{with(base(message.GroupPromoted, ""), "", self)}},
		"demoted":  {events.GroupInfo{Demote: []types.JID{selfJID}}, []message.GroupChange{with(base(message.GroupDemoted, ""), "", self)}},
		"subject": {
			events.GroupInfo{Name: &types.GroupName{Name: "Arisan\u202e\n2026"}}, []message.GroupChange{base(message.GroupSubject, "Arisan 2026")},
		},
		"description": {
			events.GroupInfo{Topic: &types.GroupTopic{Topic: "tiap\nbulan\x00"}}, []message.GroupChange{base(message.GroupDescription, "tiap\nbulan")},
		},
		"several switches": {
			events.GroupInfo{
				Locked: &types.GroupLocked{IsLocked: true}, Announce: &types.GroupAnnounce{},
				Ephemeral: &types.GroupEphemeral{IsEphemeral: true, DisappearingTimer: 604800}, MembershipApprovalMode: &types.GroupMembershipApprovalMode{},
			},
			[]message.GroupChange{
				base(message.GroupLocked, "true"), base(message.GroupAnnounce, "false"), base(message.GroupTimer, "604800"), base(message.GroupApproval, ""),
			},
		},
		"timer off": {events.GroupInfo{Ephemeral: &types.GroupEphemeral{}}, []message.GroupChange{base(message.GroupTimer, "0")}},
		"invite":    {events.GroupInfo{NewInviteLink: &link}, []message.GroupChange{base(message.GroupInvite, "AbCdEf")}},
		"suspended": {events.GroupInfo{Suspended: true}, []message.GroupChange{base(message.GroupSuspended, "true")}},
		"released":  {events.GroupInfo{Unsuspended: true}, []message.GroupChange{base(message.GroupSuspended, "false")}},
		"deleted": {
			events.GroupInfo{Delete: &types.GroupDelete{DeleteReason: "admin"}}, []message.GroupChange{with(base(message.GroupDeleted, ""), "admin")},
		},
		"linked": {
			events.GroupInfo{Link: &types.GroupLinkChange{Type: types.GroupLinkChangeTypeParent, Group: types.GroupLinkTarget{JID: types.NewJID("12", types.GroupServer)}}},
			[]message.GroupChange{with(base(message.GroupLinked, "12@g.us"), "parent_group")},
		},
		"unlinked": {
			events.GroupInfo{Unlink: &types.GroupLinkChange{UnlinkReason: "delete_parent", Group: types.GroupLinkTarget{JID: types.NewJID("12", types.GroupServer)}}},
			[]message.GroupChange{with(base(message.GroupUnlinked, "12@g.us"), "delete_parent")},
		},
		"requests":       {events.GroupInfo{UnknownChanges: []*waBinary.Node{request}}, []message.GroupChange{with(base(message.GroupRequested, ""), "", sari)}},
		"an own request": {events.GroupInfo{UnknownChanges: []*waBinary.Node{{Tag: "created_membership_requests"}}}, []message.GroupChange{with(base(message.GroupRequested, ""), "", budi)}},
		"something new":  {events.GroupInfo{UnknownChanges: []*waBinary.Node{{Tag: "growth_locked"}, nil}}, []message.GroupChange{base(message.GroupOtherChanged, "growth_locked")}},
	} {
		t.Run(name, func(t *testing.T) {
			c.event.JID, c.event.Sender, c.event.SenderPN, c.event.Timestamp = group, &budiJID, &budiPN, sentAt
			want := make([]message.Incoming, len(c.want))
			for i := range c.want {
				want[i] = c.want[i]
			}
			if diff := cmp.Diff(want, became(t, &c.event)); diff != "" {
				t.Errorf("it differs (-want +got):\n%s", diff)
			}
		})
	}
	if got := became(t, &events.GroupInfo{JID: budiJID, Suspended: true}); len(got) != 0 {
		t.Errorf("a person's change became %+v", got)
	}
	unknown := became(t, &events.GroupInfo{JID: group, Suspended: true})
	if change := unknown[0].(message.GroupChange); change.By.Known() || !change.At.IsZero() {
		t.Errorf("done by nobody at no time became %+v", change)
	}
}

func TestJoinedGroup(t *testing.T) {
	golden(t, "group/joined", became(t, joined("new")))
	added := became(t, joined(""))[0].(message.GroupChange)
	if !added.At.IsZero() {
		t.Errorf("an old group was joined when it was made, %v", added.At)
	}
	many := joined("new")
	many.Participants = make([]types.GroupParticipant, 20_000)
	for i := range many.Participants {
		many.Participants[i].JID = lid("102")
	}
	whole := became(t, many)[0].(message.GroupChange).Whole
	if len(whole.Members) != message.MaxMembers || whole.Size != 20_000 {
		t.Errorf("%d of %d members are kept", len(whole.Members), whole.Size)
	}
}

func joined(kind string) *events.JoinedGroup {
	return &events.JoinedGroup{
		Reason: "invite", Type: kind, Sender: &budiJID, SenderPN: &budiPN,
		GroupInfo: types.GroupInfo{
			JID: group, OwnerJID: budiJID, OwnerPN: budiPN, GroupCreated: sentAt, AddressingMode: types.AddressingModeLID,
			GroupName:     types.GroupName{Name: "Arisan", NameSetAt: sentAt, NameSetBy: budiJID, NameSetByPN: budiPN},
			GroupTopic:    types.GroupTopic{Topic: "tiap bulan"},
			GroupAnnounce: types.GroupAnnounce{IsAnnounce: true}, GroupEphemeral: types.GroupEphemeral{IsEphemeral: true, DisappearingTimer: 86400},
			GroupLinkedParent: types.GroupLinkedParent{LinkedParentJID: types.NewJID("12", types.GroupServer)},
			MemberAddMode:     types.GroupMemberAddModeAllMember,
			Participants: []types.GroupParticipant{
				{JID: budiJID, LID: budiJID, PhoneNumber: budiPN, IsAdmin: true, IsSuperAdmin: true},
				{JID: number("62811000102"), LID: lid("102"), PhoneNumber: number("62811000102"), IsAdmin: true},
				{JID: selfJID, LID: selfJID},
				{},
			},
		},
	}
}

func TestPictures(t *testing.T) {
	want := []message.Incoming{message.GroupChange{
		Group: group.String(), By: message.Party{LID: budi.LID}, At: sentAt, Action: message.GroupPicture, Value: "123",
	}}
	if diff := cmp.Diff(want, became(t, &events.Picture{JID: group, Author: budiJID, Timestamp: sentAt, PictureID: "123"})); diff != "" {
		t.Errorf("a group's picture differs (-want +got):\n%s", diff)
	}
	if got := became(t, &events.Picture{JID: budiJID, PictureID: "123"}); len(got) != 0 {
		t.Errorf("a person's picture became %+v", got)
	}
}

func TestLimit(t *testing.T) {
	until := sentAt.Add(24 * time.Hour)
	want := []message.Incoming{message.Limit{Active: true, Kind: "NEW_CHATS", Until: until}}
	got := became(t, &events.NotifyAccountReachoutTimelock{
		IsActive: true, EnforcementType: "NEW_CHATS", TimeEnforcementEnds: jsontime.UnixString{Time: until},
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("it differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]message.Incoming{message.Limit{}}, became(t, &events.NotifyAccountReachoutTimelock{})); diff != "" {
		t.Errorf("its end differs (-want +got):\n%s", diff)
	}
}

// What is of no interest brings nothing.
func TestOtherEvents(t *testing.T) {
	for _, event := range []any{
		nil, "text", &events.Connected{}, &events.QR{}, &events.Presence{}, &events.ChatPresence{}, &events.PushName{}, &events.HistorySync{},
		&events.OfflineSyncCompleted{}, &events.MediaRetry{}, &events.NewsletterLiveUpdate{}, &events.FBMessage{},
	} {
		if got := became(t, event); len(got) != 0 {
			t.Errorf("%T became %+v", event, got)
		}
	}
}
