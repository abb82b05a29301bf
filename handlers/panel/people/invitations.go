package people

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
	peopleviews "wadah/views/people"
)

// fillInvitations adds the open invitations and the devices that one can be for.
func (s *Pages) fillInvitations(c echo.Context, card *peopleviews.Invite, users []models.User) error {
	open, err := s.store.Invitations(c.Request().Context())
	if err != nil {
		return err
	}
	names := make(map[string]string, len(users))
	for _, u := range users {
		names[u.ID] = u.Name
	}
	z := visitor.Of(c).Zone
	for _, i := range open {
		shown := peopleviews.Invitation{
			ID: i.ID, Note: i.Note, Role: views.Role(i.Role), By: names[i.By], Devices: len(i.Devices), AllDevices: i.AllDevices,
			ExpiresAt: z.At(i.ExpiresAt),
		}
		if i.ID == card.Made {
			shown.URL = card.URL
		}
		card.Open = append(card.Open, shown)
	}
	for snap := range s.devices.Each() {
		card.Devices = append(card.Devices, views.DeviceChoice{ID: snap.ID, Name: snap.Name, Chosen: slices.Contains(card.Chosen, snap.ID)})
	}
	return nil
}

// invite makes an invitation and shows its link, once.
func (s *Pages) invite(c echo.Context) error {
	typed := peopleviews.Invite{
		Note: c.FormValue("note"), Role: views.Role(c.FormValue("role")), Life: c.FormValue("life"), All: c.FormValue("all") == "yes",
		Chosen: c.Request().PostForm[web.DeviceField],
	}
	made, err := s.store.Invite(c.Request().Context(), models.Invitation{
		By: visitor.Of(c).User.ID, Note: typed.Note, Role: string(typed.Role), AllDevices: typed.All, Devices: typed.Chosen,
	}, lifeOf(typed.Life))
	refused := func(field, code string) error {
		typed.Problems = map[string]string{field: visitor.Of(c).Lang.Invalid(code)}
		return s.renderPeople(c, http.StatusUnprocessableEntity, peopleviews.PeoplePage{Invite: typed})
	}
	var invalid *models.Invalid
	switch {
	case errors.As(err, &invalid):
		return refused(invalid.Field, invalid.Code)
	case errors.Is(err, models.ErrNotFound): // a device was deleted meanwhile
		return refused("devices", "device_unknown")
	case err != nil:
		return err
	}
	s.auditInvitation(c, audit.InvitationCreate, made)
	return s.renderPeople(c, http.StatusOK, peopleviews.PeoplePage{
		Invite: peopleviews.Invite{Made: made.ID, URL: s.BaseURL(c) + "/invite/" + made.Token},
	})
}

// lifeOf reads a duration; "" is the usual one, and what is none is refused by the store.
func lifeOf(text string) time.Duration {
	if text == "" {
		return 0
	}
	life, err := time.ParseDuration(text)
	if err != nil || life == 0 {
		return -1
	}
	return life
}

// revokeInvitation withdraws an invitation that nobody has accepted.
func (s *Pages) revokeInvitation(c echo.Context) error {
	gone, err := s.store.RevokeInvitation(c.Request().Context(), c.Param("invitation"))
	if err != nil {
		return err
	}
	s.auditInvitation(c, audit.InvitationRevoke, gone)
	s.SetFlash(c, views.NoticeInvitationRevoked, "")
	return c.Redirect(http.StatusSeeOther, "/people")
}

func (s *Pages) auditInvitation(c echo.Context, action audit.Action, i models.Invitation) {
	e := visitor.Entry(c, action, "", i.Note)
	e.Detail = i.Role
	s.trail.Note(c, e)
}
