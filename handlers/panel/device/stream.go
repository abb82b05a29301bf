package device

import (
	"context"
	"errors"
	"slices"

	"github.com/labstack/echo/v4"

	"wadah/handlers/live"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/session"
	"wadah/views"
	deviceviews "wadah/views/device"
)

// liveVariant names the shared frames of a device's page.
type (
	liveVariant struct {
		lang       views.Lang
		zone       visitor.Zone
		canOperate bool
	}
	timelineVariant struct {
		lang views.Lang
		zone visitor.Zone
	}
)

// Events keeps the page of one device live. While it is open, new QR codes
// keep coming.
func (s *Pages) Events(c echo.Context) error {
	id := c.QueryParam(web.DeviceField)
	if _, err := s.devices.Snapshot(id); err != nil {
		return err
	}
	release := s.devices.Watch(id)
	defer release()
	v := visitor.Of(c)
	shown := liveVariant{v.Lang, v.Zone, v.May(web.Operator)}
	story := timelineVariant{v.Lang, v.Zone}
	whole := func(ctx context.Context) ([]byte, error) {
		snap, err := s.devices.Snapshot(id)
		if err != nil {
			return nil, err
		}
		u := &live.Update{Snap: snap}
		now, err := s.liveFrame(ctx, u, shown)
		if err != nil {
			return nil, err
		}
		past, err := s.timelineFrame(ctx, u, story)
		if err != nil || !shown.canOperate {
			return slices.Concat(now, past), err
		}
		doors, err := s.accessFrame(ctx, snap, v)
		return slices.Concat(now, past, doors), err
	}
	return s.streams.ServeVisitor(c, live.Watch{Device: id}, live.Show{
		First: whole,
		Changes: func(ctx context.Context, b live.Batch, send func([]byte)) error {
			u := b.Newest()
			if u.Snap.Deleted {
				send(views.Gone())
				return live.ErrOver
			}
			now, err := s.liveFrame(ctx, u, shown)
			if err != nil {
				return err
			}
			send(now) // at once; what happened takes a query
			if !b.Moved {
				return nil
			}
			past, err := s.laterFrame(ctx, u, story)
			send(past)
			return err
		},
		Later: func(ctx context.Context) ([]byte, error) {
			frame, err := whole(ctx)
			return frame, unlessDeleted(err)
		},
	})
}

// accessFrame is what becomes of the keys and scan links of a device without a word from
// the device: they are used, end, or are made and ended by others.
func (s *Pages) accessFrame(ctx context.Context, snap session.Snapshot, v *visitor.Visitor) ([]byte, error) {
	stored, err := s.store.Keys(ctx, snap.ID)
	if err != nil {
		return nil, err
	}
	keys, err := s.keysView(ctx, stored, v.Zone)
	if err != nil {
		return nil, err
	}
	links, err := s.scanLinksView(ctx, snap.ID, v.Zone)
	if err != nil {
		return nil, err
	}
	partials, err := deviceviews.AccessPartials(ctx, v.Lang, pages.Device(snap, v.Zone, true), keys, links)
	return views.Message(partials), err
}

func (s *Pages) liveFrame(ctx context.Context, u *live.Update, v liveVariant) ([]byte, error) {
	return u.Frame(v, func() ([]byte, error) {
		d, err := s.shown(u.Snap, v.zone, v.canOperate)
		if err != nil {
			return nil, err
		}
		partial, err := deviceviews.DevicePartial(ctx, v.lang, d)
		return views.Message(partial), err
	})
}

// laterFrame is the timeline for a page that is open.
func (s *Pages) laterFrame(ctx context.Context, u *live.Update, v timelineVariant) ([]byte, error) {
	frame, err := s.timelineFrame(ctx, u, v)
	return frame, unlessDeleted(err)
}

// unlessDeleted passes over the error of a device that was deleted a moment ago: that is
// on its way to the stream, which must live to tell it.
func unlessDeleted(err error) error {
	if errors.Is(err, session.ErrNoDevice) {
		return nil
	}
	return err
}

func (s *Pages) timelineFrame(ctx context.Context, u *live.Update, v timelineVariant) ([]byte, error) {
	return u.Frame(v, func() ([]byte, error) {
		past, err := s.timeline(ctx, u.Snap, v.zone)
		if err != nil {
			return nil, err
		}
		partial, err := deviceviews.TimelinePartial(ctx, v.lang, past)
		return views.Message(partial), err
	})
}
