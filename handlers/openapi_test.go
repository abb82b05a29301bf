package handlers_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// description is the API description, loaded and checked once.
var description = sync.OnceValues(func() (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromFile("api/openapi/openapi.yaml")
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	// A single answer is enough; the type of a stream is plain text.
	openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.FileBodyDecoder)
	openapi3filter.RegisterBodyDecoder("application/yaml", openapi3filter.FileBodyDecoder)
	return gorillamux.NewRouter(doc)
})

// describedHandler holds every answer under /api that passes through it against the
// description: in all tests of this package, not only in one. Benchmarks go without.
func describedHandler(t testing.TB, next http.Handler) http.Handler {
	t.Helper()
	if _, measured := t.(*testing.B); measured {
		return next
	}
	router, err := description()
	if err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/api/events") {
			next.ServeHTTP(w, r) // a stream has no end to wait for
			return
		}
		seen := &seenAnswer{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		if seen.status == http.StatusNotFound || seen.status == http.StatusMethodNotAllowed || r.Method == http.MethodOptions {
			return // unknown paths and methods are not in the description
		}
		if r.Method == http.MethodHead {
			r = r.Clone(r.Context())
			r.Method = http.MethodGet // net/http leaves the body out later
		}
		body := seen.body.String()
		if seen.Header().Get("Content-Encoding") == "gzip" {
			body = unzip(t, body)
		}
		route, vars, err := router.FindRoute(r)
		if err != nil {
			t.Errorf("%s %s answers %d and is not in openapi.yaml: %v", r.Method, r.URL.Path, seen.status, err)
			return
		}
		err = openapi3filter.ValidateResponse(context.WithoutCancel(r.Context()), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: vars, Route: route},
			Status:                 seen.status, Header: seen.Header(), Body: io.NopCloser(strings.NewReader(body)),
			Options: &openapi3filter.Options{IncludeResponseStatus: true},
		})
		if err != nil {
			t.Errorf("%s %s answers what openapi.yaml does not describe: %v", r.Method, r.URL.Path, err)
		}
	})
}

// seenAnswer remembers what was answered.
type seenAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (s *seenAnswer) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

func (s *seenAnswer) Write(b []byte) (int, error) {
	s.body.Write(b)
	return s.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (s *seenAnswer) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// Ensure that every call of the API is described, and that nothing else is.
func TestEveryCallIsDescribed(t *testing.T) {
	router, err := description()
	if err != nil {
		t.Fatal(err)
	}
	e := newEnv(t)
	described := 0
	for _, r := range e.server.Routes() {
		if !strings.HasPrefix(r.Path, "/api/") {
			continue
		}
		req, err := http.NewRequestWithContext(t.Context(), r.Method, e.url+r.Path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := router.FindRoute(req); err != nil {
			t.Errorf("%s %s is not in openapi.yaml: %v", r.Method, r.Path, err)
		}
		described++
	}
	doc, err := openapi3.NewLoader().LoadFromFile("api/openapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	operations := 0
	for _, path := range doc.Paths.Map() {
		operations += len(path.Operations())
	}
	if operations != described {
		t.Errorf("openapi.yaml describes %d calls, the server knows %d", operations, described)
	}
}

// Ensure that the description is served, and that the check above can fail.
func TestDescription(t *testing.T) {
	e := newEnv(t)
	resp, err := http.Get(e.url + "/api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !bytes.HasPrefix(body, []byte("openapi: 3.1.0")) {
		t.Errorf("got %d, %v: %.60s", resp.StatusCode, err, body)
	}

	router, err := description()
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.url+"/api/getState", nil)
	if err != nil {
		t.Fatal(err)
	}
	route, vars, err := router.FindRoute(req)
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{`{"code":200,"results":{"state":"READY"}}`, `{"code":200,"results":{"state":"CONNECTED","more":1}}`, `{"code":201}`} {
		err := openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: vars, Route: route},
			Status:                 http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(body)),
		})
		var invalid *openapi3filter.ResponseError
		if !errors.As(err, &invalid) {
			t.Errorf("the description accepts %s: %v", body, err)
		}
	}
}
