package device

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session/message"
	"wadah/views"
	deviceviews "wadah/views/device"
)

// testWait is how long somebody waits for what becomes of a test message.
const testWait = 10 * time.Second

// testMessage sends a text from the account to itself: the last step of linking. It is there
// for people to see on their phone that the device works, so it waits for WhatsApp's answer.
func (s *Pages) testMessage(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	defer web.AllowTime(c, testWait)()
	ctx, who := c.Request().Context(), visitor.Of(c)
	result, err := s.devices.Outbox().Submit(ctx, message.Request{
		DeviceID: snap.ID, Source: message.SourcePanel, Author: who.User.ID, Wait: testWait,
		Out: message.Outgoing{
			To:      message.ChatWith(message.PartyOf(snap.Number() + "@s.whatsapp.net")),
			Content: message.Content{Kind: message.KindText, Text: deviceviews.TestWords(who.Lang, snap.Name)},
		},
	})
	if err != nil {
		return s.actionFailed(c, snap.ID, err)
	}
	s.trail.Note(c, visitor.Entry(c, audit.MessageSend, snap.ID, snap.Name))
	notice := views.NoticeTestSent
	if result.Unknown || result.Message.Status == models.StatusQueued {
		notice = views.NoticeTestOpen
	}
	name := views.FormatNumber(snap.Number())
	if !web.IsFragment(c.Request()) {
		s.SetFlash(c, notice, name)
		return c.Redirect(http.StatusSeeOther, "/devices/"+snap.ID)
	}
	said, err := views.NoticePartial(ctx, who.Lang, who.Lang.Notice(notice, "Name", name))
	if err != nil {
		return err
	}
	return pages.WritePartials(c, http.StatusOK, said)
}
