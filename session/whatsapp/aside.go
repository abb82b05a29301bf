package whatsapp

import (
	"context"
	"errors"

	"go.mau.fi/libsignal/signalerror"
	"go.mau.fi/whatsmeow"
)

// A message that cannot be decrypted is asked for again before it is acknowledged, at the
// account's phone too, and the library waits for WhatsApp's answer to that while it
// handles the message (SynchronousAck; its retry.go). 200 of them kept everything else
// that came for 20 s on an ordinary line, and for as long as a message to a big group was
// being prepared. So such a message steps aside: those behind it go on, and it is asked
// for when it is its turn among its like. Nothing else of the order changes: it is
// acknowledged when it has been asked for, and told then.

// asideAtMost bounds how many messages wait aside. With more, those behind them wait, too.
const asideAtMost = 256

// stepping is the key of a stanza's context under which its aside stands.
type stepping struct{}

// aside is how one stanza steps aside, at most once.
type aside struct {
	conn   *conn
	behind chan struct{} // closed to let those behind go on
	asks   bool
	turn   bool
}

// step lets the stanzas behind this one go on, and returns when it is this one's turn to
// ask for its message.
func (a *aside) step(ctx context.Context) {
	if a.asks {
		return
	}
	a.asks = true
	if a.conn.waiting.Add(1) <= asideAtMost {
		close(a.behind)
	}
	select {
	case a.conn.asking <- struct{}{}:
		a.turn = true
	case <-ctx.Done():
	}
}

// end ends the turn.
func (a *aside) end() {
	if a.asks {
		a.conn.waiting.Add(-1)
	}
	if a.turn {
		<-a.conn.asking
	}
}

// isUndecryptable says whether the library asks for a message again after this error
// (decryptMessages in its message.go).
func isUndecryptable(err error) bool {
	return err != nil && !errors.Is(err, signalerror.ErrOldCounter) && !errors.Is(err, whatsmeow.ErrEventAlreadyProcessed)
}
