//go:build !race

package trial_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"wadah/session"
	"wadah/session/sandbox"
)

// checkEnd compares the end with the table.
func (p *play) checkEnd() {
	t, told := p.t, p.story(p.id)
	got := string(p.end.Reason)
	if p.end.State == session.StateConnected {
		switch {
		case slices.Contains(told, "SERVICE_OFF/network"):
			got = "outage"
		case slices.Contains(told, "SERVICE_OFF/rejected"):
			got = "refused"
		case slices.Contains(told, "PAIRING/reconnecting"):
			got = "back"
		}
	}
	if !slices.Contains(p.ends, got) {
		t.Errorf("the end is %s (%s, detail %q), want %v; the story: %v", got, name(p.end), p.end.Detail, p.ends, told)
	}
	if p.end.Desired != (p.end.State == session.StateConnected) {
		t.Errorf("desired is %v in %s", p.end.Desired, name(p.end))
	}
	if got == "banned" {
		p.checkBan()
	}
	p.checkStory()
	p.checkLinks(p.end)
}

// checkBan insists on the ban's end, and that nobody starts the device before.
func (p *play) checkBan() {
	if left := time.Until(p.end.Until); left < 58*time.Minute || left > time.Hour {
		p.t.Errorf("the ban ends in %v, want an hour", left)
	}
	var banned *session.BannedError
	if _, err := p.StartDevice(context.Background(), p.id); !errors.As(err, &banned) {
		p.t.Errorf("starting a banned device: %v, want BannedError", err)
	}
}

// checkStory insists that the timeline has no gap and ends in the present.
func (p *play) checkStory() {
	p.t.Helper()
	rows, err := p.Events(context.Background(), p.id, 0)
	must(p.t, err)
	state := string(session.StateOff)
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].From != state {
			p.t.Errorf("the timeline says from %s, but the device was %s: %v", rows[i].From, state, p.story(p.id))
		}
		state = rows[i].To
	}
	now := p.snap(p.id)
	if last := rows[0].To + "/" + rows[0].Reason; last != name(now) {
		p.t.Errorf("the timeline ends with %s, the device is %s", last, name(now))
	}
}

// checkLinks insists that credentials exist exactly when the device is linked.
func (p *play) checkLinks(s session.Snapshot) {
	p.t.Helper()
	var want []string
	if s.Linked() {
		want = []string{s.Account.JID}
	}
	eventually(p.t, 3*time.Second, func() error {
		if links := p.links(); !slices.Equal(links, want) {
			return fmt.Errorf("%d credentials, want %d", len(links), len(want))
		}
		if rows := p.rows(); len(want) == 0 && len(rows) > 0 {
			return fmt.Errorf("rows of ended links: %v", rows)
		}
		return nil
	})
	if p.end.State == session.StateConnected && !slices.Equal(p.companions(phone), want) {
		p.t.Errorf("the phone lists %d devices, want this one", len(p.companions(phone)))
	}
	if (s.Reason == session.ReasonLoggedOut) && s.Linked() {
		p.t.Error("logged out and still linked")
	}
}

// checkGone insists that nothing of a deleted device is left.
func (p *play) checkGone() {
	if _, err := p.Snapshot(p.id); !errors.Is(err, session.ErrNoDevice) {
		p.t.Errorf("the deleted device: %v", err)
	}
	p.checkLinks(session.Snapshot{})
	devices, err := p.store.Devices(context.Background())
	if err != nil || len(devices) != 0 {
		p.t.Errorf("%d devices stored, %v", len(devices), err)
	}
}

// checkNothingLeft stops the device and looks for sockets that remain.
func (p *play) checkNothingLeft() {
	p.svc.ClearFaults()
	must(p.t, p.svc.SetOutage(sandbox.OutageNone))
	p.stop(p.id)
	eventually(p.t, 3*time.Second, func() error {
		if open := p.svc.Connections(); len(open) > 0 {
			return fmt.Errorf("%d sockets open after the stop: %+v", len(open), open)
		}
		if p.gate.conn() != nil {
			return errors.New("a connection was not closed")
		}
		return nil
	})
}
