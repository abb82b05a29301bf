package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session/webhook"
)

// everyType stands for all types of events where some were named before.
const everyType = "all"

// What the calls about webhooks take.
var (
	hookID     = &parameter{name: "id", kind: kindWord, to: 64, missing: needed("the webhook as id, as listWebhook tells it")}
	hookURL    = &parameter{name: "url", kind: kindText, to: 2000, missing: needed("the address of your receiver as url")}
	hookNewURL = &parameter{name: "url", kind: kindText, to: 2000}
	hookEvents = &parameter{name: "events", kind: kindList, to: 30}
	hookFormat = &parameter{name: "format", kind: kindChoice, among: []string{models.FormatWadah, models.FormatWHAPI}}
	hookMedia  = &parameter{name: "media", kind: kindYes}
	hookBy     = &parameter{name: "identify_by", kind: kindChoice, among: []string{models.IdentifyID, models.IdentifyKey}}
	hookHeads  = &parameter{name: "headers", kind: kindList, to: 10}
	hookHub    = &parameter{name: "hub_signature", kind: kindYes}
	hookActive = &parameter{name: "active", kind: kindYes}
	overlap    = &parameter{name: "overlap", kind: kindWhole, from: 0, to: 168}

	deliveryState = &parameter{name: "state", kind: kindChoice, among: []string{
		models.DeliveryPending, models.DeliveryLate, models.DeliveryDone, models.DeliveryDead, models.DeliverySkipped,
	}}
	deliveryType = &parameter{name: "type", kind: kindWord, to: 40}
	deliveryID   = &parameter{name: "id_delivery", kind: kindWord, to: 64}
	replayDead   = &parameter{name: "dead", kind: kindYes}
	replayFrom   = &parameter{name: "from", kind: kindWhole, from: 0, to: 1 << 40}
	replayTo     = &parameter{name: "to", kind: kindWhole, from: 0, to: 1 << 40}
)

// Failures of these calls.
var (
	errNoWebhook      = &web.Failure{Status: http.StatusNotFound, Code: "webhook_unknown", Message: "This device has no such webhook. listWebhook tells those it has."}
	errNoDelivery     = &web.Failure{Status: http.StatusNotFound, Code: "delivery_unknown", Message: "This webhook has no such delivery, or it is not kept any more."}
	errKeyTold        = &web.Failure{Status: http.StatusForbidden, Code: "key_told", Message: "Only a key without limits may have itself told to a receiver. Leave identify_by=apiKey out, or use another key."}
	errReplayWhat     = &web.Failure{Status: http.StatusBadRequest, Code: "replay_what", Message: "Say what to send again: id_delivery, dead=1, or from and to."}
	errWebhookNoURL   = &web.Failure{Status: http.StatusUnprocessableEntity, Code: "webhook_no_url", Message: "Send the address of the receiver as urlWebhook, too."}
	errWebhookGone    = &web.Failure{Status: http.StatusConflict, Code: "webhook_gone", Message: "The receiver has said that it wants nothing any more (410). Send active=1 with editWebhook first."}
	errAddressRefused = &web.Failure{
		Status: http.StatusUnprocessableEntity, Code: "address_refused",
		Message: "This address is not allowed: send one on the internet, with http or https. --webhook-allow names addresses of one's own network that are allowed, too.",
	}
)

// webhookFailure is what a program is told of what went wrong with a webhook.
func webhookFailure(err error) error {
	switch {
	case errors.Is(err, models.ErrNotFound):
		return errNoWebhook
	case errors.Is(err, webhook.ErrRefused):
		return errAddressRefused
	}
	return err
}

// hook is a webhook as programs see it. Its secret is told when it is made, and never again.
type hook struct {
	ID       string   `json:"id"`
	URL      string   `json:"url"`
	Events   []string `json:"events"` // empty: all
	Format   string   `json:"format"`
	Media    bool     `json:"media"`
	By       string   `json:"identify_by"`
	Headers  []string `json:"headers"` // their names: values may be secrets
	Hub      bool     `json:"hub_signature"`
	State    string   `json:"state"`
	Failures int      `json:"failures"` // in a row
	Waiting  int64    `json:"waiting"`
	Dead     int64    `json:"dead"`
	Success  *string  `json:"last_success"`
	Failure  *string  `json:"last_failure"`
	Error    *string  `json:"last_error"`
	Created  *string  `json:"created"`
}

func hookOf(e models.Endpoint, b models.Backlog) hook {
	h := hook{
		ID: e.ID, URL: e.URL, Events: webhook.Wanted(e.EndpointChoices), Format: e.Format, Media: e.Files, By: e.Identify, Headers: []string{},
		Hub: e.Hub, State: e.State, Failures: e.Failures, Waiting: b.Waiting, Dead: b.Dead, Success: web.Stamp(e.SucceededAt),
		Failure: web.Stamp(e.FailedAt), Error: known(e.LastError), Created: web.Stamp(e.CreatedAt),
	}
	if h.Events == nil {
		h.Events = []string{}
	}
	for name := range e.Headers {
		h.Headers = append(h.Headers, name)
	}
	slices.Sort(h.Headers)
	return h
}

// listWebhook answers the webhooks of the device. Those of the whole installation are the
// panel's.
func (s *Calls) listWebhook(c echo.Context, call deviceCall) error {
	ctx := c.Request().Context()
	list, err := s.store.Endpoints(ctx, call.snap.ID)
	if err != nil {
		return err
	}
	backlogs, err := s.store.Backlogs(ctx)
	if err != nil {
		return err
	}
	out := make([]hook, 0, len(list))
	for _, e := range list {
		out = append(out, hookOf(e, backlogs[e.ID]))
	}
	return web.WriteResults(c, out)
}

// chosen puts what a call says of a webhook into what is chosen of it.
func (s *Calls) chosen(call deviceCall, c *models.EndpointChoices, url *parameter) error {
	in := call.in
	wanted := webhook.Wanted(*c)
	if in.has(url) {
		c.URL = in.text(url)
	}
	if in.has(hookFormat) && in.text(hookFormat) != c.Format {
		c.Format = in.text(hookFormat)
		wanted = nil // their names were those of the other format
	}
	if in.has(hookEvents) {
		if wanted = in.list(hookEvents); len(wanted) == 1 && wanted[0] == everyType {
			wanted = nil
		}
	}
	if in.has(hookMedia) {
		c.Files = in.yes(hookMedia)
	}
	if in.has(hookBy) {
		c.Identify = in.text(hookBy)
	}
	if in.has(hookHub) {
		c.Hub = in.yes(hookHub)
	}
	if in.has(hookHeads) {
		c.Headers = make(map[string]string)
		for _, line := range in.list(hookHeads) {
			name, value, _ := strings.Cut(line, ":")
			c.Headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	if c.Identify == models.IdentifyKey && (call.keyID == "" || len(call.rights.Scopes) > 0) {
		return errKeyTold // else the receiver would be told a key that may do more
	}
	return s.hooks.Guard().Choose(c, wanted)
}

// addWebhook makes a webhook and answers its ID and secret, the secret this once.
func (s *Calls) addWebhook(c echo.Context, call deviceCall) error {
	choices := models.EndpointChoices{Format: models.FormatWadah, Files: true, Identify: models.IdentifyID}
	if err := s.chosen(call, &choices, hookURL); err != nil {
		return webhookFailure(err)
	}
	e, err := s.store.AddEndpoint(c.Request().Context(), call.snap.ID, choices)
	if err != nil {
		return err
	}
	s.noteCall(c, call, audit.WebhookAdd)
	return writeSecret(c, e)
}

func writeSecret(c echo.Context, e models.Endpoint) error {
	return web.WriteResults(c, struct {
		ID     string  `json:"id"`
		Secret string  `json:"secret"`
		Until  *string `json:"previous_until,omitempty"` // how long the secret before signs, too
	}{e.ID, e.Secrets[0], web.Stamp(e.PreviousUntil)})
}

// editWebhook changes what is sent of a webhook, pauses it, or goes on with it.
func (s *Calls) editWebhook(c echo.Context, call deviceCall) error {
	ctx := c.Request().Context()
	e, err := s.store.EditEndpoint(ctx, call.snap.ID, call.in.text(hookID), func(choices *models.EndpointChoices, paused *bool) error {
		if call.in.has(hookActive) {
			*paused = !call.in.yes(hookActive)
		}
		return s.chosen(call, choices, hookNewURL)
	})
	if err != nil {
		return webhookFailure(err)
	}
	s.noteCall(c, call, audit.WebhookEdit)
	backlogs, err := s.store.Backlogs(ctx)
	if err != nil {
		return err
	}
	return web.WriteResults(c, hookOf(e, backlogs[e.ID]))
}

func (s *Calls) deleteWebhook(c echo.Context, call deviceCall) error {
	if err := s.store.DeleteEndpoint(c.Request().Context(), call.snap.ID, call.in.text(hookID)); err != nil {
		return webhookFailure(err)
	}
	s.noteCall(c, call, audit.WebhookDelete)
	return web.WriteResults(c, struct {
		ID      string `json:"id"`
		Message string `json:"message"`
	}{call.in.text(hookID), "The webhook is deleted."})
}

// ownHook is a webhook of the device's, with its secrets.
func (s *Calls) ownHook(c echo.Context, call deviceCall) (models.Endpoint, error) {
	e, err := s.store.OpenEndpoint(c.Request().Context(), call.in.text(hookID))
	if err == nil && e.DeviceID != call.snap.ID {
		err = models.ErrNotFound
	}
	return e, webhookFailure(err)
}

// testWebhook sends a test at once and answers what came of it.
func (s *Calls) testWebhook(c echo.Context, call deviceCall) error {
	e, err := s.ownHook(c, call)
	if err != nil {
		return err
	}
	defer web.AllowTime(c, webhook.Patience)()
	a, err := s.hooks.Test(c.Request().Context(), e, call.snap.ID)
	if err != nil {
		return err
	}
	s.noteCall(c, call, audit.WebhookTest)
	return web.WriteResults(c, attemptOf(a))
}

// rotateWebhookSecret answers another secret, this once. The one before signs, too, for
// overlap hours.
func (s *Calls) rotateWebhookSecret(c echo.Context, call deviceCall) error {
	hours := time.Duration(call.in.whole(overlap, 24)) * time.Hour
	e, err := s.store.RotateEndpointSecret(c.Request().Context(), call.snap.ID, call.in.text(hookID), hours)
	if err != nil {
		return webhookFailure(err)
	}
	s.noteCall(c, call, audit.WebhookRotate)
	return writeSecret(c, e)
}

type deliveryTry struct {
	At     *string `json:"at"`
	Took   int64   `json:"ms"`
	Status int     `json:"status"` // of HTTP; 0: there was no answer
	Error  *string `json:"error"`
	Sent   string  `json:"sent"`
	Answer string  `json:"answer"`
}

func attemptOf(a models.Attempt) deliveryTry {
	return deliveryTry{web.Stamp(a.At), a.Took.Milliseconds(), a.Status, known(a.Error), strings.ToValidUTF8(string(a.Sent), "�"), strings.ToValidUTF8(string(a.Answer), "�")}
}

// listWebhookDelivery answers deliveries of a webhook, newest first, each with its tries.
func (s *Calls) listWebhookDelivery(c echo.Context, call deviceCall) error {
	ctx := c.Request().Context()
	e, err := s.ownHook(c, call)
	if err != nil {
		return err
	}
	filter := models.DeliveryFilter{
		EndpointID: e.ID, State: call.in.text(deliveryState), Type: call.in.text(deliveryType), Before: call.in.text(pageBefore),
		Limit: call.in.whole(pageLimit, 50),
	}
	rows, err := s.store.Deliveries(ctx, filter)
	if err != nil {
		return err
	}
	type delivery struct {
		ID     string        `json:"id_delivery"`
		Seq    int64         `json:"seq"`
		Type   string        `json:"type"`
		State  string        `json:"state"`
		Tries  int           `json:"tries"`
		Next   *string       `json:"next"` // when it is tried again
		Done   *string       `json:"done"`
		Trials []deliveryTry `json:"attempts"`
	}
	out := struct {
		Code    int        `json:"code"`
		Results []delivery `json:"results"`
		Next    *string    `json:"next"` // null: there is no more
	}{Code: http.StatusOK, Results: make([]delivery, 0, len(rows))}
	for _, row := range rows {
		attempts, err := s.store.Attempts(ctx, row)
		if err != nil {
			return err
		}
		d := delivery{ID: row.ID, Seq: row.Seq, Type: row.Type, State: row.State, Tries: row.Tries, Done: web.Stamp(row.DoneAt), Trials: make([]deliveryTry, 0, len(attempts))}
		if row.State == models.DeliveryPending || row.State == models.DeliveryLate {
			d.Next = web.Stamp(row.NextAt)
		}
		for _, a := range attempts {
			d.Trials = append(d.Trials, attemptOf(a))
		}
		out.Results = append(out.Results, d)
	}
	if len(rows) == filter.Limit {
		out.Next = &rows[len(rows)-1].ID
	}
	return web.WriteJSON(c, http.StatusOK, web.AppendAny(nil, out))
}

// replayWebhook sends again: one delivery, all that were given up, or those of a time.
func (s *Calls) replayWebhook(c echo.Context, call deviceCall) error {
	e, err := s.ownHook(c, call)
	if err != nil {
		return err
	}
	if e.State == models.EndpointGone {
		return errWebhookGone
	}
	f := models.ReplayFilter{ID: call.in.text(deliveryID), Dead: call.in.yes(replayDead)}
	switch {
	case f.ID != "" || f.Dead:
	case call.in.has(replayFrom):
		f.From, f.To = time.Unix(int64(call.in.whole(replayFrom, 0)), 0), time.Now()
		if call.in.has(replayTo) {
			f.To = time.Unix(int64(call.in.whole(replayTo, 0)), 0)
		}
	default:
		return errReplayWhat
	}
	n, err := s.store.Replay(c.Request().Context(), e.ID, f)
	if errors.Is(err, models.ErrNotFound) {
		return errNoDelivery
	}
	if err != nil {
		return err
	}
	s.noteCall(c, call, audit.WebhookReplay)
	return web.WriteResults(c, struct {
		Count int64 `json:"count"`
	}{n})
}
