package handlers

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/limit"
	"wadah/handlers/live"
	"wadah/handlers/pages"
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
	Build Build
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
	now     func() time.Time

	echo     *echo.Echo
	logins   *visitor.Logins
	site     *web.Site
	answers  *web.Answers
	signin   *signin.Pages
	account  *signin.Account
	pictures *qr.Pictures
	scan     *scan.Pages
	phones   *phones.Pages // nil without
	files    *web.Files
	streams  *pages.Streams

	limits  limit.Limits
	limited rates
	conns   *limit.Conns
	trail   *audit.Trail
	zones   *visitor.Zones

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
	s := &Server{
		cfg: cfg, store: store, manager: manager, log: log,
		site:     web.NewSite(cfg.SiteConfig, log),
		pictures: qr.NewPictures(manager), zones: visitor.NewZones(store), files: web.NewFiles(),
		limits: cfg.Limits, limited: newRates(cfg.Limits),
		reference: sync.OnceValues(readReference),
		quit:      make(chan struct{}),
	}
	if s.now = cfg.Now; s.now == nil {
		s.now = time.Now
	}
	s.Renderer = pages.NewRenderer(s.site, manager, s.pictures, log, views.Page{
		Sandbox: cfg.Simulated || cfg.Sandbox != nil, Phones: cfg.Sandbox != nil,
		Versions: views.Versions{Wadah: cfg.Version, Library: cfg.Library},
	})
	s.trail = audit.NewTrail(store, s.site, log)
	s.answers = web.NewAnswers(log, systemPaths, s.renderProblem)
	s.conns = limit.NewConns(limit.ConnLimits{
		Total: s.limits.Connections, Address: s.limits.AddressConnections, Idle: strangersIdle,
		Proxy: s.site.Trusts,
	}, log)
	broadcaster := live.NewBroadcaster(manager.Hub().Subscribe, manager.Snapshots, log)
	broadcaster.Tell(s.pictures.Saw)
	s.logins = visitor.NewLogins(store, manager, broadcaster, s.site, s.zones, s.now)
	s.streams = pages.NewStreams(broadcaster, s.logins, s.limits.LoginStreams, s.limits.KeyStreams)
	s.signin = signin.New(s.Renderer, store, s.logins, s.trail, cfg.SetupToken, s.now)
	s.account = signin.NewAccount(s.signin, s.zones)
	s.scan = scan.New(s.Renderer, store, manager, s.streams, s.trail, cfg.PhoneRegion)
	if cfg.Sandbox != nil {
		s.phones = phones.New(s.Renderer, cfg.Sandbox, manager, s.streams, s.trail, cfg.PhoneRegion)
	}
	s.echo = s.newEcho()
	s.running.Go(func() { s.conns.Run(s.quit) })
	go s.streams.Run(s.quit)
	return s
}

// newEcho builds the router. Echo's own logger is silent: what matters is logged here.
func (s *Server) newEcho() *echo.Echo {
	e := echo.New()
	e.HideBanner = true
	e.Logger.SetOutput(io.Discard)
	e.HTTPErrorHandler = s.answers.HandleError
	for _, r := range s.routes() {
		e.Add(r.Method, r.Path, s.guard(r))
		if r.Method == http.MethodGet {
			e.Add(http.MethodHead, r.Path, s.guard(r)) // net/http leaves the body out
		}
	}
	return e
}

// Handler is the whole server.
func (s *Server) Handler() http.Handler { return front{s} }

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
