package session

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// codePeriod is the time that the limits of phone codes are about.
const codePeriod = time.Hour

// TooManyCodesError refuses to ask WhatsApp for another phone code: every code it issues
// makes itself known on the phone with that number, whoever's it is.
type TooManyCodesError struct {
	ForNumber bool          // the number's limit; otherwise the device's
	Wait      time.Duration // until the next code may be asked for
}

func (e *TooManyCodesError) Error() string {
	whose := "device"
	if e.ForNumber {
		whose = "number"
	}
	return fmt.Sprintf("too many phone codes for this %s: the next in %s", whose, e.Wait.Round(time.Second))
}

// codeLimits counts the phone codes that WhatsApp was asked for. Its size is bounded by
// the number of devices and what each may ask for.
type codeLimits struct {
	perDevice, perNumber int // in a codePeriod; 0 is no limit

	mu      sync.Mutex
	devices map[string][]time.Time // when codes were asked for, oldest first
	numbers map[string][]time.Time
}

func newCodeLimits(perDevice, perNumber int) *codeLimits {
	return &codeLimits{
		perDevice: perDevice, perNumber: perNumber,
		devices: make(map[string][]time.Time), numbers: make(map[string][]time.Time),
	}
}

// CodeLimits are how many phone codes a device and a number get in an hour; 0 is no limit.
func (m *Manager) CodeLimits() (perDevice, perNumber int) {
	return m.codes.perDevice, m.codes.perNumber
}

// take counts a code that is about to be asked for, or refuses with a *TooManyCodesError.
func (l *codeLimits) take(now time.Time, deviceID, number string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	forgetCodes(l.devices, now)
	forgetCodes(l.numbers, now)
	if wait := waitForCode(l.devices[deviceID], l.perDevice, now); wait > 0 {
		return &TooManyCodesError{Wait: wait}
	}
	if wait := waitForCode(l.numbers[number], l.perNumber, now); wait > 0 {
		return &TooManyCodesError{ForNumber: true, Wait: wait}
	}
	l.devices[deviceID] = append(l.devices[deviceID], now)
	l.numbers[number] = append(l.numbers[number], now)
	return nil
}

// waitForCode is how long it takes until fewer than most of the codes count.
func waitForCode(asked []time.Time, most int, now time.Time) time.Duration {
	if most <= 0 || len(asked) < most {
		return 0
	}
	return codePeriod - now.Sub(asked[len(asked)-most])
}

// forgetCodes removes what no longer counts.
func forgetCodes(asked map[string][]time.Time, now time.Time) {
	for of, times := range asked {
		for len(times) > 0 && now.Sub(times[0]) >= codePeriod {
			times = times[1:]
		}
		if len(times) == 0 {
			delete(asked, of)
			continue
		}
		asked[of] = times
	}
}

// PairPhone gets a code for linking by phone number; number is international digits
// without plus. An off device is started for it. The answer is SERVICE_SCAN/code. While
// a code for the same number can still be typed, that is the answer: another one would
// make it worthless; renew asks for another one all the same. Errors: ErrNoDevice,
// ErrAlreadyLinked, ErrRateLimited, ErrBadNumber, ErrNotLinking when WhatsApp could not
// be reached in time, *TooManyCodesError, those of StartDevice.
func (m *Manager) PairPhone(ctx context.Context, id, number string, renew bool) (Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, personLimit)
	defer cancel()
	d, err := m.device(id)
	if err != nil {
		return Snapshot{}, err
	}
	// One at a time: who comes second finds the code of the first.
	select {
	case d.asking <- struct{}{}:
		defer func() { <-d.asking }()
	case <-ctx.Done():
		return d.shown(), ctx.Err()
	}
	if s, shown := d.codeFor(number); shown && !renew {
		return s, nil
	}
	a, conn, err := m.linkingConn(ctx, d)
	if err != nil {
		return d.shown(), err
	}
	if err := m.codes.take(time.Now(), d.id, number); err != nil {
		return d.shown(), err
	}
	c, err := conn.PairPhone(ctx, number)
	if err != nil {
		return d.shown(), err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.att != a || d.shown().State != StateScan {
		return d.shown(), ErrNotLinking
	}
	a.number = number
	a.showPhoneCode(c)
	return d.shown(), nil
}

// codeFor is the device while it shows a code for this number.
func (d *device) codeFor(number string) (s Snapshot, shown bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s = d.shown()
	if d.att == nil || d.att.number != number || s.Phone == nil || !time.Now().Before(s.Phone.Expires) {
		return s, false
	}
	d.touch()
	return s, true
}

// linkingConn starts the device if need be and waits for a connection that a code can be
// asked for on.
func (m *Manager) linkingConn(ctx context.Context, d *device) (*attempt, Conn, error) {
	d.mu.Lock()
	linked := d.link != ""
	d.mu.Unlock()
	if linked {
		return nil, nil, ErrAlreadyLinked
	}
	if _, err := m.StartDevice(ctx, d.id); err != nil {
		return nil, nil, err
	}
	s, err := m.WaitCode(ctx, d.id)
	if err != nil {
		return nil, nil, err
	}
	d.mu.Lock()
	a := d.att
	d.mu.Unlock()
	if s.State != StateScan || a == nil {
		return nil, nil, ErrNotLinking
	}
	// Codes may arrive a moment before the dial returns.
	if err := waitFor(ctx, a.dialed, 0); err != nil {
		return nil, nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.att != a || a.conn == nil {
		return nil, nil, ErrNotLinking
	}
	return a, a.conn, nil
}
