package signin

import (
	"slices"

	"github.com/labstack/echo/v4"

	"wadah/handlers/visitor"
	"wadah/models"
	"wadah/views"
)

// LoginsOf is where a user is signed in, this browser first.
func LoginsOf(c echo.Context, store *models.Store, userID string) ([]views.Login, error) {
	ctx, v := c.Request().Context(), visitor.Of(c)
	logins, err := store.Logins(ctx, userID)
	if err != nil {
		return nil, err
	}
	shown := make([]views.Login, 0, len(logins))
	for _, l := range logins {
		shown = append(shown, views.Login{
			ID: l.ID, Current: l.ID == v.LoginID, Agent: l.UserAgent, Address: l.Address,
			Since: v.Zone.At(l.CreatedAt), Seen: v.Zone.At(l.SeenAt),
		})
	}
	slices.SortStableFunc(shown, func(a, b views.Login) int {
		switch {
		case a.Current:
			return -1
		case b.Current:
			return 1
		}
		return 0
	})
	return shown, nil
}
