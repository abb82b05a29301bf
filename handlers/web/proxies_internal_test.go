package web

import (
	"net/http"
	"net/netip"
	"testing"
)

func TestClientAddr(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for name, test := range map[string]struct{ peer, forwarded, want string }{
		"no proxy":             {"192.0.2.1:5", "203.0.113.5", "192.0.2.1"},
		"a proxy":              {"10.0.0.1:5", "203.0.113.5", "203.0.113.5"},
		"with a port":          {"10.0.0.1:5", "203.0.113.5:51234", "203.0.113.5"},
		"IPv6":                 {"10.0.0.1:5", "2001:db8::1", "2001:db8::1"},
		"IPv6 in brackets":     {"10.0.0.1:5", "[2001:db8::1]", "2001:db8::1"},
		"IPv6 with a port":     {"[fd00::1]:5", "[2001:db8::1]:443", "2001:db8::1"},
		"mapped, with a port":  {"10.0.0.1:5", "[::ffff:203.0.113.5]:443", "203.0.113.5"},
		"two proxies":          {"10.0.0.1:5", "198.51.100.9, 203.0.113.5:1, 10.0.0.2:443", "203.0.113.5"},
		"all of them proxies":  {"10.0.0.1:5", "10.0.0.3:2,10.0.0.2:1", "10.0.0.3"},
		"no address":           {"10.0.0.1:5", "unknown", "10.0.0.1"},
		"no address behind it": {"10.0.0.1:5", "203.0.113.5, unknown, 10.0.0.2", "10.0.0.2"},
		"a mapped peer":        {"[::ffff:10.0.0.1]:5", "203.0.113.5:51234", "203.0.113.5"},
	} {
		r := &http.Request{RemoteAddr: test.peer, Header: http.Header{"X-Forwarded-For": {test.forwarded}}}
		if got := clientAddr(r, proxies); got.String() != test.want {
			t.Errorf("%s: %v, want %s", name, got, test.want)
		}
	}
}
