package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
	"wadah/models"
)

// readyTime is how long the database may take to be written before we call it not ready.
const readyTime = 3 * time.Second

// health answers monitors.
type health struct {
	store *models.Store
	log   *slog.Logger
}

// Routes are the probes.
func (h *health) Routes() []web.Route {
	return []web.Route{web.Get("/healthz", web.Open, h.healthz), web.Get("/readyz", web.Open, h.readyz)}
}

// healthz says that the process answers.
func (h *health) healthz(c echo.Context) error {
	return c.String(http.StatusOK, "ok\n")
}

// readyz says that the database can be written, too, and if not, what to mend. WhatsApp
// being out of reach does not make us unready: restarting us would not help.
func (h *health) readyz(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), readyTime)
	defer cancel()
	err := h.store.Probe(ctx)
	if err == nil {
		return c.String(http.StatusOK, "ok\n")
	}
	h.log.Error("not ready", "err", err)
	why := models.Why(err)
	if why == "" {
		why = "it does not answer in time; another program may hold it"
	}
	return c.String(http.StatusServiceUnavailable, "the database cannot be written: "+why+"\n")
}
