package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/session"
	"wadah/views"
)

// devicePage is the page of one device.
func (s *Server) devicePage(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	page, err := s.deviceShow(c, snap)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.DeviceShow(page))
}

// snapshot is the device a route is about. A device another process has added
// meanwhile is looked for once.
func (s *Server) snapshot(c echo.Context) (session.Snapshot, error) {
	return s.snapshotOf(c.Request().Context(), c.Param("id"))
}

func (s *Server) snapshotOf(ctx context.Context, id string) (session.Snapshot, error) {
	snap, err := s.manager.Snapshot(id)
	if err == nil {
		return snap, nil
	}
	if _, err := s.store.Device(ctx, id); err != nil {
		return snap, err
	}
	if err := s.manager.Sync(ctx); err != nil {
		return snap, err
	}
	return s.manager.Snapshot(id)
}

// deviceShow is everything the page of a device shows, the key hidden.
func (s *Server) deviceShow(c echo.Context, snap session.Snapshot) (views.DevicePage, error) {
	ctx, v := c.Request().Context(), visitorOf(c)
	page := views.DevicePage{Page: s.page(c), CanManage: v.may(admin)}
	if c.Request().Method != http.MethodGet {
		page.Path = "/devices/" + snap.ID
	}
	var err error
	if page.Device, err = s.deviceWithQR(snap, v.zone, v.may(operator)); err != nil {
		return page, err
	}
	if page.Timeline, err = s.timeline(ctx, snap.ID, v.zone); err != nil {
		return page, err
	}
	keys, err := s.store.Keys(ctx, snap.ID)
	if err != nil {
		return page, err
	}
	page.API = views.API{BaseURL: s.baseURL(c)}
	if key := usableKey(keys, ""); key != nil {
		page.API.KeyID, page.API.CanReveal = key.ID, v.may(operator)
	}
	if v.may(operator) {
		page.Keys = keysView(keys, v.zone, time.Now())
		page.ScanLinks, err = s.scanLinksView(ctx, snap.ID, v.zone)
	}
	return page, err
}

// deviceQR is the picture of the current code, for who cannot show data URIs.
func (s *Server) deviceQR(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	code := currentQR(snap)
	if code == nil {
		return echo.ErrNotFound
	}
	img, err := s.qrs.image(snap.ID, code)
	if err != nil {
		return err
	}
	c.Response().Header()["Cache-Control"] = noStore
	return c.Blob(http.StatusOK, "image/png", img.png)
}

// confirmPage asks before a log out or a deletion.
func (s *Server) confirmPage(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	action := views.ConfirmAction(c.Param("action"))
	switch {
	case action == views.ConfirmDelete && !visitorOf(c).may(admin):
		return errForbidden
	case action != views.ConfirmDelete && action != views.ConfirmLogout:
		return echo.ErrNotFound
	}
	page := views.ConfirmPage{Page: s.page(c), Device: s.deviceView(snap, visitorOf(c).zone, true), Action: action}
	return s.render(c, http.StatusOK, views.Confirm(page))
}

// liveVariant names the shared frames of a device's page.
type (
	liveVariant struct {
		lang       views.Lang
		zone       zone
		canOperate bool
	}
	timelineVariant struct {
		lang views.Lang
		zone zone
	}
)

// deviceEvents keeps the page of one device live. While it is open, new QR codes
// keep coming.
func (s *Server) deviceEvents(c echo.Context, id string) error {
	if _, err := s.manager.Snapshot(id); err != nil {
		return err
	}
	release := s.manager.Watch(id)
	defer release()
	v := visitorOf(c)
	live := liveVariant{v.lang, v.zone, v.may(operator)}
	story := timelineVariant{v.lang, v.zone}
	return s.servePanel(c, newStream(id), show{
		first: func(ctx context.Context) ([]byte, error) {
			snap, err := s.manager.Snapshot(id)
			if err != nil {
				return nil, err
			}
			u := &update{snap: snap}
			now, err := s.liveFrame(ctx, u, live)
			if err != nil {
				return nil, err
			}
			past, err := s.timelineFrame(ctx, u, story)
			return append(now[:len(now):len(now)], past...), err
		},
		changes: func(ctx context.Context, b batch, send func([]byte)) error {
			u := b.newest()
			if u.snap.Deleted {
				send(views.Gone())
				return errStreamOver
			}
			now, err := s.liveFrame(ctx, u, live)
			if err != nil {
				return err
			}
			send(now) // at once; what happened takes a query
			if !b.moved {
				return nil
			}
			past, err := s.timelineFrame(ctx, u, story)
			send(past)
			return err
		},
	})
}

func (s *Server) liveFrame(ctx context.Context, u *update, v liveVariant) ([]byte, error) {
	return u.frame(v, func() ([]byte, error) {
		d, err := s.deviceWithQR(u.snap, v.zone, v.canOperate)
		if err != nil {
			return nil, err
		}
		partial, err := views.DevicePartial(ctx, v.lang, d)
		return views.Message(partial), err
	})
}

func (s *Server) timelineFrame(ctx context.Context, u *update, v timelineVariant) ([]byte, error) {
	return u.frame(v, func() ([]byte, error) {
		events, err := s.timeline(ctx, u.snap.ID, v.zone)
		if err != nil {
			return nil, err
		}
		partial, err := views.TimelinePartial(ctx, v.lang, events)
		return views.Message(partial), err
	})
}
