package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
)

// Header values that every API answer carries, allocated once.
var (
	jsonType = []string{"application/json"}
	NoStore  = []string{"no-store"}
	NoSniff  = []string{"nosniff"}
)

// shortBody is up to which length net/http keeps an answer back until it knows the
// length by itself. Longer ones would be sent in chunks.
const shortBody = 2000

// longBody is from which length on an answer is compressed for clients that say that they read
// that: lists of messages, not states and codes. Whoever can make us answer shows a key, so the
// length tells them nothing that they cannot read (compare Site.Shrink).
const longBody = 8 << 10

// WriteJSON answers with a body that is JSON already. The answers of the API are
// compact: the keys and their order are the specification's, the blanks are not.
func WriteJSON(c echo.Context, status int, body []byte) error {
	h := c.Response().Header()
	h["Content-Type"] = jsonType
	h["Cache-Control"] = NoStore
	h["X-Content-Type-Options"] = NoSniff
	if len(body) > longBody {
		h.Add("Vary", "Accept-Encoding")
		if AcceptsGzip(c.Request()) {
			if small, err := Compress(body, gzip.BestSpeed); err == nil && small != nil {
				h["Content-Encoding"] = []string{"gzip"}
				body = small
			}
		}
	}
	if len(body) > shortBody {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	c.Response().WriteHeader(status)
	_, err := c.Response().Write(body)
	return err
}

// AppendString appends s as a JSON string. Most strings are plain ASCII and are
// copied; the rest goes through encoding/json.
func AppendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return AppendAny(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// AppendAny appends v as JSON, leaving <, > and & as they are: nothing here ever
// stands inside HTML.
func AppendAny(b []byte, v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil { // cannot happen with the strings and structs we pass
		return append(b, "null"...)
	}
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}

// Stamp is a moment as the API writes it: RFC 3339 in UTC with milliseconds, nil
// (null) when it is unknown.
func Stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format("2006-01-02T15:04:05.000Z")
	return &text
}

// WriteResults answers 200 with results in the envelope of the device calls.
func WriteResults(c echo.Context, results any) error {
	body := append([]byte(`{"code":200,"results":`), AppendAny(nil, results)...)
	return WriteJSON(c, http.StatusOK, append(body, '}'))
}
