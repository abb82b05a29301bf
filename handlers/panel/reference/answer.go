package reference

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"wadah/handlers/api/openapi"
	"wadah/handlers/qr"
	referenceviews "wadah/views/reference"
)

const (
	tryKeep  = 1 << 20  // of an answer that is read
	tryShown = 32 << 10 // of an answer that is shown

	// hiddenKey stands where a key was.
	hiddenKey = "••••••••"
)

// In an answer with indents every value stands on a line of its own.
var (
	keyMember = regexp.MustCompile(`("apiKey": )"(?:[^"\\]|\\.)+"`)
	qrMember  = regexp.MustCompile(`("qrString": ")(data:image/png;base64,[A-Za-z0-9+/=]+)"`)
)

// tryRecorder keeps what the API answers.
type tryRecorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	cut    bool
}

func newTryRecorder() *tryRecorder {
	return &tryRecorder{header: make(http.Header), status: http.StatusOK}
}

// Header is where the answer's headers go.
func (t *tryRecorder) Header() http.Header { return t.header }

// WriteHeader keeps the status.
func (t *tryRecorder) WriteHeader(status int) { t.status = status }

// Write keeps the beginning of the answer.
func (t *tryRecorder) Write(b []byte) (int, error) {
	room := max(0, tryKeep-t.body.Len())
	t.cut = t.cut || len(b) > room
	t.body.Write(b[:min(len(b), room)])
	return len(b), nil
}

// tell describes the answer without the keys in it. What cannot be read cannot be
// cleaned, so it is not shown.
func (t *tryRecorder) tell(answer *referenceviews.TryAnswer, key string) {
	answer.Status, answer.Cut = t.status, t.cut
	for _, name := range []string{"Content-Type", "Retry-After", "WWW-Authenticate", "Allow"} {
		if value := t.header.Get(name); value != "" {
			answer.Headers = append(answer.Headers, referenceviews.RefField{Name: name, Text: value})
		}
	}
	if t.header.Get("Content-Type") == qr.PNGType && !t.cut {
		answer.Picture = qr.DataURI(t.body.Bytes())
		return
	}
	if !json.Valid(t.body.Bytes()) {
		return
	}
	text := openapi.Indented(t.body.Bytes())
	if m := qrMember.FindStringSubmatch(text); m != nil {
		answer.Picture = m[2]
		text = qrMember.ReplaceAllString(text, `${1}data:image/png;base64,…"`)
	}
	text = keyMember.ReplaceAllString(text, `${1}"`+hiddenKey+`"`)
	text = strings.ReplaceAll(text, key, hiddenKey)
	if len(text) > tryShown {
		answer.Cut = true
		text = text[:tryShown]
		text = text[:strings.LastIndexByte(text, '\n')+1] + "…"
	}
	answer.Body = text
}
