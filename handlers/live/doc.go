// Package live keeps clients up to date about devices: a broadcaster listens to the
// manager's hub once, and each open event stream sends what concerns it. It knows neither
// logins nor keys: who may watch, and what is sent, is up to the rooms that open streams.
package live
