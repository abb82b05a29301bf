package messages

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/session/message"
	"wadah/views"
	messageviews "wadah/views/messages"
)

// writer finds the conversation that somebody writes in.
func (s *Pages) writer(c echo.Context) (look, models.Chat, error) {
	l, err := s.only(c)
	if err != nil {
		return l, models.Chat{}, err
	}
	chat, err := s.store.ChatByID(c.Request().Context(), l.snap.ID, c.Param(chatParam))
	if err != nil {
		return l, chat, err
	}
	if !l.linked || chat.Account != l.account {
		return l, chat, session.ErrNoLink
	}
	return l, chat, s.noteOpening(c, l, chat.ID)
}

// submit hands a message over. It waits for nobody: what becomes of it comes by the stream.
func (s *Pages) submit(c echo.Context, l look, out message.Outgoing) error {
	_, err := s.devices.Outbox().Submit(c.Request().Context(), message.Request{
		DeviceID: l.snap.ID, Out: out, Source: message.SourcePanel, Author: l.v.User.ID, Queue: true,
	})
	if err != nil {
		return err
	}
	s.trail.Often(c, visitor.Entry(c, audit.MessageSend, l.snap.ID, l.snap.Name))
	return nil
}

// send sends what somebody wrote.
func (s *Pages) send(c echo.Context) error {
	ctx := c.Request().Context()
	l, chat, err := s.writer(c)
	if err != nil {
		return s.failed(c, err)
	}
	typed := messageviews.Composer{Text: c.FormValue("text")}
	out := message.Outgoing{To: message.OfChat(chat), Content: message.Content{
		Kind: message.KindText, Text: strings.TrimSpace(strings.ReplaceAll(typed.Text, "\r\n", "\n")),
	}}
	if id := c.FormValue("reply"); id != "" {
		if out.Content.Quote, out.Original, err = s.quote(ctx, chat, id); err != nil {
			return s.failed(c, err)
		}
	}
	err = s.submit(c, l, out)
	if code := codeOf(err); code != "" {
		typed.Problem = l.v.Lang.Invalid(code)
		return s.composer(c, l, chat, typed)
	}
	if err != nil {
		return err
	}
	if web.IsFragment(c.Request()) {
		return s.composer(c, l, chat, messageviews.Composer{Focus: true})
	}
	return s.back(c, l, chat)
}

// codeOf names what somebody who writes can mend; "" for everything else.
func codeOf(err error) string {
	var invalid *message.Invalid
	if errors.As(err, &invalid) {
		switch invalid.Problem {
		case message.ProblemTooLong:
			return "message_too_long"
		case message.ProblemMissing:
			return "message_empty"
		default:
			return "message_unfit"
		}
	}
	if err == nil {
		return ""
	}
	if f := web.FailureOf(err); pages.InWords(f) {
		return f.Code
	}
	return ""
}

// quote is the message that is answered.
func (s *Pages) quote(ctx context.Context, chat models.Chat, id string) (*message.Quote, []byte, error) {
	m, record, err := s.stored(ctx, chat, id)
	if err != nil {
		return nil, nil, err
	}
	return &message.Quote{Ref: refOf(m), Kind: record.Content.Kind, Text: record.Content.Text}, record.Raw, nil
}

// stored is a message of a conversation, by our ID of it.
func (s *Pages) stored(ctx context.Context, chat models.Chat, id string) (models.Message, message.Record, error) {
	m, err := s.store.Message(ctx, id)
	if err == nil && m.Chat.ID != chat.ID {
		err = models.ErrNotFound
	}
	if err != nil {
		return m, message.Record{}, err
	}
	record, err := message.DecodeRecord(m.Body)
	return m, record, err
}

func refOf(m models.Message) message.Ref {
	return message.Ref{ID: m.WAID, FromMe: m.FromMe, Sender: message.PartyOfStored(m.Sender.Person)}
}

// react puts an emoji below a message, or takes it back when there is none.
func (s *Pages) react(c echo.Context) error {
	l, chat, err := s.writer(c)
	if err != nil {
		return s.failed(c, err)
	}
	emoji := c.FormValue("emoji")
	if emoji != "" && !slices.Contains(messageviews.Emojis(), emoji) {
		return echo.ErrBadRequest
	}
	m, _, err := s.stored(c.Request().Context(), chat, c.FormValue("message"))
	if err != nil {
		return err
	}
	ref := refOf(m)
	out := message.Outgoing{To: message.OfChat(chat), Content: message.Content{Kind: message.KindReaction, Target: &ref, Emoji: emoji}}
	if err := s.submit(c, l, out); err != nil {
		return s.failed(c, err)
	}
	return s.done(c, l, chat)
}

// again sends what has failed, as a new message.
func (s *Pages) again(c echo.Context) error {
	ctx := c.Request().Context()
	l, chat, err := s.writer(c)
	if err != nil {
		return s.failed(c, err)
	}
	m, record, err := s.stored(ctx, chat, c.FormValue("message"))
	if err != nil {
		return err
	}
	if !m.FromMe || m.Status != models.StatusFailed || m.Body == nil {
		return echo.ErrBadRequest
	}
	out := message.Outgoing{To: message.OfChat(chat), Content: record.Content}
	if record.Content.Forwarded {
		out.Forward, out.Original = new(refOf(m)), record.Raw
	}
	if err := s.submit(c, l, out); err != nil {
		return s.failed(c, err)
	}
	return s.done(c, l, chat)
}

// seenAtOnce is how many messages one click tells to have been read.
const seenAtOnce = 500

// seen tells the senders of what is unread that it was read.
func (s *Pages) seen(c echo.Context) error {
	ctx := c.Request().Context()
	l, chat, err := s.writer(c)
	if err != nil {
		return s.failed(c, err)
	}
	others := false
	rows, err := s.store.Messages(ctx, models.MessageFilter{
		DeviceID: l.snap.ID, ChatID: chat.ID, FromMe: &others, Limit: int(min(max(chat.Unread, 1), seenAtOnce)),
	})
	if err != nil {
		return err
	}
	for _, read := range message.ReadBySender(rows, time.Now()) {
		if err := s.devices.MarkRead(ctx, l.snap.ID, read); err != nil {
			return s.failed(c, err)
		}
	}
	s.trail.Often(c, visitor.Entry(c, audit.MessageRead, l.snap.ID, l.snap.Name))
	if !web.IsFragment(c.Request()) {
		return s.back(c, l, chat)
	}
	chat.Unread = 0
	row, err := l.row(models.ListedChat{Chat: chat})
	if err != nil {
		return err
	}
	button, err := messageviews.SeenPartial(ctx, l.v.Lang, messageviews.Conversation{Row: row, Base: messageviews.ChatsOf(l.snap.ID)})
	if err != nil {
		return err
	}
	return pages.WritePartials(c, http.StatusOK, button)
}

// composerView is where the visitor writes in a conversation, answering a message or none.
func (s *Pages) composerView(ctx context.Context, l look, chat models.Chat, reply string) (messageviews.Composer, error) {
	v := messageviews.Composer{Base: messageviews.ChatsOf(l.snap.ID), ChatID: chat.ID, Offline: l.snap.State != session.StateConnected}
	switch {
	case !l.v.May(web.Operator):
		v.Why = messageviews.LookOnly
	case !l.linked:
		v.Why = messageviews.NotLinked
	case chat.Account != l.account:
		v.Why, v.Account = messageviews.OtherAccount, chat.Account
	default:
		v.Can = true
	}
	if reply == "" || !v.Can {
		return v, nil
	}
	m, record, err := s.stored(ctx, chat, reply)
	if err != nil {
		return v, err
	}
	b := l.bubble(m, record)
	v.Reply, v.Focus = &b, true
	return v, nil
}

// composer answers with where somebody writes, and what was typed.
func (s *Pages) composer(c echo.Context, l look, chat models.Chat, typed messageviews.Composer) error {
	ctx := c.Request().Context()
	reply := c.QueryParam("reply")
	if !web.IsGet(c.Request()) && typed.Problem != "" {
		reply = c.FormValue("reply")
	}
	v, err := s.composerView(ctx, l, chat, reply)
	if err != nil {
		return err
	}
	v.Text, v.Problem, v.Focus = typed.Text, typed.Problem, true
	status := http.StatusOK
	if v.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	if !web.IsFragment(c.Request()) {
		return s.talk(c, l, chat, status, v)
	}
	partial, err := messageviews.ComposerPartial(ctx, l.v.Lang, v)
	if err != nil {
		return err
	}
	notice, err := views.NoticePartial(ctx, l.v.Lang, nil)
	if err != nil {
		return err
	}
	return pages.WritePartials(c, status, partial, notice)
}

// done answers an htmx request whose outcome comes by the stream.
func (s *Pages) done(c echo.Context, l look, chat models.Chat) error {
	if !web.IsFragment(c.Request()) {
		return s.back(c, l, chat)
	}
	notice, err := views.NoticePartial(c.Request().Context(), l.v.Lang, nil)
	if err != nil {
		return err
	}
	return pages.WritePartials(c, http.StatusOK, notice)
}

// failed takes a person back to the conversation with the reason, when it is one that
// people can do something about.
func (s *Pages) failed(c echo.Context, err error) error {
	f := web.FailureOf(err)
	if !pages.InWords(f) || web.IsFragment(c.Request()) {
		return err
	}
	s.SetProblem(c, f.Code)
	return c.Redirect(http.StatusSeeOther, "/devices/"+c.Param(web.DeviceParam)+"/messages/"+c.Param(chatParam))
}

func (s *Pages) back(c echo.Context, l look, chat models.Chat) error {
	return c.Redirect(http.StatusSeeOther, "/devices/"+l.snap.ID+"/messages/"+chat.ID)
}
