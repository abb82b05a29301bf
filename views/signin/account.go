package signin

import "wadah/views"

// SetupPage makes the first admin.
type SetupPage struct {
	views.Page
	Token string // from the one-time link; goes back with the form
	Name  string
	// Problems are finished sentences by field: "name", "password", "password2", and ""
	// for the form as a whole.
	Problems map[string]string
}

// SetupNeededPage tells who comes without the one-time link, or with a wrong one, where to
// find it.
type SetupNeededPage struct {
	views.Page
	Wrong bool // a token was given, and is not the one
}

// InvitedPage lets whoever holds an invitation choose a name and a password.
//
//	GET  /invite/TOKEN    the page, or InvitationOverPage with status 410
//	POST /invite/TOKEN    name, password, password2; 303 to /devices
//
// data-testid: invited-name, invited-password, invited-password2, invited-submit.
type InvitedPage struct {
	views.Page
	Token    string
	Role     views.Role
	Name     string            // as typed
	Problems map[string]string // by "name", "password", "password2"
}

// InvitationOverPage tells that an invitation has been used, withdrawn, or has expired.
type InvitationOverPage struct{ views.Page }

// SignInPage asks who somebody is: POST /signin with name, password and next. Where the
// account has a second factor the answer is 303 to /signin/code (SecondStepPage).
type SignInPage struct {
	views.Page
	Passkeys bool // offer to sign in with a passkey; see Passkeys
	Name     string
	Next     string // path to go to afterwards; goes back with the form as "next"
	Problem  string // finished sentence; "" at first
	// Elsewhere is the address where signing in works, when the browser cannot keep a login
	// at the one it came to; "" otherwise.
	Elsewhere string
}

// AccountPage is a user's own account.
//
//	POST /account/password       current, password, password2; ends the other logins
//	POST /account/prefs          lang, theme, zone (an IANA name, or "auto")
//	POST /account/totp           current: begin to enrol an app; 303 to GET /account/totp
//	POST /account/totp/confirm   code: RecoveryPage, or TOTPPage with Problem and 422
//	POST /account/totp/recovery  current: new recovery codes, RecoveryPage
//	POST /account/totp/remove    current
//	POST /account/logins         end all other logins
//	POST /account/logins/LOGIN   end one
//
// and those of Passkeys. All answer 303 to /account where nothing else is said, or the
// page with Problems and status 422.
//
// data-testid: account-*, account-zone, account-zone-submit, totp-current, totp-start, totp-remove, recovery-new,
// recovery-left, login-row, login-end, logins-end-others.
type AccountPage struct {
	views.Page
	Factor   SecondFactor
	Passkeys Passkeys
	Logins   []views.Login // the current one first
	Zone     views.ZoneChoice
	// Problems are finished sentences by field: "current", "password", "password2" of
	// the password's form; "totp" of the password asked for around the second factor;
	// "passkeys" for the card of passkeys as a whole.
	Problems map[string]string
}

// userName is for password managers, which want to know whose password changes.
func (p AccountPage) userName() string {
	if p.User == nil {
		return ""
	}
	return p.User.Name
}

// newAccountFocus is where a page that makes an account begins: at the name, and after a
// refusal of a password, at the passwords, which have to be typed again.
func newAccountFocus(problems map[string]string, field string) bool {
	again := problems["password"] != "" || problems["password2"] != ""
	return (field == "password") == again
}
