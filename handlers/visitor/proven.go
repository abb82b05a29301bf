package visitor

import (
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
)

const (
	// proofLasts is how long the password or a passkey stands for its owner, at
	// routes that could hand over the installation.
	proofLasts = 10 * time.Minute
	// proofCookie says when a login's person has given the password or a passkey after it was
	// opened. It is sealed to the login and not part of it: a thief who has copied the login's cookie
	// before gains nothing when its owner proves to be the owner.
	proofCookie  = "wadah_proof"
	purposeProof = "proof"
)

// IsProven reports whether the visitor has given the password or a passkey lately.
func (l *Logins) IsProven(c echo.Context) bool {
	age := l.now().Sub(l.provenAt(c))
	return -proofLasts < age && age < proofLasts // in the future: the clock was wrong
}

// provenAt is when the visitor last gave the password or a passkey: as the login was
// opened, or in this browser since.
func (l *Logins) provenAt(c echo.Context) time.Time {
	v := Of(c)
	sealed := web.CookieValue(c, proofCookie)
	if sealed == "" {
		return v.Proven
	}
	text, err := l.store.Unseal(purposeProof, v.Token, sealed)
	if err != nil {
		return v.Proven
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.Before(v.Proven) {
		return v.Proven
	}
	return at
}

// LeaveProof remembers that the visitor has just given the password or a passkey.
func (l *Logins) LeaveProof(c echo.Context) error {
	v, now := Of(c), l.now()
	sealed, err := l.store.Seal(purposeProof, v.Token, now.Format(time.RFC3339Nano))
	if err != nil {
		return err
	}
	v.Proven = now
	l.site.SetCookie(c, proofCookie, sealed, now.Add(proofLasts))
	return nil
}
