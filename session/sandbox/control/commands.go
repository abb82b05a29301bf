package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"wadah/session/sandbox"

	"go.mau.fi/whatsmeow/store"
)

// The commands of the control API: what each one takes, and the call it becomes.

type phoneRequest struct {
	Number   string           `json:"number"`
	Name     string           `json:"name"`
	Platform sandbox.Platform `json:"platform"`
}

func (a *api) addPhone(_ context.Context, in phoneRequest) (any, error) {
	return a.service.AddPhoneOf(in.Platform, in.Number, in.Name)
}

type scanRequest struct {
	Phone string `json:"phone"`
	QR    string `json:"qr"`
}

// controlScan takes a code as text in JSON or as a picture.
func (a *api) scan(w http.ResponseWriter, r *http.Request) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var picture io.Reader
	switch {
	case kind == "multipart/form-data":
		file, err := firstFile(w, r)
		if err != nil {
			a.answer(w, nil, fmt.Errorf("%w: no file in the form", errBody))
			return
		}
		picture = file
	case strings.HasPrefix(kind, "image/"):
		picture = http.MaxBytesReader(w, r.Body, maxPicture)
	default:
		command(a, func(ctx context.Context, in scanRequest) (any, error) {
			return a.service.Scan(ctx, in.Phone, in.QR)
		}).ServeHTTP(w, r)
		return
	}
	raw, err := io.ReadAll(picture)
	if err != nil {
		a.answer(w, nil, fmt.Errorf("%w: %w", errBody, err))
		return
	}
	companion, err := a.service.ScanPNG(r.Context(), r.URL.Query().Get("phone"), raw)
	a.answer(w, companion, err)
}

// firstFile returns the first file of a multipart form, whatever its field is called.
func firstFile(w http.ResponseWriter, r *http.Request) (io.Reader, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxPicture)
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

func (a *api) code(ctx context.Context, in codeRequest) (any, error) {
	return a.service.EnterCode(ctx, in.Phone, in.Code)
}

type unlinkRequest struct {
	Phone string `json:"phone"`
	JID   string `json:"jid"`
}

func (a *api) unlink(_ context.Context, in unlinkRequest) (any, error) {
	return done{OK: true}, a.service.Unlink(in.Phone, in.JID)
}

type onlineRequest struct {
	Phone  string `json:"phone"`
	Online bool   `json:"online"`
}

func (a *api) online(_ context.Context, in onlineRequest) (any, error) {
	return done{OK: true}, a.service.SetOnline(in.Phone, in.Online)
}

type passkeyRequest struct {
	Phone   string `json:"phone"`
	Passkey bool   `json:"passkey"`
}

func (a *api) passkey(_ context.Context, in passkeyRequest) (any, error) {
	return done{OK: true}, a.service.SetPasskey(in.Phone, in.Passkey)
}

type answerRequest struct {
	Phone   string          `json:"phone"`
	Options json.RawMessage `json:"options"`
}

func (a *api) passkeyAnswer(_ context.Context, in answerRequest) (any, error) {
	answer, err := a.service.AnswerPasskey(in.Phone, in.Options)
	return json.RawMessage(answer), err
}

func (a *api) passkeyConfirm(_ context.Context, in confirmRequest) (any, error) {
	return done{OK: true}, a.service.ConfirmPasskey(in.Phone)
}

func (a *api) passkeyRefuse(_ context.Context, in confirmRequest) (any, error) {
	return done{OK: true}, a.service.RefusePasskey(in.Phone)
}

type confirmRequest struct {
	Phone string `json:"phone"`
}

type faultRequest struct {
	sandbox.Fault
	Target   string `json:"target"`
	Duration span   `json:"duration"`
	Latency  span   `json:"latency"`
	Expire   span   `json:"expire"`
}

func (a *api) fault(_ context.Context, in faultRequest) (any, error) {
	fault := in.Fault
	fault.Duration, fault.Latency, fault.Expire = in.Duration.d, in.Latency.d, in.Expire.d
	return done{OK: true}, a.service.Inject(in.Target, fault)
}

type outageRequest struct {
	Mode sandbox.OutageMode `json:"mode"`
}

func (a *api) outage(_ context.Context, in outageRequest) (any, error) {
	return done{OK: true}, a.service.SetOutage(in.Mode)
}

type versionRequest struct {
	Version    string `json:"version"`
	MinVersion string `json:"minVersion"`
}

// controlVersion changes what is given and leaves the other as it is.
func (a *api) version(_ context.Context, in versionRequest) (any, error) {
	current, minimum := a.service.Version()
	err := errors.Join(parseVersion(in.Version, &current), parseVersion(in.MinVersion, &minimum))
	if err != nil {
		return nil, err
	}
	a.service.SetVersion(current, minimum)
	return done{OK: true}, nil
}

func parseVersion(text string, into *[3]uint32) error {
	if text == "" {
		return nil
	}
	parsed, err := store.ParseVersion(text)
	if err != nil {
		return fmt.Errorf("%w: a version is three numbers with dots", errBody)
	}
	*into = parsed
	return nil
}

// span is a duration in JSON: a text such as "30s".
type span struct{ d time.Duration }

// UnmarshalText reads the text.
func (s *span) UnmarshalText(text []byte) (err error) {
	s.d, err = time.ParseDuration(string(text))
	return err
}
