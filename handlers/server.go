package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/api"
	"wadah/handlers/api/openapi"
	"wadah/handlers/audit"
	"wadah/handlers/limit"
	"wadah/handlers/live"
	"wadah/handlers/pages"
	"wadah/handlers/panel/about"
	"wadah/handlers/panel/auditlog"
	"wadah/handlers/panel/device"
	"wadah/handlers/panel/devicelist"
	"wadah/handlers/panel/messages"
	"wadah/handlers/panel/people"
	"wadah/handlers/panel/reference"
	"wadah/handlers/panel/settings"
	"wadah/handlers/panel/signin"
	"wadah/handlers/panel/webhooks"
	"wadah/handlers/phones"
	"wadah/handlers/qr"
	"wadah/handlers/scan"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/session/sandbox"
	"wadah/session/webhook"
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
	// Hooks sends events to programs; nil makes one that does not run.
	Hooks *webhook.Engine
	// Limits bound what one client can use up.
	Limits limit.Limits
	// Now is the clock by which people sign in; nil for time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	if c.PhoneRegion == "" {
		c.PhoneRegion = "ID"
	}
	if c.Limits.MaxBody <= 0 {
		c.Limits.MaxBody = limit.Default().MaxBody
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Server answers HTTP: the panel, the API and their event streams.
type Server struct {
	front   *front
	signin  *signin.Pages
	streams *live.Broadcaster
	conns   *limit.Conns
	mounted []web.Route // as the guard knows them

	running sync.WaitGroup // what runs beside the streams until quit is closed
	quit    chan struct{}  // closed by Close
	close   sync.Once
}

// New builds a server. It starts goroutines, which Close ends; call New after
// the manager has been started, so that streams begin with every device.
func New(cfg Config, store *models.Store, manager *session.Manager, log *slog.Logger) *Server {
	cfg = cfg.withDefaults()
	if cfg.Hooks == nil {
		cfg.Hooks = webhook.New(store, webhook.Guard{}, log)
	}
	site, pictures, zones := web.NewSite(cfg.SiteConfig, log), qr.NewPictures(manager), visitor.NewZones(store)
	changes := live.NewBroadcaster(manager.Hub().Subscribe, manager.Snapshots, log)
	changes.Tell(pictures.Saw)
	logins := visitor.NewLogins(store, manager, changes, site, zones, cfg.Now)
	renderer := pages.NewRenderer(site, manager, pictures, log, views.Page{
		Sandbox: cfg.Simulated || cfg.Sandbox != nil, Phones: cfg.Sandbox != nil,
		Versions: views.Versions{Wadah: cfg.Version, Library: cfg.Library},
	})
	answers := web.NewAnswers(log, openapi.FamilyPaths(), func(c echo.Context, f *web.Failure) error {
		logins.Know(c)
		return renderer.Problem(c, f)
	})
	front := newFront(site, answers, cfg.Limits)
	streams, trail := pages.NewStreams(changes, logins, cfg.Limits.LoginStreams, cfg.Limits.KeyStreams), audit.NewTrail(store, site, log)
	signIn := signin.New(renderer, store, logins, trail, cfg.SetupToken, cfg.Now)
	list := devicelist.New(renderer, manager, streams, trail, log)
	one := device.New(renderer, store, manager, streams, trail, signIn, cfg.PhoneRegion)
	talks := messages.New(renderer, store, manager, streams, trail)

	live := &livePages{list: list.Events, device: one.Events, messages: talks.Events}
	rooms := []room{
		&health{store, log}, web.NewFiles(site.Base()), live,
		signIn, signin.NewAccount(signIn, zones), list, one, talks,
		people.New(renderer, store, manager, logins, streams, trail),
		auditlog.New(renderer, store, manager, trail, log),
		settings.New(renderer, store, manager, trail, zones, cfg.Limits, log, cfg.PhoneRegion),
		about.New(renderer, store, cfg.Build),
		reference.New(renderer, store, manager, trail, cfg.Limits, front),
		scan.New(renderer, store, manager, streams, trail, cfg.PhoneRegion),
		api.New(site, store, manager, changes, pictures, trail, cfg.Hooks, cfg.PhoneRegion, cfg.Limits),
	}
	var receiver *webhooks.Receiver
	if cfg.Sandbox != nil {
		receiver = webhooks.NewReceiver(renderer)
		rooms = append(rooms, receiver)
	}
	rooms = append(rooms, webhooks.New(renderer, store, manager, cfg.Hooks, trail, receiver))
	if cfg.Sandbox != nil {
		virtual := phones.New(renderer, cfg.Sandbox, manager, streams, trail, cfg.PhoneRegion)
		live.phones, live.phone, rooms = virtual.Events, virtual.ChatEvents, append(rooms, virtual)
	}

	s := &Server{
		front: front, signin: signIn, streams: changes, quit: make(chan struct{}),
		conns: limit.NewConns(limit.ConnLimits{
			Total: cfg.Limits.Connections, Address: cfg.Limits.AddressConnections, Idle: strangersIdle, Proxy: site.Trusts,
		}, log),
	}
	s.mounted = front.mount(rooms, &guard{site, answers, logins, signIn, manager, trail, cfg.Limits.MaxBody, log})
	s.running.Go(func() { s.conns.Run(s.quit) })
	go changes.Run(s.quit)
	return s
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
