package session

import (
	"net/url"
	"strconv"
	"strings"

	"wadah/models"
)

// maxProxyLength bounds a proxy's address, in bytes; real ones are far shorter.
const maxProxyLength = 1000

// ParseProxy reads the address of a device's proxy: scheme http, https or socks5, host
// and port, user and password if it wants them, nothing else. Both the commands and the
// driver read it here, so that what is stored can be dialled. Errors: *models.Invalid,
// which never repeats the address, because that may hold a password.
func ParseProxy(address string) (*url.URL, error) {
	refuse := func(code, message string) (*url.URL, error) {
		return nil, &models.Invalid{Field: "proxy", Code: code, Message: message}
	}
	if len(address) > maxProxyLength {
		return refuse("proxy_too_long", "The proxy's address is too long.")
	}
	scheme, _, found := strings.Cut(address, "://")
	switch strings.ToLower(scheme) {
	case "http", "https", "socks5":
	default:
		found = false
	}
	if !found {
		return refuse("proxy_scheme", "The proxy's address must begin with http://, https:// or socks5://.")
	}
	authority := strings.TrimSuffix(address[len(scheme)+len("://"):], "/")
	u, err := url.Parse(address)
	switch {
	case strings.ContainsAny(authority, "/?#"):
		return refuse("proxy_extra", "Nothing may follow the proxy's port. In a password, / ? # and @ are written %2F %3F %23 and %40.")
	case err != nil && !validPort(authority[strings.LastIndexByte(authority, ':')+1:]):
		return refuse("proxy_port", "The proxy's address must end in a port from 1 to 65535, for example :8080.")
	case err != nil:
		return refuse("proxy_invalid", "The proxy's address cannot be read. Write it like http://user:password@squid.example.com:8080.")
	case u.Hostname() == "":
		return refuse("proxy_host", "The proxy's address has no host.")
	case !validPort(u.Port()):
		return refuse("proxy_port", "The proxy's address must end in a port from 1 to 65535, for example :8080.")
	}
	u.Path = ""
	return u, nil
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}
