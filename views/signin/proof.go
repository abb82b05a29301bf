package signin

import (
	"context"
	"strings"

	"wadah/views"
)

// ProofPage asks who is signed in for the password or a passkey again, before something
// that could hand over the installation. It takes the place of the answer, with all that
// was sent: the form goes to where it came from, the password beside it as "current".
//
//	GET  /confirm                 next: where to go on
//	POST /confirm                 current, next
//	POST /confirm/passkey/begin   next; as in static/js/passkey.js
//	POST /confirm/passkey/finish
//
// Status 403 when it is asked for, 422 with Problem.
//
// data-testid: proof-form, proof-current, proof-submit, proof-passkey, proof-cancel.
type ProofPage struct {
	views.Page
	Action   string      // path the form goes to
	Fields   []FormField // what was sent, for Action
	Next     string      // where to go on, when Action is /confirm
	Problem  string      // finished sentence; "" at first
	Passkeys bool        // the person has one, and it works under this address
}

// FormField is a field of a form and its value.
type FormField struct{ Name, Value string }

// ProofPartial asks within the open page, for the answer to an htmx POST; the form is one,
// too.
func ProofPartial(ctx context.Context, page ProofPage) ([]byte, error) {
	return views.Partial(ctx, "#notices", "outerHTML", proofOver(page))
}

// repeats reports whether the form goes to where it came from.
func (p ProofPage) repeats() bool { return p.Next == "" && p.Action != "/confirm" }

// back is the page the person was on, as near as the address tells.
func (p ProofPage) back() string {
	path := p.Action
	if !p.repeats() {
		path = p.Next
	}
	path, query, _ := strings.Cut(path, "?")
	for _, list := range []string{"/people", "/settings", "/audit"} {
		if path == list || strings.HasPrefix(path, list+"/") || strings.HasPrefix(path, list+".") {
			if list == "/audit" && query != "" {
				return list + "?" + query
			}
			return list
		}
	}
	if device, ok := strings.CutPrefix(path, "/devices/"); ok {
		id, action, _ := strings.Cut(device, "/")
		section := views.DeviceOverview
		if action == "reveal" || action == "keys" || strings.HasPrefix(action, "keys/") {
			section = views.DeviceKeys
		}
		return views.DevicePath(id, section)
	}
	return "/devices"
}

// NewPasswordPage lets somebody choose a password whose present one somebody else has set,
// before being signed in.
//
//	GET  /signin/password
//	POST /signin/password   password, password2, next
//
// data-testid: new-password, new-password2, new-password-submit.
type NewPasswordPage struct {
	views.Page
	Name     string
	Next     string
	Problems map[string]string // by "password", "password2"
}
