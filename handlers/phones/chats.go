package phones

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/handlers/live"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
	"wadah/views"
	messageviews "wadah/views/messages"
)

// chatParam is the chat in an address: the address of a person (LID) or group, or a number.
const chatParam = "chat"

// shownMessages is how many messages a phone shows of a chat, the newest.
const shownMessages = 80

// hand is a virtual phone in somebody's hand.
type hand struct {
	*handset.Phone
	number, name, platform string
	online                 bool
	own                    string            // its LID
	people                 map[string]string // who has a phone here, by LID
	v                      *visitor.Visitor
}

// take takes the phone of the address, unless it may show what a device says or hears that
// the visitor may not see.
func (s *Pages) take(c echo.Context, number string) (*hand, error) {
	if err := s.mayTouch(c, number); err != nil {
		return nil, err
	}
	phone, err := s.service.Phone(number)
	if err != nil {
		return nil, echo.ErrNotFound
	}
	h := &hand{Phone: phone, number: number, people: make(map[string]string), v: visitor.Of(c)}
	for _, p := range s.service.Phones() {
		lid, err := phone.Resolve(p.Number)
		if err != nil {
			continue // it was removed just now
		}
		h.people[lid.String()] = p.Name
		if p.Number == number {
			h.own, h.name, h.platform, h.online = lid.String(), p.Name, string(p.Platform), p.Online
		}
	}
	return h, nil
}

// chats shows the chats of a phone.
func (s *Pages) chats(c echo.Context) error {
	h, err := s.take(c, c.Param("number"))
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, messageviews.Phone(s.phonePage(c, h)))
}

// chat shows one chat of a phone; to htmx it answers with the composer when another message
// is to be answered.
func (s *Pages) chat(c echo.Context) error {
	h, id, err := s.inChat(c)
	if err != nil {
		return s.said(c, err, "", "")
	}
	typed := messageviews.Composer{}
	if reply := c.QueryParam("reply"); reply != "" {
		if m, ok := h.Book().Find(id, "", reply); ok {
			b := h.bubble(m)
			typed.Reply, typed.Focus = &b, true
		}
	}
	if web.IsFragment(c.Request()) {
		return s.answerComposer(c, http.StatusOK, h, id, typed)
	}
	return s.showChat(c, http.StatusOK, h, id, typed)
}

// showChat answers with the page of a chat.
func (s *Pages) showChat(c echo.Context, status int, h *hand, id string, typed messageviews.Composer) error {
	page := s.phonePage(c, h)
	talk := h.conversation(id)
	talk.Composer = h.composer(id, typed)
	page.Open, page.List.OpenID, page.Path = &talk, id, talk.Path("")
	page.Events += "&chat=" + id
	return s.Render(c, status, messageviews.Phone(page))
}

func (s *Pages) answerComposer(c echo.Context, status int, h *hand, id string, typed messageviews.Composer) error {
	partial, err := messageviews.ComposerPartial(c.Request().Context(), h.v.Lang, h.composer(id, typed))
	if err != nil {
		return err
	}
	return pages.WritePartials(c, status, partial)
}

// inChat is the phone and the chat of the address.
func (s *Pages) inChat(c echo.Context) (h *hand, id string, err error) {
	if h, err = s.take(c, c.Param("number")); err != nil {
		return nil, "", err
	}
	jid, err := h.Resolve(c.Param(chatParam))
	return h, jid.String(), err
}

// write sends what somebody typed on a phone.
func (s *Pages) write(c echo.Context) error {
	h, id, err := s.inChat(c)
	if err != nil {
		return s.said(c, err, "", "")
	}
	typed := messageviews.Composer{Text: c.FormValue("text")}
	draft := handset.Draft{Text: strings.TrimSpace(strings.ReplaceAll(typed.Text, "\r\n", "\n")), Quote: c.FormValue("reply")}
	if c.FormValue("picture") != "" {
		draft.Attachment = handset.Sample(chat.Picture)
	}
	if draft.Text == "" && draft.Attachment == nil {
		err = handset.ErrContent
	} else {
		_, err = h.Write(c.Request().Context(), id, draft)
	}
	if code := codeOf(err); code != "" {
		typed.Problem = h.v.Lang.Invalid(code)
		if web.IsFragment(c.Request()) {
			return s.answerComposer(c, http.StatusUnprocessableEntity, h, id, typed)
		}
		return s.showChat(c, http.StatusUnprocessableEntity, h, id, typed)
	}
	if err != nil {
		return err
	}
	if web.IsFragment(c.Request()) {
		return s.answerComposer(c, http.StatusOK, h, id, messageviews.Composer{Focus: true})
	}
	return c.Redirect(http.StatusSeeOther, messageviews.Conversation{Row: messageviews.Row{ID: id}, Base: messageviews.ChatsOfPhone(h.number)}.Path(""))
}

// onChat does something in a chat; what has become of it comes by the stream.
func (s *Pages) onChat(do func(ctx context.Context, h *hand, chat, message string, c echo.Context) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		h, id, err := s.inChat(c)
		if err == nil {
			err = do(c.Request().Context(), h, id, c.FormValue("message"), c)
		}
		if err != nil {
			return s.said(c, err, "", "")
		}
		if web.IsFragment(c.Request()) {
			return c.NoContent(http.StatusNoContent)
		}
		return c.Redirect(http.StatusSeeOther, messageviews.Conversation{Row: messageviews.Row{ID: id}, Base: messageviews.ChatsOfPhone(h.number)}.Path(""))
	}
}

func react(ctx context.Context, h *hand, chat, message string, c echo.Context) error {
	return h.React(ctx, chat, message, c.FormValue("emoji"))
}

func revoke(ctx context.Context, h *hand, chat, message string, _ echo.Context) error {
	return h.Revoke(ctx, chat, message)
}

func seen(_ context.Context, h *hand, chat, _ string, _ echo.Context) error { return h.Read(chat) }

// vote chooses an option of a poll, or takes it back.
func vote(ctx context.Context, h *hand, id, message string, c echo.Context) error {
	m, ok := h.Book().Find(id, "", message)
	if !ok || m.Question == nil {
		return handset.ErrMessage
	}
	option := c.FormValue("option")
	chosen := h.chosen(m)
	switch {
	case slices.Contains(chosen, option):
		chosen = slices.DeleteFunc(chosen, func(o string) bool { return o == option })
	case m.Question.Most == 1:
		chosen = []string{option}
	default:
		chosen = append(chosen, option)
	}
	return h.Vote(ctx, id, message, chosen)
}

// media is the picture of a message.
func (s *Pages) media(c echo.Context) error {
	h, id, err := s.inChat(c)
	if err != nil {
		return echo.ErrNotFound
	}
	data, about, err := h.Download(id, c.QueryParam("id"))
	if err != nil || !slices.Contains(pictures, about.Type) {
		return echo.ErrNotFound
	}
	return c.Blob(http.StatusOK, about.Type, data)
}

// pictures are the types of files that are shown. Others could hold scripts.
var pictures = []string{"image/jpeg", "image/png", "image/webp", "image/gif"}

// ChatEvents keeps the chats of a phone live.
func (s *Pages) ChatEvents(c echo.Context) error {
	h, err := s.take(c, c.QueryParam("phone"))
	if err != nil {
		return err
	}
	open := ""
	if chat := c.QueryParam(chatParam); chat != "" {
		jid, err := h.Resolve(chat)
		if err != nil {
			return echo.ErrNotFound
		}
		open = jid.String()
	}
	changes, stop := h.Book().Watch()
	defer stop()
	frame := func(ctx context.Context) ([]byte, error) {
		page := messageviews.PhonePage{Page: views.Page{Lang: h.v.Lang}, List: h.list(open)}
		if open != "" {
			talk := h.conversation(open)
			talk.Composer = h.composer(open, messageviews.Composer{})
			page.Open = &talk
		}
		parts, err := messageviews.PhonePartials(ctx, page)
		return views.Message(parts...), err
	}
	return s.streams.ServeVisitor(c, live.Watch{}, live.Show{
		First: frame,
		Changes: func(ctx context.Context, _ live.Batch, send func([]byte)) error {
			now, err := frame(ctx)
			send(now)
			return err
		},
		News: func() <-chan struct{} { return changes },
	})
}

func (s *Pages) phonePage(c echo.Context, h *hand) messageviews.PhonePage {
	return messageviews.PhonePage{
		Page: s.Around(c), Number: h.number, Name: h.name, Platform: h.platform, Online: h.online,
		List: h.list(""), Events: "/events?page=phone&phone=" + h.number,
	}
}
