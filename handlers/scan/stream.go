package scan

import (
	"context"

	"github.com/labstack/echo/v4"

	"wadah/handlers/live"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/session"
	"wadah/views"
	deviceviews "wadah/views/device"
)

// events keeps a scan page live until the link ends or has done its work.
func (s *Pages) events(c echo.Context) error {
	link, snap, err := s.opened(c)
	if err != nil {
		return err
	}
	id, token, v := snap.ID, c.Param("token"), visitor.Of(c)
	release := s.devices.Watch(id)
	defer release()
	watch := live.Watch{Device: id, Owner: live.Owner{Kind: live.ByLink, ID: link.ID, Of: id}, Browser: web.CookieValue(c, guestCookie)}
	frame := func(ctx context.Context, snap session.Snapshot) ([]byte, error) {
		page, err := s.view(link, snap, token, v.Zone)
		if err != nil {
			return nil, err
		}
		page.Lang = v.Lang
		partial, err := deviceviews.ScanPartial(ctx, page)
		return views.Message(partial), err
	}
	return s.streams.ServeGuest(c, watch, live.Show{
		First: func(ctx context.Context) ([]byte, error) {
			snap, err := s.devices.Snapshot(id)
			if err != nil {
				return nil, err
			}
			return frame(ctx, snap)
		},
		Changes: func(ctx context.Context, b live.Batch, send func([]byte)) error {
			snap := b.Newest().Snap
			if snap.Deleted {
				send(views.Ended())
				return live.ErrOver
			}
			now, err := frame(ctx, snap)
			send(now)
			if snap.State == session.StateConnected {
				s.devices.ScanLinks().Finish(token)
				send(views.Done())
				return live.ErrOver
			}
			return err
		},
		May: live.May{
			Strict: true, Until: link.ExpiresAt,
			Still: func(ctx context.Context) bool { return s.devices.ScanLinks().GoesOn(ctx, id, token) },
		},
	})
}
