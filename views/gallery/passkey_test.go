package gallery_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/a-h/templ"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/go-webauthn/webauthn/protocol"
	server "github.com/go-webauthn/webauthn/webauthn"

	"wadah/views"
	signinviews "wadah/views/signin"
)

// passkeySite answers what static/js/passkey.js asks, with the library the product uses.
type passkeySite struct {
	*httptest.Server
	mu     sync.Mutex
	rp     *server.WebAuthn
	begun  *server.SessionData
	name   string
	next   string
	owned  []server.Credential
	signed int    // how often somebody signed in
	refuse string // a sentence: every request is refused with it
}

// The one user of the site.
func (s *passkeySite) WebAuthnID() []byte                       { return []byte("user-1") }
func (s *passkeySite) WebAuthnName() string                     { return "rina" }
func (s *passkeySite) WebAuthnDisplayName() string              { return "rina" }
func (s *passkeySite) WebAuthnCredentials() []server.Credential { return s.owned }

func newPasskeySite(t *testing.T) *passkeySite {
	t.Helper()
	s := &passkeySite{}
	mux := http.NewServeMux()
	mux.Handle("/static/", http.StripPrefix("/static/", http.FileServerFS(staticFiles())))
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /account", s.page(t, signinviews.Account(accountPage(views.English))))
	mux.HandleFunc("GET /signin", s.page(t, signinviews.SignIn(signinviews.SignInPage{Page: views.Page{Lang: views.English}, Next: "/devices", Passkeys: true})))
	mux.HandleFunc("GET /devices", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<!doctype html><title>list</title><h1 id='list'>list</h1>"))
	})
	for path, do := range map[string]func(*http.Request) (any, error){
		"/account/passkeys/begin": s.beginCreate, "/account/passkeys/finish": s.finishCreate,
		"/signin/passkey/begin": s.beginGet, "/signin/passkey/finish": s.finishGet,
		"/confirm/passkey/begin": s.beginGet, "/confirm/passkey/finish": s.finishGet,
	} {
		mux.HandleFunc("POST "+path, s.answer(do))
	}
	s.device(t, mux)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	s.URL = strings.Replace(s.URL, "127.0.0.1", "localhost", 1) // passkeys want a name
	var err error
	s.rp, err = server.New(&server.Config{RPID: "localhost", RPDisplayName: "Wadah", RPOrigins: []string{s.URL}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *passkeySite) page(t *testing.T, c templ.Component) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		if err := c.Render(r.Context(), w); err != nil {
			t.Error(err)
		}
	}
}

func (s *passkeySite) answer(do func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		var body any = map[string]string{"message": s.refuse}
		var err error
		if s.refuse == "" {
			body, err = do(r)
		}
		if err != nil {
			body = map[string]string{"message": err.Error()}
		}
		if err != nil || s.refuse != "" {
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
		_ = json.NewEncoder(w).Encode(body)
	}
}

func (s *passkeySite) beginCreate(r *http.Request) (any, error) {
	s.name = r.FormValue("name") + " " + r.FormValue("current")
	options, begun, err := s.rp.BeginRegistration(s, server.WithResidentKeyRequirement(protocol.ResidentKeyRequirementRequired))
	s.begun = begun
	return map[string]any{"options": options}, err
}

func (s *passkeySite) finishCreate(r *http.Request) (any, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(r.FormValue("credential")))
	if err != nil {
		return nil, err
	}
	c, err := s.rp.CreateCredential(s, *s.begun, parsed)
	if err != nil {
		return nil, err
	}
	s.owned = append(s.owned, *c)
	return map[string]string{"next": "/devices"}, nil
}

func (s *passkeySite) beginGet(r *http.Request) (any, error) {
	s.next = r.FormValue("next")
	options, begun, err := s.rp.BeginDiscoverableLogin()
	s.begun = begun
	return map[string]any{"options": options}, err
}

func (s *passkeySite) finishGet(r *http.Request) (any, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(r.FormValue("credential")))
	if err != nil {
		return nil, err
	}
	_, _, err = s.rp.ValidatePasskeyLogin(func(_, _ []byte) (server.User, error) { return s, nil }, *s.begun, parsed)
	if err != nil {
		return nil, err
	}
	s.signed++
	return map[string]string{"next": s.next}, nil
}

// TestPasskeyScript registers a passkey and signs in with it: a real browser with a
// virtual authenticator on one side, the product's WebAuthn library on the other.
func TestPasskeyScript(t *testing.T) {
	t.Parallel()
	s := newPasskeySite(t)
	b := newTab(startBrowser(t), t, "422")
	b.carryAuthenticator()

	b.open(s.URL + "/account")
	b.holds(`!document.querySelector("form[data-passkey]").hidden`)
	b.do(chromedp.Click(chromedp.CSS(`[data-testid="passkey-add-open"]`)),
		chromedp.SendKeys(chromedp.CSS(`#passkey-add-name`), "Laptop"),
		chromedp.SendKeys(chromedp.CSS(`#passkey-add-current`), "secret words"))
	s.set(func() { s.refuse = "The password is wrong." })
	b.do(chromedp.Click(chromedp.CSS(`#passkey-add`)))
	b.holds(`document.querySelector("[data-passkey-problem]").textContent === "The password is wrong."`,
		`!document.querySelector("[data-passkey-problem]").hidden`, `!document.querySelector("#passkey-add").disabled`)

	s.set(func() { s.refuse = "" })
	b.do(chromedp.Click(chromedp.CSS(`#passkey-add`)))
	b.holds(`document.getElementById("list")`)
	s.set(func() {
		if len(s.owned) != 1 || s.name != "Laptop secret words" || len(s.owned[0].Transport) == 0 {
			t.Errorf("registered %d passkeys with the fields %q, transports missing or not: %+v", len(s.owned), s.name, s.owned)
		}
	})

	b.open(s.URL + "/signin")
	b.do(chromedp.Click(chromedp.CSS(`#signin-passkey`)))
	b.holds(`document.getElementById("list")`)
	s.set(func() {
		if s.signed != 1 {
			t.Errorf("signed in %d times", s.signed)
		}
	})
}

// carryAuthenticator gives the browser a virtual authenticator whose person is always there.
func (b *tab) carryAuthenticator() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		b.t.Fatal(err)
	}
	authenticator := webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}}
	if _, err := chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, authenticator); err != nil {
		b.t.Fatal(err)
	}
}

func (s *passkeySite) set(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}
