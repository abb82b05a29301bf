// Package handlers turns HTTP into calls on session and models, and results into
// HTML, JSON or an event stream.
//
// Every route of the product stands in routes.go with its permission. Handlers
// return errors; errors.go decides what the client is told. The JSON API under /api
// is opened by a device's key (api.go), the panel by a login (auth.go). Live pages
// and /api/events are fed by one broadcaster (broadcast.go).
package handlers
