package whatsapp

import (
	"context"

	"go.mau.fi/whatsmeow/store"

	"wadah/session"
)

// WhileSending calls read whenever the library has read the sessions with the recipients of
// a message, and written when it has stored them again and the message has not left yet.
func WhileSending(on session.Conn, read, written func()) {
	device := on.(*conn).cli.Store
	device.Sessions = pausing{device.Sessions, read, written}
}

type pausing struct {
	store.SessionStore
	read, written func()
}

func (p pausing) GetManySessions(ctx context.Context, addresses []string) (map[string][]byte, error) {
	read, err := p.SessionStore.GetManySessions(ctx, addresses)
	p.read()
	return read, err
}

func (p pausing) PutManySessions(ctx context.Context, sessions map[string][]byte) error {
	err := p.SessionStore.PutManySessions(ctx, sessions)
	if err == nil {
		p.written()
	}
	return err
}
