// Package signin is how people come into the panel: set-up, signing in with passwords, codes
// and passkeys, proving again who they are, and the account in which they change all that.
package signin
