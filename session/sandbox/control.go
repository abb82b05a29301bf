package sandbox

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"
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
//	POST   /phones        {"number","name"}
//	DELETE /phones/{n}
//	POST   /scan          {"phone","qr"}, or a PNG as body or multipart file with ?phone=
//	POST   /code          {"phone","code"}
//	POST   /unlink        {"phone","jid"}; without jid all devices of the phone
//	POST   /online        {"phone","online"}
//	POST   /passkey       {"phone","passkey"}: whether the phone asks for one
//	POST   /passkey/answer  {"phone","options"}: the phone's answer to a device's passkey request
//	POST   /passkey/confirm {"phone"}: the codes on phone and device are the same
//	POST   /fault         {"target","kind","count","duration","latency","reason","code","expire"}
//	DELETE /faults        disarms what waits, ends silence and slowness
//	POST   /outage        {"mode"}
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
	mux.Handle("POST /fault", command(s, s.controlFault))
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		s.answer(w, done{OK: true}, nil)
	})
	mux.Handle("POST /outage", command(s, s.controlOutage))
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
	Outage      OutageMode   `json:"outage"`
	OutageModes []OutageMode `json:"outageModes"`
	Faults      []FaultKind  `json:"faults"`
}

func (s *Service) info() serviceInfo {
	root := s.RootKey()
	return serviceInfo{
		URL: s.URL(), RootKey: hex.EncodeToString(root[:]), Version: dotted(s.cfg.Version),
		Outage: s.Outage(), OutageModes: OutageModes(), Faults: FaultKinds(),
	}
}

type phoneRequest struct {
	Number string `json:"number"`
	Name   string `json:"name"`
}

func (s *Service) controlAddPhone(_ context.Context, in phoneRequest) (any, error) {
	return s.AddPhone(in.Number, in.Name)
}

type scanRequest struct {
	Phone string `json:"phone"`
	QR    string `json:"qr"`
}

// controlScan takes a code as text in JSON or as a picture.
func (s *Service) controlScan(w http.ResponseWriter, r *http.Request) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var picture io.Reader
	switch {
	case kind == "multipart/form-data":
		file, err := firstFile(w, r)
		if err != nil {
			s.answer(w, nil, fmt.Errorf("%w: no file in the form", errControlBody))
			return
		}
		picture = file
	case strings.HasPrefix(kind, "image/"):
		picture = http.MaxBytesReader(w, r.Body, maxPictureBody)
	default:
		command(s, func(ctx context.Context, in scanRequest) (any, error) {
			return s.Scan(ctx, in.Phone, in.QR)
		}).ServeHTTP(w, r)
		return
	}
	raw, err := io.ReadAll(picture)
	if err != nil {
		s.answer(w, nil, fmt.Errorf("%w: %w", errControlBody, err))
		return
	}
	companion, err := s.ScanPNG(r.Context(), r.URL.Query().Get("phone"), raw)
	s.answer(w, companion, err)
}

// firstFile returns the first file of a multipart form, whatever its field is called.
func firstFile(w http.ResponseWriter, r *http.Request) (io.Reader, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxPictureBody)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" {
			return part, nil
		}
	}
}

type codeRequest struct {
	Phone string `json:"phone"`
	Code  string `json:"code"`
}

func (s *Service) controlCode(ctx context.Context, in codeRequest) (any, error) {
	return s.EnterCode(ctx, in.Phone, in.Code)
}

type unlinkRequest struct {
	Phone string `json:"phone"`
	JID   string `json:"jid"`
}

func (s *Service) controlUnlink(_ context.Context, in unlinkRequest) (any, error) {
	return done{OK: true}, s.Unlink(in.Phone, in.JID)
}

type onlineRequest struct {
	Phone  string `json:"phone"`
	Online bool   `json:"online"`
}

func (s *Service) controlOnline(_ context.Context, in onlineRequest) (any, error) {
	return done{OK: true}, s.SetOnline(in.Phone, in.Online)
}

type passkeyRequest struct {
	Phone   string `json:"phone"`
	Passkey bool   `json:"passkey"`
}

func (s *Service) controlPasskey(_ context.Context, in passkeyRequest) (any, error) {
	return done{OK: true}, s.SetPasskey(in.Phone, in.Passkey)
}

type answerRequest struct {
	Phone   string          `json:"phone"`
	Options json.RawMessage `json:"options"`
}

func (s *Service) controlPasskeyAnswer(_ context.Context, in answerRequest) (any, error) {
	answer, err := s.AnswerPasskey(in.Phone, in.Options)
	return json.RawMessage(answer), err
}

func (s *Service) controlPasskeyConfirm(_ context.Context, in confirmRequest) (any, error) {
	return done{OK: true}, s.ConfirmPasskey(in.Phone)
}

type confirmRequest struct {
	Phone string `json:"phone"`
}

type faultRequest struct {
	Fault
	Target   string `json:"target"`
	Duration span   `json:"duration"`
	Latency  span   `json:"latency"`
	Expire   span   `json:"expire"`
}

func (s *Service) controlFault(_ context.Context, in faultRequest) (any, error) {
	fault := in.Fault
	fault.Duration, fault.Latency, fault.Expire = in.Duration.d, in.Latency.d, in.Expire.d
	return done{OK: true}, s.Inject(in.Target, fault)
}

type outageRequest struct {
	Mode OutageMode `json:"mode"`
}

func (s *Service) controlOutage(_ context.Context, in outageRequest) (any, error) {
	return done{OK: true}, s.SetOutage(in.Mode)
}

// span is a duration in JSON: a text such as "30s".
type span struct{ d time.Duration }

// UnmarshalText reads the text.
func (s *span) UnmarshalText(text []byte) (err error) {
	s.d, err = time.ParseDuration(string(text))
	return err
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
