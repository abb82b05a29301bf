// Package whatsapp is the driver: the only package of the product that speaks
// whatsmeow. It dials connections, turns the library's events into session's
// signals and keeps the credentials; it never decides, and never reconnects.
package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"wadah/session"
)

// defaultDialTimeout bounds a dial, as session.Driver promises.
const defaultDialTimeout = 20 * time.Second

// Config says where the credentials are and which service is WhatsApp.
type Config struct {
	// DB holds the library's tables. The driver does not close it.
	DB *sql.DB
	// Dialect of DB: "sqlite3" or "postgres".
	Dialect string

	// URL and RootKey point the driver at a simulated WhatsApp on this machine
	// instead of the real one; see CheckEndpoint. Both or neither.
	URL     string
	RootKey *[32]byte

	// Vault seals what the library keeps of messages until they are stored. Nil: nothing
	// is sealed.
	Vault Vault

	// Sync makes everything that was committed to DB survive a power cut. Nil: commits do.
	Sync func() error

	// Version to present to WhatsApp. Zero: the one the library was built with.
	Version session.Version
	// DialTimeout bounds one dial. Default 20 s.
	DialTimeout time.Duration
	// Log receives what the driver and the library have to say, without secrets
	// and numbers. Nil: nothing.
	Log *slog.Logger
}

// Vault seals what belongs to a device of ours, so that only the same device and owner
// open it. models.Store is one.
type Vault interface {
	SealData(deviceID, owner string, plain []byte) ([]byte, error)
	OpenData(deviceID, owner string, sealed []byte) ([]byte, error)
}

// Driver opens connections to WhatsApp.
type Driver struct {
	log         *slog.Logger
	store       *container
	vault       Vault
	sync        func() error
	net         *network
	dialTimeout time.Duration
	pongs       atomic.Bool // WhatsApp has answered a ping before a login

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup // dials, also those nobody waits for any more
}

var _ session.Driver = (*Driver)(nil)

var errClosed = errors.New("the driver is closed")

// Open prepares the library's tables and settings. Some settings of the library are
// variables of the process: a second driver in the same process must be opened with
// the same RootKey as long as the first one is used.
func Open(ctx context.Context, cfg Config) (*Driver, error) {
	if cfg.DB == nil {
		return nil, errors.New("whatsapp: no database")
	}
	if (cfg.URL == "") != (cfg.RootKey == nil) {
		return nil, ErrEndpointIncomplete
	}
	address := ""
	if cfg.URL != "" {
		var err error
		if address, err = endpointAddress(cfg.URL); err != nil {
			return nil, err
		}
	}
	if err := checkLibrary(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.DialTimeout <= 0 {
		cfg.DialTimeout = defaultDialTimeout
	}
	st, err := openContainer(ctx, cfg.DB, cfg.Dialect, newLibraryLog(cfg.Log, ""))
	if err != nil {
		return nil, err
	}
	setLibrary(cfg.RootKey, cfg.Version)
	return &Driver{
		log:         cfg.Log,
		store:       st,
		vault:       cfg.Vault,
		sync:        cfg.Sync,
		net:         newNetwork(address, cfg.DialTimeout),
		dialTimeout: cfg.DialTimeout,
	}, nil
}

// Dial opens a connection; see session.Driver. The proxy variables of the
// environment are never used: a device goes through its own proxy or directly.
func (d *Driver) Dial(ctx context.Context, to session.Target, on session.Handler) (session.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	proxy, err := parseProxy(to.Proxy)
	if err != nil {
		return nil, err
	}
	c := newConn(d, to, on)
	device, err := d.store.load(ctx, to.JID, c.guard)
	if err != nil {
		return nil, err
	}
	c.speakFor(device, to)
	if all, ok := device.EventBuffer.(*stores); ok {
		all.vault, all.owner, all.durable, all.settings = d.vault, to.DeviceID, c.durable, c.settings
		all.ownPhone = phoneAddresses(device)
	}
	if err := c.takeUp(ctx); err != nil {
		return nil, err
	}
	if err := c.connect(ctx, proxy); err != nil {
		return nil, err
	}
	return c, nil
}

// Links lists the JIDs of all credentials.
func (d *Driver) Links(ctx context.Context) ([]string, error) {
	return d.store.links(ctx)
}

// Forget deletes the credentials of jid and everything that hangs on them.
func (d *Driver) Forget(ctx context.Context, jid string) error {
	return d.store.forget(ctx, jid)
}

// Erase deletes what the library's tables, and ours beside them, hold of a person. Signal
// sessions stay: without them the next message of that person could not be read.
func (d *Driver) Erase(ctx context.Context, jids, addresses []string, pair bool) error {
	return d.store.erase(ctx, jids, addresses, pair)
}

// Close waits for dials that were given up and releases what the driver holds.
func (d *Driver) Close() error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.running.Wait()
	d.net.http.CloseIdleConnections()
	return nil
}

// run starts f on a goroutine that Close waits for.
func (d *Driver) run(f func()) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errClosed
	}
	d.running.Go(f)
	return nil
}

// storage marks an error of the store, unless it is only the caller's context.
func storage(ctx context.Context, what string, err error) error {
	if ctxErr := ctx.Err(); ctxErr != nil {
		return fmt.Errorf("%s: %w", what, ctxErr)
	}
	return fmt.Errorf("%w: %s: %w", session.ErrStorage, what, err)
}
