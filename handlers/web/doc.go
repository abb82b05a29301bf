// Package web is what every room of handlers needs to speak HTTP: what a client is told
// when something went wrong, JSON, cookies, bodies, static files, where a request comes
// from, and by which names and addresses this installation is reached.
package web
