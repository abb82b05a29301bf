package session_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"wadah/models"
	"wadah/session"
)

func TestParseProxy(t *testing.T) {
	for address, code := range map[string]string{
		"http://squid.example.com:8080":                     "",
		"HTTPS://squid.example.com:443/":                    "",
		"socks5://budi:rahasia%201@10.0.0.1:1080":           "",
		"http://[2001:db8::1]:3128":                         "",
		"":                                                  "proxy_scheme",
		"10.0.0.1:8080":                                     "proxy_scheme",
		"squid.example.com:8080:budi:hunter2":               "proxy_scheme",
		"ftp://budi:hunter2@10.0.0.1:21":                    "proxy_scheme",
		"http://squid.example.com":                          "proxy_port",
		"http://budi:hunter2@squid.example.com":             "proxy_port",
		"http://squid.example.com:":                         "proxy_port",
		"http://squid.example.com:0":                        "proxy_port",
		"http://squid.example.com:65536":                    "proxy_port",
		"http://budi:hunter2@squid.example.com:x":           "proxy_port",
		"http://:8080":                                      "proxy_host",
		"socks5://budi:hunter2@:1080":                       "proxy_host",
		"http://squid.example.com:8080/hunter2":             "proxy_extra",
		"http://squid.example.com:8080?password=hunter2":    "proxy_extra",
		"http://squid.example.com:8080#":                    "proxy_extra",
		"http://budi:hunter2#1@squid.example.com:8080":      "proxy_extra",
		"http://budi:hunter2/1@squid.example.com:8080":      "proxy_extra",
		"http://proxy example.com:8080":                     "proxy_invalid",
		"http://budi:hunter2%zz@squid.example.com:8080":     "proxy_invalid",
		"http://squid.example.com:80\n80":                   "proxy_port",
		"http://" + strings.Repeat("a", 1000) + ".com:8080": "proxy_too_long",
	} {
		u, err := session.ParseProxy(address)
		if code == "" {
			if err != nil || u.Hostname() == "" || u.Port() == "" || u.Path != "" {
				t.Errorf("%s: %v, %v", address, u, err)
			}
			continue
		}
		var invalid *models.Invalid
		if !errors.As(err, &invalid) || invalid.Code != code || invalid.Field != "proxy" {
			t.Errorf("%q: %v, want %s", address, err, code)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error tells the password: %v", address, err)
		}
	}
}

// viaProxy makes dials succeed through the given proxies alone, "" being none, and
// notes which ones were tried.
func (w *fleet) viaProxy(good ...string) (tried func() []string) {
	var all []string
	w.driver.SetOnDial(func(_ context.Context, to session.Target) error {
		all = append(all, to.Proxy)
		for _, p := range good {
			if p == to.Proxy {
				return nil
			}
		}
		return &session.ProxyError{Err: errDown}
	})
	return func() []string { out := all; all = nil; return out }
}

func (w *fleet) setProxy(id, address string) {
	w.t.Helper()
	if _, err := w.SetDeviceProxy(w.t.Context(), id, address); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

func TestProxyTakesEffectAtOnce(t *testing.T) {
	const good, bad = "socks5://budi:rahasia@10.0.0.1:1080", "http://10.0.0.2:8080"
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		direct := w.conn(id)
		tried := w.viaProxy(good)

		w.setProxy(id, good)
		w.want(id, "CONNECTED/ready")
		if got := tried(); len(got) != 1 || got[0] != good || !direct.Closed() {
			t.Errorf("dialled through %q, the old connection closed: %v", got, direct.Closed())
		}
		held := w.conn(id)
		w.setProxy(id, " "+good+"\n")
		if held.Closed() || len(tried()) != 0 {
			t.Error("the same proxy made the device connect anew")
		}

		w.setProxy(id, bad)
		w.want(id, "SERVICE_OFF/proxy_failed")
		w.pass(stillness)
		if got := slices.Compact(tried()); len(got) != 1 || got[0] != bad {
			t.Errorf("after a failing proxy: dialled through %q, want %q and nothing else", got, bad)
		}
		w.setProxy(id, good)
		w.want(id, "CONNECTED/ready")

		w.setProxy(id, bad)
		w.want(id, "SERVICE_OFF/proxy_failed")
		w.viaProxy("")
		w.setProxy(id, "")
		w.want(id, "CONNECTED/ready")
		if proxy, err := w.DeviceProxy(id); proxy != "" || err != nil {
			t.Errorf("the removed proxy is still there: %q, %v", proxy, err)
		}
	})
}

func TestProxyOfADeviceThatIsOff(t *testing.T) {
	const good, bad = "http://10.0.0.1:8080", "http://10.0.0.2:8080"
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		tried := w.viaProxy(good)
		w.setProxy(id, bad)
		w.want(id, "SERVICE_OFF/proxy_failed")
		if _, err := w.StopDevice(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		tried()
		w.setProxy(id, good)
		w.want(id, "SERVICE_OFF/stopped")
		if got := tried(); len(got) != 0 {
			t.Errorf("a stopped device dialled through %q", got)
		}
		w.reopen() // the proxy is stored
		w.start(id)
		w.want(id, "CONNECTED/ready")
		if got := tried(); len(got) != 1 || got[0] != good {
			t.Errorf("dialled through %q, want %q once", got, good)
		}
	})
}

func TestProxyRefusals(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		held := w.conn(id)
		var invalid *models.Invalid
		if _, err := w.SetDeviceProxy(t.Context(), id, "10.0.0.1:8080"); !errors.As(err, &invalid) || invalid.Code != "proxy_scheme" {
			t.Errorf("got %v", err)
		}
		if held.Closed() {
			t.Error("a refused proxy closed the connection")
		}
		if _, err := w.SetDeviceProxy(t.Context(), "nobody", ""); !errors.Is(err, session.ErrNoDevice) {
			t.Errorf("no device: %v", err)
		}
		if _, err := w.DeviceProxy("nobody"); !errors.Is(err, session.ErrNoDevice) {
			t.Errorf("no device: %v", err)
		}
	})
}

func TestNote(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.add("Toko")
		if _, err := w.SetDeviceNote(t.Context(), id, " Kasir depan\n<b>lantai 2</b> \n"); err != nil {
			t.Fatal(err)
		}
		const want = "Kasir depan\n<b>lantai 2</b>"
		if got := w.snap(id).Note; got != want {
			t.Errorf("note is %q", got)
		}
		var invalid *models.Invalid
		if _, err := w.SetDeviceNote(t.Context(), id, strings.Repeat("x", 2001)); !errors.As(err, &invalid) || invalid.Code != "note_too_long" {
			t.Errorf("too long: %v", err)
		}
		w.reopen()
		if got := w.snap(id).Note; got != want {
			t.Errorf("after a restart the note is %q", got)
		}
		if _, err := w.SetDeviceNote(t.Context(), "nobody", ""); !errors.Is(err, session.ErrNoDevice) {
			t.Errorf("no device: %v", err)
		}
	})
}
