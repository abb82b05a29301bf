package qr

import (
	"sync"
	"time"

	"wadah/handlers/limit"
	"wadah/session"
)

// picturesSize is how many devices may show a code at the same time before pictures are
// drawn more often than once.
const picturesSize = 10_000

// Pictures holds the picture of the newest code of each device: drawing takes milliseconds
// and every poll asks for the same one. It lives in memory only.
type Pictures struct {
	devices *session.Manager
	byID    *limit.Map[string, *drawing]
}

// drawing is a picture that is drawn once, however many ask.
type drawing struct {
	text string
	draw func() (*Picture, error)
}

// NewPictures makes the pictures of a manager's devices.
func NewPictures(devices *session.Manager) *Pictures {
	return &Pictures{devices: devices, byID: limit.NewMap[string, *drawing](picturesSize, 0)}
}

// Current is the code that can be scanned now; nil when there is none.
func Current(snap session.Snapshot) *session.ShownCode {
	if snap.State != session.StateScan || snap.QR == nil || !time.Now().Before(snap.QR.Expires) {
		return nil
	}
	return snap.QR
}

// Shown is the picture of the code that can be scanned now, nil when there is none, for
// somebody to look at: what is looked at is renewed.
func (p *Pictures) Shown(snap session.Snapshot) (*Picture, error) {
	code := Current(snap)
	if code == nil {
		return nil, nil
	}
	p.devices.ExtendScanWindow(snap.ID)
	return p.Of(snap.ID, code)
}

// Of is the picture of a code that a device shows.
func (p *Pictures) Of(deviceID string, code *session.ShownCode) (*Picture, error) {
	d, known := p.byID.Get(deviceID, time.Now())
	if !known || d.text != code.Text {
		d = p.byID.Update(deviceID, time.Now(), func(d *drawing, found bool) *drawing {
			if found && d.text == code.Text {
				return d
			}
			return &drawing{code.Text, sync.OnceValues(func() (*Picture, error) { return Draw(code.Text) })}
		})
	}
	return d.draw()
}

// Saw forgets the picture of a device that shows no code any more: what links an account is
// kept no longer than it is shown.
func (p *Pictures) Saw(snap session.Snapshot) {
	if snap.QR == nil {
		p.byID.Drop(snap.ID)
	}
}
