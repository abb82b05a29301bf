package session

import (
	"errors"
	"fmt"
	"time"
)

// This file is the linking part of an attempt: codes, the claim, the passkey step.
// The methods hold d.mu unless they say otherwise.

// gotCodes starts showing a round of QR codes.
func (a *attempt) gotCodes(codes []Code) {
	d := a.d
	if a.jid != "" || len(codes) == 0 {
		d.m.log.Warn("codes for a device that is linked, or none at all", "device", d.id, "codes", len(codes))
		return
	}
	d.through(a)
	from := time.Now()
	a.codes = a.codes[:0]
	for _, c := range codes {
		shown := ShownCode{Text: c.Text, From: from, Expires: from.Add(c.Valid)}
		a.codes = append(a.codes, shown)
		from = shown.Expires
	}
	a.show()
}

// show puts what is valid now into the snapshot and comes back when that changes.
func (a *attempt) show() {
	d, now := a.d, time.Now()
	for len(a.codes) > 0 && !now.Before(a.codes[0].Expires) {
		a.codes = a.codes[1:]
	}
	if a.phone != nil && !now.Before(a.phone.Expires) {
		a.phone = nil
	}
	phone := a.phone
	if d.windowOver(now) && phone == nil {
		d.off(eventNotScanned, "", time.Time{})
		return
	}
	if len(a.codes) == 0 && phone == nil {
		d.flaps = 0 // a round that ran its course is no disturbance
		d.apply(eventCodesOver, nil)
		d.startGrace()
		d.begin(0, false)
		return
	}

	ev, until, change := eventCodes, time.Time{}, time.Time{}
	var qr *ShownCode
	if len(a.codes) > 0 {
		shown := a.codes[0]
		qr, until, change = &shown, shown.Expires, shown.Expires
	}
	if phone != nil {
		ev, until = eventPhoneCode, phone.Expires
		if change.IsZero() || until.Before(change) {
			change = until
		}
	}
	if end := d.window(); d.watchers == 0 && phone == nil && end.Before(change) {
		change = end
	}
	d.apply(ev, func(s *Snapshot) { s.QR, s.Phone, s.Until = qr, phone, until })
	a.setDeadline(max(change.Sub(now), 0), a.show)
}

// showPhoneCode starts showing a code to type on the phone, beside the QR.
func (a *attempt) showPhoneCode(c Code) {
	now := time.Now()
	a.phone = &ShownCode{Text: c.Text, Number: a.number, From: now, Expires: now.Add(c.Valid)}
	a.show()
}

// claim stores the link before the driver saves the credentials. It runs on the
// driver's goroutine and takes d.mu itself.
func (a *attempt) claim(jid string) error {
	d := a.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.att != a || d.removed {
		return errors.New("this connection is no longer wanted")
	}
	if d.m.ended.has(jid) {
		return errors.New("the credentials of this link's predecessor are still being deleted")
	}
	before := d.link
	d.link = jid
	if err := d.saveFirst(d.m.ctx, d.life()); err != nil {
		d.link = before
		d.save()
		return fmt.Errorf("claim a link: %w", err)
	}
	return nil
}

// gotLinked is the phone's yes. WhatsApp now closes the connection; the first login
// follows on a new one. If WhatsApp's close is lost, a watchdog does it.
func (a *attempt) gotLinked(acc Account) {
	d := a.d
	a.linked = true
	a.codes = nil
	acc.JID = d.link
	d.apply(eventLinked, func(s *Snapshot) { s.Account, s.LinkedAt = acc, time.Now() })
	d.startGrace()
	a.setDeadline(reloginAfter, func() { d.lost(a, "silent") })
}

// linkFailed goes back to showing codes on a new connection.
func (a *attempt) linkFailed(err error) {
	d := a.d
	d.m.log.Warn("linking failed", "device", d.id, "err", err)
	d.unlinked()
	if isStorage(err) { // a new code could not be linked with either
		a.storageFailed(err)
		return
	}
	delay := backoffDelay(d.flaps)
	d.apply(eventCodesOver, func(s *Snapshot) { s.Detail, s.NextTry = "link_failed", nextTry(delay) })
	d.flaps++
	d.startGrace()
	d.begin(delay, false)
}

// gotPasskey shows WhatsApp's demand for a passkey.
func (a *attempt) gotPasskey(request []byte) {
	d := a.d
	a.codes = nil
	deadline := time.Now().Add(passkeyLimit)
	d.stopGrace()
	d.apply(eventPasskey, func(s *Snapshot) {
		s.Passkey, s.Until = &Passkey{Request: request, Deadline: deadline}, deadline
	})
	a.setDeadline(passkeyLimit, func() { a.linkFailed(errors.New("nobody answered the passkey request")) })
}

// gotPasskeyCode shows the code that must be the same on the phone.
func (a *attempt) gotPasskeyCode(s SignalPasskeyCode) {
	d := a.d
	deadline := time.Now().Add(passkeyLimit)
	d.apply(eventPasskey, func(snap *Snapshot) {
		snap.Passkey = &Passkey{Code: s.Code, Confirm: s.Confirm, Deadline: deadline}
		snap.Until = deadline
	})
	a.setDeadline(passkeyLimit, func() { a.linkFailed(errors.New("the passkey step was not finished in time")) })
}
