package handlers

import (
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/models"
)

// doorsOf are the things whose failures count against an attempt to sign in: this
// account from this address, the address, and, gently, so that nobody can lock
// somebody else out, the account.
func (s *Server) doorsOf(c echo.Context, name string) []door {
	address, account := s.network(c), accountKey(name)
	return []door{
		{key: "both " + address + " " + account, free: 5, longest: 15 * time.Minute, forgive: true},
		{key: "address " + address, free: 20, longest: 15 * time.Minute},
		{key: "account " + account, free: 20, longest: time.Minute, forgive: true},
	}
}

// codeDoors are the same for the second step. Who stands there knows the password, so
// the account itself closes, wherever the attempts come from.
func (s *Server) codeDoors(c echo.Context, userID string) []door {
	return []door{
		{key: "code " + userID, free: 5, longest: 15 * time.Minute, forgive: true},
		{key: "address " + s.network(c), free: 20, longest: 15 * time.Minute},
	}
}

// passkeyDoors are the same for passkeys, which cannot be guessed.
func (s *Server) passkeyDoors(c echo.Context) []door {
	return []door{{key: "passkey " + s.network(c), free: 20, longest: time.Minute, forgive: true}}
}

// accountKey is what makes two spellings the same account, as in models.
func accountKey(name string) string {
	if len(name) > 200 {
		name = name[:200]
	}
	return models.UserKey(name)
}

// network is the address a request came from; an IPv6 address stands for its /64.
func (s *Server) network(c echo.Context) string {
	addr := clientAddr(c.Request(), s.cfg.TrustedProxies)
	if !addr.IsValid() {
		return "unknown"
	}
	if addr.Is6() {
		if net, err := addr.WithZone("").Prefix(64); err == nil {
			return net.Masked().String()
		}
	}
	return addr.String()
}

// setRetryAfter says when the next attempt may be made.
func setRetryAfter(c echo.Context, wait time.Duration) {
	c.Response().Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
}
