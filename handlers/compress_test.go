package handlers_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"wadah/handlers"
	"wadah/models"
)

// Pages travel in gzip, but never when another site has made the browser ask: the length of what
// is compressed could tell what stands in it.
func TestPagesAreCompressed(t *testing.T) {
	public, err := url.Parse("https://wa.example.com")
	if err != nil {
		t.Fatal(err)
	}
	plain, overTLS := func(*handlers.Config) {}, func(c *handlers.Config) { c.PublicURL = public }
	for name, test := range map[string]struct {
		site    func(*handlers.Config)
		headers map[string]string
		want    bool
	}{
		"plain HTTP":                       {plain, map[string]string{"Accept-Encoding": "br, gzip"}, true},
		"TLS, a page of ours":              {overTLS, map[string]string{"Accept-Encoding": "gzip, deflate, br", "Sec-Fetch-Site": "same-origin"}, true},
		"TLS, typed":                       {overTLS, map[string]string{"Accept-Encoding": "gzip", "Sec-Fetch-Site": "none"}, true},
		"TLS, a link of another site":      {overTLS, map[string]string{"Accept-Encoding": "gzip", "Sec-Fetch-Site": "cross-site"}, false},
		"TLS, a link of a neighbour":       {overTLS, map[string]string{"Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-site"}, false},
		"TLS, a browser that says nothing": {overTLS, map[string]string{"Accept-Encoding": "gzip"}, false},
		"no gzip":                          {plain, map[string]string{"Accept-Encoding": "br"}, false},
		"gzip refused":                     {plain, map[string]string{"Accept-Encoding": "gzip;q=0, identity"}, false},
		"gzip as second choice":            {plain, map[string]string{"Accept-Encoding": "br, gzip;q=0.5"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, test.site)
			e.user("boss", models.RoleAdmin)
			get := func(headers map[string]string) answer {
				r := e.request(http.MethodGet, "/signin", nil)
				r.Header.Set("Accept-Encoding", "identity")
				for name, value := range headers {
					r.Header.Set(name, value)
				}
				return e.send(r)
			}
			whole, got := get(nil), get(test.headers)
			if vary := strings.Join(got.Header.Values("Vary"), ", "); !strings.Contains(vary, "Accept-Encoding") || !strings.Contains(vary, "Sec-Fetch-Site") {
				t.Errorf("Vary: %q", vary)
			}
			if got.Header.Get("Content-Length") != fmt.Sprint(len(got.body)) {
				t.Errorf("Content-Length %s of %d bytes", got.Header.Get("Content-Length"), len(got.body))
			}
			if zipped := got.Header.Get("Content-Encoding") == "gzip"; zipped != test.want {
				t.Fatalf("compressed: %v, want %v", zipped, test.want)
			} else if zipped {
				if len(got.body)*2 > len(whole.body) {
					t.Errorf("%d bytes of %d", len(got.body), len(whole.body))
				}
				got.body = unzip(t, got.body)
			}
			if got.body != whole.body {
				t.Error("the page is not the same")
			}
		})
	}
}

func unzip(t testing.TB, body string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := io.Copy(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The page of a full list of three hundred devices takes less than 40 kB over the wire; what a
// search brings is compressed, too, and event streams are not.
func TestListOverTheWire(t *testing.T) {
	e := newEnv(t)
	for i := range 300 {
		e.device(fmt.Sprintf("Kasir cabang %d", i+1))
	}
	b := e.admin()
	for _, headers := range []map[string]string{nil, {"HX-Request": "true"}} {
		r := e.request(http.MethodGet, "/devices?q=cabang", nil)
		r.Header.Set("Accept-Encoding", "gzip")
		for name, value := range headers {
			r.Header.Set(name, value)
		}
		got := b.do(r)
		if got.Header.Get("Content-Encoding") != "gzip" || len(got.body) > 40<<10 || !strings.Contains(unzip(t, got.body), "Kasir cabang 1") {
			t.Errorf("%v: %d bytes, %v", headers, len(got.body), got.Header)
		}
	}
	r := e.request(http.MethodHead, "/events?page=devices", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	if got := b.do(r); got.StatusCode != http.StatusOK || got.Header.Get("Content-Encoding") != "" {
		t.Errorf("the stream: %d %v", got.StatusCode, got.Header)
	}
}

// Long answers of the API are compressed for those that say that they read it, and come byte for
// byte as they were to everybody else; states and codes are never touched.
func TestLongAnswersOfTheAPI(t *testing.T) {
	e := newEnv(t)
	secret := e.secret()
	for i := range 100 {
		e.device(fmt.Sprintf("Kasir cabang %d", i+1))
	}
	_, key := e.device("Gudang")
	ask := func(path, encoding string) answer {
		r := e.request(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", encoding)
		return e.send(r)
	}
	list := "/api/listDevice?secret=" + secret
	plain, small := ask(list, "identity"), ask(list, "gzip")
	if plain.Header.Get("Content-Encoding") != "" || plain.Header.Get("Content-Length") != fmt.Sprint(len(plain.body)) {
		t.Errorf("the plain answer: %v", plain.Header)
	}
	if small.Header.Get("Content-Encoding") != "gzip" || unzip(t, small.body) != plain.body {
		t.Errorf("%d bytes, %v", len(small.body), small.Header)
	}
	whole, packed := ask("/api/openapi.yaml", "identity"), ask("/api/openapi.yaml", "gzip")
	if packed.Header.Get("Content-Encoding") != "gzip" || unzip(t, packed.body) != whole.body || len(packed.body)*4 > len(whole.body) {
		t.Errorf("the description: %d bytes of %d, %v", len(packed.body), len(whole.body), packed.Header)
	}
	if got := ask("/api/getState?apiKey="+key, "gzip"); got.Header.Get("Content-Encoding") != "" || strings.Contains(strings.Join(got.Header.Values("Vary"), ","), "Accept-Encoding") {
		t.Errorf("a state: %v", got.Header)
	}
}
