package handlers

import (
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/session"
	"wadah/views"
)

// listView is the list of devices narrowed by a search text and a state.
func (s *Server) listView(page views.Page, l listing) views.DevicesPage {
	out := views.DevicesPage{Page: page, Query: l.query, Filter: l.state, CanAdd: l.canAdd}
	for _, snap := range s.seen(l.scope) {
		out.Total++
		out.Summary.Count(string(snap.State))
		if l.shows(snap) {
			out.Devices = append(out.Devices, s.deviceView(snap, l.zone, l.canOperate))
		}
	}
	return out
}

// listing is what the list of devices shows to whom. Streams whose listings have the
// same variant share their frames.
type listing struct {
	scope              *scope
	lang               views.Lang
	zone               zone
	query, state       string
	canOperate, canAdd bool
}

// maxQuery bounds the search text, which streams keep.
const maxQuery = 100

func listingOf(c echo.Context) listing {
	v := visitorOf(c)
	query := strings.TrimSpace(c.QueryParam("q"))
	if len(query) > maxQuery {
		query = strings.ToValidUTF8(query[:maxQuery], "")
	}
	return listing{
		lang: v.lang, zone: v.zone, query: query, state: c.QueryParam("state"),
		canOperate: v.may(operator), canAdd: v.may(admin), scope: v.scope,
	}
}

// row is the variant of what shows one device: who sees it sees the same.
func (l listing) row() listing {
	l.scope = nil
	return l
}

// narrowed reports whether the list may leave devices out.
func (l listing) narrowed() bool { return l.query != "" || l.state != "" }

// shows reports whether a device belongs into the list: its name contains the text
// whatever the case, or its number the text's digits.
func (l listing) shows(snap session.Snapshot) bool {
	if l.state != "" && l.state != string(snap.State) {
		return false
	}
	if l.query == "" || strings.Contains(strings.ToLower(snap.Name), strings.ToLower(l.query)) {
		return true
	}
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, l.query)
	return digits != "" && strings.Contains(snap.Number(), strings.TrimLeft(digits, "0"))
}
