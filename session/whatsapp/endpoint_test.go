package whatsapp_test

import (
	"errors"
	"strings"
	"testing"

	"wadah/session/sandbox"
	"wadah/session/whatsapp"
)

func TestCheckEndpoint(t *testing.T) {
	key := strings.Repeat("0a", 32)
	good := []string{"ws://127.0.0.1:8081/ws/chat", "ws://127.0.0.1:8081", "ws://localhost:8081/", "ws://[::1]:8081/ws/chat", "ws://127.8.8.8:1"}
	for _, url := range good {
		got, err := whatsapp.CheckEndpoint(url, key)
		if err != nil || got[0] != 10 || got[31] != 10 {
			t.Errorf("CheckEndpoint(%q): %v, %v", url, got, err)
		}
	}
	for _, c := range []struct {
		url, key string
		want     error
	}{
		{"", key, whatsapp.ErrEndpointIncomplete},
		{"ws://127.0.0.1:8081", "", whatsapp.ErrEndpointIncomplete},
		{"ws://192.168.1.2:8081", key, whatsapp.ErrEndpointRemote},
		{"ws://127.0.0.1.example.com:8081", key, whatsapp.ErrEndpointRemote},
		{"ws://0.0.0.0:8081", key, whatsapp.ErrEndpointRemote},
		{"wss://127.0.0.1:8081", key, whatsapp.ErrEndpointURL},
		{"http://127.0.0.1:8081", key, whatsapp.ErrEndpointURL},
		{"ws://127.0.0.1", key, whatsapp.ErrEndpointURL},
		{"ws://127.0.0.1:8081/other", key, whatsapp.ErrEndpointURL},
		{"ws://user@127.0.0.1:8081", key, whatsapp.ErrEndpointURL},
		{"127.0.0.1:8081", key, whatsapp.ErrEndpointURL},
		{"ws://127.0.0.1:8081", key[1:], whatsapp.ErrRootKey},
		{"ws://127.0.0.1:8081", "g" + key[1:], whatsapp.ErrRootKey},
	} {
		if _, err := whatsapp.CheckEndpoint(c.url, c.key); !errors.Is(err, c.want) {
			t.Errorf("CheckEndpoint(%q, %d digits): %v, want %v", c.url, len(c.key), err, c.want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	root := sandbox.RootKeyFromSeed(seed)
	for what, c := range map[string]struct {
		cfg  whatsapp.Config
		want error
	}{
		"a URL without a key": {whatsapp.Config{DB: openDB(t), Dialect: "sqlite3", URL: "ws://127.0.0.1:1"}, whatsapp.ErrEndpointIncomplete},
		"a key without a URL": {whatsapp.Config{DB: openDB(t), Dialect: "sqlite3", RootKey: &root}, whatsapp.ErrEndpointIncomplete},
		"a remote service":    {whatsapp.Config{DB: openDB(t), Dialect: "sqlite3", RootKey: &root, URL: "ws://10.0.0.1:1"}, whatsapp.ErrEndpointRemote},
		"an unknown dialect":  {whatsapp.Config{DB: openDB(t), Dialect: "oracle"}, nil},
		"a missing database":  {whatsapp.Config{Dialect: "sqlite3"}, nil},
	} {
		_, err := whatsapp.Open(t.Context(), c.cfg)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}
