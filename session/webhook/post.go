package webhook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"code.dny.dev/ssrf"

	"wadah/models"
)

// Guard says where events may be sent.
type Guard struct {
	Allow []netip.Prefix // addresses of networks of one's own, which are refused otherwise
	Roots *x509.CertPool // who vouches for receivers; nil: whom the system trusts
	// Resolver knows where names lead; nil: the system's.
	Resolver *net.Resolver
	// Patience is how long a receiver may take; 0: as long as Patience says.
	Patience time.Duration
}

const (
	// Patience is how long a receiver may take, from the first byte to its whole answer.
	Patience = 15 * time.Second
	// mostAnswer is how much of an answer is read, keptAnswer how much of it is kept.
	mostAnswer = 64 << 10
	keptAnswer = 2 << 10
	keptSent   = 8 << 10 // of what was sent
)

// ErrRefused says that an address must not be sent to.
var ErrRefused = errors.New("this address is not allowed; --webhook-allow names addresses of one's own network that are")

func (g Guard) guardian() *ssrf.Guardian {
	var v4, v6 []netip.Prefix
	for _, p := range g.Allow {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	return ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
}

// Check reports whether an address can be one of a receiver: http or https, and when it
// names an IP address, one that is allowed. Where a name leads is looked at with each try,
// because it can lead elsewhere by then.
func (g Guard) Check(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ErrRefused
	}
	host := strings.TrimSuffix(u.Hostname(), ".")
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip, err := netip.ParseAddr(host); err == nil && g.guardian().SafeAddr(ip) != nil {
		return ErrRefused
	}
	return nil
}

// client posts to receivers: to where it may, through no proxy, following nobody.
func (g Guard) client() *http.Client {
	guardian := g.guardian()
	dialer := &net.Dialer{Timeout: Patience, Resolver: g.Resolver, Control: guardian.Safe} // the address that a name has led to
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: allAtOnce, IdleConnTimeout: time.Minute,
			TLSClientConfig: &tls.Config{RootCAs: g.Roots, MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: Patience,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post makes one try. wait is how long the receiver wants to be left alone; 0 when it does
// not say.
func (e *Engine) post(ctx context.Context, to models.Endpoint, body Body) (a models.Attempt, wait time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(e.guard.Patience, Patience))
	defer cancel()
	a.At, a.Sent = time.Now(), body.JSON[:min(len(body.JSON), keptSent)]
	res, err := e.send(ctx, to, body.ID, a.At, body.JSON)
	if err == nil {
		a.Status = res.StatusCode
		wait = retryAfter(res.Header.Get("Retry-After"), a.At)
		a.Answer, err = io.ReadAll(io.LimitReader(res.Body, mostAnswer))
		a.Answer = a.Answer[:min(len(a.Answer), keptAnswer)]
		err = errors.Join(err, res.Body.Close())
	}
	if err != nil {
		a.Error = why(err)
	}
	a.Took = time.Since(a.At)
	return a, wait
}

func (e *Engine) send(ctx context.Context, to models.Endpoint, id string, at time.Time, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	signature, err := Sign(to.Secrets, id, at, body)
	if err != nil {
		return nil, err
	}
	for name, value := range to.Headers {
		req.Header.Set(name, value)
	}
	if to.Hub {
		req.Header.Set("X-Hub-Signature-256", HubSignature(to.Secrets[0], body))
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Wadah")
	req.Header.Set("Webhook-Id", id)
	req.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	req.Header.Set("Webhook-Signature", signature)
	return e.client.Do(req)
}

// why says what went wrong, without the address, which may hold a secret.
func why(err error) string {
	if errors.Is(err, ssrf.ErrProhibitedIP) {
		return ErrRefused.Error()
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer within 15 seconds"
	}
	return err.Error()
}

// retryAfter reads how long a receiver wants to be left alone: seconds, or a date.
func retryAfter(text string, now time.Time) time.Duration {
	wait := time.Duration(0)
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		wait = time.Duration(min(n, 3600)) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), mostWait)
}
