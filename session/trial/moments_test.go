//go:build !race

package trial_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"wadah/session"
	"wadah/session/sandbox"
)

// moments bring a device to a moment of its life and let the fault strike there.
var moments = map[string]func(*play){
	"starting":     (*play).starting,
	"showing":      (*play).showing,
	"scanned":      (*play).scanned,
	"login":        (*play).login,
	"idle":         (*play).idle,
	"busy":         (*play).busy,
	"reconnecting": (*play).reconnecting,
	"stopping":     (*play).stopping,
	"deleting":     (*play).deleting,
}

func (p *play) starting() {
	if !p.isLive() {
		p.strike()
		p.start(p.id)
		return
	}
	struck := once[session.SignalCodes](p.gate, p.strike)
	p.start(p.id)
	p.awaitStrike(struck)
}

func (p *play) showing() {
	p.start(p.id)
	s := p.await(p.id, "SERVICE_SCAN/qr")
	if p.fault == string(sandbox.FaultSilence) {
		eventually(p.t, patience, func() error { // so that pings are known to be answered
			if p.svc.Stats().Pings == 0 {
				return errors.New("no ping")
			}
			return nil
		})
	}
	p.strike()
	if ends := p.fault == string(sandbox.FaultReplaced) || p.fault == string(sandbox.FaultDeviceRemoved); ends {
		p.when(deadline, p.id, func(now session.Snapshot) bool { return now.State == session.StateOff })
	} else if p.breaks() {
		p.when(deadline, p.id, func(now session.Snapshot) bool { return now.QR != nil && now.QR.Text != s.QR.Text })
	}
}

func (p *play) scanned() {
	if p.isLive() {
		// Else WhatsApp ends this connection at once, and there is none to strike.
		must(p.t, p.svc.Inject("", sandbox.Fault{Kind: sandbox.FaultNoPairSignReply}))
	}
	struck := once[session.SignalLinked](p.gate, func() {
		// The device's confirmation has been sent; let it arrive.
		eventually(p.t, patience, func() error {
			if len(p.companions(phone)) == 0 {
				return errors.New("the phone does not list the device")
			}
			return nil
		})
		p.strike()
	})
	p.start(p.id)
	p.scan(p.id, phone)
	p.awaitStrike(struck)
}

func (p *play) login() {
	p.stop(p.id)
	if !p.isLive() {
		p.strike()
		p.start(p.id)
		return
	}
	struck := once[session.SignalOnline](p.gate, p.strike)
	p.start(p.id)
	p.awaitStrike(struck)
}

func (p *play) idle() {
	p.strike()
	if !p.isLive() {
		p.drop()
	}
}

// busy keeps requests under way: WhatsApp answers them, but takes its time.
func (p *play) busy() {
	must(p.t, p.svc.Inject("", sandbox.Fault{Kind: sandbox.FaultSlow, Latency: 30 * time.Millisecond, Duration: 2 * time.Second}))
	var conn *gateConn
	eventually(p.t, patience, func() error { // a signal may come before Dial has returned
		if conn = p.gate.conn(); conn == nil {
			return errors.New("no connection is open")
		}
		return nil
	})
	var asking sync.WaitGroup
	defer asking.Wait()
	answered := make(chan struct{}, 1000)
	for range 4 {
		asking.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			for ctx.Err() == nil {
				select {
				case <-conn.closed:
					return
				default:
				}
				// Refused by WhatsApp, as a linked device has no business asking this.
				_ = conn.AnswerPasskey(ctx, []byte(`{"id":"a","rawId":"YQ","response":{"clientDataJSON":"YQ","authenticatorData":"YQ","signature":"YQ"}}`))
				select {
				case answered <- struct{}{}:
				default:
				}
			}
		})
	}
	<-answered // so it is busy
	p.idle()
}

func (p *play) reconnecting() {
	must(p.t, p.svc.SetOutage(sandbox.OutageRefuse))
	p.drop()
	p.await(p.id, "PAIRING/reconnecting")
	switch {
	case p.isOutage():
		p.strike()
	case p.isLive():
		struck := once[session.SignalOnline](p.gate, func() {
			if p.breaks() {
				p.struck = p.gate.dialled() // the device is connected before and after
			}
			p.strike()
		})
		must(p.t, p.svc.SetOutage(sandbox.OutageNone))
		p.awaitStrike(struck)
	default:
		p.strike()
		must(p.t, p.svc.SetOutage(sandbox.OutageNone))
	}
}

func (p *play) stopping() {
	if !p.isLive() { // these strike a connection that is being made
		p.strike()
		_, err := p.RestartDevice(context.Background(), p.id)
		must(p.t, err)
		p.stop(p.id)
		return
	}
	var both sync.WaitGroup
	both.Go(p.strike)
	both.Go(func() { p.stop(p.id) })
	both.Wait()
}

func (p *play) deleting() {
	var both sync.WaitGroup
	if p.isLive() {
		both.Go(func() {
			if err := p.svc.Inject("", sandbox.Fault{Kind: sandbox.FaultKind(p.fault), Latency: 100 * time.Millisecond}); err != nil {
				p.t.Errorf("inject: %v", err)
			}
		})
	} else {
		p.stop(p.id) // so that unlinking needs a login, which meets the fault
		p.strike()
	}
	result, err := p.DeleteDevice(context.Background(), p.id)
	both.Wait()
	must(p.t, err)
	if left := p.companions(phone); result.Link == session.UnlinkConfirmed && len(left) > 0 {
		p.t.Errorf("WhatsApp confirmed, and the phone still lists %d devices", len(left))
	}
}

// drop ends the present connection, so that the next login meets what is armed.
func (p *play) drop() {
	if err := p.svc.Inject(p.jid, sandbox.Fault{Kind: sandbox.FaultDrop}); err != nil {
		p.t.Errorf("drop: %v", err)
	}
}

func (p *play) awaitStrike(struck <-chan struct{}) {
	select {
	case <-struck:
		p.gate.atSignal(nil)
	case <-time.After(deadline):
		p.t.Fatalf("the moment did not come: %v", p.story(p.id))
	}
}
