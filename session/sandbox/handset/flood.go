package handset

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/stanza"
)

// Flood writes many texts to a person or group as fast as it can: Text with a number
// behind it. No more than Window of them wait for their recipients at the same time, so
// that the flood is bounded where they are online; 0 is no bound, for those who are not.
type Flood struct {
	Text   string
	Count  int
	Window int
}

// Flood sends and returns how many WhatsApp has taken; it ends with ErrRefused at the
// first one that it refuses. The messages are not kept in the phone's chats.
func (p *Phone) Flood(ctx context.Context, to string, flood Flood) (taken int, err error) {
	where, err := p.Resolve(to)
	if err != nil {
		return 0, err
	}
	// The devices are those of the beginning: asking for each message would be most of the
	// work.
	p.freeze(&frozenDevices{})
	defer p.freeze(nil)
	for number := range flood.Count {
		if flood.Window > 0 {
			err = p.cfg.Router.Room(ctx, flood.Window, where, p.lid)
		} else {
			err = ctx.Err()
		}
		if err != nil {
			return taken, err
		}
		heard, err := p.pour(where, fmt.Sprintf("%s %d", flood.Text, number+1))
		if err != nil {
			return taken, err
		}
		if heard {
			taken++
		}
	}
	return taken, nil
}

func (p *Phone) freeze(devices *frozenDevices) {
	p.sending.Lock()
	defer p.sending.Unlock()
	p.frozen = devices
}

// pour sends one message of a flood and does not wait for an acknowledgement: in this
// process it comes before handing over ends, unless a fault delays it or takes it away.
func (p *Phone) pour(where types.JID, text string) (acknowledged bool, err error) {
	out := parcel{id: newID(), chat: where, time: time.Now(), message: &waE2E.Message{
		Conversation:       proto.String(text),
		MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: secret()},
	}}
	raw, err := proto.Marshal(out.message)
	if err != nil {
		return false, fmt.Errorf("marshal message: %w", err)
	}
	if p.online() == nil {
		return false, ErrOffline
	}
	acked := p.expect(out, raw)
	defer p.forgetWaiting(out.id)
	if _, err := p.encryptAndHandOver(out, raw); err != nil {
		return false, err
	}
	select {
	case ack := <-acked:
		if code := stanza.Attr(&ack, "error"); code != "" {
			return false, fmt.Errorf("%w: %s", ErrRefused, code)
		}
		return true, nil
	default:
		return false, nil
	}
}
