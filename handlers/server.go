package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"wadah/handlers/panel/devicelist"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/limit"
	"wadah/handlers/live"
	"wadah/handlers/pages"
	"wadah/handlers/panel/about"
	"wadah/handlers/panel/auditlog"
	"wadah/handlers/panel/device"
	"wadah/handlers/panel/people"
	"wadah/handlers/panel/settings"
	"wadah/handlers/panel/signin"
	"wadah/handlers/phones"
	"wadah/handlers/qr"
	"wadah/handlers/scan"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/session/sandbox"
	"wadah/views"
)

// Config is what the outside decides about the HTTP side.
type Config struct {
	web.SiteConfig
	// Version is this program's; Library is the WhatsApp library's build.
	Version string
	Library string
	// Build says what the program was built from, for the page about it.
	Build about.Build
	// Simulated says that WhatsApp is simulated, here or elsewhere: every page says so.
	Simulated bool
	// Sandbox is the simulated WhatsApp of this process; nil in production.
	Sandbox *sandbox.Service
	// SetupToken opens the set-up page while there is no user; empty makes a random one.
	SetupToken string
	// PhoneRegion is the country of phone numbers without a country code; empty is "ID".
	PhoneRegion string
	// Limits bound what one client can use up.
	Limits limit.Limits
	// Now is the clock by which people sign in; nil for time.Now.
	Now func() time.Time
}

// Server answers HTTP: the panel, the API and their event streams.
type Server struct {
	*pages.Renderer

	cfg     Config
	store   *models.Store
	manager *session.Manager
	log     *slog.Logger

	front    *front
	rooms    []room
	live     livePages
	signin   *signin.Pages
	site     *web.Site
	pictures *qr.Pictures
	streams  *pages.Streams

	limits limit.Limits
	keys   *limit.Rates[string] // requests of API keys, by ID
	conns  *limit.Conns
	trail  *audit.Trail

	// reference reads the API's description when it is first asked for.
	reference func() (*apiReference, error)

	running sync.WaitGroup // what runs beside the streams until quit is closed

	quit  chan struct{} // closed by Close
	close sync.Once
}

// New builds a server. It starts goroutines, which Close ends; call New after
// the manager has been started, so that streams begin with every device.
func New(cfg Config, store *models.Store, manager *session.Manager, log *slog.Logger) *Server {
	if cfg.PhoneRegion == "" {
		cfg.PhoneRegion = "ID"
	}
	if cfg.Limits.MaxBody <= 0 {
		cfg.Limits.MaxBody = limit.Default().MaxBody
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	site, pictures, zones := web.NewSite(cfg.SiteConfig, log), qr.NewPictures(manager), visitor.NewZones(store)
	broadcaster := live.NewBroadcaster(manager.Hub().Subscribe, manager.Snapshots, log)
	broadcaster.Tell(pictures.Saw)
	logins := visitor.NewLogins(store, manager, broadcaster, site, zones, cfg.Now)
	s := &Server{
		cfg: cfg, store: store, manager: manager, log: log, site: site, pictures: pictures,
		Renderer: pages.NewRenderer(site, manager, pictures, log, views.Page{
			Sandbox: cfg.Simulated || cfg.Sandbox != nil, Phones: cfg.Sandbox != nil,
			Versions: views.Versions{Wadah: cfg.Version, Library: cfg.Library},
		}),
		streams: pages.NewStreams(broadcaster, logins, cfg.Limits.LoginStreams, cfg.Limits.KeyStreams),
		limits:  cfg.Limits, keys: limit.NewRates[string](cfg.Limits.KeyRate, cfg.Limits.KeyBurst),
		conns: limit.NewConns(limit.ConnLimits{
			Total: cfg.Limits.Connections, Address: cfg.Limits.AddressConnections, Idle: strangersIdle, Proxy: site.Trusts,
		}, log),
		trail: audit.NewTrail(store, site, log), reference: sync.OnceValues(readReference), quit: make(chan struct{}),
	}
	s.signin = signin.New(s.Renderer, store, logins, s.trail, cfg.SetupToken, cfg.Now)
	s.furnish(logins, zones)
	answers := web.NewAnswers(log, systemPaths, func(c echo.Context, f *web.Failure) error {
		logins.Know(c)
		return s.Problem(c, f)
	})
	guard := &guard{site, answers, logins, s.signin, manager, s.trail, cfg.Limits.MaxBody, log}
	s.front = newFront(site, answers, cfg.Limits, s.routes(), guard)
	s.running.Go(func() { s.conns.Run(s.quit) })
	go s.streams.Run(s.quit)
	return s
}

// furnish makes the rooms.
func (s *Server) furnish(logins *visitor.Logins, zones *visitor.Zones) {
	device := device.New(s.Renderer, s.store, s.manager, s.streams, s.trail, s.signin, s.cfg.PhoneRegion)
	list := devicelist.New(s.Renderer, s.manager, s.streams, s.trail, s.log)
	s.live = livePages{device: device.Events, list: list.Events}
	s.rooms = []room{
		web.NewFiles(), &health{s.store, s.log},
		s.signin, signin.NewAccount(s.signin, zones), list, device,
		people.New(s.Renderer, s.store, s.manager, logins, s.streams, s.trail),
		auditlog.New(s.Renderer, s.store, s.manager, s.trail, s.log),
		settings.New(s.Renderer, s.store, s.manager, s.trail, zones, s.limits, s.log),
		about.New(s.Renderer, s.store, s.cfg.Build),
		scan.New(s.Renderer, s.store, s.manager, s.streams, s.trail, s.cfg.PhoneRegion),
	}
	if s.cfg.Sandbox != nil {
		phones := phones.New(s.Renderer, s.cfg.Sandbox, s.manager, s.streams, s.trail, s.cfg.PhoneRegion)
		s.live.phones, s.rooms = phones.Events, append(s.rooms, phones)
	}
}

// Handler is the whole server.
func (s *Server) Handler() http.Handler { return s.front }

// Close ends every event stream and waits until that is announced to all of them.
// Call it before http.Server.Shutdown, which would wait for streams for ever.
func (s *Server) Close() {
	s.close.Do(func() { close(s.quit) })
	<-s.streams.Done()
	s.running.Wait()
}

// SetupURL is the path of the one-time set-up page with its token, to be printed for
// whoever started the program; "" when a user exists.
func (s *Server) SetupURL(ctx context.Context) (string, error) { return s.signin.SetupURL(ctx) }
