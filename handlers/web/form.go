package web

import (
	"time"

	"github.com/labstack/echo/v4"

	"wadah/models"
)

// DeviceParam is the part of a route's path that names a device, and DeviceField the field
// by which forms and queries do. A route that is about a device uses one of them; the guard
// looks at both before any handler does.
const (
	DeviceParam = "id"
	DeviceField = "device"
)

// Overlap is how long what is replaced stays valid; missing means not at all.
func Overlap(c echo.Context) (time.Duration, error) {
	text := c.FormValue("overlap")
	if text == "" {
		return 0, nil
	}
	overlap, err := time.ParseDuration(text)
	if err != nil {
		return 0, &models.Invalid{Field: "overlap", Code: "overlap_invalid", Message: "The overlap must be a duration such as 24h."}
	}
	return overlap, nil
}
