package messages

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/limit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	messageviews "wadah/views/messages"
)

const (
	// listLength and pageLength are how many conversations and messages are shown at once.
	listLength = 40
	pageLength = 50

	// openedSize and openedFor bound what is remembered of who has opened what: for longer
	// than any sign-in lasts.
	openedSize = 50_000
	openedFor  = 31 * 24 * time.Hour

	// chatParam is the part of an address that names a conversation.
	chatParam = "chat"
)

// Pages are the conversations of devices.
type Pages struct {
	*pages.Renderer
	store   *models.Store
	devices *session.Manager
	streams *pages.Streams
	trail   *audit.Trail

	// opened remembers which sign-in has opened which conversation: it is written down once.
	opened *limit.Map[opening, struct{}]
}

type opening struct{ login, device, chat string }

// New makes the pages.
func New(renderer *pages.Renderer, store *models.Store, devices *session.Manager, streams *pages.Streams, trail *audit.Trail) *Pages {
	return &Pages{renderer, store, devices, streams, trail, limit.NewMap[opening, struct{}](openedSize, openedFor)}
}

// look is a request for the messages of a device.
type look struct {
	snap    session.Snapshot
	account string // whose conversations they are; "" when there never was one
	linked  bool   // that account is linked now
	v       *visitor.Visitor
	names   names
}

// reader finds the device of a request, and whether the visitor may read its messages.
func (s *Pages) reader(c echo.Context, deviceID string) (l look, may bool, err error) {
	ctx := c.Request().Context()
	l.v = visitor.Of(c)
	if l.snap, err = s.devices.Find(ctx, deviceID); err != nil {
		return l, false, err
	}
	if may, err = l.v.MayRead(ctx, s.store); err != nil || !may {
		return l, false, err
	}
	standing, err := s.devices.Standing(l.snap.ID)
	if err != nil {
		return l, false, err
	}
	l.account, l.linked = standing.Account, standing.Account != ""
	if !l.linked {
		l.account, err = s.store.LatestAccount(ctx, l.snap.ID)
	}
	return l, true, err
}

// only is reader for what nobody else may do.
func (s *Pages) only(c echo.Context) (look, error) {
	l, may, err := s.reader(c, c.Param(web.DeviceParam))
	if err == nil && !may {
		err = web.ErrForbidden
	}
	return l, err
}

// noteOpening writes down, once for each sign-in, that somebody is about to read a
// conversation; "" is the list of all. No trace, no reading. What is written down is our
// own ID: a name or number would outlive what is erased.
func (s *Pages) noteOpening(c echo.Context, l look, chatID string) error {
	key := opening{l.v.LoginID, l.snap.ID, chatID}
	if !s.opened.Add(key, time.Now(), struct{}{}) {
		return nil
	}
	err := s.trail.Must(c, visitor.Entry(c, audit.MessageOpen, l.snap.ID, chatID))
	if err != nil {
		s.opened.Drop(key)
	}
	return err
}

// list is the conversations of a device; to htmx, while somebody scrolls, the next of them.
func (s *Pages) list(c echo.Context) error {
	l, may, err := s.reader(c, c.Param(web.DeviceParam))
	if err != nil {
		return err
	}
	if !may {
		return s.closed(c, l)
	}
	if err := s.noteOpening(c, l, ""); err != nil {
		return err
	}
	after := placeOf(c.QueryParam("after"))
	rows, err := s.rows(c.Request().Context(), l, "", after)
	if err != nil {
		return err
	}
	if web.IsFragment(c.Request()) {
		return s.Render(c, http.StatusOK, messageviews.RowsFragment(l.v.Lang, rows))
	}
	page := s.page(c, l)
	page.List = rows
	if after.ID == "" {
		if page.Events, err = s.events(c.Request().Context(), l.snap.ID, ""); err != nil {
			return err
		}
	}
	return s.Render(c, http.StatusOK, messageviews.Messages(page))
}

// closed shows how many messages there are to somebody who may not read them.
func (s *Pages) closed(c echo.Context, l look) error {
	page := s.page(c, l)
	page.Closed = true
	counts, err := s.store.CountMessages(c.Request().Context(), l.snap.ID, time.Now().Add(-24*time.Hour))
	if err != nil {
		return err
	}
	for _, status := range []string{"", "queued", "sent", "delivered", "read", "played", "failed"} {
		if n := counts[status]; n > 0 {
			page.Counts = append(page.Counts, messageviews.Count{Status: status, N: n})
		}
	}
	return s.Render(c, http.StatusOK, messageviews.Messages(page))
}

// search finds conversations by name or number.
func (s *Pages) search(c echo.Context) error {
	l, err := s.only(c)
	if err != nil {
		return err
	}
	if err := s.noteOpening(c, l, ""); err != nil {
		return err
	}
	text, after := strings.TrimSpace(c.FormValue("q")), placeOf(c.FormValue("after"))
	rows, err := s.rows(c.Request().Context(), l, text, after)
	if err != nil {
		return err
	}
	if web.IsFragment(c.Request()) && after.ID != "" {
		return s.Render(c, http.StatusOK, messageviews.RowsFragment(l.v.Lang, rows))
	}
	if web.IsFragment(c.Request()) {
		partial, err := messageviews.ListPartial(c.Request().Context(), l.v.Lang, rows)
		if err != nil {
			return err
		}
		return pages.WritePartials(c, http.StatusOK, partial)
	}
	page := s.page(c, l)
	page.Path = "/devices/" + l.snap.ID + "/messages"
	page.List = rows
	return s.Render(c, http.StatusOK, messageviews.Messages(page))
}

// open is one conversation, beside the list. To htmx it answers with older messages, or
// with the composer when another message is to be answered.
func (s *Pages) open(c echo.Context) error {
	ctx := c.Request().Context()
	l, may, err := s.reader(c, c.Param(web.DeviceParam))
	if err != nil {
		return err
	}
	if !may {
		return s.closed(c, l)
	}
	chat, err := s.store.ChatByID(ctx, l.snap.ID, c.Param(chatParam))
	if err != nil {
		return err
	}
	if err := s.noteOpening(c, l, chat.ID); err != nil {
		return err
	}
	if web.IsFragment(c.Request()) && c.QueryParam("before") == "" {
		return s.composer(c, l, chat, messageviews.Composer{})
	}
	if web.IsFragment(c.Request()) {
		talk, err := s.conversation(ctx, &l, chat, c.QueryParam("before"))
		if err != nil {
			return err
		}
		return s.Render(c, http.StatusOK, messageviews.OlderFragment(l.v.Lang, talk))
	}
	composer, err := s.composerView(ctx, l, chat, c.QueryParam("reply"))
	if err != nil {
		return err
	}
	return s.talk(c, l, chat, http.StatusOK, composer)
}

// talk answers with the page of a conversation.
func (s *Pages) talk(c echo.Context, l look, chat models.Chat, status int, composer messageviews.Composer) error {
	ctx, before := c.Request().Context(), c.QueryParam("before")
	// The number before anything is read: what comes meanwhile comes by the stream, too.
	events, err := s.events(ctx, l.snap.ID, chat.ID)
	if err != nil {
		return err
	}
	talk, err := s.conversation(ctx, &l, chat, before)
	if err != nil {
		return err
	}
	page := s.page(c, l)
	if page.List, err = s.rows(ctx, l, "", models.ChatPlace{}); err != nil {
		return err
	}
	talk.Composer = composer
	page.Open, page.List.OpenID, page.Path = &talk, chat.ID, talk.Path("")
	if before == "" { // new messages do not belong below old ones
		page.Events = events
	}
	return s.Render(c, status, messageviews.Messages(page))
}

// page is what stands around everything.
func (s *Pages) page(c echo.Context, l look) messageviews.MessagesPage {
	return messageviews.MessagesPage{
		Page: s.Around(c), Device: pages.Device(l.snap, l.v.Zone, l.v.May(web.Operator)), List: messageviews.List{Base: messageviews.ChatsOf(l.snap.ID)},
	}
}

// events is the address of the stream of a page that shows what there is now.
func (s *Pages) events(ctx context.Context, deviceID, chatID string) (string, error) {
	last, err := s.devices.EventLog().Last(ctx, deviceID)
	address := "/events?page=messages&device=" + deviceID + "&after=" + strconv.FormatInt(last, 10)
	if chatID != "" {
		address += "&chat=" + chatID
	}
	return address, err
}

// placeOf reads where rows of the list go on; zero is the beginning.
func placeOf(text string) models.ChatPlace {
	at, id, _ := strings.Cut(text, ".")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return models.ChatPlace{}
	}
	return models.ChatPlace{LastAt: ms, ID: id}
}
