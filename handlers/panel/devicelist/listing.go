package devicelist

import (
	"context"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/views"
	deviceviews "wadah/views/device"
)

// maxQuery bounds the search text, in bytes: streams keep it.
const maxQuery = 100

// listing is what the list of devices shows to whom. Streams whose listings are equal
// share their frames.
type listing struct {
	scope              *visitor.Scope
	lang               views.Lang
	zone               visitor.Zone
	query              deviceviews.DeviceQuery
	look               look
	canOperate, canAdd bool
}

// listingOf is the list at the address of the request.
func listingOf(c echo.Context) listing { return listingAt(c, c.QueryParams()) }

// listingAt is the list at an address with these values, as the visitor sees it.
func listingAt(c echo.Context, values url.Values) listing {
	v := visitor.Of(c)
	query := deviceviews.ParseDeviceQuery(values)
	query.Text = strings.TrimSpace(query.Text)
	if len(query.Text) > maxQuery {
		query.Text = strings.ToValidUTF8(query.Text[:maxQuery], "")
	}
	return listing{scope: v.Scope, lang: v.Lang, zone: v.Zone, query: query, look: lookOf(c), canOperate: v.May(web.Operator), canAdd: v.May(web.Admin)}
}

// row is the variant of what shows one device: all who see it see the same.
func (l listing) row() listing {
	l.scope, l.query, l.look, l.canAdd = nil, deviceviews.DeviceQuery{}, look{}, false
	return l
}

// summary is the variant of the line that counts the devices, whose numbers are links
// within the query. Scopes are compared by key elsewhere.
func (l listing) summary() listing {
	l.scope, l.zone, l.query.Page, l.look, l.canAdd = nil, visitor.Zone{}, 0, look{}, false
	return l
}

// tally is what the pages count above the list.
type tally struct {
	summary deviceviews.Summary // of the devices the text chooses, whatever their state
	needs   deviceviews.Needs   // of all in sight
}

// count adds a device in sight; chosen tells whether the text chooses it.
func (t *tally) count(snap *session.Snapshot, chosen bool) {
	state, reason := string(snap.State), string(snap.Reason)
	t.needs.Count(snap.ID, snap.Name, state, reason)
	if chosen {
		t.summary.Count(state, reason)
	}
}

// arrangement is what stands on a page of the list.
type arrangement struct {
	page   []*session.Snapshot // in order
	number int                 // of the page, from 1
	found  int                 // devices the query chooses
	total  int                 // devices in sight
	tally
}

// arrange looks up what a listing shows now. A page past the end is the last one.
func (s *Pages) arrange(l listing) arrangement {
	var a arrangement
	chosen, total := s.chosen(l, &a.tally)
	sortDevices(chosen, l.query)
	a.total, a.found = total, len(chosen)
	a.number = min(max(l.query.Page, 1), max((a.found+l.look.rows-1)/l.look.rows, 1))
	first := (a.number - 1) * l.look.rows
	a.page = chosen[first:min(first+l.look.rows, a.found)]
	return a
}

// chosen are the devices the query chooses, by creation, and how many are in sight. The
// tally counts what it does whatever their state.
func (s *Pages) chosen(l listing, counts *tally) (chosen []*session.Snapshot, total int) {
	match := matcher(l.query.Text)
	for snap := range l.scope.Seen(s.devices) {
		total++
		matches := match(snap)
		counts.count(snap, matches)
		if matches && l.query.Chooses(string(snap.State), string(snap.Reason)) {
			chosen = append(chosen, snap)
		}
	}
	return chosen, total
}

// matcher tells whether a device has the text in its name, whatever the case, or in its
// number, however that is spelled. A text with letters is no number: "toko 2" finds no
// device for the 2 in its number.
func matcher(text string) func(*session.Snapshot) bool {
	if text == "" {
		return func(*session.Snapshot) bool { return true }
	}
	lower := strings.ToLower(text)
	digits := ""
	if !strings.ContainsFunc(text, unicode.IsLetter) {
		digits = strings.TrimLeft(strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, text), "0")
	}
	return func(snap *session.Snapshot) bool {
		return strings.Contains(strings.ToLower(snap.Name), lower) ||
			digits != "" && strings.Contains(snap.Number(), digits)
	}
}

// listView is the list of devices as pages and streams show it.
func (s *Pages) listView(ctx context.Context, page views.Page, l listing, a arrangement) deviceviews.DevicesPage {
	out := deviceviews.DevicesPage{
		Page: page, Query: l.query, Summary: a.summary, Needs: a.needs, Found: a.found, Total: a.total, PageLength: l.look.rows, Dense: l.look.dense,
		CanAdd: l.canAdd, CanOperate: l.canOperate, Devices: s.rows(ctx, l, a.page),
	}
	out.Query.Page = a.number
	return out
}

// rows are devices with their last day. While the database does not answer the list goes on
// without that.
func (s *Pages) rows(ctx context.Context, l listing, devices []*session.Snapshot) []deviceviews.Row {
	now := time.Now()
	ids := make([]string, 0, len(devices))
	for _, snap := range devices {
		ids = append(ids, snap.ID)
	}
	events, err := s.devices.EventsSince(ctx, ids, now.Add(-deviceviews.Day))
	if err != nil {
		s.log.Warn("the list cannot show what happened to devices", "err", err)
	}
	rows := make([]deviceviews.Row, 0, len(devices))
	for _, snap := range devices {
		row := deviceviews.Row{Device: pages.Device(*snap, l.zone, l.canOperate)}
		if err == nil {
			row.Day = day(snap, events[snap.ID], l.zone.At(now))
		}
		rows = append(rows, row)
	}
	return rows
}

// day is the last day of a device, up to what it is now: a change is seen before it is written.
func day(snap *session.Snapshot, kept []models.DeviceEvent, now time.Time) deviceviews.Timeline {
	t := deviceviews.Timeline{Whole: len(kept) < models.KeptEvents, Created: snap.CreatedAt, Now: now}
	newest := models.DeviceEvent{At: snap.CreatedAt}
	if len(kept) > 0 {
		newest = kept[0]
	}
	if state, reason := string(snap.State), string(snap.Reason); newest.To != state || newest.Reason != reason {
		at := newest.At
		if snap.Since.After(at) {
			at = snap.Since
		}
		t.Events = append(t.Events, views.Event{At: at, From: newest.To, To: state, Reason: reason, Detail: snap.Detail})
	}
	for _, e := range kept {
		t.Events = append(t.Events, views.Event{At: e.At, From: e.From, To: e.To, Reason: e.Reason, Detail: e.Detail})
	}
	return t
}
