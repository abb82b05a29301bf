package device

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/live"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/session"
	"wadah/views"
	deviceviews "wadah/views/device"
)

// liveVariant names the shared frames of a section of a device's page.
type (
	liveVariant struct {
		section views.DeviceSection
		lang    views.Lang
		zone    visitor.Zone
		may     rights
		linking bool // the device was linked, if it is, while the page was open
	}
	timelineVariant struct {
		lang views.Lang
		zone visitor.Zone
	}
)

// sectionField names, in the address of a stream, the section that is open; linkingField
// says that the device was not linked when it was opened.
const (
	sectionField = "section"
	linkingField = "linking"
)

// Events keeps a section of the page of one device live: what the device is doing and, in
// the overview, what has happened and who else may link it; among the keys, who has used
// them. While the overview is open, new QR codes keep coming.
func (s *Pages) Events(c echo.Context) error {
	id := c.QueryParam(web.DeviceField)
	if _, err := s.devices.Snapshot(id); err != nil {
		return err
	}
	v := visitor.Of(c)
	shown := liveVariant{views.DeviceSection(c.QueryParam(sectionField)), v.Lang, v.Zone, rightsOf(v), c.QueryParam(linkingField) != ""}
	overview := shown.section == views.DeviceOverview
	if overview {
		defer s.devices.Watch(id)()
	}
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
		var past []byte
		if overview {
			if past, err = s.timelineFrame(ctx, u, story); err != nil {
				return nil, err
			}
		}
		doors, err := s.accessFrame(ctx, snap, v, shown)
		return slices.Concat(now, past, doors), err
	}
	return s.streams.ServeVisitor(c, live.Watch{Device: id}, live.Show{
		First: whole,
		Changes: func(ctx context.Context, b live.Batch, send func([]byte)) error {
			u := b.Newest()
			if u.Snap.Deleted {
				gone, err := deviceviews.GonePartial(ctx, v.Lang, u.Snap.Name, v.Zone.At(time.Now()), shown.may.manage)
				if err != nil {
					return err
				}
				send(slices.Concat(views.Message(gone), views.Done()))
				return live.ErrOver
			}
			now, err := s.liveFrame(ctx, u, shown)
			if err != nil {
				return err
			}
			send(now) // at once; what happened takes a query
			if !b.Moved || !overview {
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
func (s *Pages) accessFrame(ctx context.Context, snap session.Snapshot, v *visitor.Visitor, shown liveVariant) ([]byte, error) {
	switch {
	case !shown.may.operate:
		return nil, nil
	case shown.section == views.DeviceOverview:
		links, err := s.scanLinksView(ctx, snap.ID, v.Zone)
		if err != nil {
			return nil, err
		}
		list, err := deviceviews.ScanLinkListPartial(ctx, v.Lang, pages.Device(snap, v.Zone, true), links)
		return views.Message(list), err
	case shown.section == views.DeviceKeys:
		stored, err := s.store.Keys(ctx, snap.ID)
		if err != nil {
			return nil, err
		}
		keys, err := s.keysView(ctx, stored, v.Zone)
		if err != nil || len(keys.List) == 0 {
			return nil, err
		}
		heads, err := deviceviews.KeyHeadPartials(ctx, v.Lang, keys)
		return views.Message(heads), err
	}
	return nil, nil
}

func (s *Pages) liveFrame(ctx context.Context, u *live.Update, v liveVariant) ([]byte, error) {
	return u.Frame(v, func() ([]byte, error) {
		d, err := s.shown(u.Snap, v.zone, v.may)
		if err != nil {
			return nil, err
		}
		d.JustLinked = d.JustLinked && v.linking
		partial, err := deviceviews.DevicePartial(ctx, v.lang, d, v.section)
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
