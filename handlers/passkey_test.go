package handlers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"

	"wadah/models"
)

// authenticator is a security key that always finds its person present and verified.
// Zero values of the knobs make it an honest one.
type authenticator struct {
	t       *testing.T
	key     *ecdsa.PrivateKey
	id      []byte
	handle  []byte
	counter uint32
	origin  string // what the browser says it was at

	synced     bool   // it counts nothing, as passkeys that several machines share
	unverified bool   // it did not ask for PIN or finger
	otherHost  string // it speaks for another site
}

func newAuthenticator(t *testing.T, origin string) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	rand.Read(id)
	return &authenticator{t: t, key: key, id: id, origin: origin}
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (a *authenticator) json(v any) []byte {
	a.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

// data is the authenticator data of the WebAuthn specification, section 6.1.
func (a *authenticator) data(host string, attested []byte) []byte {
	if a.otherHost != "" {
		host = a.otherHost
	}
	sum := sha256.Sum256([]byte(host))
	flags := byte(0x01 | 0x04) // user present and verified
	if a.unverified {
		flags = 0x01
	}
	if attested != nil {
		flags |= 0x40
	}
	if !a.synced {
		a.counter++
	}
	out := append(sum[:], flags)
	out = binary.BigEndian.AppendUint32(out, a.counter)
	return append(out, attested...)
}

func (a *authenticator) clientData(kind, challenge string) []byte {
	return a.json(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
}

// create answers the options of a registration.
func (a *authenticator) create(options map[string]any) string {
	a.t.Helper()
	var err error
	user, party := options["user"].(map[string]any), options["rp"].(map[string]any)
	if a.handle, err = base64.RawURLEncoding.DecodeString(user["id"].(string)); err != nil {
		a.t.Fatal(err)
	}
	public, err := a.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		a.t.Fatal(err)
	}
	cose, err := webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: public[1:33], -3: public[33:]})
	if err != nil {
		a.t.Fatal(err)
	}
	attested := append(make([]byte, 16), 0, byte(len(a.id)))
	attested = append(append(attested, a.id...), cose...)
	object, err := webauthncbor.Marshal(map[string]any{
		"fmt": "none", "attStmt": map[string]any{}, "authData": a.data(party["id"].(string), attested),
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON":    encoded(a.clientData("webauthn.create", options["challenge"].(string))),
		"attestationObject": encoded(object), "transports": []string{"internal"},
	})
}

// get answers the options of a sign-in.
func (a *authenticator) get(options map[string]any) string {
	a.t.Helper()
	data := a.data(options["rpId"].(string), nil)
	client := a.clientData("webauthn.get", options["challenge"].(string))
	hash := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, signed[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON": encoded(client), "authenticatorData": encoded(data),
		"signature": encoded(signature), "userHandle": encoded(a.handle),
	})
}

func (a *authenticator) answer(response map[string]any) string {
	return string(a.json(map[string]any{
		"id": encoded(a.id), "rawId": encoded(a.id), "type": "public-key", "response": response,
		// Some password managers say this unasked.
		"clientExtensionResults": map[string]any{"credProps": map[string]any{"rk": true}},
	}))
}

// options asks for a ceremony as passkey.js does.
func (b *browser) options(t *testing.T, path string, form url.Values) map[string]any {
	t.Helper()
	got := b.post(path, form)
	var said struct {
		Options struct {
			PublicKey map[string]any `json:"publicKey"`
		} `json:"options"`
	}
	if err := json.Unmarshal([]byte(got.body), &said); err != nil || got.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v %s", path, got.StatusCode, err, got.body)
	}
	return said.Options.PublicKey
}

// answers fails unless the answer is JSON with the status and text.
func (a answer) answers(t *testing.T, status int, text string) {
	t.Helper()
	if a.StatusCode != status || !strings.Contains(a.body, text) || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		t.Fatalf("%s: %d %s, want %d %s", a.Request.URL.Path, a.StatusCode, a.body, status, text)
	}
}

// atLocalhost makes the server's address one that passkeys work under.
func atLocalhost(e *env) *env {
	e.url = strings.Replace(e.url, "127.0.0.1", "localhost", 1)
	return e
}

func registered(t *testing.T, b *browser) *authenticator {
	t.Helper()
	return newAuthenticator(t, b.e.url).registered(t, b)
}

func (a *authenticator) registered(t *testing.T, b *browser) *authenticator {
	t.Helper()
	options := b.options(t, "/account/passkeys/begin", url.Values{"name": {"Laptop"}, "current": {password}})
	b.post("/account/passkeys/finish", url.Values{"credential": {a.create(options)}}).answers(t, http.StatusOK, `{"next":"/account"}`)
	return a
}

func TestPasskeys(t *testing.T) {
	e := atLocalhost(newEnv(t))
	b := e.admin()
	b.get("/account").has(t, http.StatusOK, "passkey-add")
	b.post("/account/passkeys/begin", url.Values{"name": {"Laptop"}, "current": {"wrong password"}}).answers(t, http.StatusUnprocessableEntity, `"message":"`)
	b.post("/account/passkeys/begin", url.Values{"current": {password}}).answers(t, http.StatusUnprocessableEntity, "name_required")
	b.post("/account/passkeys/finish", url.Values{"credential": {"{}"}}).answers(t, http.StatusUnprocessableEntity, "timeout")
	key := registered(t, b)
	page := b.get("/account")
	page.has(t, http.StatusOK, "flash", "passkey-row", "passkey-remove")

	// The same key again, and an answer to nothing that was asked.
	options := b.options(t, "/account/passkeys/begin", url.Values{"name": {"Again"}, "current": {password}})
	b.post("/account/passkeys/finish", url.Values{"credential": {key.create(options)}}).answers(t, http.StatusConflict, "passkey_exists")
	b.post("/account/passkeys/finish", url.Values{"credential": {key.create(options)}}).answers(t, http.StatusUnprocessableEntity, "timeout")

	id := page.match(t, `data-passkey-id="([^"]+)"`)
	b.post("/account/passkeys/"+id+"/rename", url.Values{"name": {" "}}).has(t, http.StatusUnprocessableEntity, "passkey-row")
	b.post("/account/passkeys/"+id+"/rename", url.Values{"name": {"Phone"}}).leads(t, "/account")

	n := e.browser()
	n.get("/signin").has(t, http.StatusOK, "signin-passkey")
	options = n.options(t, "/signin/passkey/begin", url.Values{"next": {"/account"}})
	answer := url.Values{"credential": {key.get(options)}}
	n.post("/signin/passkey/finish", answer).answers(t, http.StatusOK, `{"next":"/account"}`)
	n.get("/account").has(t, http.StatusOK, "passkey-row")
	n.post("/signin/passkey/finish", answer).answers(t, http.StatusUnprocessableEntity, "timeout") // a replay

	// Another user cannot touch it.
	e.user("ani", models.RoleViewer)
	e.signedIn("ani").post("/account/passkeys/"+id+"/rename", url.Values{"name": {"Mine"}}).has(t, http.StatusNotFound)
	e.signedIn("ani").post("/account/passkeys/"+id+"/remove", url.Values{"current": {password}}).has(t, http.StatusNotFound)

	b.post("/account/passkeys/"+id+"/remove", url.Values{"current": {"wrong password"}}).has(t, http.StatusUnprocessableEntity)
	b.post("/account/passkeys/"+id+"/remove", url.Values{"current": {password}}).leads(t, "/account")
	n.get("/account").leads(t, "/signin?next=%2Faccount")
	options = n.options(t, "/signin/passkey/begin", nil)
	n.post("/signin/passkey/finish", url.Values{"credential": {key.get(options)}}).answers(t, http.StatusUnprocessableEntity, "passkey_failed")
	e.wroteDown("passkey.add", "passkey.rename", "passkey.remove", "signin.passkey", "signin.refused")
}

func TestPasskeyStandsForTheSecondFactor(t *testing.T) {
	e := atLocalhost(newEnv(t))
	b := e.admin()
	b.enrolled(t)
	key := registered(t, b)
	n := e.browser()
	n.post("/signin", url.Values{"name": {"boss"}, "password": {password}}).leads(t, "/signin/code")
	n.get("/signin/code").has(t, http.StatusOK, "signin-passkey")
	options := n.options(t, "/signin/passkey/begin", nil)
	n.post("/signin/passkey/finish", url.Values{"credential": {key.get(options)}}).answers(t, http.StatusOK, `{"next":"/devices"}`)
	n.get("/devices").has(t, http.StatusOK)
}

// TestForgedPasskeys shows each of the ways an answer can be wrong.
func TestForgedPasskeys(t *testing.T) {
	e := atLocalhost(newEnv(t))
	ani := e.user("ani", models.RoleViewer)
	key := registered(t, e.admin())
	boss := key.handle
	for name, forge := range map[string]func(k *authenticator){
		"another site":    func(k *authenticator) { k.otherHost = "evil.example" },
		"another origin":  func(k *authenticator) { k.origin = "https://evil.example" },
		"nobody verified": func(k *authenticator) { k.unverified = true },
		"another user":    func(k *authenticator) { k.handle = []byte(ani.ID) },
		"no user":         func(k *authenticator) { k.handle = nil },
		"another key":     func(k *authenticator) { k.key = newAuthenticator(t, "").key },
		"unknown key":     func(k *authenticator) { k.id = []byte("unknown") },
		"a copied key":    func(k *authenticator) { k.counter = 0 },
	} {
		forged := *key
		forged.handle = boss
		forge(&forged)
		n := e.browser()
		options := n.options(t, "/signin/passkey/begin", nil)
		got := n.post("/signin/passkey/finish", url.Values{"credential": {forged.get(options)}})
		if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, "passkey_failed") {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.body)
		}
		n.get("/devices").leads(t, "/signin?next=%2Fdevices")
	}
	// Somebody else's challenge.
	mine, theirs := e.browser(), e.browser()
	options := theirs.options(t, "/signin/passkey/begin", nil)
	mine.options(t, "/signin/passkey/begin", nil)
	mine.post("/signin/passkey/finish", url.Values{"credential": {key.get(options)}}).answers(t, http.StatusUnprocessableEntity, "passkey_failed")
	for _, broken := range []string{"", "null", "{}", "[", strings.Repeat("x", 1000)} {
		mine.options(t, "/signin/passkey/begin", nil)
		mine.post("/signin/passkey/finish", url.Values{"credential": {broken}}).answers(t, http.StatusUnprocessableEntity, "passkey_failed")
	}
}

func TestPasskeysNeedAHostName(t *testing.T) {
	e := newEnv(t) // at 127.0.0.1
	b := e.admin()
	if got := b.get("/account"); !strings.Contains(got.body, "passkeys-impossible") {
		t.Error("passkeys are offered under a bare address")
	}
	b.post("/account/passkeys/begin", url.Values{"name": {"x"}, "current": {password}}).answers(t, http.StatusConflict, "passkeys_impossible")
	e.browser().post("/signin/passkey/begin", nil).answers(t, http.StatusConflict, "passkeys_impossible")
}
