package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The stories rely on the browser telling of everything that a page must not do. Here
// are pages that do it.
func TestBrowserTellsEverything(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(elsewhere.Close)
	sins := []struct{ name, policy, script, told string }{
		{"error", "", `console.error("a complaint of ours")`, "a complaint of ours"},
		{"warning", "", `console.warn("a warning of ours")`, "a warning of ours"},
		{"exception", "", `throw new Error("nobody caught me")`, "nobody caught me"},
		{"promise", "", `Promise.reject(new Error("nobody awaited me"))`, "nobody awaited me"},
		{"missing", "", `document.body.append(Object.assign(new Image(), { src: "/gone.png" }))`, "404"},
		{"broken", "", `fetch("/failing")`, "500"},
		{"style", "default-src 'self'", `document.body.setAttribute("style", "color: red")`, "Content Security Policy"},
		{"inline", "default-src 'self'", `document.body.append(Object.assign(document.createElement("script"), { textContent: "1" }))`, "Content Security Policy"},
		{"elsewhere", "", `fetch("` + elsewhere.URL + `", { mode: "no-cors" })`, "request to another host: " + elsewhere.URL},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/failing", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	for _, sin := range sins {
		mux.HandleFunc("/"+sin.name, func(w http.ResponseWriter, _ *http.Request) {
			if sin.policy != "" {
				w.Header().Set("Content-Security-Policy", sin.policy)
			}
			fmt.Fprintf(w, `<!doctype html><title>x</title><link rel="icon" href="data:,"><body><script src="/%s.js"></script>`, sin.name)
		})
		mux.HandleFunc("/"+sin.name+".js", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, sin.script)
		})
	}
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	for _, sin := range sins {
		t.Run(sin.name, func(t *testing.T) {
			tab := newBrowser(t, site.URL, "en")
			tab.open(site.URL + "/" + sin.name)
			eventually(t, func() error {
				if told := strings.Join(tab.unforgiven(), "; "); !strings.Contains(told, sin.told) {
					return fmt.Errorf("the browser does not tell %q, only %q", sin.told, told)
				}
				return nil
			})
			tab.allow("") // it was all meant
		})
	}
}
