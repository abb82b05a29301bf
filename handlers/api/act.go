package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/number"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session/message"
)

// What the calls beside sending take.
var (
	typingOn    = &parameter{name: "typing", kind: kindYes}
	presence    = &parameter{name: "presence", kind: kindChoice, among: []string{"available", "unavailable"}, missing: needed("presence as available or unavailable")}
	callID      = &parameter{name: "id_call", kind: kindWord, to: message.MaxID, missing: needed("the call's ID, as event call tells it, as id_call")}
	checkPhones = &parameter{name: "phone", also: []string{"number"}, kind: kindList, to: message.MaxCheck, missing: needed("1 to 50 numbers as phone")}
)

// readMessage tells the sender of a message that it was read; in a private chat that covers
// all before it.
func (s *Calls) readMessage(c echo.Context, call deviceCall) error {
	ctx := c.Request().Context()
	row, _, err := s.known(ctx, call, call.in.text(targetID))
	if err != nil {
		return err
	}
	if row.FromMe {
		return &web.Failure{
			Status: http.StatusBadRequest, Code: "parameter_invalid",
			Message: "id_message must be a message of somebody else's.",
		}
	}
	if err := s.markRead(c, call, []models.Message{row}); err != nil {
		return err
	}
	return writeMessage(c, "The sender was told.")
}

// readChat marks a chat as read: its newest messages, for each of their senders.
func (s *Calls) readChat(c echo.Context, call deviceCall) error {
	ctx := c.Request().Context()
	chat, err := s.chat(ctx, call)
	if err != nil {
		return err
	}
	others := false
	rows, err := s.store.Messages(ctx, models.MessageFilter{
		DeviceID: call.snap.ID, ChatID: chat.ID, FromMe: &others, Limit: int(min(max(chat.Unread, 1), 500)),
	})
	if err != nil {
		return err
	}
	if err := s.markRead(c, call, rows); err != nil {
		return err
	}
	return web.WriteResults(c, struct {
		Message string `json:"message"`
		Read    int    `json:"read"`
	}{"The senders were told.", len(rows)})
}

// chat finds the chat that a call names.
func (s *Calls) chat(ctx context.Context, call deviceCall) (models.Chat, error) {
	to, _, err := s.recipient(ctx, call, toPhone, toGroup)
	if err != nil {
		return models.Chat{}, err
	}
	standing, err := s.devices.Standing(call.snap.ID)
	if err != nil {
		return models.Chat{}, err
	}
	chat, err := s.store.ChatOf(ctx, call.snap.ID, standing.Account, models.ChatRef{Kind: string(to.Kind), JID: to.JID, Person: models.Person{LID: to.Person.LID, PN: to.Person.PN}})
	if errors.Is(err, models.ErrNotFound) {
		return chat, errChatUnknown
	}
	return chat, err
}

var errChatUnknown = &web.Failure{
	Status: http.StatusNotFound, Code: "chat_unknown", Message: "This device has no chat with that address yet.",
}

// markRead marks messages of one chat as read, those of each sender together.
func (s *Calls) markRead(c echo.Context, call deviceCall, rows []models.Message) error {
	if err := s.noteSeldom(c, call, audit.MessageRead); err != nil {
		return err
	}
	for _, read := range message.ReadBySender(rows, time.Now()) {
		if err := s.devices.MarkRead(c.Request().Context(), call.snap.ID, read); err != nil {
			return err
		}
	}
	return nil
}

// sendTyping shows the recipient that the account is writing, or no longer is.
func (s *Calls) sendTyping(c echo.Context, call deviceCall) error {
	to, _, err := s.recipient(c.Request().Context(), call, toPhone, toGroup)
	if err != nil {
		return err
	}
	on := !call.in.has(typingOn) || call.in.yes(typingOn)
	if err := s.devices.Typing(c.Request().Context(), call.snap.ID, to, on); err != nil {
		return err
	}
	if err := s.noteSeldom(c, call, audit.ShowOnline); err != nil {
		return err
	}
	return writeMessage(c, "Shown.")
}

// setPresence shows the account as online or not.
func (s *Calls) setPresence(c echo.Context, call deviceCall) error {
	if err := s.devices.SetPresence(c.Request().Context(), call.snap.ID, call.in.text(presence) == "available"); err != nil {
		return err
	}
	if err := s.noteSeldom(c, call, audit.ShowOnline); err != nil {
		return err
	}
	return writeMessage(c, "The account is "+call.in.text(presence)+".")
}

// rejectCall declines a call that rings.
func (s *Calls) rejectCall(c echo.Context, call deviceCall) error {
	if err := s.devices.RejectCall(c.Request().Context(), call.snap.ID, message.PartyOf(call.in.text(sendPhone)), call.in.text(callID)); err != nil {
		return err
	}
	if err := s.noteSeldom(c, call, audit.CallReject); err != nil {
		return err
	}
	return writeMessage(c, "The call was declined.")
}

// checkNumber answers which numbers are on WhatsApp:
// [{"phone","exists","id","lid"}], in their order.
func (s *Calls) checkNumber(c echo.Context, call deviceCall) error {
	var numbers []string
	for _, text := range call.in.list(checkPhones) {
		digits, ok := number.Parse(text, s.region)
		if !ok {
			return &web.Failure{
				Status: http.StatusUnprocessableEntity, Code: "bad_number",
				Message: fmt.Sprintf("The %d. phone is no complete phone number. Send its digits with the country code, for example 6281234567890.", len(numbers)+1),
			}
		}
		numbers = append(numbers, digits)
	}
	checks, err := s.devices.CheckNumbers(c.Request().Context(), call.snap.ID, numbers)
	if err != nil {
		return err
	}
	type result struct {
		Phone  string `json:"phone"`
		Exists bool   `json:"exists"`
		ID     string `json:"id,omitempty"`
		LID    string `json:"lid,omitempty"`
	}
	results := make([]result, 0, len(checks))
	for _, check := range checks {
		results = append(results, result{check.Number, check.Exists, check.Person.PN, check.Person.LID})
	}
	if err := s.noteSeldom(c, call, audit.NumberCheck); err != nil {
		return err
	}
	return web.WriteResults(c, results)
}

// getLimits answers what the device may send just now.
func (s *Calls) getLimits(c echo.Context, call deviceCall) error {
	limits, err := s.devices.Outbox().Limits(c.Request().Context(), call.snap.ID)
	if err != nil {
		return err
	}
	return web.WriteResults(c, struct {
		PerMinute int     `json:"per_minute"` // 0: no pace
		Burst     int     `json:"burst"`
		Paced     bool    `json:"paced"`
		Queued    int64   `json:"queued"`
		MaxQueued int     `json:"max_queued"`
		Locked    bool    `json:"reachout_locked"`
		Until     *string `json:"until"`
		Slowed    *string `json:"slowed_until"` // WhatsApp wants fewer messages
	}{
		limits.Pace.PerMinute, limits.Pace.Burst, limits.Paced, limits.Waiting, message.MaxWaiting, limits.Locked, web.Stamp(limits.Until), web.Stamp(limits.Slowed),
	})
}
