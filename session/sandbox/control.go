package sandbox

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
)

const (
	maxControlBody = 64 << 10
	maxPictureBody = 8 << 20
)

// ControlHandler is the JSON control API, with paths relative to where it is
// mounted; the service mounts it under /control itself. It answers loopback peers
// only, under a loopback host name, and no web page of another site.
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
//
// Durations are texts such as "30s". An error is {"error":"machine_code","message":"…"}.
func (s *Service) ControlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /info", s.read(func() any { return s.info() }))
	mux.Handle("GET /phones", s.read(func() any { return s.Phones() }))
	mux.Handle("GET /connections", s.read(func() any { return s.Connections() }))
	mux.Handle("GET /stats", s.read(func() any { return s.Stats() }))
	mux.Handle("POST /phones", command(s, s.controlAddPhone))
	mux.HandleFunc("DELETE /phones/{number}", func(w http.ResponseWriter, r *http.Request) {
		s.answer(w, done{OK: true}, s.RemovePhone(r.PathValue("number")))
	})
	mux.HandleFunc("POST /scan", s.controlScan)
	mux.Handle("POST /code", command(s, s.controlCode))
	mux.Handle("POST /unlink", command(s, s.controlUnlink))
	mux.Handle("POST /online", command(s, s.controlOnline))
	mux.Handle("POST /passkey", command(s, s.controlPasskey))
	mux.Handle("POST /passkey/answer", command(s, s.controlPasskeyAnswer))
	mux.Handle("POST /passkey/confirm", command(s, s.controlPasskeyConfirm))
	mux.Handle("POST /passkey/refuse", command(s, s.controlPasskeyRefuse))
	mux.Handle("POST /fault", command(s, s.controlFault))
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, r *http.Request) {
		s.ClearFaultsOf(r.URL.Query().Get("target"))
		s.answer(w, done{OK: true}, nil)
	})
	mux.Handle("POST /outage", command(s, s.controlOutage))
	mux.Handle("POST /version", command(s, s.controlVersion))
	return s.guard(mux)
}

// done is the answer of a command that has nothing else to say.
type done struct {
	OK bool `json:"ok"`
}

type serviceInfo struct {
	URL         string       `json:"url"`
	RootKey     string       `json:"rootKey"` // hexadecimal
	Version     string       `json:"version"`
	MinVersion  string       `json:"minVersion"`
	Outage      OutageMode   `json:"outage"`
	OutageModes []OutageMode `json:"outageModes"`
	Faults      []FaultKind  `json:"faults"`
}

func (s *Service) info() serviceInfo {
	root := s.RootKey()
	current, minimum := s.Version()
	return serviceInfo{
		URL: s.URL(), RootKey: hex.EncodeToString(root[:]), Version: dotted(current), MinVersion: dotted(minimum),
		Outage: s.Outage(), OutageModes: OutageModes(), Faults: FaultKinds(),
	}
}

// read serves a picture of the service.
func (s *Service) read(picture func() any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { s.answer(w, picture(), nil) }
}

// command serves a change that is described by a JSON object.
func command[T any](s *Service, run func(context.Context, T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in T
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBody))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&in); err != nil {
			s.answer(w, nil, fmt.Errorf("%w: %w", errControlBody, err))
			return
		}
		out, err := run(r.Context(), in)
		s.answer(w, out, err)
	}
}

// answer writes a value, or the error when there is one.
func (s *Service) answer(w http.ResponseWriter, value any, err error) {
	status := http.StatusOK
	if err != nil {
		problem := describeProblem(err)
		status, value = problem.status, problem
		if errors.Is(err, ErrStateFile) {
			s.log.Error("state not saved", slog.Any("err", err))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		s.log.Debug("control answer not delivered", slog.Any("err", err))
	}
}
