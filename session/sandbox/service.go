package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"wadah/session/sandbox/media"
	"wadah/session/sandbox/router"
	"wadah/session/sandbox/violation"
	"wadah/session/sandbox/wire"

	"go.mau.fi/whatsmeow/types"
)

const (
	// chatPath is where WhatsApp's websocket is.
	chatPath = "/ws/chat"
	// controlPath is where the service mounts its own control API.
	controlPath = "/control"

	readHeaderTimeout = 20 * time.Second
	httpIdleTimeout   = time.Minute
)

// Service is a running or startable simulated WhatsApp. All methods are safe for
// concurrent use.
type Service struct {
	cfg       Config
	log       *slog.Logger
	authority *wire.Authority
	router    *router.Router
	control   http.Handler // nil: none
	server    *http.Server
	saver     stateSaver
	watchers  watchers

	unknowns unknowns
	armory   armory

	violations violation.List

	// work counts every goroutine of the service; Close waits for it. done is
	// closed when Close begins.
	work gate
	done chan struct{}

	media *media.Store
	// address is the listener's; its lock is taken last of all.
	address struct {
		mu   sync.Mutex
		text string
	}

	// mu guards everything below. It is never held while a connection is read
	// or written.
	mu       sync.Mutex
	listener net.Listener
	closed   bool
	phones   map[string]*phone
	conns    map[string]*conn
	online   map[types.JID]*conn      // logged-in companions
	refs     map[string]*registration // every ref of every live registration
	codes    map[string]*codeLink     // waiting phone codes, by phone number
	version  [3]uint32                // what the version page tells
	minimum  [3]uint32                // the oldest client that may connect
	outage   OutageMode
	held     map[net.Conn]bool // kept without an answer by a silent outage
	nextID   uint64
	stats    counters
}

// New makes a service; [Service.Start] starts it. It reads the state file when
// there is one, and reports a corrupt one as [ErrStateFile].
func New(cfg Config) (*Service, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	authority, err := wire.NewAuthority(cfg.Seed, time.Now())
	if err != nil {
		return nil, fmt.Errorf("make certificates: %w", err)
	}
	s := &Service{
		cfg:       cfg,
		log:       cfg.Log,
		authority: authority,
		saver:     stateSaver{path: cfg.StateFile},
		done:      make(chan struct{}),
		phones:    make(map[string]*phone),
		conns:     make(map[string]*conn),
		online:    make(map[types.JID]*conn),
		refs:      make(map[string]*registration),
		codes:     make(map[string]*codeLink),
		version:   cfg.Version,
		minimum:   cfg.MinVersion,
		outage:    OutageNone,
		held:      make(map[net.Conn]bool),
		stats:     newCounters(),
	}
	if s.media, err = media.NewStore(cfg.mediaFolder()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStateFile, err)
	}
	s.router, err = router.New(router.Config{
		Media:   mediaServer{s.media, s},
		Trouble: trouble{&s.armory},
		KeyFile: cfg.keyFile(),
		Log:     s.log, Violations: &s.violations, After: func(d time.Duration, f func()) { s.after(d, f) },
		Unknown: s.noteUnknown, Changed: s.changed,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrStateFile, err), s.media.Close())
	}
	if err := s.loadState(); err != nil {
		return nil, errors.Join(err, s.router.Close(), s.media.Close())
	}
	if cfg.Control != nil {
		s.control = cfg.Control(s)
	}
	return s, nil
}

// ControlHandler is what [Config.Control] made, for mounting it in another server
// too; nil without it.
func (s *Service) ControlHandler() http.Handler { return s.control }

// gate counts goroutines until it is closed. Its lock is taken last of all.
type gate struct {
	sync.WaitGroup
	mu     sync.Mutex
	closed bool
}

// enter counts the caller; false when the gate is closed. Each true needs a Done.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.Add(1)
	return true
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

// run runs f in a goroutine that Close waits for, unless the service is closing.
func (g *gate) run(f func()) {
	if g.enter() {
		go func() {
			defer g.Done()
			f()
		}()
	}
}

// Do runs f as part of the service: Close waits for it. After Close began f is not
// called, and Do returns false.
func (s *Service) Do(f func()) bool {
	if !s.work.enter() {
		return false
	}
	defer s.work.Done()
	f()
	return true
}

// Start listens and serves in the background. A busy port is an ordinary error.
func (s *Service) Start() error {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", s.cfg.Listen)
	if err != nil {
		return fmt.Errorf("sandbox: listen: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.listener != nil {
		return errors.Join(fmt.Errorf("%w: started twice or after Close", ErrClosed), listener.Close())
	}
	s.listener = listener
	s.address.mu.Lock()
	s.address.text = listener.Addr().String()
	s.address.mu.Unlock()
	s.server = &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       httpIdleTimeout,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.work.Go(func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("sandbox stopped serving", slog.Any("err", err))
		}
	})
	return nil
}

// Close ends every connection, stops serving and waits for all goroutines. It is
// idempotent. Phones and links are in the state file afterwards, if there is one.
func (s *Service) Close() error {
	s.mu.Lock()
	first := !s.closed
	if first {
		s.closed = true
		s.work.close()
		close(s.done)
	}
	server := s.server
	conns := make([]*conn, 0, len(s.conns))
	for _, c := range s.conns {
		conns = append(conns, c)
	}
	for held := range s.held {
		_ = held.Close() // the client may have gone long ago
	}
	for _, r := range s.refs {
		r.timer.Stop()
	}
	s.mu.Unlock()
	var err error
	if server != nil {
		// Close does not wait for handlers; the ones that hold a connection are
		// counted in work, the control API's are short.
		err = server.Close()
	}
	for _, c := range conns {
		c.Close(false)
	}
	s.work.Wait()
	err = errors.Join(err, s.save())
	if first {
		err = errors.Join(err, s.router.Close(), s.media.Close())
	}
	return err
}

// URL is the websocket address of the running service; empty before Start.
func (s *Service) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return ""
	}
	return "ws://" + s.listener.Addr().String() + chatPath
}

// Version returns what the version page tells and the oldest version that may
// connect.
func (s *Service) Version() (current, minimum [3]uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version, s.minimum
}

// SetVersion changes both, as WhatsApp does now and then: live connections go on.
func (s *Service) SetVersion(current, minimum [3]uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version, s.minimum = current, minimum
}

// RootKeyFromSeed returns the public root key of a service started with this seed,
// without starting one: the value a client needs in whatsmeow.WACertPubKey.
func RootKeyFromSeed(seed string) [32]byte { return wire.RootKeyFromSeed(seed) }

// RootKey is the public key that the service's certificates end at.
func (s *Service) RootKey() [32]byte { return s.authority.RootKey() }

func (s *Service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(chatPath, s.serveChat)
	if s.control != nil {
		mux.Handle(controlPath+"/", http.StripPrefix(controlPath, s.control))
	}
	files := &media.Server{Store: s.media, Log: s.log, Violations: &s.violations, Trouble: trouble{&s.armory}}
	files.Routes(mux)
	mux.HandleFunc("/{$}", s.servePage)
	return mux
}

// mediaServer is the store of attachments at the service's own address.
type mediaServer struct {
	*media.Store
	s *Service
}

// Host is where the service listens; it speaks plain HTTP there, whatever clients think.
func (m mediaServer) Host() string {
	m.s.address.mu.Lock()
	defer m.s.address.mu.Unlock()
	return m.s.address.text
}

// servePage is WhatsApp Web's start page as far as the library reads it: the
// third part of the version, in a piece of JSON.
func (s *Service) servePage(w http.ResponseWriter, r *http.Request) {
	if s.inOutage(w) {
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	current, _ := s.Version()
	revision := strconv.FormatUint(uint64(current[2]), 10)
	_, err := w.Write([]byte("<!DOCTYPE html><title>Simulated WhatsApp</title>" +
		`<script type="application/json">{"client_revision":` + revision + `,"server":"sandbox"}</script>`))
	if err != nil {
		s.log.Debug("version page not delivered", slog.Any("err", err))
	}
}

// serveChat counts the dial, lets an outage have its way, and hands the
// connection to a goroutine of its own, so that net/http's can end.
func (s *Service) serveChat(w http.ResponseWriter, r *http.Request) {
	s.countDial()
	if s.inOutage(w) {
		return
	}
	line, err := wire.Accept(w, r)
	if err != nil {
		s.log.Debug("websocket refused", slog.Any("err", err))
		return
	}
	c := s.addConn(line)
	if c == nil {
		line.Close(false)
		return
	}
	go c.run()
}

// addConn registers a new connection and its goroutine; nil when the service is
// closing.
func (s *Service) addConn(line *wire.Conn) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.work.enter() {
		return nil
	}
	s.nextID++
	c := newConn(s, "c"+strconv.FormatUint(s.nextID, 10), line)
	s.conns[c.id] = c
	return c
}

// after calls f once, d from now, in a goroutine that Close waits for. After
// Close it is not called any more.
func (s *Service) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() {
		s.Do(f)
	})
}

// Hold makes WhatsApp refuse an account's messages to people whose privacy token it has
// not (error 463), or lets it write again. Its devices are told; a zero until is not.
func (s *Service) Hold(number string, held bool, until time.Time) error {
	return asPhone(s.router.Hold(number, held, until))
}

// ShowAs says which of its addresses others see an account under.
func (s *Service) ShowAs(number string, as router.Addressing) error {
	return asPhone(s.router.ShowAs(number, as))
}

// asPhone tells that a number is unknown as everywhere else.
func asPhone(err error) error {
	if errors.Is(err, router.ErrUnknown) {
		return ErrPhoneUnknown
	}
	return err
}

// ExpireMedia makes an attachment answer with a status such as 410 until its sender's
// phone uploads it again.
func (s *Service) ExpireMedia(path string, status int) error { return s.media.Expire(path, status) }
