package handlers

import (
	"context"
	"net/http"
	"time"

	"wadah/handlers/web"

	"github.com/labstack/echo/v4"
)

// Sandbox is what the panel needs of a simulated WhatsApp in the same process. All
// fields are set; an error that a person can mend is a *SandboxRefusal.
type Sandbox struct {
	Phones func() []Phone
	// AddPhone switches a new phone on; platform is "android" or "iphone".
	AddPhone    func(platform, number, name string) error
	RemovePhone func(number string) error
	// Scan and EnterCode wait until the device is linked, or until the phone asks for
	// its passkey: then passkey is true, and the link goes on with AnswerPasskey.
	Scan      func(ctx context.Context, number, qrText string) (passkey bool, err error)
	EnterCode func(ctx context.Context, number, code string) (passkey bool, err error)
	Unlink    func(number, jid string) error // "" unlinks all companions
	SetOnline func(number string, online bool) error

	// SetPasskey says whether the phone asks for a passkey while linking. A device that
	// is asked shows a request; AsksForPasskey says whether it is this phone's passkey
	// that it wants, AnswerPasskey is its answer. ConfirmPasskey and RefusePasskey are
	// the person at the phone who compares the codes.
	SetPasskey     func(number string, on bool) error
	AsksForPasskey func(number string, request []byte) bool
	AnswerPasskey  func(number string, request []byte) ([]byte, error)
	ConfirmPasskey func(number string) error
	RefusePasskey  func(number string) error

	// Fault makes something go wrong for a phone number, a companion's JID or, with "",
	// for everybody.
	Fault func(target string, f Fault) error
	// ClearFaults ends what lasts and disarms what waits; "" for everybody.
	ClearFaults func(target string)
	SetOutage   func(mode string) error // one of views.OutageModes
	Outage      func() string           // the mode in force; "" or "none" when all works

	// Watch returns a channel that holds a token after something of the phones has
	// changed; stop must be called in the end.
	Watch func() (changes <-chan struct{}, stop func())
	// Control is the simulated service's JSON API, with paths relative to its mount. It is
	// served under /sandbox/.
	Control http.Handler
}

// Phone is one virtual phone.
type Phone struct {
	Number     string
	Name       string
	Platform   string // "android" or "iphone"
	Online     bool
	Passkey    bool // whether it asks for a passkey while linking
	Code       bool // a device waits for its code to be typed into this phone
	Troubled   bool // a fault lasts, or waits for its moment
	Companions []Companion
	Linking    []PhoneLink
}

// Companion is a device linked to a virtual phone.
type Companion struct {
	JID        string
	OS         string // the name it gave itself
	Platform   string // its kind, such as "chrome"
	LinkedAt   time.Time
	LastActive time.Time // when it came or went; zero when never
	Connected  bool
}

// PhoneLink is a device that a phone is linking.
type PhoneLink struct {
	OS   string
	Step string // one of views.LinkSteps
	Code string // to be compared with the device's; "" before
}

// Fault is something that goes wrong on purpose.
type Fault struct {
	Kind  string        // one of views.FaultKinds
	Lasts time.Duration // of a ban; 0 for the usual time
}

// SandboxRefusal says why a virtual phone refused. Code is one that
// views.Lang.Invalid knows: phone_number, phone_exists, phone_unknown, phone_offline,
// phone_full, phone_platform, qr_expired, code_wrong, code_nobody, passkey_over,
// fault_offline.
type SandboxRefusal struct { //nolint:errname // a refusal of a phone, not an error of ours
	Code string
	Err  error
}

// Error describes the refusal for the log.
func (r *SandboxRefusal) Error() string {
	if r.Err == nil {
		return r.Code
	}
	return r.Code + ": " + r.Err.Error()
}

// Unwrap returns the cause.
func (r *SandboxRefusal) Unwrap() error { return r.Err }

// sandboxRoutes exist only beside a simulated WhatsApp in the same process.
func (s *Server) sandboxRoutes() []web.Route {
	list := []web.Route{
		web.Get("/phones", web.Viewer, s.phonesPage),
		web.Get("/components", web.Viewer, s.componentsPage),
		web.Post("/phones", web.Operator, s.addPhone),
		web.Post("/phones/outage", web.Admin, s.setOutage), // this and the next two hit every device
		web.Post("/phones/fault", web.Admin, s.faultForAll),
		web.Post("/phones/calm", web.Admin, s.calmAll),
		web.Post("/phones/:number/scan", web.Operator, s.phoneScan),
		web.Post("/phones/:number/code", web.Operator, s.phoneCode),
		web.Post("/phones/:number/unlink", web.Operator, s.phoneUnlink),
		web.Post("/phones/:number/online", web.Operator, s.phoneOnline),
		web.Post("/phones/:number/remove", web.Operator, s.removePhone),
		web.Post("/phones/:number/passkey", web.Operator, s.phonePasskey),
		web.Post("/phones/:number/passkey/answer", web.Operator, s.phoneAnswersPasskey),
		web.Post("/phones/:number/passkey/confirm", web.Operator, s.phoneConfirmsPasskey),
		web.Post("/phones/:number/passkey/refuse", web.Operator, s.phoneRefusesPasskey),
		web.Post("/phones/:number/fault", web.Operator, s.phoneFault),
		web.Post("/phones/:number/calm", web.Operator, s.phoneCalm),
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		list = append(list, web.Route{Method: method, Path: "/sandbox/*", May: web.Loopback, Do: s.sandboxControl})
	}
	return list
}

// sandboxControl serves the simulated service's JSON API to programs on this machine.
func (s *Server) sandboxControl(c echo.Context) error {
	if !s.site.Keyless(c.Request()) {
		return web.WriteJSON(c, http.StatusForbidden, errNotLocal.JSON())
	}
	http.StripPrefix("/sandbox", s.cfg.Sandbox.Control).ServeHTTP(c.Response(), c.Request())
	return nil
}

var errNotLocal = &web.Failure{
	Status: http.StatusForbidden, Code: "not_local",
	Message: "The sandbox is controlled only by programs of the machine it runs on: by no other machine, no web page, and not where --public-url or --trusted-proxies say that people come from elsewhere.",
}
