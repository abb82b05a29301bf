package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
)

// This file is the envelope of the system API and what it says of a device, as the
// product family's programs expect them.

// familyDevice is a device as the family's system API tells it. What Wadah has no such
// switch for says what is true of it: a device comes back after a restart, and nothing
// is sent to Telegram.
type familyDevice struct {
	ID       string         `json:"id"`
	APIKey   string         `json:"apiKey"`
	Name     string         `json:"name"`
	State    session.State  `json:"state_status"`
	Settings familySettings `json:"settings"`
	Telegram familyTelegram `json:"telegram"`
	Webhook  familyWebhook  `json:"webhook"`

	keyID string // of APIKey; "" when there is none
}

type familySettings struct {
	AutoReply      bool `json:"autoreply_status"`
	AutoStart      bool `json:"autostartdevice_status"`
	Downtime       bool `json:"downtimenotif_status"`
	RestoreSession bool `json:"restoresession_status"`
	Webhook        bool `json:"webhook_status"`
	WebhookMedia   bool `json:"webhookmedia_status"`
}

type familyTelegram struct {
	ID              string `json:"idTelegram"`
	PushConnect     bool   `json:"tele_push_connect"`
	PushDisconnect  bool   `json:"tele_push_disconnect"`
	PushChangeState bool   `json:"tele_push_changestate"`
	PushReminder    bool   `json:"tele_push_reminderlicense"`
}

type familyWebhook struct {
	URL string `json:"urlWebhook"`
}

// familyDevice describes a device with its oldest valid key; APIKey is "" when all are
// revoked or expired.
func (s *Calls) familyDevice(ctx context.Context, snap session.Snapshot) (familyDevice, error) {
	d := familyDevice{
		ID: snap.ID, Name: snap.Name, State: snap.State,
		Settings: familySettings{RestoreSession: true},
		Telegram: familyTelegram{PushConnect: true, PushDisconnect: true, PushChangeState: true, PushReminder: true},
	}
	hook, err := s.store.FamilyEndpoint(ctx, snap.ID)
	switch {
	case err == nil:
		d.Webhook.URL = hook.URL
		d.Settings.Webhook, d.Settings.WebhookMedia = hook.State == models.EndpointActive, hook.Files
	case !errors.Is(err, models.ErrNotFound):
		return d, err
	}
	keys, err := s.store.Keys(ctx, snap.ID)
	if err != nil {
		return d, err
	}
	if key := models.OldestKey(keys, time.Now()); key != nil {
		d.keyID = key.ID
		d.APIKey, err = s.store.RevealKey(ctx, key.ID)
	}
	if errors.Is(err, models.ErrNotFound) { // revoked just now
		return d, nil
	}
	return d, err
}

// noteFamilyViews writes down whose keys a program is about to be told.
func (s *Calls) noteFamilyViews(ctx context.Context, devices ...familyDevice) error {
	var ids []string
	for _, d := range devices {
		if d.keyID != "" {
			ids = append(ids, d.keyID)
		}
	}
	return s.store.NoteViews(ctx, models.Viewer{ID: models.ViewerSystem}, ids...)
}

// writeFamily answers in the envelope of the system API; an empty message and nil data
// are left out.
func writeFamily(c echo.Context, message string, data any) error {
	body := []byte(`{"status":true`)
	if message != "" {
		body = web.AppendString(append(body, `,"message":`...), message)
	}
	if data != nil {
		body = web.AppendAny(append(body, `,"data":`...), data)
	}
	return web.WriteJSON(c, http.StatusOK, append(body, '}'))
}
