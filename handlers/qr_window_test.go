package handlers_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"wadah/handlers"
	"wadah/models"
	"wadah/session"
	"wadah/session/sessiontest"
)

// TestLookingAtACodeKeepsItComing looks at a device's code every nine minutes, in every
// way there is without an open page, and then no more.
func TestLookingAtACodeKeepsItComing(t *testing.T) {
	for name, path := range map[string]func(key, token string) string{
		"getQR":                   func(key, _ string) string { return "/api/getQR?apiKey=" + key },
		"getQR without waiting":   func(key, _ string) string { return "/api/getQR?wait=0&apiKey=" + key },
		"getQR as text":           func(key, _ string) string { return "/api/getQR?format=text&apiKey=" + key },
		"getQR as a picture":      func(key, _ string) string { return "/api/getQR?format=png&apiKey=" + key },
		"a page without a script": func(_, token string) string { return "/scan/" + token },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				store, err := models.Open(t.Context(), models.Options{Path: filepath.Join(dir, "wadah.db"), Key: bytes.Repeat([]byte{7}, 32)})
				if err != nil {
					t.Fatal(err)
				}
				defer store.Close()
				manager := session.NewManager(store, sessiontest.New(), session.DefaultConfig(), slog.New(slog.DiscardHandler))
				if err := manager.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				defer manager.Shutdown(t.Context())
				server := handlers.New(handlers.Config{}, store, manager, slog.New(slog.DiscardHandler))
				defer server.Close()
				snap, key, err := manager.AddDevice(t.Context(), "Toko")
				if err != nil {
					t.Fatal(err)
				}
				link, err := store.CreateScanLink(t.Context(), snap.ID, "budi", 24*time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := manager.StartDevice(t.Context(), snap.ID); err != nil {
					t.Fatal(err)
				}
				state := func() session.State {
					synctest.Wait()
					now, err := manager.Snapshot(snap.ID)
					if err != nil {
						t.Fatal(err)
					}
					return now.State
				}
				looks := time.NewTicker(9*time.Minute + 7*time.Second) // never when one code ends
				defer looks.Stop()
				for range 4 {
					<-looks.C
					rec := httptest.NewRecorder()
					server.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path(key.Value, link.Token), nil))
					if got := state(); got != session.StateScan || rec.Code != http.StatusOK {
						t.Fatalf("%s, %d %s", got, rec.Code, rec.Body)
					}
				}
				<-looks.C
				if got := state(); got != session.StateScan {
					t.Errorf("nine minutes after the last look: %s", got)
				}
				<-looks.C
				if got := state(); got != session.StateOff {
					t.Errorf("eighteen minutes after the last look: %s", got)
				}
			})
		})
	}
}
