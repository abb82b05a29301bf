package settings

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/number"
	"wadah/handlers/visitor"
	"wadah/models"
	"wadah/session"
	"wadah/views"
	settingsviews "wadah/views/settings"
)

// erase shows what is kept of somebody and, once that is confirmed, deletes it. The number
// comes in the form and is in no address, and the audit gets a keyed hash of it.
func (s *Pages) erase(c echo.Context) error {
	ctx := c.Request().Context()
	page := settingsviews.ErasePage{Page: s.Around(c), Number: strings.TrimSpace(c.FormValue("number")), Device: c.FormValue("device")}
	page.Path = "/settings"
	ids := make([]string, 0, 1)
	for _, snap := range s.devices.Snapshots() {
		page.Devices = append(page.Devices, views.DeviceChoice{ID: snap.ID, Name: snap.Name, Chosen: snap.ID == page.Device})
		if page.Device == "" || page.Device == snap.ID {
			ids = append(ids, snap.ID)
		}
	}
	who, ok := personOf(page.Number, s.region)
	switch {
	case !ok:
		page.Problem = page.Lang.Invalid("phone_number")
		return s.Render(c, http.StatusUnprocessableEntity, settingsviews.Erase(page))
	case len(ids) == 0 && page.Device != "":
		return session.ErrNoDevice
	}
	var n models.Erasure
	var err error
	if c.FormValue("confirm") != "yes" {
		n, err = s.store.CountErase(ctx, ids, who)
	} else {
		// No trace, no erasing: afterwards nothing else says that it was done.
		if err := s.trail.Must(c, visitor.Entry(c, audit.NumberErase, page.Device, s.store.PersonHash(who))); err != nil {
			return err
		}
		page.Done = true
		if n, err = s.devices.Erase(ctx, ids, who); errors.Is(err, session.ErrTracesLeft) {
			page.Traces, err = true, nil
		}
	}
	if err != nil {
		return err
	}
	page.Found = settingsviews.Erased{
		Contacts: n.Contacts, Chats: n.Chats, Messages: n.Messages, Queued: n.Queued, Texts: n.Texts, Events: n.Events, Deliveries: n.Deliveries,
	}
	return s.Render(c, http.StatusOK, settingsviews.Erase(page))
}

// personOf reads a number in any usual spelling, or a LID.
func personOf(text, region string) (models.Person, bool) {
	if lid, is := strings.CutSuffix(text, "@lid"); is {
		return models.Person{LID: text}, lid != "" && strings.Trim(lid, "0123456789") == ""
	}
	digits, ok := number.Parse(text, region)
	return models.Person{PN: digits + "@s.whatsapp.net"}, ok
}
