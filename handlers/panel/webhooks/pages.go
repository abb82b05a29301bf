package webhooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/session/webhook"
	"wadah/views"
	webhookviews "wadah/views/webhooks"
)

const (
	pageLength = 30
	hookParam  = "hook"
	// overlap is how long the secret before signs, too.
	overlap = 24 * time.Hour
)

// Pages are the webhooks of devices and of the installation.
type Pages struct {
	*pages.Renderer
	store    *models.Store
	devices  *session.Manager
	hooks    *webhook.Engine
	trail    *audit.Trail
	receiver *Receiver // nil outside the sandbox
}

// New makes the pages; receiver is the built-in one, or nil.
func New(renderer *pages.Renderer, store *models.Store, devices *session.Manager, hooks *webhook.Engine, trail *audit.Trail, receiver *Receiver) *Pages {
	return &Pages{renderer, store, devices, hooks, trail, receiver}
}

// place is whose webhooks a request is about.
func (s *Pages) place(c echo.Context) (webhookviews.Place, error) {
	id := c.Param(web.DeviceParam)
	if id == "" {
		return webhookviews.Place{}, nil
	}
	snap, err := s.devices.Find(c.Request().Context(), id)
	return webhookviews.Place{DeviceID: snap.ID, Device: snap.Name}, err
}

// hook is the webhook that a request names, with its secrets.
func (s *Pages) hook(c echo.Context) (webhookviews.Place, models.Endpoint, error) {
	place, err := s.place(c)
	if err != nil {
		return place, models.Endpoint{}, err
	}
	e, err := s.store.OpenEndpoint(c.Request().Context(), c.Param(hookParam))
	if err == nil && e.DeviceID != place.DeviceID {
		err = models.ErrNotFound
	}
	return place, e, err
}

func hookView(e models.Endpoint, b models.Backlog, z visitor.Zone) webhookviews.Hook {
	return webhookviews.Hook{
		ID: e.ID, URL: e.URL, Format: e.Format, State: e.State, Failures: e.Failures, Waiting: b.Waiting, Dead: b.Dead,
		Success: z.At(e.SucceededAt), Failure: z.At(e.FailedAt), Error: e.LastError, Until: z.At(e.PreviousUntil), Family: e.Family,
	}
}

// formOf is what is chosen of a webhook, as people type it.
func formOf(c models.EndpointChoices) webhookviews.Form {
	f := webhookviews.Form{URL: c.URL, Format: c.Format, Events: strings.Join(webhook.Wanted(c), ", "), NoFiles: !c.Files, Hub: c.Hub}
	var lines []string
	for name, value := range c.Headers {
		lines = append(lines, name+": "+value)
	}
	slices.Sort(lines)
	f.Headers = strings.Join(lines, "\n")
	return f
}

// typed is what somebody has typed.
func typed(c echo.Context) webhookviews.Form {
	return webhookviews.Form{
		URL: strings.TrimSpace(c.FormValue("url")), Format: c.FormValue("format"), Events: c.FormValue("events"), Headers: c.FormValue("headers"),
		NoFiles: c.FormValue("nofiles") != "", Hub: c.FormValue("hub") != "",
	}
}

// choose puts what somebody has typed into what is chosen.
func (s *Pages) choose(f webhookviews.Form, c *models.EndpointChoices) error {
	c.URL, c.Files, c.Hub, c.Format = f.URL, !f.NoFiles, f.Hub, models.FormatWadah
	if f.Format == models.FormatWHAPI {
		c.Format = models.FormatWHAPI
	}
	c.Headers = nil
	for line := range strings.Lines(f.Headers) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		if c.Headers == nil {
			c.Headers = make(map[string]string)
		}
		c.Headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	wanted := strings.FieldsFunc(f.Events, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
	return s.hooks.Guard().Choose(c, wanted)
}

// refusal is what is wrong with what was typed, as a sentence; "" when that is not it.
func refusal(l views.Lang, err error) string {
	var invalid *models.Invalid
	switch {
	case errors.Is(err, webhook.ErrRefused):
		return l.Invalid("address_refused")
	case errors.As(err, &invalid):
		return l.Invalid(invalid.Code)
	}
	return ""
}

func (s *Pages) list(c echo.Context) error {
	return s.showList(c, http.StatusOK, webhookviews.Form{})
}

func (s *Pages) showList(c echo.Context, status int, form webhookviews.Form) error {
	ctx, z := c.Request().Context(), visitor.Of(c).Zone
	place, err := s.place(c)
	if err != nil {
		return err
	}
	page := webhookviews.ListPage{Page: s.Around(c), Place: place, Form: form}
	if s.receiver != nil {
		page.Form.Receiver = s.receiver.address(c)
		if form == (webhookviews.Form{}) {
			page.Form.URL = page.Form.Receiver
		}
	}
	backlogs, err := s.store.Backlogs(ctx)
	if err != nil {
		return err
	}
	hooksOf := func(id string) (list []webhookviews.Hook, err error) {
		all, err := s.store.Endpoints(ctx, id)
		for _, e := range all {
			list = append(list, hookView(e, backlogs[e.ID], z))
		}
		return list, err
	}
	if page.Hooks, err = hooksOf(place.DeviceID); err != nil {
		return err
	}
	if place.DeviceID == "" {
		for _, snap := range s.devices.Snapshots() {
			hooks, err := hooksOf(snap.ID)
			if err != nil {
				return err
			}
			if len(hooks) > 0 {
				page.Devices = append(page.Devices, webhookviews.DeviceHooks{Place: webhookviews.Place{DeviceID: snap.ID, Device: snap.Name}, Hooks: hooks})
			}
		}
	}
	return s.Render(c, status, webhookviews.List(page))
}

func (s *Pages) note(c echo.Context, place webhookviews.Place, action audit.Action) {
	s.trail.Note(c, visitor.Entry(c, action, place.DeviceID, place.Device))
}

func (s *Pages) add(c echo.Context) error {
	place, err := s.place(c)
	if err != nil {
		return err
	}
	form, choices := typed(c), models.EndpointChoices{}
	err = s.choose(form, &choices)
	var e models.Endpoint
	if err == nil {
		e, err = s.store.AddEndpoint(c.Request().Context(), place.DeviceID, choices)
	}
	if form.Problem = refusal(visitor.Of(c).Lang, err); form.Problem != "" {
		return s.showList(c, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	s.note(c, place, audit.WebhookAdd)
	return s.show(c, http.StatusOK, place, e, func(p *webhookviews.HookPage) { p.Secret = e.Secrets[0] })
}

func (s *Pages) open(c echo.Context) error {
	place, e, err := s.hook(c)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, place, e, func(*webhookviews.HookPage) {})
}

func (s *Pages) show(c echo.Context, status int, place webhookviews.Place, e models.Endpoint, change func(*webhookviews.HookPage)) error {
	ctx, z := c.Request().Context(), visitor.Of(c).Zone
	backlogs, err := s.store.Backlogs(ctx)
	if err != nil {
		return err
	}
	page := webhookviews.HookPage{Page: s.Around(c), Place: place, Hook: hookView(e, backlogs[e.ID], z), Form: formOf(e.EndpointChoices), State: c.QueryParam("state")}
	if !web.IsGet(c.Request()) {
		page.Page.Path = place.At(e.ID)
	}
	page.Live = page.Page.Path
	rows, err := s.store.Deliveries(ctx, models.DeliveryFilter{EndpointID: e.ID, State: page.State, Before: c.QueryParam("before"), Limit: pageLength})
	if err != nil {
		return err
	}
	names := s.names()
	for _, d := range rows {
		page.Deliveries = append(page.Deliveries, deliveryView(d, place, names, z))
	}
	if len(rows) == pageLength {
		page.Older = rows[pageLength-1].ID
	}
	change(&page)
	return s.Render(c, status, webhookviews.One(page))
}

// names are those of all devices.
func (s *Pages) names() map[string]string {
	names := make(map[string]string)
	for _, snap := range s.devices.Snapshots() {
		names[snap.ID] = snap.Name
	}
	return names
}

func deliveryView(d models.Delivery, place webhookviews.Place, names map[string]string, z visitor.Zone) webhookviews.Delivery {
	v := webhookviews.Delivery{ID: d.ID, Type: d.Type, State: d.State, Seq: d.Seq, Tries: d.Tries, Done: z.At(d.DoneAt)}
	if place.DeviceID == "" {
		v.Device = names[d.DeviceID]
	}
	if d.Tries > 0 && (d.State == models.DeliveryPending || d.State == models.DeliveryLate) {
		v.Next = z.At(d.NextAt)
	}
	return v
}

func (s *Pages) edit(c echo.Context) error {
	place, e, err := s.hook(c)
	if err != nil {
		return err
	}
	form := typed(c)
	_, err = s.store.EditEndpoint(c.Request().Context(), place.DeviceID, e.ID, func(choices *models.EndpointChoices, _ *bool) error { return s.choose(form, choices) })
	if problem := refusal(visitor.Of(c).Lang, err); problem != "" {
		form.Problem = problem
		return s.show(c, http.StatusUnprocessableEntity, place, e, func(p *webhookviews.HookPage) { p.Form = form })
	}
	if err != nil {
		return err
	}
	s.note(c, place, audit.WebhookEdit)
	return c.Redirect(http.StatusSeeOther, place.At(e.ID))
}

func (s *Pages) pause(c echo.Context) error {
	place, e, err := s.hook(c)
	if err != nil {
		return err
	}
	_, err = s.store.EditEndpoint(c.Request().Context(), place.DeviceID, e.ID, func(_ *models.EndpointChoices, paused *bool) error {
		*paused = c.FormValue("on") != "1"
		return nil
	})
	if err != nil {
		return err
	}
	s.note(c, place, audit.WebhookEdit)
	return c.Redirect(http.StatusSeeOther, place.At(e.ID))
}

func (s *Pages) test(c echo.Context) error {
	place, e, err := s.hook(c)
	if err != nil {
		return err
	}
	defer web.AllowTime(c, webhook.Patience)()
	a, err := s.hooks.Test(c.Request().Context(), e, place.DeviceID)
	if err != nil {
		return err
	}
	s.note(c, place, audit.WebhookTest)
	shown := tryView(a, visitor.Of(c).Zone, true)
	return s.show(c, http.StatusOK, place, e, func(p *webhookviews.HookPage) { p.Tested = &shown })
}

func (s *Pages) rotate(c echo.Context) error {
	place, e, err := s.hook(c)
	if err != nil {
		return err
	}
	fresh, err := s.store.RotateEndpointSecret(c.Request().Context(), place.DeviceID, e.ID, overlap)
	if err != nil {
		return err
	}
	s.note(c, place, audit.WebhookRotate)
	return s.show(c, http.StatusOK, place, fresh, func(p *webhookviews.HookPage) { p.Secret = fresh.Secrets[0] })
}

func (s *Pages) remove(c echo.Context) error {
	place, err := s.place(c)
	if err != nil {
		return err
	}
	if err := s.store.DeleteEndpoint(c.Request().Context(), place.DeviceID, c.Param(hookParam)); err != nil {
		return err
	}
	s.note(c, place, audit.WebhookDelete)
	return c.Redirect(http.StatusSeeOther, place.At(""))
}

func (s *Pages) replay(c echo.Context) error {
	place, e, err := s.hook(c)
	if err != nil {
		return err
	}
	f := models.ReplayFilter{ID: c.FormValue("delivery"), Dead: c.FormValue("dead") == "1"}
	if f.ID == "" && !f.Dead {
		return models.ErrNotFound
	}
	if _, err := s.store.Replay(c.Request().Context(), e.ID, f); err != nil {
		return err
	}
	s.note(c, place, audit.WebhookReplay)
	back := e.ID
	if f.ID != "" {
		back += "/deliveries/" + f.ID
	}
	return c.Redirect(http.StatusSeeOther, place.At(back))
}

// delivery shows each try of a delivery. What people have written is for those who may read
// messages, and that it was looked at is written down.
func (s *Pages) delivery(c echo.Context) error {
	place, e, err := s.hook(c)
	if err != nil {
		return err
	}
	ctx, v := c.Request().Context(), visitor.Of(c)
	d, err := s.store.Delivery(ctx, e.ID, c.Param("delivery"))
	if err != nil {
		return err
	}
	may, err := s.mayRead(c, d)
	if err != nil {
		return err
	}
	attempts, err := s.store.Attempts(ctx, d)
	if err != nil {
		return err
	}
	page := webhookviews.DeliveryPage{Page: s.Around(c), Place: place, Hook: hookView(e, models.Backlog{}, v.Zone), Delivery: deliveryView(d, place, s.names(), v.Zone)}
	for _, a := range slices.Backward(attempts) {
		page.Tries = append(page.Tries, tryView(a, v.Zone, may))
	}
	return s.Render(c, http.StatusOK, webhookviews.OneDelivery(page))
}

// mayRead reports whether a visitor may see what a delivery says, and writes that down.
func (s *Pages) mayRead(c echo.Context, d models.Delivery) (bool, error) {
	if d.Type == models.EventState {
		return true, nil
	}
	may, err := visitor.Of(c).MayRead(c.Request().Context(), s.store)
	if err != nil || !may {
		return false, err
	}
	return true, s.trail.Seldom(c, visitor.Entry(c, audit.MessageOpen, d.DeviceID, d.ID))
}

func tryView(a models.Attempt, z visitor.Zone, mayRead bool) webhookviews.Try {
	t := webhookviews.Try{At: z.At(a.At), Took: a.Took, Status: a.Status, Error: a.Error, Hidden: !mayRead}
	if mayRead {
		t.Sent, t.Answer = pretty(a.Sent), strings.ToValidUTF8(string(a.Answer), "�")
	}
	return t
}

// pretty is JSON as people read it, and anything else as it is.
func pretty(body []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, body, "", "  ") != nil {
		return strings.ToValidUTF8(string(body), "�")
	}
	return out.String()
}
