package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
	"wadah/models"
	"wadah/session/eventlog"
	"wadah/session/message"
)

// What the calls that read take.
var (
	eventsAfter = &parameter{name: "after", kind: kindWhole, from: 0, to: 1 << 53}
	eventsLimit = &parameter{name: "limit", kind: kindWhole, from: 1, to: eventlog.MaxLimit}
	eventsWait  = &parameter{name: "wait", kind: kindWhole, from: 0, to: int(eventlog.MaxWait / time.Second)}

	pageLimit  = &parameter{name: "limit", kind: kindWhole, from: 1, to: 500}
	pageBefore = &parameter{name: "before", kind: kindWord, to: 64}
)

// getEvents answers the events of the device after a number, in order:
// [{"seq","id","type","at","data"}]; none when nothing comes within wait. Without after it
// begins with the oldest that is kept.
func (s *Calls) getEvents(c echo.Context, call deviceCall) error {
	ctx := c.Request().Context()
	log, id := s.devices.EventLog(), call.snap.ID
	after := int64(call.in.whole(eventsAfter, -1))
	if after < 0 {
		first, err := log.First(ctx, id)
		if err != nil {
			return err
		}
		after = first - 1
	}
	wait := time.Duration(call.in.whole(eventsWait, 0)) * time.Second
	defer web.AllowTime(c, wait)()
	heard, end := []eventlog.Event{}, time.Now().Add(wait)
	for {
		events, err := log.After(ctx, id, after, call.in.whole(eventsLimit, eventlog.DefaultLimit), time.Until(end))
		if err != nil {
			return err
		}
		for _, e := range events {
			if mayHear(call.rights, e) {
				heard = append(heard, e)
			}
		}
		if len(heard) > 0 || len(events) == 0 {
			return web.WriteResults(c, heard)
		}
		after = events[len(events)-1].Seq // none of these was for this key
	}
}

// getMessages answers messages of the device, or of one chat, newest first. before, the
// next of an answer, goes on where that ended.
func (s *Calls) getMessages(c echo.Context, call deviceCall) error {
	ctx := c.Request().Context()
	filter := models.MessageFilter{DeviceID: call.snap.ID, Before: call.in.text(pageBefore), Limit: call.in.whole(pageLimit, 50)}
	if call.in.has(toPhone) || call.in.has(toGroup) {
		chat, err := s.chat(ctx, call)
		if err != nil {
			return err
		}
		filter.ChatID = chat.ID
	}
	rows, err := s.store.Messages(ctx, filter)
	if err != nil {
		return err
	}
	type answer struct {
		Code    int                `json:"code"`
		Results []eventlog.Message `json:"results"`
		Next    *string            `json:"next"` // null: there is no more
	}
	out := answer{Code: http.StatusOK, Results: make([]eventlog.Message, 0, len(rows))}
	for _, row := range rows {
		m, err := eventlog.MessageOf(row)
		if err != nil {
			return err
		}
		out.Results = append(out.Results, m)
	}
	if len(rows) == filter.Limit {
		out.Next = &rows[len(rows)-1].ID
	}
	return web.WriteJSON(c, http.StatusOK, web.AppendAny(nil, out))
}

// getMessageStatus answers what became of a message of the account's own:
// {"id_message","status","at","error"}.
func (s *Calls) getMessageStatus(c echo.Context, call deviceCall) error {
	row, _, err := s.known(c.Request().Context(), call, call.in.text(targetID))
	if err != nil {
		return err
	}
	if !row.FromMe {
		return errMessageUnknown
	}
	return web.WriteResults(c, struct {
		ID     string  `json:"id_message"`
		Status string  `json:"status"`
		At     *string `json:"at"`
		Error  *string `json:"error"`
		WACode int     `json:"wa_code,omitempty"`
		// Partial counts devices of the recipients that could not be given it.
		Partial int64 `json:"partial,omitempty"`
	}{row.WAID, row.Status, web.Stamp(row.StatusAt), known(row.Error), row.Code, row.Partial})
}

// getLid answers both addresses of a person, as far as they are known: {"phone","id","lid"}.
// One that is not known yet is asked for, when the device is connected.
func (s *Calls) getLid(c echo.Context, call deviceCall) error {
	ctx := c.Request().Context()
	party, err := s.party(ctx, call)
	if err != nil {
		return err
	}
	return web.WriteResults(c, struct {
		Phone *string `json:"phone"`
		ID    *string `json:"id"`
		LID   *string `json:"lid"`
	}{known(party.Number()), known(party.PN), known(party.LID)})
}

func (s *Calls) party(ctx context.Context, call deviceCall) (message.Party, error) {
	asked := message.PartyOf(call.in.text(sendPhone))
	standing, err := s.devices.Standing(call.snap.ID)
	if err != nil {
		return asked, err
	}
	found, err := s.store.ContactOf(ctx, call.snap.ID, standing.Account, models.Person{LID: asked.LID, PN: asked.PN})
	switch {
	case err == nil:
		asked = asked.With(message.PartyOfStored(found.Person))
	case !errors.Is(err, models.ErrNotFound):
		return asked, err
	}
	if asked.LID != "" || asked.PN == "" {
		return asked, nil
	}
	checks, err := s.devices.CheckNumbers(ctx, call.snap.ID, []string{asked.Number()})
	if err != nil {
		return asked, err
	}
	if !checks[0].Exists {
		return asked, &message.RefusedError{Why: message.RefusedNotOnWhatsApp}
	}
	return asked.With(checks[0].Person), nil
}
