package handlers

import (
	"net/http"

	"wadah/handlers/web"
)

// room is a part of the product with addresses of its own, each with its permission.
type room interface{ Routes() []web.Route }

// mount puts the routes of the rooms behind the guard, and returns them.
func (f *front) mount(rooms []room, guard *guard) (mounted []web.Route) {
	for _, room := range rooms {
		mounted = append(mounted, room.Routes()...)
	}
	for _, r := range mounted {
		f.echo.Add(r.Method, r.Path, guard.around(r))
		if r.Method == http.MethodGet {
			f.echo.Add(http.MethodHead, r.Path, guard.around(r)) // net/http leaves the body out
		}
	}
	return mounted
}
