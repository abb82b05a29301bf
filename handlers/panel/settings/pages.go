package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/limit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/views"
	settingsviews "wadah/views/settings"
)

// maxBrand is how many characters the name on scan pages may have.
const maxBrand = 60

// Pages are what concerns the whole installation.
type Pages struct {
	*pages.Renderer
	store   *models.Store
	devices *session.Manager
	trail   *audit.Trail
	zones   *visitor.Zones
	limits  limit.Limits
	log     *slog.Logger
	region  string // of phone numbers without a country code
}

// New makes the pages; limits are those in force, region is the country of phone numbers
// without a country code.
func New(renderer *pages.Renderer, store *models.Store, devices *session.Manager, trail *audit.Trail, zones *visitor.Zones, limits limit.Limits, log *slog.Logger, region string) *Pages {
	return &Pages{renderer, store, devices, trail, zones, limits, log, region}
}

// settingsPage shows what concerns the whole installation.
func (s *Pages) settingsPage(c echo.Context) error {
	return s.showSettings(c, http.StatusOK, func(*settingsviews.SettingsPage) {})
}

func (s *Pages) showSettings(c echo.Context, status int, change func(*settingsviews.SettingsPage)) error {
	ctx, z := c.Request().Context(), visitor.Of(c).Zone
	page := settingsviews.SettingsPage{Page: s.Around(c), BaseURL: s.BaseURL(c), MinDays: audit.MinRetention, Limits: s.limitsView()}
	page.Path = "/settings"
	page.ScanWindow, page.Grace = s.lifeView()
	page.WhatsApp = s.versionView(z)
	for _, snap := range s.devices.Snapshots() {
		page.Devices = append(page.Devices, views.DeviceChoice{ID: snap.ID, Name: snap.Name})
	}
	for _, proxy := range s.PassedOn() {
		page.Untrusted = append(page.Untrusted, settingsviews.UntrustedProxy{Address: proxy.String(), Setting: s.TrustToo(proxy)})
	}
	secrets, err := s.store.SystemSecrets(ctx)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(secrets))
	for _, secret := range secrets {
		ids = append(ids, secret.ID)
	}
	shown, err := s.store.LastViews(ctx, ids)
	if err != nil {
		return err
	}
	for _, secret := range secrets {
		page.Secrets = append(page.Secrets, settingsviews.Secret{
			ID: secret.ID, CreatedAt: z.At(secret.CreatedAt), ExpiresAt: z.AtPtr(secret.ExpiresAt), Shown: pages.ShownTo(shown[secret.ID], z),
		})
	}
	if page.Zone, err = s.zoneView(ctx); err != nil {
		return err
	}
	if page.Days, err = audit.Retention(ctx, s.store); err != nil {
		return err
	}
	if err = s.messagesView(ctx, &page); err != nil {
		return err
	}
	if page.Brand, err = pages.Brand(ctx, s.store); err != nil {
		return err
	}
	if page.LinkedName, err = s.store.LinkedNames(ctx); err != nil {
		return err
	}
	change(&page)
	return s.Render(c, status, settingsviews.Settings(page))
}

// limitsView are the limits in force, with the variables that set them.
func (s *Pages) limitsView() []settingsviews.Limit {
	l := s.limits
	perDevice, perNumber := s.devices.CodeLimits()
	rate := func(n, burst int) string {
		if n <= 0 {
			return "∞"
		}
		return fmt.Sprintf("%d/s (%d)", n, burst)
	}
	count := func(n int) string {
		if n <= 0 {
			return "∞"
		}
		return strconv.Itoa(n)
	}
	sending := "∞"
	if pace := s.devices.Outbox().Pace(); pace.PerMinute > 0 {
		sending = fmt.Sprintf("%d/min (%d)", pace.PerMinute, pace.Burst)
	}
	trusted := "–"
	if proxies := s.Proxies(); len(proxies) > 0 {
		var list []string
		for _, p := range proxies {
			list = append(list, p.String())
		}
		trusted = strings.Join(list, ", ")
	}
	return []settingsviews.Limit{
		{Name: "key_rate", Value: rate(l.KeyRate, l.KeyBurst), Env: variables("KeyRate", "KeyBurst")},
		{Name: "address_rate", Value: rate(l.AddressRate, l.AddressBurst), Env: variables("AddressRate", "AddressBurst")},
		{Name: "login_streams", Value: count(l.LoginStreams), Env: variables("LoginStreams")},
		{Name: "key_streams", Value: count(l.KeyStreams), Env: variables("KeyStreams")},
		{Name: "connections", Value: count(l.Connections), Env: variables("Connections")},
		{Name: "address_connections", Value: count(l.AddressConnections), Env: variables("AddressConnections")},
		{Name: "devices", Value: count(l.MaxDevices), Env: variables("MaxDevices")},
		{Name: "keys", Value: strconv.Itoa(models.MaxKeys)},
		{Name: "scan_links", Value: strconv.Itoa(models.MaxScanLinks)},
		{Name: "logins", Value: strconv.Itoa(models.MaxLogins)},
		{Name: "codes", Value: count(perDevice) + ", " + count(perNumber)},
		{Name: "send_rate", Value: sending, Env: "WADAH_SEND_RATE"},
		{Name: "body", Value: strconv.FormatInt(l.MaxBody, 10) + " B", Env: variables("MaxBody")},
		{Name: "trusted_proxies", Value: trusted, Env: "WADAH_TRUSTED_PROXIES"},
	}
}

// variables are those that set some limits.
func variables(fields ...string) string {
	var names []string
	for _, field := range fields {
		names = append(names, limit.Variable(field))
	}
	return strings.Join(names, ", ")
}

// rotateSecret makes the first system secret, or replaces it, and shows the new one.
func (s *Pages) rotateSecret(c echo.Context) error {
	ctx := c.Request().Context()
	overlap, err := web.Overlap(c)
	if err != nil {
		return err
	}
	before, err := s.store.SystemSecrets(ctx)
	if err != nil {
		return err
	}
	secret, err := s.store.RotateSystemSecret(ctx, overlap)
	if err != nil {
		return err
	}
	action := audit.SecretCreate
	if len(before) > 0 {
		action = audit.SecretRotate
	}
	s.trail.Note(c, visitor.Entry(c, action, "", ""))
	return s.showSecret(c, secret.ID, secret.Value, visitor.Of(c).Lang.Notice(views.NoticeSecretCreated))
}

// revealSecret shows a system secret, after it was written down who asked for it.
func (s *Pages) revealSecret(c echo.Context) error {
	id := c.Param("secret")
	if err := s.trail.Must(c, visitor.Entry(c, audit.SecretReveal, "", "")); err != nil {
		return err
	}
	value, err := s.store.RevealSystemSecret(c.Request().Context(), id)
	if err != nil {
		return err
	}
	return s.showSecret(c, id, value, nil)
}

func (s *Pages) showSecret(c echo.Context, id, value string, said *views.Flash) error {
	if err := visitor.NoteView(c, s.store, id); err != nil {
		return err
	}
	return s.showSettings(c, http.StatusOK, func(page *settingsviews.SettingsPage) {
		for i := range page.Secrets {
			if page.Secrets[i].ID == id {
				page.Secrets[i].Value = value
			}
		}
		if said != nil {
			page.Flash = said
		}
	})
}

// revokeSecrets ends all system secrets: the system API is off.
func (s *Pages) revokeSecrets(c echo.Context) error {
	if c.FormValue("confirm") != "yes" {
		return c.Redirect(http.StatusSeeOther, "/settings")
	}
	if err := s.store.RevokeSystemSecrets(c.Request().Context()); err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, audit.SecretRevoke, "", ""))
	return s.settingsDone(c, views.NoticeSecretRevoked, "")
}

// setBrand says what name scan pages carry.
func (s *Pages) setBrand(c echo.Context) error {
	name := strings.Join(strings.Fields(c.FormValue("brand")), " ")
	if utf8.RuneCountInString(name) > maxBrand || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return s.showSettings(c, http.StatusUnprocessableEntity, func(page *settingsviews.SettingsPage) {
			page.Problems = map[string]string{"brand": page.Lang.Invalid("name_too_long")}
			page.Brand = name
		})
	}
	if err := s.store.SetSetting(c.Request().Context(), pages.BrandSetting, name); err != nil {
		return err
	}
	s.noteSetting(c, pages.BrandSetting, name)
	return s.settingsDone(c, views.NoticeSettingsSaved, "")
}

// setLinkedName says what phones call the devices that have no name of their own there.
func (s *Pages) setLinkedName(c echo.Context) error {
	typed := c.FormValue("name")
	err := s.store.SetLinkedNames(c.Request().Context(), typed)
	var invalid *models.Invalid
	if errors.As(err, &invalid) {
		return s.showSettings(c, http.StatusUnprocessableEntity, func(page *settingsviews.SettingsPage) {
			page.Problems = map[string]string{"linked_name": page.Lang.Invalid(invalid.Code)}
			page.LinkedName = typed
		})
	}
	if err != nil {
		return err
	}
	s.noteSetting(c, "linked_name", strings.TrimSpace(typed))
	return s.settingsDone(c, views.NoticeSettingsSaved, "")
}

// noteSetting writes down what a setting is now, as it is stored; the page has the words.
func (s *Pages) noteSetting(c echo.Context, name, value string) {
	e := visitor.Entry(c, audit.SettingsChange, "", name)
	e.Detail = value
	s.trail.Note(c, e)
}
