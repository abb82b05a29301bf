package convert

import (
	"cmp"
	"math"
	"time"

	"go.mau.fi/whatsmeow/proto/waHistorySync"

	"wadah/session/message"
)

// Digest is what is kept of a piece of history.
func (c *Converter) Digest(h *waHistorySync.HistorySync) message.Digest {
	var d message.Digest
	for _, pair := range h.GetPhoneNumberToLidMappings() {
		if p := c.party(jidOf(pair.GetLidJID()), jidOf(pair.GetPnJID())); p.LID != "" && p.PN != "" {
			d.Pairs = append(d.Pairs, p)
		}
	}
	for _, name := range h.GetPushnames() {
		if p, called := c.party(jidOf(name.GetID())), label(name.GetPushname()); p.Known() && called != "" && called != "-" {
			d.Names = append(d.Names, message.Named{Person: p, Name: called})
		}
	}
	for _, chat := range h.GetConversations() {
		if digest, ok := c.chatDigest(chat); ok {
			d.Chats = append(d.Chats, digest)
		}
	}
	return d
}

func (c *Converter) chatDigest(h *waHistorySync.Conversation) (message.ChatDigest, bool) {
	jid := jidOf(h.GetID())
	chat := message.ChatAt(address(jid), address(jidOf(h.GetPnJID())), address(jidOf(h.GetLidJID())))
	if chat.Key() == "" || chat.Kind == message.ChatStatus {
		return message.ChatDigest{}, false
	}
	last := max(h.GetConversationTimestamp(), h.GetLastMsgTimestamp())
	digest := message.ChatDigest{
		Chat: chat, Name: label(cmp.Or(h.GetName(), h.GetDisplayName())),
		LastAt: unixTime(int64(min(last, math.MaxInt64))),
		Unread: int(h.GetUnreadCount()), Archived: h.GetArchived(), Pinned: h.GetPinned() != 0,
		Timer:   time.Duration(h.GetEphemeralExpiration()) * time.Second,
		TimerAt: unixTime(h.GetEphemeralSettingTimestamp()),
	}
	if end := h.GetMuteEndTime(); end > 0 {
		digest.MutedTo = mutedTo(end)
	}
	return digest, true
}

// mutedTo reads when a chat is heard again: in seconds or in milliseconds, and far away
// for ever.
func mutedTo(end uint64) time.Time {
	const seconds, last = 1 << 33, 253402300799 // the end of the year 9999
	if end > seconds {
		end /= 1000
	}
	return unixTime(int64(min(end, last)))
}
