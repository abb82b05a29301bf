package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"wadah/session"
	"wadah/views"
)

// listEvents keeps the list of devices live.
func (s *Server) listEvents(c echo.Context) error {
	l := listingOf(c)
	return s.servePanel(c, newStream(""), show{
		first: func(ctx context.Context) ([]byte, error) { return s.wholeList(ctx, l) },
		changes: func(ctx context.Context, b batch, send func([]byte)) error {
			frame, err := s.listChanges(ctx, l, b)
			send(frame)
			return err
		},
	})
}

// Variants of the list's frames.
type (
	wholeVariant struct {
		listing
		scope string
	}
	rowVariant    struct{ listing }
	changeVariant struct {
		listing
		scope string
	}
	summaryVariant struct {
		lang  views.Lang
		scope string
	}
)

// wholeList is the frame with all rows and the summary.
func (s *Server) wholeList(ctx context.Context, l listing) ([]byte, error) {
	page := s.listView(views.Page{Lang: l.lang}, l)
	rows, err := views.DevicesPartial(ctx, page)
	if err != nil {
		return nil, err
	}
	summary, err := views.SummaryPartial(ctx, l.lang, page.Summary)
	return views.Message(rows, summary), err
}

// listChanges is the frame for a batch: the rows that changed, or the whole list when
// it got longer, became empty, or may leave devices out.
func (s *Server) listChanges(ctx context.Context, l listing, b batch) ([]byte, error) {
	newest := b.newest()
	if b.added || l.narrowed() || newest.snap.Deleted && len(s.seen(l.scope)) == 0 {
		return newest.frame(wholeVariant{l.row(), l.scope.key}, func() ([]byte, error) { return s.wholeList(ctx, l) })
	}
	if len(b.updates) == 1 { // the usual case: the same bytes for everybody
		return newest.frame(changeVariant{l.row(), l.scope.key}, func() ([]byte, error) {
			row, err := s.rowFrame(ctx, l, newest.snap)
			if err != nil {
				return nil, err
			}
			summary, err := s.summaryFrame(ctx, l)
			return append(row, summary...), err
		})
	}
	var frames []byte
	for _, u := range b.updates {
		row, err := u.frame(rowVariant{l.row()}, func() ([]byte, error) { return s.rowFrame(ctx, l, u.snap) })
		if err != nil {
			return nil, err
		}
		frames = append(frames, row...)
	}
	summary, err := newest.frame(summaryVariant{l.lang, l.scope.key}, func() ([]byte, error) { return s.summaryFrame(ctx, l) })
	return append(frames, summary...), err
}

// rowFrame shows a device's row anew, or takes it away.
func (s *Server) rowFrame(ctx context.Context, l listing, snap session.Snapshot) ([]byte, error) {
	if snap.Deleted {
		return views.Message(views.RowGonePartial(snap.ID)), nil
	}
	row, err := views.RowPartial(ctx, l.lang, s.deviceView(snap, l.zone, l.canOperate))
	return views.Message(row), err
}

// summaryFrame counts the devices by state.
func (s *Server) summaryFrame(ctx context.Context, l listing) ([]byte, error) {
	var counts views.Summary
	for _, snap := range s.seen(l.scope) {
		counts.Count(string(snap.State))
	}
	partial, err := views.SummaryPartial(ctx, l.lang, counts)
	return views.Message(partial), err
}
