package handlers

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/models"
)

const (
	slowest = 15 * time.Minute
	// sharedSlowest is the longest delay at a door that people share: none of them should
	// wait long for what another did.
	sharedSlowest = time.Minute
)

// strangerDoors are the doors of an attempt to sign in from a browser nobody knows: this
// account from this network, the network, and the account, which warns only: nobody can
// close it for its owner.
func (s *Server) strangerDoors(c echo.Context, name string) doors {
	account, networks := accountKey(name), s.networks(c)
	d := doors{
		own:    door{key: "both " + networks[0] + " " + account, free: 5, longest: slowest},
		shared: []door{{key: "network " + networks[0], free: 20, longest: sharedSlowest}},
		warns:  door{key: "account " + account, free: 20},
	}
	for _, wide := range networks[1:] {
		d.shared = append(d.shared,
			door{key: "both " + wide + " " + account, free: 20, longest: slowest},
			door{key: "network " + wide, free: 80, longest: sharedSlowest})
	}
	return d
}

// ownDoor is one that nobody but the given browser or login comes to.
func ownDoor(kind, of string) doors {
	return doors{own: door{key: kind + " " + of, free: 5, longest: slowest}}
}

// attemptAs begins an attempt to be the user with this name, at the door of a browser that
// the user was signed in with before, or at those of strangers: also when its own is
// closed. User is nil when nobody has the name.
func (s *Server) attemptAs(c echo.Context, user *models.User, name string) (*attempt, models.Asker, time.Duration) {
	if browser := s.knownBrowser(c, user); browser != "" {
		if a, wait := s.ownDoors.attempt(s.now(), ownDoor("browser", browser)); wait == 0 {
			return a, models.Asker{}, 0
		}
	}
	a, wait := s.throttle.attempt(s.now(), s.strangerDoors(c, name))
	return a, models.Stranger(s.networks(c)[0]), wait
}

// accountKey is what makes two spellings the same account, as in models.
func accountKey(name string) string {
	if len(name) > 200 {
		name = name[:200]
	}
	return models.UserKey(name)
}

// networks are what a request came from, the narrowest first. An IPv4 address is one; an
// IPv6 address stands for its /64, which one customer has at least, within its /48, which
// one customer has at most.
func (s *Server) networks(c echo.Context) []string {
	addr := clientAddr(c.Request(), s.cfg.TrustedProxies)
	if !addr.IsValid() {
		return []string{"unknown"}
	}
	if !addr.Is6() {
		return []string{addr.String()}
	}
	within := func(bits int) string { return netip.PrefixFrom(addr.WithZone(""), bits).Masked().String() }
	return []string{within(64), within(48)}
}

// setRetryAfter says when the next attempt may be made.
func setRetryAfter(c echo.Context, wait time.Duration) {
	c.Response().Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
}
