// Package views turns plain structs into the HTML of the panel, in Indonesian and
// English. It knows neither HTTP nor storage nor WhatsApp: handlers fill the structs
// with finished values, and every page is a templ component of one struct.
//
// All text comes from locales/*.json through Lang.T. No component writes an inline
// script, style or event handler, so the panel runs under a strict
// Content-Security-Policy. Every form works without JavaScript first; hx-
// attributes refine it.
//
// live.go says what an event stream sends. The Go code of the templates is generated
// by "make generate" and committed.
package views
