package whatsapp

import (
	"context"
	"errors"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"wadah/session"
)

const (
	// checkLimit is how long WhatsApp may take to give a sign of life: more than twice the
	// round trip of a bad line.
	checkLimit = 8 * time.Second
	// checkEvery is how often a connection that shows codes is asked for one. The library
	// asks too, but every 20 to 30 s, and waits 10 s: a code would be shown for most of its
	// life on a line that is dead.
	checkEvery = 10 * time.Second
	// silencesOfStranger is after how many pings without an answer a line is dead although
	// WhatsApp is not known to answer pings before a login.
	silencesOfStranger = 3
)

// Check asks WhatsApp for a sign of life. SignalSilent follows when none comes.
func (c *conn) Check() {
	c.watch(func() (dead bool) { return c.ping() == lineSilent && c.mustAnswer(1) })
}

// watchCodes asks for signs of life while codes are shown: a code that is scanned on a
// dead line links nobody.
func (c *conn) watchCodes() {
	c.watch(func() (dead bool) {
		for silences := 0; ; {
			switch c.ping() {
			case lineAnswers:
				c.d.pongs.Store(true)
				silences = 0
			case lineSilent:
				if silences++; c.mustAnswer(silences) {
					return true
				}
			case lineEnds:
				return false // which is told elsewhere
			}
			timer := time.NewTimer(checkEvery)
			select {
			case <-timer.C:
			case <-c.wire.leaving.c:
				timer.Stop()
				return false
			}
		}
	})
}

// watch runs f in the background, and tells that WhatsApp is silent when it says so.
// Close ends what f waits for.
func (c *conn) watch(f func() (dead bool)) {
	if !c.begin() {
		return
	}
	go func() {
		dead := f()
		c.work.Done()
		if dead {
			c.tell(session.SignalSilent{}, false)
		}
	}()
}

// mustAnswer says whether so many pings in a row without an answer mean that the line is
// dead. One does for a login. Before a login it does once WhatsApp has answered any there:
// it is not documented that it must. While it finishes a link, or a login, other deadlines
// count.
func (c *conn) mustAnswer(silences int) bool {
	if c.isOnline() {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.linking && c.pairing == nil && (c.d.pongs.Load() || silences >= silencesOfStranger)
}

// life is what a ping finds out about a line.
type life int

const (
	lineAnswers life = iota
	lineSilent
	lineEnds
)

// ping asks for a sign of life as the library does.
func (c *conn) ping() life {
	ctx, cancel := context.WithTimeout(context.Background(), checkLimit)
	defer cancel()
	go func() {
		select {
		case <-c.wire.leaving.c:
			cancel()
		case <-ctx.Done():
		}
	}()
	asked := time.Now()
	_, err := c.cli.DangerousInternals().SendIQ(ctx, whatsmeow.DangerousInfoQuery{ //nolint:staticcheck // there is no other way to ask
		Namespace: "w:p", Type: "get", To: types.ServerJID, NoRetry: true,
	})
	var refusal *whatsmeow.IQError
	switch {
	case err == nil, errors.As(err, &refusal), c.LastHeard().After(asked), c.wire.wasHeld(checkLimit):
		return lineAnswers
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return lineSilent
	}
	return lineEnds
}
