package web

import (
	"net/url"
	"testing"
)

// Addresses of ours in markup get the base, nothing else does.
func TestPlace(t *testing.T) {
	s := &Site{cfg: SiteConfig{PublicURL: &url.URL{Scheme: "https", Host: "example.org", Path: "/wadah"}}}
	for html, want := range map[string]string{
		`<a href="/devices">`:                         `<a href="/wadah/devices">`,
		`<a class="x" href="/">/</a>`:                 `<a class="x" href="/wadah/">/</a>`,
		"<form\n\taction=\"/a\" hx-post=\"/b?c=/d\">": "<form\n\taction=\"/wadah/a\" hx-post=\"/wadah/b?c=/d\">",
		"data: <div hx-sse:connect=\"/events?a=1\">":  "data: <div hx-sse:connect=\"/wadah/events?a=1\">",
		`<img src="data:image/png;base64,/x">`:        `<img src="data:image/png;base64,/x">`,
		`<a href="//example.net/x">`:                  `<a href="//example.net/x">`,
		`<a href="https://example.net/x" title="/x">`: `<a href="https://example.net/x" title="/x">`,
		`<input value="/devices" data-href="/x">`:     `<input value="/devices" data-href="/x">`,
		`href=&#34;/devices&#34; ="/`:                 `href=&#34;/devices&#34; ="/`,
		`="/`:                                         `="/`,
		"":                                            "",
	} {
		if got := string(s.Place([]byte(html))); got != want {
			t.Errorf("%s becomes %s, want %s", html, got, want)
		}
		if got := string((&Site{}).Place([]byte(html))); got != html {
			t.Errorf("without a base %s becomes %s", html, got)
		}
	}
	for path, want := range map[string]string{
		"/": "/wadah/", "/devices?q=1": "/wadah/devices?q=1", "/wadah/devices": "/wadah/devices", "/wadah": "/wadah", "/wadahx": "/wadah/wadahx",
		"//example.net": "//example.net", "https://example.net/": "https://example.net/", "": "",
	} {
		if got := s.At(path); got != want {
			t.Errorf("%q is at %q, want %q", path, got, want)
		}
	}
}
