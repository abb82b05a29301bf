package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"wadah/handlers/web"
)

// Limits of one HTTP connection. Event streams lift the read and the write limit
// for themselves; everything else, getQR with its wait of at most 25 s included,
// ends within them.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
)

// stopHTTP is how long running requests may take to end when the program stops.
const stopHTTP = 3 * time.Second

// httpFlags say where and how the panel and the API are served.
type httpFlags struct {
	Listen         string   `help:"Address and port to listen on. With 0.0.0.0:8080 other machines get in too: put a reverse proxy with TLS in front, or set --tls-cert." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	PublicURL      []string `help:"Address people use, such as https://wa.example.org or, below a path, https://example.org/wadah. With https, sign-in cookies never travel unencrypted. Requests for other host names are refused, but for those of further addresses given here." name:"public-url" placeholder:"URL"`
	CORSOrigins    []string `help:"Sites whose pages may call the API from the browser, such as https://app.example.org; none by default. Such pages hold the key, which their readers can see." name:"cors-origins" placeholder:"ORIGIN"`
	PhoneRegion    string   `help:"Country, by its two letters, of phone numbers that are typed without a country code." default:"ID" placeholder:"CC"`
	tlsFlags       `embed:""`
	limitFlags     `embed:""`
	TrustedProxies []string `help:"Addresses or networks of the reverse proxies whose X-Forwarded headers count, such as 127.0.0.1 or 10.0.0.0/8." placeholder:"CIDR"`
}

// site reads the flags that say where this installation is reached, and through what.
func (f httpFlags) site() (site web.SiteConfig, err error) {
	if site.TrustedProxies, err = f.proxies(); err != nil {
		return site, err
	}
	if site.PublicURL, site.AlsoURLs, err = f.public(); err != nil {
		return site, err
	}
	site.CORSOrigins, err = f.origins()
	return site, err
}

// proxies reads --trusted-proxies.
func (f httpFlags) proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range f.TrustedProxies {
		text = strings.TrimSpace(text)
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, addrErr := netip.ParseAddr(text)
			if addrErr != nil {
				return nil, usagef("--trusted-proxies: %q is neither an address such as 127.0.0.1 nor a network such as 10.0.0.0/8", text)
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		if prefix, err = trustable(prefix); err != nil {
			return nil, err
		}
		out = append(out, prefix)
	}
	return out, nil
}

// trustable refuses networks that hold everybody: whoever is trusted may say to be
// anybody, and escapes every limit.
func trustable(network netip.Prefix) (netip.Prefix, error) {
	least := 7 // fc00::/7 is what is private there
	if addr := network.Addr(); addr.Is4In6() {
		network = netip.PrefixFrom(addr.Unmap(), max(network.Bits()-96, 0))
	}
	if network.Addr().Is4() {
		least = 8
	}
	if network.Bits() < least {
		return network, usagef("--trusted-proxies: %s would let strangers say that they are somebody else. Name just the proxies, such as 127.0.0.1 or 10.0.0.0/8", network)
	}
	return network.Masked(), nil
}

// region reads --phone-region.
func (f httpFlags) region() (string, error) {
	region := strings.ToUpper(strings.TrimSpace(f.PhoneRegion))
	if len(region) != 2 || strings.Trim(region, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", usagef("--phone-region: %q is not a country code of two letters such as ID", f.PhoneRegion)
	}
	return region, nil
}

// public reads --public-url: the first address is that of people, the others are further
// ones; nil means that none was given.
func (f httpFlags) public() (first *url.URL, also []*url.URL, err error) {
	for _, text := range f.PublicURL {
		u, err := publicURL(strings.TrimSpace(text))
		if err != nil {
			return nil, nil, err
		}
		switch {
		case first == nil:
			first = u
		case u.Path != "":
			return nil, nil, usagef("--public-url: the path of %q is not needed: further addresses have that of the first, and none", u)
		default:
			also = append(also, u)
		}
	}
	return first, also, nil
}

func publicURL(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" ||
		u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, usagef("--public-url: %q is not an address such as https://wa.example.org", text)
	}
	u.RawPath = ""
	if u.Path != "" && !web.CanBeBase(u.Path) {
		return nil, usagef("--public-url: the path %q cannot be used. Choose another of plain letters, digits and -, such as /wadah, that does not begin as an address of Wadah's own does", u.Path)
	}
	return u, nil
}

// origins reads --cors-origins, as browsers spell them.
func (f httpFlags) origins() ([]string, error) {
	var list []string
	for _, text := range f.CORSOrigins {
		text = strings.ToLower(strings.TrimRight(strings.TrimSpace(text), "/"))
		u, err := url.Parse(text)
		if err != nil || u.Scheme == "" || u.Host == "" || strings.Contains(u.Host, "*") || u.Scheme+"://"+u.Host != text {
			return nil, usagef("--cors-origins: %q is not the origin of a site, such as https://app.example.org; each one is named, without a path", text)
		}
		switch u.Scheme {
		case "http":
			text = strings.TrimSuffix(text, ":80")
		case "https":
			text = strings.TrimSuffix(text, ":443")
		}
		list = append(list, text)
	}
	return list, nil
}

// listen opens the port, so that a busy one is noticed before anything else happens.
func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	var addrErr *net.AddrError
	var dnsErr *net.DNSError
	switch {
	case err == nil:
		return listener, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("the address %s is in use by another program: stop that one, or choose another port with --listen", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("the address %s does not belong to this machine: choose another with --listen", address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("the address %s is not permitted to this user: choose a port above 1023 with --listen", address)
	case errors.As(err, &addrErr), errors.As(err, &dnsErr):
		return nil, usagef("--listen: %q is not an address such as 127.0.0.1:8080", address)
	default:
		return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
	}
}

// localURL is where a browser on this machine finds the listener.
func localURL(addr net.Addr) string { return "http://" + localHost(addr) }

func localHost(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// closer is a handler with streams that end only when it is told.
type closer interface {
	Handler() http.Handler
	ConnContext(ctx context.Context, c net.Conn) context.Context
	Close()
}

// serveHTTP answers requests until ctx ends; then it ends the streams, lets running
// requests finish for a moment, and returns when all have.
func serveHTTP(ctx context.Context, listener net.Listener, handler closer, log *slog.Logger) error {
	server := &http.Server{
		Handler:           handler.Handler(),
		ConnContext:       handler.ConnContext,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	select {
	case err := <-failed:
		handler.Close()
		return fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping")
	handler.Close()
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopHTTP)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil {
		log.Warn("requests were cut off", "after", stopHTTP)
		if err := server.Close(); err != nil {
			return fmt.Errorf("stop serving HTTP: %w", err)
		}
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	return nil
}
