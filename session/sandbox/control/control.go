// Package control is the simulated WhatsApp's control API: with it, programs are the
// people at the virtual phones, and make things go wrong.
package control

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"wadah/session/sandbox"
)

const (
	maxBody    = 64 << 10
	maxPicture = 8 << 20
)

// Handler is the JSON control API, with paths relative to where it is mounted; the
// service mounts it under /control itself ([sandbox.Config]). Local decides what comes from
// a program on this machine: everything else is refused.
//
//	GET    /info          url, rootKey (hex), version, outage, fault kinds and outage modes
//	GET    /phones        the virtual phones and their linked devices
//	POST   /phones        {"number","name","platform"}: platform is android (default) or iphone
//	DELETE /phones/{n}
//	POST   /scan          {"phone","qr"}, or a PNG as body or multipart file with ?phone=
//	POST   /code          {"phone","code"}
//	POST   /unlink        {"phone","jid"}; without jid all devices of the phone
//	POST   /online        {"phone","online"}
//	POST   /passkey       {"phone","passkey"}: whether the phone asks for one
//	POST   /passkey/answer  {"phone","options"}: the phone's answer to a device's passkey request
//	POST   /passkey/confirm {"phone"}: the codes on phone and device are the same
//	POST   /passkey/refuse  {"phone"}: the person at the phone stops the link
//	POST   /fault         {"target","kind","count","duration","latency","reason","code","expire"}
//	DELETE /faults        disarms what waits, ends silence and slowness; with ?target= only there
//	POST   /outage        {"mode"}
//	POST   /version       {"version","minVersion"}, such as "2.3000.1045649367"
//	GET    /connections   the live sockets
//	GET    /stats
//	GET    /violations    what clients did that a client must never do; DELETE forgets it
//
// What people do on their phones, each with {"phone"}:
//
//	POST   /send          {"to","text","quote","mentions","viewOnce","kind","data","type","name","seconds","place","card","poll","editedTo","id"}
//	POST   /react         {"chat","id","emoji"}; /edit {"chat","id","text"}; /revoke {"chat","id"}; /vote {"chat","id","options"}
//	POST   /read          {"chat"}: blue ticks; with "id" a voice note was listened to
//	POST   /typing        {"chat","state"}: composing, recording or paused; /presence {"available"}
//	POST   /group         {"subject","people"}: a new one; or {"group","change","people","value"}
//	POST   /call          {"to","video"}; {"to","end"} ends the call with this id
//	POST   /policy        {"read","answer"}: what the person does without being told
//	POST   /flood         {"to","count","window","text"}
//	POST   /hold          {"held","until"}: the account may write to known chats alone (463)
//	POST   /addressing    {"as"}: "", lid or number
//	POST   /reinstall     new keys; /silent {"device"}: a device that never comes online, or goes
//	POST   /media/expire  {"chat","id","status"}
//	GET    /chats?phone=, /messages?phone=&chat=&limit=, /inbox?phone=&after=&limit=&wait=, /media?phone=&chat=&id=
//
// Durations are texts such as "30s". An error is {"error":"machine_code","message":"…"}.
func Handler(service *sandbox.Service, local func(*http.Request) bool, log *slog.Logger) http.Handler {
	a := &api{service: service, local: local, log: log}
	mux := http.NewServeMux()
	mux.Handle("GET /info", a.read(func() any { return a.info() }))
	mux.Handle("GET /phones", a.read(func() any { return a.service.Phones() }))
	mux.Handle("GET /connections", a.read(func() any { return a.service.Connections() }))
	mux.Handle("GET /stats", a.read(func() any { return a.service.Stats() }))
	mux.Handle("POST /phones", command(a, a.addPhone))
	mux.HandleFunc("DELETE /phones/{number}", func(w http.ResponseWriter, r *http.Request) {
		a.answer(w, done{OK: true}, a.service.RemovePhone(r.PathValue("number")))
	})
	mux.HandleFunc("POST /scan", a.scan)
	mux.Handle("POST /code", command(a, a.code))
	mux.Handle("POST /unlink", command(a, a.unlink))
	mux.Handle("POST /online", command(a, a.online))
	mux.Handle("POST /passkey", command(a, a.passkey))
	mux.Handle("POST /passkey/answer", command(a, a.passkeyAnswer))
	mux.Handle("POST /passkey/confirm", command(a, a.passkeyConfirm))
	mux.Handle("POST /passkey/refuse", command(a, a.passkeyRefuse))
	mux.Handle("POST /fault", command(a, a.fault))
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, r *http.Request) {
		a.service.ClearFaultsOf(r.URL.Query().Get("target"))
		a.answer(w, done{OK: true}, nil)
	})
	mux.Handle("POST /outage", command(a, a.outage))
	mux.Handle("POST /version", command(a, a.version))
	a.chatRoutes(mux)
	return a.guard(mux)
}

// api is the handler of one service.
type api struct {
	service *sandbox.Service
	local   func(*http.Request) bool
	log     *slog.Logger
}

// done is the answer of a command that has nothing else to say.
type done struct {
	OK bool `json:"ok"`
}

type serviceInfo struct {
	URL         string               `json:"url"`
	RootKey     string               `json:"rootKey"` // hexadecimal
	Version     string               `json:"version"`
	MinVersion  string               `json:"minVersion"`
	Outage      sandbox.OutageMode   `json:"outage"`
	OutageModes []sandbox.OutageMode `json:"outageModes"`
	Faults      []sandbox.FaultKind  `json:"faults"`
	// MessageFaults are those of messages and attachments.
	MessageFaults []sandbox.FaultKind `json:"messageFaults"`
}

func (a *api) info() serviceInfo {
	root := a.service.RootKey()
	current, minimum := a.service.Version()
	return serviceInfo{
		URL: a.service.URL(), RootKey: hex.EncodeToString(root[:]), Version: sandbox.FormatVersion(current), MinVersion: sandbox.FormatVersion(minimum),
		Outage: a.service.Outage(), OutageModes: sandbox.OutageModes(), Faults: sandbox.FaultKinds(), MessageFaults: sandbox.MessageFaultKinds(),
	}
}

// read serves a picture of the service.
func (a *api) read(picture func() any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { a.answer(w, picture(), nil) }
}

// command serves a change that is described by a JSON object.
func command[T any](a *api, run func(context.Context, T) (any, error)) http.HandlerFunc {
	return sized(a, maxBody, run)
}

// sized is command with a body of at most so many bytes.
func sized[T any](a *api, limit int64, run func(context.Context, T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in T
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&in); err != nil {
			a.answer(w, nil, fmt.Errorf("%w: %w", errBody, err))
			return
		}
		out, err := run(r.Context(), in)
		a.answer(w, out, err)
	}
}

// answer writes a value, or the error when there is one.
func (a *api) answer(w http.ResponseWriter, value any, err error) {
	status := http.StatusOK
	if err != nil {
		problem := describeProblem(err)
		status, value = problem.status, problem
		if errors.Is(err, sandbox.ErrStateFile) {
			a.log.Error("state not saved", slog.Any("err", err))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		a.log.Debug("control answer not delivered", slog.Any("err", err))
	}
}
