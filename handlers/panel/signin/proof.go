package signin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
	signinviews "wadah/views/signin"
)

// proofField is the field with the password. A program may send it along at once.
const proofField = "current"

// WithProof lets nobody pass whose password or passkey is long ago. It asks for one, keeps
// what was sent, and goes on with it then.
func (s *Pages) WithProof(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.logins.IsProven(c) {
			return next(c)
		}
		r := c.Request()
		if r.Method != http.MethodPost || !r.PostForm.Has(proofField) {
			return s.askProof(c, http.StatusForbidden, "")
		}
		code, err := s.prove(c)
		if err != nil {
			return err
		}
		if code != "" {
			return s.askProof(c, refusedStatus(code), code)
		}
		return next(c)
	}
}

// prove checks the password that was sent along; the code is "" when it was right.
func (s *Pages) prove(c echo.Context) (code string, err error) {
	code, err = s.provePassword(c)
	if err != nil || code != "" {
		return code, err
	}
	s.trail.Note(c, visitor.Entry(c, audit.LoginConfirm, "", ""))
	return "", nil
}

// askProof asks for the password or a passkey, with all that was sent: nothing typed is
// lost. What is asked with GET comes again as it was.
func (s *Pages) askProof(c echo.Context, status int, problem string) error {
	r := c.Request()
	again := web.OwnPath(r.URL.RequestURI(), "/devices")
	if r.Method != http.MethodPost {
		return s.renderProof(c, status, signinviews.ProofPage{Action: confirmPath, Next: again}, problem)
	}
	return s.renderProof(c, status, signinviews.ProofPage{Action: again, Fields: fieldsOf(r.PostForm)}, problem)
}

// fieldsOf are the fields of a form but the password, sorted by name.
func fieldsOf(form url.Values) []signinviews.FormField {
	var fields []signinviews.FormField
	for name, values := range form {
		if name == proofField {
			continue
		}
		for _, value := range values {
			fields = append(fields, signinviews.FormField{Name: name, Value: value})
		}
	}
	slices.SortStableFunc(fields, func(a, b signinviews.FormField) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

func (s *Pages) renderProof(c echo.Context, status int, page signinviews.ProofPage, problem string) error {
	var err error
	if page.Passkeys, err = s.PasskeysOffered(c); err != nil {
		return err
	}
	if lang := visitor.Of(c).Lang; problem != "" {
		page.Problem = lang.Invalid(problem)
	}
	if web.IsFragment(c.Request()) {
		page.Lang, page.User = visitor.Of(c).Lang, &views.User{Name: visitor.Of(c).User.Name}
		part, err := signinviews.ProofPartial(c.Request().Context(), page)
		if err != nil {
			return err
		}
		return pages.WritePartials(c, status, part)
	}
	page.Page = s.Around(c)
	page.Path = confirmURL(page.Next)
	return s.Render(c, status, signinviews.Proof(page))
}

// PasskeysOffered reports whether the visitor can show a passkey here.
func (s *Pages) PasskeysOffered(c echo.Context) (bool, error) {
	if !s.passkeysPossible(c) {
		return false, nil
	}
	keys, err := s.store.Passkeys(c.Request().Context(), visitor.Of(c).User.ID)
	return len(keys) > 0, err
}

// provePassword asks the visitor for the password once more, in the field
// "current", before something that would let a thief of the login stay. The code is
// "" when it was right.
func (s *Pages) provePassword(c echo.Context) (code string, err error) {
	v := visitor.Of(c)
	try, wait := s.guesses.own.Attempt(s.now(), ownDoor("login", v.Token))
	if wait > 0 {
		web.SetRetryAfter(c, wait)
		return codeSlow, nil
	}
	_, err = s.store.Authenticate(c.Request().Context(), v.User.Name, c.FormValue("current"), models.Asker{})
	if errors.Is(err, models.ErrNotFound) {
		s.trail.Note(c, visitor.Entry(c, audit.PasswordRefused, "", ""))
		return "password_wrong", nil
	}
	if err != nil {
		try.Undo()
		return "", err
	}
	try.Succeeded()
	return "", s.logins.LeaveProof(c)
}

// codeSlow says that there were too many attempts.
const codeSlow = "signin_slow"

// refusedStatus is the status of a refusal with this code.
func refusedStatus(code string) int {
	if code == codeSlow {
		return http.StatusTooManyRequests
	}
	return http.StatusUnprocessableEntity
}
