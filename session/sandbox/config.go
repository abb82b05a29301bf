package sandbox

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"go.mau.fi/whatsmeow/store"
)

// The defaults are WhatsApp's own figures where they are known.
const (
	defaultListen        = "127.0.0.1:0"
	defaultRefFirst      = 60 * time.Second
	defaultRefNext       = 20 * time.Second
	defaultCodeLife      = 3 * time.Minute
	defaultMaxCompanions = 4
	defaultCloseLinger   = 100 * time.Millisecond
	defaultIdleTimeout   = 5 * time.Minute

	refsPerRound = 6
)

// Config says how a service behaves. The zero value is usable: everything left
// out gets WhatsApp's figure, or one that suits a test.
type Config struct {
	// Listen is a loopback address with port; ":0" ports are chosen by the
	// kernel. Default 127.0.0.1:0.
	Listen string
	// Seed determines the root key. Empty: a new random one.
	Seed string
	// StateFile keeps phones and their linked devices over a restart. Empty:
	// they live as long as the service.
	StateFile string
	// Control makes the control API that the service mounts under /control. Nil: none.
	Control func(*Service) http.Handler
	// Log receives what the service does, without secrets. Nil: nothing.
	Log *slog.Logger

	// Version is what the version page tells. Zero: the version built into the
	// whatsmeow library.
	Version [3]uint32
	// MinVersion is the oldest client that may connect; an older one is refused
	// with connect failure 405. Zero: every version may.
	MinVersion [3]uint32

	// RefFirst and RefNext are how long the first and each further QR code of a
	// round of six is valid. Default 60 s and 20 s.
	RefFirst, RefNext time.Duration
	// CodeLife is how long a phone code is valid. Default 3 min; the end of the
	// round of QR codes ends it too, because the connection ends then.
	CodeLife time.Duration
	// MaxCompanions is how many devices can be linked to one phone. Default 4.
	MaxCompanions int
	// CloseLinger is how long the service waits, after a stream error or a refused
	// login, for the client to hang up before it closes the connection itself.
	// Default 100 ms. Negative: it closes at once; the library then sometimes loses
	// the last stanza, or reconnects although the refusal forbids it.
	CloseLinger time.Duration
	// IdleTimeout ends a connection that sent nothing for so long. The library
	// sends a keepalive every 20 to 30 s. Default 5 min.
	IdleTimeout time.Duration
}

// withDefaults fills in what was left out and refuses what cannot work.
func (c Config) withDefaults() (Config, error) {
	if c.Listen == "" {
		c.Listen = defaultListen
	}
	if err := checkLoopback(c.Listen); err != nil {
		return c, err
	}
	if c.Seed == "" {
		c.Seed = rand.Text()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Version == [3]uint32{} {
		c.Version = store.GetWAVersion()
	}
	orDefault(&c.RefFirst, defaultRefFirst)
	orDefault(&c.RefNext, defaultRefNext)
	orDefault(&c.CodeLife, defaultCodeLife)
	orDefault(&c.CloseLinger, defaultCloseLinger)
	orDefault(&c.IdleTimeout, defaultIdleTimeout)
	if c.MaxCompanions == 0 {
		c.MaxCompanions = defaultMaxCompanions
	}
	switch {
	case c.RefFirst < 0, c.RefNext < 0, c.CodeLife < 0, c.IdleTimeout < 0:
		return c, fmt.Errorf("%w: a duration is negative", ErrConfig)
	case c.MaxCompanions < 1 || c.MaxCompanions > maxCompanionIndex:
		return c, fmt.Errorf("%w: MaxCompanions must be 1 to %d", ErrConfig, maxCompanionIndex)
	}
	return c, nil
}

// keyFile keeps pre-keys beside the state file.
func (c Config) keyFile() string {
	if c.StateFile == "" {
		return ""
	}
	return c.StateFile + ".prekeys"
}

// mediaFolder keeps attachments beside the state file.
func (c Config) mediaFolder() string {
	if c.StateFile == "" {
		return ""
	}
	return c.StateFile + ".media"
}

func orDefault(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}

// checkLoopback refuses an address that other machines could reach: the sandbox
// gives everybody who reaches it full control.
func checkLoopback(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("%w: listen address: %w", ErrConfig, err)
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%w: the sandbox listens on loopback only, such as %s", ErrConfig, defaultListen)
	}
	return nil
}
