package handset

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// Flood writes many texts to a person or group as fast as it can: Text with a number
// behind it. No more than Window of them wait for their recipients at the same time, so
// that the flood is bounded where they are online; 0 is no bound, for those who are not.
type Flood struct {
	Text   string
	Count  int
	Window int
}

// Flood sends and returns how many WhatsApp has taken. The messages are not kept in the
// phone's chats.
func (p *Phone) Flood(ctx context.Context, to string, flood Flood) (sent int, err error) {
	where, err := p.Resolve(to)
	if err != nil {
		return 0, err
	}
	// The devices are those of the beginning: asking for each message would be most of the
	// work.
	p.sending.Lock()
	p.frozen = &frozenDevices{}
	p.sending.Unlock()
	defer func() {
		p.sending.Lock()
		p.frozen = nil
		p.sending.Unlock()
	}()
	for ; sent < flood.Count; sent++ {
		if flood.Window > 0 {
			if err := p.cfg.Router.Room(ctx, where, flood.Window); err != nil {
				return sent, err
			}
		} else if err := ctx.Err(); err != nil {
			return sent, err
		}
		out := parcel{id: newID(), chat: where, time: time.Now(), message: &waE2E.Message{
			Conversation:       proto.String(fmt.Sprintf("%s %d", flood.Text, sent+1)),
			MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: secret()},
		}}
		if p.online() == nil {
			return sent, ErrOffline
		}
		raw, err := proto.Marshal(out.message)
		if err != nil {
			return sent, fmt.Errorf("marshal message: %w", err)
		}
		p.mu.Lock()
		p.sent.add(out.id, sentMessage{chat: out.chat, raw: raw, time: out.time})
		p.mu.Unlock()
		if _, err := p.encryptAndHandOver(out, raw); err != nil {
			return sent, err
		}
	}
	return sent, nil
}
