package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"wadah/handlers"
	"wadah/models"
	"wadah/session"
	"wadah/session/sandbox"
	"wadah/session/webhook"
	"wadah/session/whatsapp"
)

// stopDevices is how long the devices may take to disconnect when the program
// stops. Together with stopHTTP it stays below the ten seconds that container
// runtimes grant before they kill.
const stopDevices = 5 * time.Second

type serveCmd struct {
	dataFlags       `embed:""`
	httpFlags       `embed:""`
	lifeFlags       `embed:""`
	webhookFlags    `embed:""`
	metricsFlags    `embed:""`
	WhatsAppURL     string `help:"Use a simulated WhatsApp on this machine instead of the real one, such as ws://127.0.0.1:8081/ws/chat." name:"whatsapp-url" placeholder:"URL"`
	WhatsAppRootKey string `help:"Public root key of that simulated WhatsApp, 64 hexadecimal digits." name:"whatsapp-root-key" placeholder:"HEX"`
}

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, p *program, log *slog.Logger) error {
	var to endpoint
	if c.WhatsAppURL != "" || c.WhatsAppRootKey != "" {
		key, err := whatsapp.CheckEndpoint(c.WhatsAppURL, c.WhatsAppRootKey)
		if err != nil {
			return usagef("--whatsapp-url and --whatsapp-root-key: %v", err)
		}
		to = endpoint{url: c.WhatsAppURL, rootKey: key}
	}
	return server{program: p, log: log, data: c.dataFlags, web: c.httpFlags, life: c.lifeFlags, hooks: c.webhookFlags, metrics: c.metricsFlags, whatsapp: to}.run(ctx)
}

// server is everything one run of the product is made from.
type server struct {
	*program
	log      *slog.Logger
	data     dataFlags
	web      httpFlags
	life     lifeFlags
	hooks    webhookFlags
	metrics  metricsFlags
	whatsapp endpoint
	phones   *sandbox.Service // the virtual phones of the panel; nil without
	control  string           // where their control API is, for the greeting
}

// choices are what the flags of a run say, read and checked.
type choices struct {
	http         handlers.Config
	life         session.Config
	hooks        webhook.Guard
	metricsToken string
	certs        *certificates // nil for plain HTTP
}

func (s server) choices() (c choices, err error) {
	about := currentVersions()
	c.http = handlers.Config{
		Version: about.Wadah, Library: about.Whatsmeow, Build: about.build(),
		Simulated: s.whatsapp.simulated(), Sandbox: s.phones,
	}
	if c.http.SiteConfig, err = s.web.site(); err != nil {
		return c, err
	}
	if c.http.PhoneRegion, err = s.web.region(); err != nil {
		return c, err
	}
	if c.http.Limits, err = s.web.limits(); err != nil {
		return c, err
	}
	shareFiles(&c.http.Limits, openFiles(), s.log)
	if c.life, err = s.life.config(); err != nil {
		return c, err
	}
	c.life.MaxDevices, c.life.NotesDir = c.http.Limits.MaxDevices, s.data.Data
	if c.hooks, err = s.hooks.guard(); err != nil {
		return c, err
	}
	if c.metricsToken, err = secret(s.getenv, "metrics-token", s.metrics.MetricsTokenFile); err != nil {
		return c, err
	}
	c.certs, err = s.web.certificates(s.log)
	return c, err
}

// run serves until ctx ends. What is opened last is closed first: streams, HTTP,
// devices, driver, store, lock.
func (s server) run(ctx context.Context) (err error) {
	chosen, err := s.choices()
	if err != nil {
		return err
	}
	if err := makeFolder(s.data.Data); err != nil {
		return err
	}
	unlock, err := lockFolder(s.data.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	defer keepCrash(s.data.Data, s.log)()

	store, err := s.data.open(ctx, s.program, s.log, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Own(ctx); err != nil {
		return err
	}
	if err := rememberEndpoint(ctx, store, s.whatsapp); err != nil {
		return err
	}

	listener, err := listen(ctx, s.web.Listen)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // already closed unless a step below fails
	if chosen.certs != nil {
		defer chosen.certs.onHangup(ctx)()
	}

	driver, err := s.driver(ctx, store)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, driver.Close()) }()

	chosen.http.Hooks = webhook.New(store, chosen.hooks, s.log)
	numbers := newMetrics(s.metrics, chosen.metricsToken, store, chosen.http.Hooks)
	defer deliver(ctx, chosen.http.Hooks)()

	manager := session.NewManager(store, driver, chosen.life, s.log)
	if err := manager.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopManager(ctx, manager)) }()

	defer upkeep(ctx, store, driver, manager, s.log)()
	stopMetrics, err := numbers.serve(ctx, store, manager, s.log)
	if err != nil {
		return err
	}
	defer stopMetrics()

	web := handlers.New(chosen.http, store, manager, s.log)
	defer web.Close()
	base := chosen.base(listener.Addr())
	if err := s.greet(ctx, base, web); err != nil {
		return err
	}
	s.log.Info("serving", "url", base, "data", s.data.Data, "version", chosen.http.Version)
	listener = web.Listener(listener)
	if chosen.certs != nil {
		listener = chosen.certs.listener(listener)
	}
	return serveHTTP(ctx, listener, web, s.log)
}

// base is the address to tell people, when we listen at one.
func (c choices) base(at net.Addr) string {
	switch {
	case c.http.PublicURL != nil:
		return c.http.PublicURL.String()
	case c.certs != nil:
		return "https://" + localHost(at)
	}
	return localURL(at)
}

// driver opens WhatsApp, or the simulated one.
func (s server) driver(ctx context.Context, store *models.Store) (*whatsapp.Driver, error) {
	config := whatsapp.Config{DB: store.SQL(), Dialect: store.Dialect(), Vault: store, Sync: store.Sync, Log: s.log}
	if s.whatsapp.simulated() {
		config.URL, config.RootKey = s.whatsapp.url, &s.whatsapp.rootKey
		s.log.Warn("this is a SIMULATED WhatsApp: no real phone can be linked", "url", s.whatsapp.url)
	}
	return whatsapp.Open(ctx, config)
}

// greet says where the panel is and, while there is no user, how to get in.
func (s server) greet(ctx context.Context, base string, web *handlers.Server) error {
	hello := greeting{url: base, simulated: s.whatsapp.url, control: s.control}
	if s.phones != nil {
		hello.beside = s.data.beside("device", "list")
	}
	path, err := web.SetupURL(ctx)
	if err != nil {
		return err
	}
	if path != "" {
		hello.setupURL = base + path
	}
	if err := hello.write(s.stdout); err != nil {
		return fmt.Errorf("write to standard output: %w", err)
	}
	return nil
}

// stopManager disconnects every device, although ctx may have ended already.
func stopManager(ctx context.Context, manager *session.Manager) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopDevices)
	defer cancel()
	if err := manager.Shutdown(ctx); err != nil {
		return fmt.Errorf("stop the devices: %w", err)
	}
	return nil
}
