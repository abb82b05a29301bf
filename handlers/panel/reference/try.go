package reference

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	referenceviews "wadah/views/reference"
)

const (
	// tryTime bounds a call that is tried: the longest waits for WhatsApp take 25 s.
	tryTime = 40 * time.Second
	// tryField precedes the names of a call's values in the form, so that none of them
	// can be taken for the form's own.
	tryField = "value-"
)

// tryCall makes a call of the API on behalf of a person, through the same door as every
// program: router, limits and all. It can do no more than the key, which people who may
// run the device may see anyway.
func (s *Pages) tryCall(c echo.Context) error {
	ref, err := s.read()
	if err != nil {
		return err
	}
	call, known := ref.Calls[c.FormValue("call")]
	if !known || !call.Try {
		return echo.ErrNotFound
	}
	if call.System && !visitor.Of(c).May(web.Admin) {
		visitor.NoteRefusal(c, s.trail, s.devices, web.ErrForbidden, "")
		return web.ErrForbidden
	}
	answer := referenceviews.TryAnswer{Call: call.Name}
	var snap session.Snapshot
	if id := c.FormValue(web.DeviceField); call.OnDevice && id != "" {
		if snap, err = s.devices.Find(c.Request().Context(), id); err != nil {
			return err
		}
		answer.Device = snap.Name
	}
	switch {
	case call.OnDevice && snap.ID == "":
		answer.Problem = referenceviews.TryNoDevice
	case call.Ask != "" && c.FormValue("confirm") != "yes":
		answer.Problem = referenceviews.TryUnconfirmed
	default:
		err = s.try(c, call, snap, &answer)
	}
	if err != nil {
		return err
	}
	return s.showTry(c, answer)
}

// try finds the key and makes the call. No trace, no key.
func (s *Pages) try(c echo.Context, call referenceviews.RefCall, snap session.Snapshot, answer *referenceviews.TryAnswer) error {
	if err := s.trail.Must(c, visitor.Entry(c, audit.ReferenceTry, snap.ID, call.Name)); err != nil {
		return err
	}
	var key string
	var err error
	if call.System {
		answer.Problem = referenceviews.TryNoSecret
		key, err = s.newestSecret(c.Request().Context())
	} else {
		answer.Problem = referenceviews.TryNoKey
		key, err = s.oldestKey(c.Request().Context(), snap.ID)
	}
	if err != nil || key == "" {
		return err
	}
	answer.Problem = referenceviews.TryFine
	form := url.Values{}
	for _, p := range call.Params {
		if value := c.FormValue(tryField + p.Name); p.Tried && value != "" {
			form.Set(p.Name, value)
		}
		if p.Name == web.DeviceParam {
			form.Set(p.Name, snap.ID)
		}
	}
	return s.send(c, call.Path, key, form, answer)
}

// send puts the request through the server's own front door. It carries a key, so the
// default device never answers; and Via says that it came through somebody else, so
// that it would not even if it carried none.
func (s *Pages) send(c echo.Context, path, key string, form url.Values, answer *referenceviews.TryAnswer) error {
	defer web.AllowTime(c, tryTime)()
	ctx, cancel := context.WithTimeout(c.Request().Context(), tryTime)
	defer cancel()
	body := form.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(body))
	if err != nil {
		return err
	}
	// The limits of addresses and the audit are about the person at the browser.
	r.Host, r.RemoteAddr = c.Request().Host, c.Request().RemoteAddr
	if addr := s.Client(c.Request()); addr.IsValid() {
		r.RemoteAddr = netip.AddrPortFrom(addr, 0).String()
	}
	r.Header.Set("Content-Type", web.FormType)
	r.Header.Set("X-Api-Key", key)
	r.Header.Set("Via", "1.1 panel")
	rec := newTryRecorder()
	began := time.Now()
	s.door.ServeHTTP(rec, r)
	answer.Took = time.Since(began)
	answer.Request = requestText(s.BaseURL(c), path, body)
	rec.tell(answer, key)
	return nil
}

// requestText is the request as it was sent, the key hidden.
func requestText(base, path, body string) string {
	var b strings.Builder
	b.WriteString("POST " + base + path + "\nX-Api-Key: " + hiddenKey)
	if body != "" {
		b.WriteString("\nContent-Type: " + web.FormType + "\n\n" + body)
	}
	return b.String()
}

// oldestKey is the value of the device's oldest valid key; "" when there is none.
func (s *Pages) oldestKey(ctx context.Context, deviceID string) (string, error) {
	keys, err := s.store.Keys(ctx, deviceID)
	if err != nil {
		return "", err
	}
	key := models.OldestKey(keys, time.Now())
	if key == nil {
		return "", nil
	}
	return s.store.RevealKey(ctx, key.ID)
}

// newestSecret is the system secret in use; "" when the system API is off.
func (s *Pages) newestSecret(ctx context.Context) (string, error) {
	secrets, err := s.store.SystemSecrets(ctx)
	if err != nil || len(secrets) == 0 {
		return "", err
	}
	return s.store.RevealSystemSecret(ctx, secrets[0].ID)
}

// showTry answers with what became of the call: below its form for htmx, and otherwise
// with the page.
func (s *Pages) showTry(c echo.Context, answer referenceviews.TryAnswer) error {
	status := http.StatusOK
	if answer.Problem != referenceviews.TryFine {
		status = http.StatusUnprocessableEntity
	}
	if web.IsFragment(c.Request()) {
		partials, err := referenceviews.TryPartials(c.Request().Context(), visitor.Of(c).Lang, answer)
		if err != nil {
			return err
		}
		return pages.WritePartials(c, status, partials)
	}
	page, err := s.referenceShow(c)
	if err != nil {
		return err
	}
	page.Tried = &answer
	return s.Render(c, status, referenceviews.ReferenceShow(page))
}
