package handlers

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/live"
	"wadah/handlers/visitor"
	"wadah/views"
)

// pageEvents is the one event stream of a live page: the list, a device, or the
// virtual phones.
func (s *Server) pageEvents(c echo.Context) error {
	if id := c.QueryParam("device"); id != "" {
		return s.deviceEvents(c, id)
	}
	switch c.QueryParam("page") {
	case "devices":
		return s.listEvents(c)
	case "phones":
		return s.phoneEvents(c)
	}
	return echo.ErrNotFound
}

// servePanel serves a stream of the panel: it belongs to the visitor's login, shows what the
// visitor may see, and ends with either.
func (s *Server) servePanel(c echo.Context, watch live.Watch, show live.Show) error {
	v := visitor.Of(c)
	watch.Shows, watch.Most = v.Scope.Sees, s.limits.LoginStreams
	watch.Owner = live.Owner{Kind: live.ByLogin, ID: v.Token, Of: v.User.ID}
	show.May.Still = func(ctx context.Context) bool { return s.logins.StillMay(ctx, v, watch.Device) }
	return s.servePage(c, watch, show)
}

// servePage serves a stream to a page: the first thing it says is the server's time, and
// it never stays silent for long.
func (s *Server) servePage(c echo.Context, watch live.Watch, show live.Show) error {
	show.Frames = live.Frames{
		Hello: views.Hello(time.Now()), Ended: views.Ended(),
		Beat: func() []byte { return views.Beat(time.Now()) }, Pulse: views.BeatEvery,
	}
	return s.streams.Serve(c, watch, show)
}
