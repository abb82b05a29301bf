package handlers

import (
	"context"
	"time"

	"wadah/handlers/visitor"
	"wadah/models"
	"wadah/session"
	"wadah/views"
)

// stillNew is for how long after linking a device's page looks as if the code had just
// been scanned.
const stillNew = 5 * time.Minute

// deviceView is a snapshot as pages and streams show it, with its times in a zone. It
// is the one place where a device turns into what is seen of it.
func (s *Server) deviceView(snap session.Snapshot, z visitor.Zone, canOperate bool) views.Device {
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
		d.Code = &views.PhoneCode{Text: p.Text, From: z.At(p.From), Expires: z.At(p.Expires)}
	}
	if p := snap.Passkey; p != nil {
		d.Passkey = &views.Passkey{Request: string(p.Request), Code: p.Code, Confirm: p.Confirm, Deadline: z.At(p.Deadline)}
	}
	return d
}

// deviceWithQR is deviceView with the picture of the code; the list does without.
// Who may not link the device does not get what links it: no QR, no phone code.
func (s *Server) deviceWithQR(snap session.Snapshot, z visitor.Zone, canOperate bool) (views.Device, error) {
	d := s.deviceView(snap, z, canOperate)
	if !canOperate {
		d.Code, d.Passkey = nil, nil
		return d, nil
	}
	img, err := s.pictures.Shown(snap)
	if err == nil && img != nil {
		d.QR = &views.QR{Src: img.URI, From: z.At(snap.QR.From), Expires: z.At(snap.QR.Expires)}
	}
	return d, err
}

// timeline is what happened to a device, all that is kept of it: the picture needs more
// than the page lists.
func (s *Server) timeline(ctx context.Context, snap session.Snapshot, z visitor.Zone) (views.Timeline, error) {
	rows, err := s.manager.Events(ctx, snap.ID, models.KeptEvents)
	if err != nil {
		return views.Timeline{}, err
	}
	t := views.Timeline{
		Whole: len(rows) < models.KeptEvents, Created: z.At(snap.CreatedAt), Now: z.At(time.Now()),
		Events: make([]views.Event, 0, len(rows)),
	}
	for _, r := range rows {
		t.Events = append(t.Events, views.Event{At: z.At(r.At), From: r.From, To: r.To, Reason: r.Reason, Detail: r.Detail})
	}
	return t, nil
}

// usableKey is the key the device's page offers to reveal: the one asked for, or the
// oldest that is valid. nil when there is none.
func usableKey(keys []models.APIKey, id string) *models.APIKey {
	now := time.Now()
	for i, k := range keys {
		if k.RevokedAt == nil && (k.ExpiresAt == nil || now.Before(*k.ExpiresAt)) && (id == "" || id == k.ID) {
			return &keys[i]
		}
	}
	return nil
}
