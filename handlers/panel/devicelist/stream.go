package devicelist

import (
	"context"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/live"
	"wadah/session"
	"wadah/views"
	deviceviews "wadah/views/device"
)

// listPause is between two frames with the whole list: when a fleet comes back, a page
// is shown anew four times a second and not a thousand times.
const listPause = 250 * time.Millisecond

// listWatch is one page of the list that somebody watches. It remembers what stands on
// the page, so that it sends no more than what changes there.
type listWatch struct {
	s             *Pages
	l             listing
	ids           []string        // of the devices shown, in order
	on            map[string]bool // the same as a set
	number, found int             // as in arrangement
	empty         bool            // no devices in sight, whatever the query
}

// Events keeps a page of the list of devices live.
func (s *Pages) Events(c echo.Context) error {
	w := &listWatch{s: s, l: listingOf(c)}
	return s.streams.ServeVisitor(c, live.Watch{}, live.Show{First: w.first, Changes: w.changes})
}

// Variants of the list's frames.
type (
	arrangedVariant listVariant
	wholeVariant    listVariant
	changeVariant   struct{ row, summary listVariant }
	rowVariant      listVariant
	summaryVariant  listVariant
)

// listVariant is a listing with its scope by what it contains.
type listVariant struct {
	listing
	scope string
}

func (l listing) variant() listVariant {
	v := listVariant{listing: l}
	if l.scope != nil {
		v.scope = l.scope.Key
	}
	v.listing.scope = nil
	return v
}

func (w *listWatch) first(ctx context.Context) ([]byte, error) {
	now := w.s.arrange(w.l)
	w.remember(now)
	return w.s.wholeList(ctx, w.l, now)
}

func (w *listWatch) remember(a arrangement) {
	w.number, w.found, w.empty = a.number, a.found, a.total == 0
	w.ids, w.on = w.ids[:0], make(map[string]bool, len(a.page))
	for _, snap := range a.page {
		w.ids = append(w.ids, snap.ID)
		w.on[snap.ID] = true
	}
}

// shows reports whether the page has just these devices at these places.
func (w *listWatch) shows(a arrangement) bool {
	return w.number == a.number && w.found == a.found && w.empty == (a.total == 0) &&
		slices.EqualFunc(w.ids, a.page, func(id string, snap *session.Snapshot) bool { return id == snap.ID })
}

// changes sends the rows that changed and the summary, or the whole list when other
// devices belong on the page or they stand otherwise.
func (w *listWatch) changes(ctx context.Context, b live.Batch, send func([]byte)) error {
	newest := b.Newest()
	if w.reorders(b) {
		now, err := live.Share(newest, arrangedVariant(w.l.variant()), func() (arrangement, error) { return w.s.arrange(w.l), nil })
		if err != nil {
			return err
		}
		if !w.shows(now) {
			w.remember(now)
			frame, err := newest.Frame(wholeVariant(w.l.variant()), func() ([]byte, error) { return w.s.wholeList(ctx, w.l, now) })
			send(frame)
			pause(ctx, listPause)
			return err
		}
	}
	frame, err := w.rows(ctx, b)
	send(frame)
	return err
}

// reorders reports whether a batch may have changed which devices stand where.
func (w *listWatch) reorders(b live.Batch) bool {
	q := w.l.query
	byState := q.State != "" || q.Sort == deviceviews.SortState || q.Sort == deviceviews.SortSince
	return b.Ranked || b.Moved && byState
}

// rows are the rows of a batch that stand on the page, and the summary.
func (w *listWatch) rows(ctx context.Context, b live.Batch) ([]byte, error) {
	newest := b.Newest()
	row := w.l.row().variant()
	summary := w.l.summary().variant()
	summary.scope = w.l.variant().scope
	counts := func() ([]byte, error) { return w.s.summaryFrame(ctx, w.l) }
	if len(b.Updates) == 1 && w.on[newest.Snap.ID] { // the usual case: the same bytes for everybody
		return newest.Frame(changeVariant{row, summary}, func() ([]byte, error) {
			frame, err := w.s.rowFrame(ctx, w.l, newest.Snap)
			if err != nil {
				return nil, err
			}
			line, err := counts()
			return append(frame, line...), err
		})
	}
	var frames []byte
	for _, u := range b.Updates {
		if !w.on[u.Snap.ID] {
			continue
		}
		frame, err := u.Frame(rowVariant(row), func() ([]byte, error) { return w.s.rowFrame(ctx, w.l, u.Snap) })
		if err != nil {
			return nil, err
		}
		frames = append(frames, frame...)
	}
	if !b.Moved && !b.Ranked { // a new QR code, say
		return frames, nil
	}
	line, err := newest.Frame(summaryVariant(summary), counts)
	return append(frames, line...), err
}

// wholeList is the frame with all rows of the page and the summary.
func (s *Pages) wholeList(ctx context.Context, l listing, a arrangement) ([]byte, error) {
	partials, err := listPartials(ctx, s.listView(ctx, views.Page{Lang: l.lang}, l, a))
	return views.Message(partials...), err
}

// listPartials are the rows and the summary as an answer or a stream replaces them.
func listPartials(ctx context.Context, list deviceviews.DevicesPage) ([][]byte, error) {
	rows, err := deviceviews.DevicesPartial(ctx, list)
	if err != nil {
		return nil, err
	}
	summary, err := deviceviews.SummaryPartial(ctx, list)
	return [][]byte{rows, summary}, err
}

// rowFrame shows a device's row anew.
func (s *Pages) rowFrame(ctx context.Context, l listing, snap session.Snapshot) ([]byte, error) {
	row, err := deviceviews.RowPartial(ctx, l.lang, s.rows(ctx, l, []*session.Snapshot{&snap})[0])
	return views.Message(row), err
}

// summaryFrame counts the devices by state.
func (s *Pages) summaryFrame(ctx context.Context, l listing) ([]byte, error) {
	list := deviceviews.DevicesPage{Page: views.Page{Lang: l.lang}, Query: l.query, CanOperate: l.canOperate}
	var counts tally
	match := matcher(l.query.Text)
	for snap := range l.scope.Seen(s.devices) {
		list.Total++
		counts.count(snap, match(snap))
	}
	list.Summary, list.Needs = counts.summary, counts.needs
	partial, err := deviceviews.SummaryPartial(ctx, list)
	return views.Message(partial), err
}

// pause waits for the next beat of a clock that is the same for all streams, so that
// those that wait together find the same news and share what is rendered for them.
func pause(ctx context.Context, beat time.Duration) {
	now := time.Now()
	wait := time.NewTimer(now.Truncate(beat).Add(beat).Sub(now))
	defer wait.Stop()
	select {
	case <-ctx.Done():
	case <-wait.C:
	}
}
