package messages

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/live"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/session/eventlog"
	"wadah/session/message"
	"wadah/views"
	messageviews "wadah/views/messages"
)

// most is how many events are told one by one. Who has missed more gets all that the page
// shows anew.
const most = 200

// tail is how far a page's stream has told the log of its device.
type tail struct {
	s    *Pages
	look look
	chat models.Chat // that is open; zero for none
	seq  int64       // of the last event that was told
	next <-chan struct{}
	top  string // the conversation that stands first on the page
}

// Events keeps a page of conversations live: each frame carries the messages that are new
// or have changed, and the rows of their conversations. Frames have the number of the last
// event they tell, so that a page which comes back hears what it missed and nothing twice.
func (s *Pages) Events(c echo.Context) error {
	ctx := c.Request().Context()
	l, may, err := s.reader(c, c.QueryParam(web.DeviceField))
	switch {
	case err != nil:
		return err
	case !may:
		return web.ErrForbidden
	}
	t := &tail{s: s, look: l}
	if id := c.QueryParam(chatParam); id != "" {
		if t.chat, err = s.store.ChatByID(ctx, l.snap.ID, id); err != nil {
			return err
		}
	}
	last := c.Request().Header.Get("Last-Event-ID")
	if last == "" {
		last = c.QueryParam("after")
	}
	if t.seq, err = strconv.ParseInt(last, 10, 64); err != nil || t.seq < 0 {
		return echo.ErrBadRequest
	}
	if err := s.noteOpening(c, l, t.chat.ID); err != nil {
		return err
	}
	return s.streams.ServeVisitor(c, live.Watch{Device: l.snap.ID}, live.Show{
		First: t.first,
		News:  func() <-chan struct{} { return t.next },
		Changes: func(ctx context.Context, b live.Batch, send func([]byte)) error {
			if over, err := t.refresh(ctx, b); over || err != nil {
				send(views.Ended())
				return errors.Join(err, live.ErrOver)
			}
			frame, err := t.tell(ctx)
			if err != nil {
				return err
			}
			if len(b.Updates) > 0 {
				state, err := t.state(ctx)
				if err != nil {
					return err
				}
				frame = append(frame, state...)
			}
			send(frame)
			return nil
		},
	})
}

// refresh takes up what has become of the device and of the reader's rights. It is over
// when the device is gone, has another account, or the reader may not read any more: the
// page is loaded anew then.
func (t *tail) refresh(ctx context.Context, b live.Batch) (over bool, err error) {
	if len(b.Updates) > 0 {
		snap := b.Newest().Snap
		if snap.Deleted || snap.Linked() && t.look.linked && snap.Number() != t.look.snap.Number() || snap.Linked() != t.look.linked {
			return true, nil
		}
		t.look.snap = snap
	}
	may, err := t.look.v.MayRead(ctx, t.s.store)
	return !may, err
}

// first is what the page has missed since it was made, or while its line was lost.
func (t *tail) first(ctx context.Context) ([]byte, error) {
	newest, err := t.s.store.Chats(ctx, models.ChatFilter{DeviceID: t.look.snap.ID, Account: t.look.account, Limit: 1})
	if err != nil {
		return nil, err
	}
	missed, err := t.tell(ctx)
	if err != nil {
		return nil, err
	}
	if len(newest) > 0 {
		t.top = newest[0].ID
	}
	state, err := t.state(ctx)
	return append(missed, state...), err
}

// state is whether what somebody writes is sent at once. A stream begins with it, also
// when there is nothing else to tell.
func (t *tail) state(ctx context.Context) ([]byte, error) {
	partial, err := messageviews.StatePartial(ctx, t.look.v.Lang, t.look.snap.State != session.StateConnected)
	return views.Message(partial), err
}

// tell is what was logged since; nil for nothing.
func (t *tail) tell(ctx context.Context) ([]byte, error) {
	log := t.s.devices.EventLog()
	var events []models.Event
	for {
		t.next = log.Next(t.look.snap.ID) // before reading, so that nothing is missed
		part, err := t.s.store.EventsAfter(ctx, t.look.snap.ID, t.seq, eventlog.MaxLimit)
		if err != nil {
			return nil, err
		}
		if len(part) == 0 {
			break
		}
		gap := part[0].Seq != t.seq+1
		events, t.seq = append(events, part...), part[len(part)-1].Seq
		if gap || len(events) > most {
			return t.all(ctx)
		}
	}
	if len(events) == 0 {
		return nil, nil
	}
	partials, err := t.partials(ctx, events)
	return numbered(t.seq, partials), err
}

// numbered is a message with the number from which its page goes on.
func numbered(seq int64, partials []byte) []byte {
	if len(partials) == 0 {
		return nil
	}
	return append([]byte("id: "+strconv.FormatInt(seq, 10)+"\n"), views.Message(partials)...)
}

// all is everything that the page shows, for one that has missed too much.
func (t *tail) all(ctx context.Context) ([]byte, error) {
	log := t.s.devices.EventLog()
	t.next = log.Next(t.look.snap.ID)
	var err error
	if t.seq, err = log.Last(ctx, t.look.snap.ID); err != nil {
		return nil, err
	}
	rows, err := t.s.rows(ctx, t.look, "", models.ChatPlace{})
	if err != nil {
		return nil, err
	}
	rows.OpenID = t.chat.ID
	if len(rows.Rows) > 0 {
		t.top = rows.Rows[0].ID
	}
	partials, err := messageviews.RowsPartial(ctx, t.look.v.Lang, rows)
	if err != nil || t.chat.ID == "" {
		return numbered(t.seq, partials), err
	}
	talk, err := t.s.conversation(ctx, &t.look, t.chat, "")
	if err != nil {
		return nil, err
	}
	bubbles, err := messageviews.BubblesPartial(ctx, t.look.v.Lang, talk)
	return numbered(t.seq, append(partials, bubbles...)), err
}

// partials are what events change on the page.
func (t *tail) partials(ctx context.Context, events []models.Event) ([]byte, error) {
	var chats []string // in the order of their newest event
	for _, e := range events {
		if e.Chat == nil || e.Chat.Account != t.look.account {
			continue
		}
		chats = append(chats, e.Chat.ID)
	}
	parts, err := t.rowPartials(ctx, chats)
	if err != nil || t.chat.ID == "" {
		return parts, err
	}
	bubbles, err := t.bubblePartials(ctx, events)
	return append(parts, bubbles...), err
}

// rowPartials bring conversations in the list up to date: oldest news first, so that the
// newest comes to stand first.
func (t *tail) rowPartials(ctx context.Context, ids []string) ([]byte, error) {
	chats, err := t.s.store.ChatsByID(ctx, t.look.snap.ID, ids)
	if err != nil {
		return nil, err
	}
	var parts []byte
	for i := len(chats) - 1; i >= 0; i-- {
		row, err := t.look.row(chats[i])
		if err != nil {
			return nil, err
		}
		part, err := messageviews.RowPartials(ctx, t.look.v.Lang, messageviews.ChatsOf(t.look.snap.ID), row, row.ID == t.chat.ID, row.ID == t.top)
		if err != nil {
			return nil, err
		}
		t.top = row.ID
		parts = append(parts, part...)
		if row.ID != t.chat.ID {
			continue
		}
		t.chat = chats[i].Chat
		if part, err = t.seenPartial(ctx, row); err != nil {
			return nil, err
		}
		parts = append(parts, part...)
	}
	return parts, nil
}

func (t *tail) seenPartial(ctx context.Context, row messageviews.Row) ([]byte, error) {
	composer, err := t.s.composerView(ctx, t.look, t.chat, "")
	if err != nil {
		return nil, err
	}
	return messageviews.SeenPartial(ctx, t.look.v.Lang, messageviews.Conversation{Row: row, Base: messageviews.ChatsOf(t.look.snap.ID), Composer: composer})
}

// bubblePartials are the messages of the open conversation that are new or have changed,
// each once.
func (t *tail) bubblePartials(ctx context.Context, events []models.Event) ([]byte, error) {
	isNew, order := map[string]bool{}, []string{}
	ids := make([]string, 0, len(events))
	for _, e := range events {
		if e.Chat != nil && e.Chat.ID == t.chat.ID {
			ids = append(ids, e.MessageID)
		}
	}
	stored, err := t.s.store.MessagesByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	note := func(id string, fresh bool) {
		if _, known := isNew[id]; !known {
			order, isNew[id] = append(order, id), fresh
		}
	}
	for _, e := range events {
		m, known := stored[e.MessageID]
		if !known || m.Chat.ID != t.chat.ID {
			continue
		}
		if m.Target == "" {
			note(m.ID, e.Type == message.EventMessage)
			continue
		}
		targets, err := t.s.store.Messages(ctx, models.MessageFilter{DeviceID: t.look.snap.ID, ChatID: t.chat.ID, WAID: m.Target, Limit: 5})
		if err != nil {
			return nil, err
		}
		for _, target := range targets {
			note(target.ID, false)
		}
	}
	var parts []byte
	from := ""
	for _, id := range order {
		part, who, err := t.bubblePartial(ctx, id, isNew[id])
		if err != nil {
			return nil, err
		}
		parts = append(parts, part...)
		if who != "" {
			from = who
		}
	}
	if from == "" {
		return parts, nil
	}
	news, err := messageviews.NewsPartial(ctx, t.look.v.Lang, from)
	return append(parts, news...), err
}

// bubblePartial is one message, and who wrote it when it is a new one of somebody else's.
func (t *tail) bubblePartial(ctx context.Context, id string, fresh bool) (part []byte, from string, err error) {
	m, err := t.s.store.Message(ctx, id)
	if errors.Is(err, models.ErrNotFound) || err == nil && m.Hidden {
		return nil, "", nil // it was forgotten meanwhile, or has no place
	}
	if err != nil {
		return nil, "", err
	}
	before, err := t.s.store.Messages(ctx, models.MessageFilter{DeviceID: m.DeviceID, ChatID: m.Chat.ID, Before: m.ID, Limit: 1})
	if err != nil {
		return nil, "", err
	}
	var at time.Time
	if len(before) > 0 {
		at = before[0].At
	}
	bubbles, err := t.s.bubbles(ctx, &t.look, t.chat, []models.Message{m}, at)
	if err != nil {
		return nil, "", err
	}
	if !fresh {
		part, err = messageviews.BubblePartial(ctx, t.look.v.Lang, bubbles[0])
		return part, "", err
	}
	part, err = messageviews.NewPartial(ctx, t.look.v.Lang, bubbles[0])
	return part, bubbles[0].Sender, err
}
