package device

import (
	"strings"
	"time"

	"wadah/views"
)

// Keys is the card of a device's API keys, DevicePage.Keys. Nobody but who may operate
// the device gets it; the zero value shows nothing.
//
//	POST /devices/ID/keys             name, expires (one of KeyLives)  make a key
//	POST /devices/ID/keys/KEY/reveal                                   show it
//	POST /devices/ID/keys/KEY/rotate  overlap (one of Overlaps)        replace it
//	POST /devices/ID/keys/KEY/revoke  confirm=yes                      end it
//
// Make, reveal and rotate show a value, which never stands in a URL or a flash: they
// answer htmx (HX-Request: true) with KeysPartial and a NoticePartial, and a plain form
// with the device's page, the key in question with its Value. What is wrong with a new
// key comes back the same way with status 422. Revoke answers both with 303.
//
// data-testid: device-keys, key-row (data-key, data-state), key-row-reveal,
// key-row-value, key-row-copy, key-rotate-open, key-rotate-overlap, key-rotate,
// key-revoke-open, key-revoke, last-shown, key-calls, key-address; key-create-open, key-create-name, key-create-expires,
// key-create-submit.
type Keys struct {
	List []Key // as they should be shown, ended ones last
	Show bool

	// Name, Expires and their Problems are what was typed into the form that makes a
	// key and what is wrong with it: by "name", "expires", "scopes" and "addresses".
	Name      string
	Expires   string
	Scopes    []string
	Addresses string
	Problems  map[string]string
}

// KeyScopes are what a key can be made for, as they should be shown; the texts are
// keys.scope.NAME and keys.scope.NAME.short.
func KeyScopes() []string { return []string{"state", "link", "send", "read"} }

// Key is one API key in the list, never its value unless it was just asked for.
type Key struct {
	ID        string
	Name      string
	State     KeyState
	CreatedAt time.Time
	LastUsed  time.Time   // zero: never
	Address   string      // from where it was last used; "": not known
	Calls     int64       // today, in UTC
	Errors    int64       // how many of them failed
	Shown     views.Shown // to whom last
	ExpiresAt time.Time   // zero: never; of a revoked key, when that was
	Value     string      // only when it was just made, rotated or revealed
	Scopes    []string    // what it may do; none: everything
	From      []string    // networks from which it may be used; none: from everywhere
}

// KeyState says whether a key opens anything.
type KeyState string

// The states of a key.
const (
	KeyValid   KeyState = "valid"
	KeyEnding  KeyState = "ending" // replaced; valid until ExpiresAt
	KeyExpired KeyState = "expired"
	KeyRevoked KeyState = "revoked"
)

// scopeWords are scopes in words.
func scopeWords(l views.Lang, scopes []string) string {
	var words []string
	for _, scope := range scopes {
		words = append(words, l.T("keys.scope."+scope+".short"))
	}
	return strings.Join(words, ", ")
}

func (k Key) usable() bool { return k.State == KeyValid || k.State == KeyEnding }

func (k Key) tone() views.Tone {
	switch k.State {
	case KeyValid:
		return views.ToneOK
	case KeyEnding:
		return views.ToneAct
	case KeyExpired, KeyRevoked:
		return views.ToneOff
	}
	return views.ToneOff
}

func (k Key) symbol() string {
	switch k.State {
	case KeyValid:
		return "check"
	case KeyEnding, KeyExpired:
		return "clock"
	case KeyRevoked:
		return "ban"
	}
	return "ban"
}

func (k Key) word(l views.Lang) string {
	switch k.State {
	case KeyValid:
		return l.T("keys.state.valid")
	case KeyEnding:
		return l.T("keys.state.ending")
	case KeyExpired:
		return l.T("keys.state.expired")
	case KeyRevoked:
		return l.T("keys.state.revoked")
	}
	return string(k.State)
}
