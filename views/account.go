package views

// SetupPage makes the first admin.
type SetupPage struct {
	Page
	Token string // from the one-time link; goes back with the form
	Name  string
	// Problems are finished sentences by field: "name", "password", "password2", and ""
	// for the form as a whole.
	Problems map[string]string
}

// SetupNeededPage tells who comes without the one-time link where to find it.
type SetupNeededPage struct{ Page }

// SignInPage asks who somebody is.
type SignInPage struct {
	Page
	Name    string
	Next    string // path to go to afterwards; goes back with the form as "next"
	Problem string // finished sentence; "" at first
}

// AccountPage is a user's own account: POST /account/password with the fields
// current, password and password2; POST /account/prefs with lang and theme.
type AccountPage struct {
	Page
	// Problems are finished sentences by field: "current", "password", "password2".
	Problems map[string]string
}

// userName is for password managers, which want to know whose password changes.
func (p AccountPage) userName() string {
	if p.User == nil {
		return ""
	}
	return p.User.Name
}
