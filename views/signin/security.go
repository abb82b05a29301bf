package signin

import (
	"net/url"
	"strings"
	"time"

	"wadah/views"
)

// SecondStepPage is the second step of signing in, after the password was right.
//
//	GET  /signin/code                 asks for a code of the app; ?way=recovery for a
//	                                  recovery code
//	POST /signin/code                 code (either kind), way, next
//
// Who comes without a password that was right just before is sent to /signin. Problem
// comes with status 422, or 429 when it goes too fast.
//
// data-testid: totp-code or recovery-code, signin-code-submit, signin-other-way,
// signin-start-over, signin-passkey.
type SecondStepPage struct {
	views.Page
	Next     string
	Recovery bool   // asks for a recovery code
	Problem  string // finished sentence; "" at first
	Passkeys bool   // offer a passkey instead
}

// SecondFactor is how the account is protected beyond its password.
type SecondFactor struct {
	On       bool
	Recovery int // recovery codes that are left
}

// Passkeys are the account's passkeys; static/js/passkey.js says what the endpoints of
// adding and of signing in answer.
//
//	POST /account/passkeys/begin       name, current (the password)
//	POST /account/passkeys/finish
//	POST /account/passkeys/KEY/rename  name
//	POST /account/passkeys/KEY/remove  current (the password)
//	POST /signin/passkey/begin         next
//	POST /signin/passkey/finish
//
// data-testid: passkey-add-open, passkey-add-name, passkey-add-current, passkey-add,
// passkey-problem, passkey-row, passkey-manage, passkey-name, passkey-rename,
// passkey-current, passkey-remove; signin-passkey.
type Passkeys struct {
	List []AccountPasskey
	// Possible says whether passkeys work under the address the page was opened with:
	// browsers want a host name, and https unless it is localhost.
	Possible bool
}

// AccountPasskey is a passkey of the account.
type AccountPasskey struct {
	ID       string
	Name     string
	Created  time.Time
	LastUsed time.Time // zero: never
}

// TOTPPage enrols the app that makes codes: GET /account/totp after POST
// /account/totp; POST /account/totp/confirm with code ends it and shows RecoveryPage.
//
// data-testid: totp-qr, totp-secret, totp-secret-copy, totp-code, totp-confirm,
// totp-cancel.
type TOTPPage struct {
	views.Page
	QR      string // "data:image/png;base64,…" of the otpauth:// address
	Secret  string // the same to type by hand, base32
	Problem string // finished sentence, when the code was wrong
}

// RecoveryPage shows new recovery codes, once.
//
// data-testid: recovery-codes, recovery-copy, recovery-done.
type RecoveryPage struct {
	views.Page
	Codes []string
}

// grouped is the secret in groups of four, as people type it.
func (p TOTPPage) grouped() []string {
	var groups []string
	rest := p.Secret
	for len(rest) > 4 {
		groups = append(groups, rest[:4])
		rest = rest[4:]
	}
	return append(groups, rest)
}

func (p RecoveryPage) lines() string { return strings.Join(p.Codes, "\n") }

// other is this page asking for the other kind of code.
func (p SecondStepPage) other(way string) string {
	q := url.Values{}
	if way != "" {
		q.Set("way", way)
	}
	if p.Next != "" {
		q.Set("next", p.Next)
	}
	if len(q) == 0 {
		return "/signin/code"
	}
	return "/signin/code?" + q.Encode()
}
