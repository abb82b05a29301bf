package handlers

import (
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"wadah/handlers/limit"
	"wadah/models"
	"wadah/session"
)

// Config is what the outside decides about the HTTP side.
type Config struct {
	// PublicURL is where people reach this installation ("https://wa.example.com", no
	// path), when that is not what their requests say; nil otherwise. With https,
	// cookies are marked Secure.
	PublicURL *url.URL
	// AlsoURLs are further addresses that programs and proxies inside use. Once there is a
	// PublicURL, requests for any other host name are refused.
	AlsoURLs []*url.URL
	// CORSOrigins are the sites whose pages may call the API, such as
	// "https://app.example.com"; none by default.
	CORSOrigins []string
	// TrustedProxies are the peers whose forwarding headers are believed.
	TrustedProxies []netip.Prefix
	// SecureCookies marks cookies Secure whatever the request looks like.
	SecureCookies bool
	// Version is this program's; Library is the WhatsApp library's build.
	Version string
	Library string
	// Build says what the program was built from, for the page about it.
	Build Build
	// Simulated says that WhatsApp is simulated, here or elsewhere: every page says so.
	Simulated bool
	// Sandbox is the simulated WhatsApp of this process; nil in production.
	Sandbox *Sandbox
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
	cfg     Config
	store   *models.Store
	manager *session.Manager
	log     *slog.Logger
	now     func() time.Time

	echo     *echo.Echo
	logins   *scs.SessionManager
	csrf     *http.CrossOriginProtection
	setup    *setupDoor
	throttle *limit.Throttle // of strangers
	ownDoors *limit.Throttle // of known browsers, logins and second steps
	qrs      *qrCache
	assets   *assets
	buffers  *buffers
	streams  *broadcaster
	// What somebody who is signed in has begun, by the token of the login.
	enrolments    *limit.Map[string, models.TOTPEnrolment]
	registrations *limit.Map[string, registration]

	limits  limit.Limits
	limited rates
	conns   *limit.Conns
	seldom  *limit.Map[seldomKey, struct{}]
	zones   *zones

	forwarders forwarders
	hosts      []string // names of the public URLs
	// reference reads the API's description when it is first asked for.
	reference func() (*apiReference, error)

	lastPhones *limit.Map[string, string] // number of the phone each device was linked to last, by the device's ID

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
		csrf: http.NewCrossOriginProtection(), setup: newSetupDoor(cfg.SetupToken),
		throttle: limit.NewThrottle(), ownDoors: limit.NewThrottle(), qrs: newQRCache(), zones: newZones(store), assets: newAssets(), buffers: new(buffers),
		streams:    newBroadcaster(manager.Hub().Subscribe, manager.Snapshots, log),
		enrolments: limit.NewMap[string, models.TOTPEnrolment](stepsSize, stepTime), registrations: limit.NewMap[string, registration](stepsSize, stepTime),
		limits: cfg.Limits, limited: newRates(cfg.Limits), seldom: limit.NewMap[seldomKey, struct{}](seldomSize, seldomEvery),
		lastPhones: limit.NewMap[string, string](lastPhonesSize, 0), reference: sync.OnceValues(readReference),
		quit: make(chan struct{}),
	}
	if s.now = cfg.Now; s.now == nil {
		s.now = time.Now
	}
	s.hosts = ownHosts(cfg)
	s.conns = limit.NewConns(limit.ConnLimits{
		Total: s.limits.Connections, Address: s.limits.AddressConnections, Idle: strangersIdle,
		Proxy: func(addr netip.Addr) bool { return trustedBy(cfg.TrustedProxies, addr) },
	}, log)
	for _, u := range cfg.publicURLs() {
		// Without this, a browser that sends no Sec-Fetch-Site would be refused behind a
		// proxy that changes the Host header.
		if err := s.csrf.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			log.Warn("the public URL cannot be trusted as an origin", "err", err)
		}
	}
	s.streams.also = func(snap session.Snapshot) {
		if snap.QR == nil {
			s.qrs.forget(snap.ID) // what links an account is kept no longer than it is shown
		}
	}
	s.logins = newLogins(store)
	s.echo = s.newEcho()
	s.running.Go(func() { s.conns.Run(s.quit) })
	go s.streams.run(s.quit)
	return s
}

// newEcho builds the router. Echo's own logger is silent: what matters is logged here.
func (s *Server) newEcho() *echo.Echo {
	e := echo.New()
	e.HideBanner = true
	e.Logger.SetOutput(io.Discard)
	e.HTTPErrorHandler = s.handleError
	for _, r := range s.routes() {
		e.Add(r.method, r.path, s.guard(r))
		if r.method == http.MethodGet {
			e.Add(http.MethodHead, r.path, s.guard(r)) // net/http leaves the body out
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
	<-s.streams.done
	s.running.Wait()
}
