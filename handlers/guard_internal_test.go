package handlers

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
)

func TestPanicIsA500(t *testing.T) {
	var logged bytes.Buffer
	g := &guard{log: slog.New(slog.NewTextHandler(&logged, nil))}
	e := echo.New()
	e.HTTPErrorHandler = web.NewAnswers(g.log, nil, nil).HandleError
	e.GET("/api/boom", g.around(web.Route{Method: http.MethodGet, Path: "/api/boom", May: web.APIKey, Do: func(echo.Context) error { panic("secret detail") }}))
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/boom", nil))
	want := `{"code":500,"results":{"message":"Something went wrong on the server. Try again; its administrator finds the cause in the log.","error":"internal"}}`
	if w.Code != http.StatusInternalServerError || w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !bytes.Contains(logged.Bytes(), []byte("secret detail")) || !bytes.Contains(logged.Bytes(), []byte("TestPanicIsA500")) {
		t.Errorf("the log lacks the cause or the stack: %s", logged.String())
	}
}
