// Package limit bounds what the clients of a server can use up.
package limit
