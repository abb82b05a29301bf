package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"testing"

	"wadah/handlers"
	"wadah/models"
	"wadah/session"
)

// Ensure that cookies, writes and streams work behind a reverse proxy that speaks TLS.
func TestBehindATLSProxy(t *testing.T) {
	e := newEnv(t, func(c *handlers.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	origin, err := url.Parse(e.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(origin)
		r.SetXForwarded()
		r.Out.Host = r.In.Host
	}})
	t.Cleanup(proxy.Close)
	e.url = proxy.URL

	e.user("boss", models.RoleAdmin)
	b := e.browser()
	b.client.Transport = proxy.Client().Transport
	form := e.form("/signin", url.Values{"name": {"boss"}, "password": {password}})
	form.Header.Set("Origin", proxy.URL)
	form.Header.Set("Sec-Fetch-Site", "same-origin")
	signedIn := b.do(form)
	if signedIn.StatusCode != http.StatusSeeOther || len(signedIn.Cookies()) == 0 || !signedIn.Cookies()[0].Secure {
		t.Fatalf("sign in: %d, cookies %v; want one marked Secure", signedIn.StatusCode, len(signedIn.Cookies()))
	}
	e.secrets = append(e.secrets, signedIn.Cookies()[0].Value)
	if got := b.get("/devices"); got.StatusCode != http.StatusOK || got.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("the list: %d, HSTS %q", got.StatusCode, got.Header.Get("Strict-Transport-Security"))
	}

	id, _ := e.device("Kasir")
	f := e.feed(b.client, "/events?device="+id)
	f.until(`data-state="SERVICE_OFF"`)
	e.start(id, session.StateScan)
	f.until(`data-state="SERVICE_SCAN"`, `data-testid="device-qr"`)
	e.server.Close() // the stream must end before the proxy is closed
	f.ends()
}
