package web

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"wadah/handlers/limit"
)

// FuzzForwarded reads forwarding headers: from a stranger they change nothing, from a
// configured proxy they never make the client one of the proxies' own choosing.
func FuzzForwarded(f *testing.F) {
	f.Add("192.0.2.1", "https", true)
	f.Add("10.0.0.1, 192.0.2.1, 10.0.0.2", "HTTPS", true)
	f.Add("unknown, for=\"[2001:db8::1]:80\"", "http", false)
	f.Add(",,,", "", true)
	f.Add("203.0.113.5:51234, [2001:db8::1]:443", "https", true)
	f.Add("::ffff:192.0.2.1, fe80::1%eth0", "https", true)
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, forwarded, proto string, trusted bool) {
		peer := "203.0.113.9"
		if trusted {
			peer = "10.1.2.3"
		}
		r := &http.Request{RemoteAddr: peer + ":1234", Header: http.Header{"X-Forwarded-For": {forwarded}, "X-Forwarded-Proto": {proto}}}
		got := clientAddr(r, proxies)
		if !got.IsValid() || got.Is4In6() {
			t.Fatalf("%q became %v", forwarded, got)
		}
		if !trusted && (got.String() != peer || isSecure(r, proxies)) {
			t.Fatalf("a stranger's header was believed: %v", got)
		}
		if got.String() != peer && !strings.Contains(forwarded, ":") && !strings.Contains(forwarded, got.String()) {
			t.Fatalf("%v does not stand in %q", got, forwarded)
		}
		if n := limit.Network(got); n.Is4() != got.Is4() {
			t.Fatalf("%v counts as %v", got, n)
		}
	})
}

// FuzzJSONString writes strings into answers: whatever they hold, the answer is JSON and
// says the same.
func FuzzJSONString(f *testing.F) {
	for _, seed := range []string{"Kasir", `"\`, "<script>", "\x00\x1f\x7f", "\u2028", "\xff", "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var back string
		if err := json.Unmarshal(AppendString(nil, text), &back); err != nil {
			t.Fatal(err)
		}
		if utf8.ValidString(text) && back != text {
			t.Fatalf("%q became %q", text, back)
		}
	})
}

// FuzzOwnPath accepts only paths of this server as the place to go to after sign-in.
func FuzzOwnPath(f *testing.F) {
	for _, seed := range []string{"/devices", "//evil.example", "/\\evil.example", "https://evil.example", "/\tx", "/devices?q=a#b", "/%2f/evil"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://wadah.example/signin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		to, err := base.Parse(OwnPath(next, "/devices"))
		if err != nil || to.Host != base.Host || to.Scheme != base.Scheme {
			t.Fatalf("%q leads to %v, %v", next, to, err)
		}
	})
}

func TestOwnPath(t *testing.T) {
	for next, want := range map[string]string{
		"/devices?q=a#b": "/devices?q=a#b", "": "-", "devices": "-", "//evil.example": "-", "https://evil.example": "-",
		"/\\evil.example": "-", "/\t/evil.example": "-", "javascript:alert(1)": "-", "/%0d%0aX: y": "/%0d%0aX: y", "/\r\nX: y": "-",
	} {
		if got := OwnPath(next, "-"); got != want {
			t.Errorf("%q: %q, want %q", next, got, want)
		}
	}
}
