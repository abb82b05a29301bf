// Package signin shows set-up, signing in, proving again, and the own account with its factors.
package signin
