package device

import (
	"context"
	"time"

	"wadah/handlers/visitor"
	"wadah/models"
	"wadah/session"
	"wadah/views"
	deviceviews "wadah/views/device"
)

// timeline is what happened to a device, all that is kept of it: the picture needs more
// than the page lists.
func (s *Pages) timeline(ctx context.Context, snap session.Snapshot, z visitor.Zone) (deviceviews.Timeline, error) {
	rows, err := s.devices.Events(ctx, snap.ID, models.KeptEvents)
	if err != nil {
		return deviceviews.Timeline{}, err
	}
	t := deviceviews.Timeline{
		Whole: len(rows) < models.KeptEvents, Created: z.At(snap.CreatedAt), Now: z.At(time.Now()),
		Events: make([]views.Event, 0, len(rows)),
	}
	for _, r := range rows {
		t.Events = append(t.Events, views.Event{At: z.At(r.At), From: r.From, To: r.To, Reason: r.Reason, Detail: r.Detail})
	}
	return t, nil
}
