package people

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/models"
	"wadah/session"
	"wadah/views"
	peopleviews "wadah/views/people"
)

// Pages are the people who use the panel, for admins.
type Pages struct {
	*pages.Renderer
	store   *models.Store
	devices *session.Manager
	logins  *visitor.Logins
	streams *pages.Streams
	trail   *audit.Trail
}

// New makes the pages.
func New(renderer *pages.Renderer, store *models.Store, devices *session.Manager, logins *visitor.Logins, streams *pages.Streams, trail *audit.Trail) *Pages {
	return &Pages{renderer, store, devices, logins, streams, trail}
}

// peoplePage lists who may use the panel.
func (s *Pages) peoplePage(c echo.Context) error {
	return s.renderPeople(c, http.StatusOK, peopleviews.PeoplePage{})
}

// renderPeople shows the list; page carries what was typed and what is wrong with it.
func (s *Pages) renderPeople(c echo.Context, status int, page peopleviews.PeoplePage) error {
	users, err := s.store.Users(c.Request().Context())
	if err != nil {
		return err
	}
	for _, u := range users {
		person, err := s.personView(c, u)
		if err != nil {
			return err
		}
		page.People = append(page.People, person)
	}
	if page.Known, err = s.knownKeys(c, "/people", ""); err != nil {
		return err
	}
	if err := s.fillInvitations(c, &page.Invite, users); err != nil {
		return err
	}
	page.Page = s.Around(c)
	page.Path = "/people"
	return s.Render(c, status, peopleviews.People(page))
}

// personView is a user as the pages of people show one.
func (s *Pages) personView(c echo.Context, u models.User) (peopleviews.Person, error) {
	ctx := c.Request().Context()
	p := peopleviews.Person{
		ID: u.ID, Name: u.Name, Role: views.Role(u.Role), Created: visitor.Of(c).Zone.At(u.CreatedAt),
		Self: u.ID == visitor.Of(c).User.ID,
	}
	devices, err := s.store.AssignedDevices(ctx, u.ID)
	if err != nil {
		return p, err
	}
	p.Devices, p.AllDevices = len(devices), u.AllDevices
	if p.Factor, err = s.store.HasTOTP(ctx, u.ID); err != nil {
		return p, err
	}
	keys, err := s.store.Passkeys(ctx, u.ID)
	if err != nil {
		return p, err
	}
	p.Passkeys = len(keys)
	p.LastSeen, err = s.lastSeen(c, u.ID)
	return p, err
}

// lastSeen is when a user last used one of the logins that are valid.
func (s *Pages) lastSeen(c echo.Context, userID string) (time.Time, error) {
	logins, err := s.store.Logins(c.Request().Context(), userID)
	if err != nil {
		return time.Time{}, err
	}
	var last time.Time
	for _, l := range logins {
		if l.SeenAt.After(last) {
			last = l.SeenAt
		}
	}
	return visitor.Of(c).Zone.At(last), nil
}

// addPerson adds somebody who may sign in.
func (s *Pages) addPerson(c echo.Context) error {
	name, role := c.FormValue("name"), c.FormValue("role")
	user, err := s.store.CreateUser(c.Request().Context(), name, c.FormValue("password"), role)
	var invalid *models.Invalid
	if errors.As(err, &invalid) {
		problem := visitor.Of(c).Lang.Invalid(invalid.Code)
		return s.renderPeople(c, http.StatusUnprocessableEntity, peopleviews.PeoplePage{
			Name: name, Role: views.Role(role), Problems: map[string]string{invalid.Field: problem},
		})
	}
	if err != nil {
		return err
	}
	s.auditPerson(c, audit.UserCreate, user, user.Role)
	return s.personDone(c, views.NoticePersonAdded, user)
}

// auditPerson writes down what an admin did to somebody's account.
func (s *Pages) auditPerson(c echo.Context, action audit.Action, user models.User, detail string) {
	e := visitor.Entry(c, action, "", user.Name)
	e.Detail = detail
	s.trail.Note(c, e)
}

// personDone goes to the person's page with a word that it is done.
func (s *Pages) personDone(c echo.Context, notice views.Notice, user models.User) error {
	s.SetFlash(c, notice, user.Name)
	return c.Redirect(http.StatusSeeOther, "/people/"+user.ID)
}
