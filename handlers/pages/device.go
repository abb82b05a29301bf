package pages

import (
	"time"

	"wadah/handlers/qr"
	"wadah/handlers/visitor"
	"wadah/session"
	"wadah/views"
)

// stillNew is for how long after linking a device's page looks as if the code had just
// been scanned.
const stillNew = 5 * time.Minute

// Device is a snapshot as pages and streams show it, with its times in a zone. It
// is the one place where a device turns into what is seen of it.
func Device(snap session.Snapshot, z visitor.Zone, canOperate bool) views.Device {
	d := views.Device{
		ID: snap.ID, Name: snap.Name, Note: snap.Note, Default: snap.Default,
		State: string(snap.State), Reason: string(snap.Reason), Detail: snap.Detail,
		Since: z.At(snap.Since), Until: z.At(snap.Until), NextTry: z.At(snap.NextTry),
		Linked: snap.Linked(), Retrying: snap.Retrying, Desired: snap.Desired, Unsaved: snap.Unsaved,
		Number: snap.Number(), Account: snap.Account.Name, Platform: snap.Account.Platform,
		LastAlive: z.At(snap.LastAlive), LinkedAt: z.At(snap.LinkedAt), CreatedAt: z.At(snap.CreatedAt),
		JustLinked: time.Since(snap.LinkedAt) < stillNew,
		CanOperate: canOperate,
	}
	if p := snap.Phone; p != nil {
		d.Code = &views.PhoneCode{Text: p.Text, Number: p.Number, From: z.At(p.From), Expires: z.At(p.Expires)}
	}
	if p := snap.Passkey; p != nil {
		d.Passkey = &views.Passkey{Request: string(p.Request), Code: p.Code, Confirm: p.Confirm, Deadline: z.At(p.Deadline)}
	}
	return d
}

// DeviceWithQR is deviceView with the picture of the code; the list does without.
// Whoever may not link the device does not get what links it: no QR, no phone code.
func (r *Renderer) DeviceWithQR(snap session.Snapshot, z visitor.Zone, canOperate bool) (views.Device, error) {
	d := Device(snap, z, canOperate)
	if !canOperate {
		d.Code, d.Passkey = nil, nil
		return d, nil
	}
	img, err := r.Picture(snap)
	if err == nil && img != nil {
		d.QR = &views.QR{Src: img.URI, From: z.At(snap.QR.From), Expires: z.At(snap.QR.Expires)}
	}
	return d, err
}

// Picture is the picture of the code that a device shows now, for somebody to look at; nil when
// it shows none.
func (r *Renderer) Picture(snap session.Snapshot) (*qr.Picture, error) { return r.pictures.Shown(snap) }
