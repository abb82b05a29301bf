package convert

import (
	"encoding/hex"
	"strconv"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
)

// newestPoll is the poll in whichever field a client put it.
func newestPoll(m *waE2E.Message) *waE2E.PollCreationMessage {
	for _, p := range []*waE2E.PollCreationMessage{
		m.GetPollCreationMessage(), m.GetPollCreationMessageV2(), m.GetPollCreationMessageV3(),
		m.GetPollCreationMessageV5(), m.GetPollCreationMessageV6(),
	} {
		if p != nil {
			return p
		}
	}
	return nil
}

func (r *reader) poll(m *waE2E.Message) message.Content {
	p := newestPoll(m)
	options, cut := firstN(p.GetOptions(), message.MaxOptions)
	r.cut = r.cut || cut
	poll := &message.Poll{
		Question: r.label(p.GetName()),
		Options:  make([]string, 0, len(options)),
		Most:     int(min(p.GetSelectableOptionsCount(), message.MaxOptions)),
	}
	for _, o := range options {
		poll.Options = append(poll.Options, r.label(o.GetOptionName()))
		poll.Hashes = append(poll.Hashes, message.OptionHash(o.GetOptionName()))
	}
	return message.Content{Kind: message.KindPoll, Poll: poll}
}

// label keeps a line and notes whether it was cut.
func (r *reader) label(s string) string {
	s, cut := line(s, message.MaxLabel)
	r.cut = r.cut || cut
	return s
}

func (r *reader) vote(m *waE2E.Message) message.Content {
	u := m.GetPollUpdateMessage()
	content := message.Content{
		Kind:   message.KindVote,
		Target: r.target(&r.evt.Info, u.GetPollCreationMessageKey()),
	}
	vote := open(r, u.GetVote(), m, Opener.DecryptPollVote)
	if vote == nil {
		content.Sealed = true
		return content
	}
	chosen, cut := firstN(vote.GetSelectedOptions(), message.MaxOptions)
	r.cut = r.cut || cut
	for _, hash := range chosen {
		if len(hash) == 32 {
			content.Votes = append(content.Votes, hex.EncodeToString(hash))
		}
	}
	return content
}

// pollResult is the result of a poll that somebody shows elsewhere.
func (r *reader) pollResult(m *waE2E.Message) message.Content {
	field, p := "pollResultSnapshotMessage", m.GetPollResultSnapshotMessage()
	if p == nil {
		field, p = "pollResultSnapshotMessageV3", m.GetPollResultSnapshotMessageV3()
	}
	votes, cut := firstN(p.GetPollVotes(), message.MaxOptions)
	r.cut = r.cut || cut
	said := []string{p.GetName()}
	for _, v := range votes {
		said = append(said, r.label(v.GetOptionName())+": "+strconv.FormatInt(max(v.GetOptionVoteCount(), 0), 10))
	}
	return message.Content{Kind: message.KindUnknown, Note: field, Text: r.lines(said...)}
}

// pollOption is an option that somebody adds to a poll.
func (r *reader) pollOption(m *waE2E.Message) message.Content {
	p := m.GetPollAddOptionMessage()
	return message.Content{
		Kind:   message.KindUnknown,
		Note:   "pollAddOptionMessage",
		Target: r.target(&r.evt.Info, p.GetPollCreationMessageKey()),
		Text:   r.label(p.GetAddOption().GetOptionName()),
	}
}

// sendPoll makes a poll in the field in which the library knows it as one.
func sendPoll(content message.Content, info *waE2E.ContextInfo) *waE2E.Message {
	p := content.Poll
	options := make([]*waE2E.PollCreationMessage_Option, len(p.Options))
	for i, o := range p.Options {
		options[i] = &waE2E.PollCreationMessage_Option{OptionName: proto.String(o)}
	}
	return &waE2E.Message{PollCreationMessage: &waE2E.PollCreationMessage{
		Name:                   proto.String(p.Question),
		Options:                options,
		SelectableOptionsCount: proto.Uint32(uint32(p.Most)),
		ContextInfo:            info,
	}}
}
