package handlers_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"wadah/models"
)

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

// browser keeps cookies and follows no redirect.
type browser struct {
	e      *env
	client *http.Client
	lang   string
}

func (e *env) browser() *browser {
	e.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		e.t.Fatal(err)
	}
	return &browser{e: e, lang: "en", client: &http.Client{
		Jar:           jar,
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// signedIn is a browser with a login.
func (e *env) signedIn(name string) *browser {
	e.t.Helper()
	b := e.browser()
	got := b.post("/signin", url.Values{"name": {name}, "password": {password}})
	if got.StatusCode != http.StatusSeeOther {
		e.t.Fatalf("sign in as %s: %d", name, got.StatusCode)
	}
	e.secrets = append(e.secrets, got.Cookies()[0].Value)
	return b
}

// admin is a browser of a new admin.
func (e *env) admin() *browser {
	e.t.Helper()
	e.user("boss", models.RoleAdmin)
	return e.signedIn("boss")
}

func (b *browser) do(r *http.Request) answer {
	b.e.t.Helper()
	r.Header.Set("Accept-Language", b.lang)
	return b.e.read(b.client.Do(r))
}

func (b *browser) get(path string) answer {
	b.e.t.Helper()
	return b.do(b.e.request(http.MethodGet, path, nil))
}

func (b *browser) post(path string, form url.Values) answer {
	b.e.t.Helper()
	return b.do(b.e.form(path, form))
}

// fragment posts as htmx does.
func (b *browser) fragment(path string, form url.Values) answer {
	b.e.t.Helper()
	r := b.e.form(path, form)
	r.Header.Set("HX-Request", "true")
	return b.do(r)
}

func (e *env) form(path string, form url.Values) *http.Request {
	e.t.Helper()
	r := e.request(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (e *env) request(method, path string, body io.Reader) *http.Request {
	e.t.Helper()
	r, err := http.NewRequestWithContext(e.t.Context(), method, e.url+path, body)
	if err != nil {
		e.t.Fatal(err)
	}
	return r
}

func (e *env) read(res *http.Response, err error) answer {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return answer{res, string(body)}
}

// send makes a request without cookies.
func (e *env) send(r *http.Request) answer {
	e.t.Helper()
	return e.read(http.DefaultTransport.RoundTrip(r))
}

func (e *env) get(path string) answer {
	e.t.Helper()
	return e.send(e.request(http.MethodGet, path, nil))
}

// has fails unless the answer has the status and an element with the data-testid.
func (a answer) has(t testing.TB, status int, testids ...string) {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("%s: status %d, want %d\n%s", a.Request.URL.Path, a.StatusCode, status, a.body)
	}
	for _, id := range testids {
		if !strings.Contains(a.body, `data-testid="`+id+`"`) {
			t.Errorf("%s: no element with data-testid %q", a.Request.URL.Path, id)
		}
	}
}

// leads fails unless the answer is a redirect to the path.
func (a answer) leads(t testing.TB, to string) {
	t.Helper()
	if got := a.Header.Get("Location"); a.StatusCode != http.StatusSeeOther || got != to {
		t.Fatalf("%s: %d to %q, want 303 to %q\n%s", a.Request.URL.Path, a.StatusCode, got, to, a.body)
	}
}

// match is the first group of the pattern in the body.
func (a answer) match(t testing.TB, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("%s: nothing matches %s in\n%s", a.Request.URL.Path, pattern, a.body)
	}
	return m[1]
}

// cookieOf is a cookie that the browser sends to a path.
func cookieOf(t testing.TB, b *browser, path, name string) string {
	t.Helper()
	value, ok := maybeCookie(t, b, path, name)
	if !ok {
		t.Fatalf("no cookie %s for %s", name, path)
	}
	return value
}

func maybeCookie(t testing.TB, b *browser, path, name string) (value string, ok bool) {
	t.Helper()
	site, err := url.Parse(b.e.url + path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(site) {
		if c.Name == name {
			return c.Value, true
		}
	}
	return "", false
}
