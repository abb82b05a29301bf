package whatsapp

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Errors of the address of a simulated WhatsApp.
var (
	ErrEndpointIncomplete = errors.New("the URL of a simulated WhatsApp and its root key go together: give both or neither")
	ErrEndpointURL        = errors.New("the URL of a simulated WhatsApp must look like ws://127.0.0.1:8081/ws/chat")
	ErrEndpointRemote     = errors.New("a simulated WhatsApp must be on this machine (127.0.0.1, [::1] or localhost)")
	ErrRootKey            = errors.New("the root key of a simulated WhatsApp must be 64 hexadecimal digits")
)

// chatPath is where the library asks for its websocket; it cannot be told another.
const chatPath = "/ws/chat"

// CheckEndpoint checks the address of a simulated WhatsApp and returns its root key.
// Whoever owns that key can pretend to be WhatsApp, so it is accepted only together
// with an address of this machine.
func CheckEndpoint(rawURL, rootKeyHex string) ([32]byte, error) {
	var key [32]byte
	if rawURL == "" || rootKeyHex == "" {
		return key, ErrEndpointIncomplete
	}
	if _, err := endpointAddress(rawURL); err != nil {
		return key, err
	}
	raw, err := hex.DecodeString(strings.TrimSpace(rootKeyHex))
	if err != nil || len(raw) != len(key) {
		return key, ErrRootKey
	}
	copy(key[:], raw)
	return key, nil
}

// endpointAddress returns host and port of the URL of a simulated WhatsApp.
func endpointAddress(rawURL string) (string, error) {
	u, err := url.Parse(rawURL)
	switch {
	case err != nil:
		return "", ErrEndpointURL // url.Error repeats the whole text
	case u.Scheme != "ws":
		return "", fmt.Errorf("%w: the scheme is %q", ErrEndpointURL, u.Scheme)
	case u.Path != "" && u.Path != "/" && u.Path != chatPath:
		return "", fmt.Errorf("%w: the path is %q", ErrEndpointURL, u.Path)
	case u.Port() == "":
		return "", fmt.Errorf("%w: the port is missing", ErrEndpointURL)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", ErrEndpointURL
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", ErrEndpointRemote
	}
	return net.JoinHostPort(host, u.Port()), nil
}
