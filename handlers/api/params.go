package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wadah/handlers/web"
	"wadah/models/rules"
)

const (
	// drainLimit is how much of a body that is too large is read and thrown away, so that
	// a client which writes everything before it reads still sees the answer.
	drainLimit = 2 << 20
	drainTime  = 2 * time.Second
)

// Failures of requests that could not be understood.
var (
	errBadJSON = &web.Failure{
		Status: http.StatusBadRequest, Code: "bad_json",
		Message: `The body is not valid JSON. Send one object, for example {"apiKey":"…"}.`,
	}
	errBadMultipart = &web.Failure{
		Status: http.StatusBadRequest, Code: "bad_multipart",
		Message: "The multipart body is broken. Let your HTTP library build it, or send a plain form.",
	}
	errEncodedBody = &web.Failure{
		Status: http.StatusUnsupportedMediaType, Code: "encoded_body",
		Message: "Compressed bodies are not read. Send the body without Content-Encoding.",
	}
)

// param is one value a client sent, in the order of arrival.
type param struct{ name, value string }

// params is what one API request carries, whatever way it was sent. The query stays
// raw until somebody asks: the usual request carries just a key in it.
type params struct {
	query string
	body  []param
}

// get returns the first value called name, body before query, unwrapped of the quotes
// that people paste from the documentation's samples. It is "" when there is none.
func (p params) get(name string) string { return p.first(name, unquote) }

// word is get for what is a number, a key, an ID or a choice: without the characters
// that cannot be seen.
func (p params) word(name string) string { return p.first(name, bareWord) }

func bareWord(s string) string { return unquote(rules.DropInvisible(s)) }

// first is the first value called name that clean leaves something of.
func (p params) first(name string, clean func(string) string) (found string) {
	p.each(name, func(value string) bool {
		found = clean(value)
		return found == ""
	})
	return found
}

// each hands every value called name to yield, as it was sent, until that returns false.
func (p params) each(name string, yield func(value string) bool) {
	for _, f := range p.body {
		if f.name == name && !yield(f.value) {
			return
		}
	}
	eachPair(p.query, func(n, v string) bool { return n != name || yield(v) })
}

// readParams reads what r carries. Errors are failures: 400 for broken JSON or
// multipart, 413 for a body of more than most bytes, 415 for a compressed one.
//
// net/http parses no form on GET; this does, because the documented form of these
// calls is GET with a form body.
func readParams(w http.ResponseWriter, r *http.Request, most int64) (params, error) {
	p := params{query: r.URL.RawQuery}
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return p, nil
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return p, errEncodedBody
	}
	raw, err := readBody(w, r, most)
	if err != nil {
		return p, err
	}
	p.body, err = parseBody(r.Header.Get("Content-Type"), raw)
	return p, err
}

// readBody reads the whole body, at most so many bytes of it.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	if r.ContentLength > most {
		drain(w, r)
		return nil, web.ErrBodyTooLarge
	}
	if r.ContentLength > 0 {
		raw := make([]byte, r.ContentLength)
		if _, err := io.ReadFull(r.Body, raw); err != nil {
			return nil, web.ErrBrokenBody
		}
		return raw, nil
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, most+1)) // of unknown length
	if err != nil {
		return nil, web.ErrBrokenBody
	}
	if int64(len(raw)) > most {
		drain(w, r)
		return nil, web.ErrBodyTooLarge
	}
	return raw, nil
}

// drain throws away the rest of a refused body, bounded in size and time. A client
// that asked to be told before sending is told at once.
func drain(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Expect") != "" || r.ContentLength > drainLimit {
		return
	}
	rc := http.NewResponseController(w)
	if rc.SetReadDeadline(time.Now().Add(drainTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, r.Body, drainLimit)
}

// parseBody reads fields out of a body. The declared content type decides only where
// it must: clients often declare a form and send JSON, or declare nothing.
func parseBody(contentType string, raw []byte) ([]param, error) {
	text := strings.TrimSpace(strings.TrimPrefix(string(raw), "\ufeff"))
	if text == "" {
		return nil, nil
	}
	media, attrs := contentType, map[string]string(nil)
	if media != web.FormType { // the usual one needs no parsing
		var err error
		if media, attrs, err = mime.ParseMediaType(contentType); err != nil {
			media = ""
		}
	}
	switch {
	case media == "multipart/form-data":
		return parseMultipart(raw, attrs["boundary"])
	case isQuotedForm(text):
		return parseForm(unquote(text)), nil
	case media == "application/json" || strings.HasSuffix(media, "+json") || text[0] == '{':
		return parseJSON(text)
	case media == "" || media == web.FormType || strings.HasPrefix(media, "text/"):
		return parseForm(text), nil
	}
	return nil, nil // a picture, say: there is nothing in it for us
}

// isQuotedForm recognises a body that is the documentation's sample as it stands
// there, wrapped in quotes as a whole: "APIKey='api_key'".
func isQuotedForm(text string) bool {
	inner := unquote(text)
	return len(inner) < len(text) && strings.Contains(inner, "=")
}

func parseForm(text string) []param {
	var fields []param
	eachPair(text, func(name, value string) bool {
		fields = append(fields, param{name, value})
		return true
	})
	return fields
}

// parseJSON reads the members of one JSON object. Strings are taken as they are,
// null as absent, numbers in decimal, everything else as its JSON text. Members may
// repeat: a second key must not be able to hide behind the first.
func parseJSON(text string) ([]param, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errBadJSON
	}
	var fields []param
	for dec.More() {
		t, err := dec.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, errBadJSON
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return nil, errBadJSON
		}
		switch value[0] {
		case 'n':
			continue
		case '"':
			var s string
			if json.Unmarshal(value, &s) != nil {
				return nil, errBadJSON
			}
			fields = append(fields, param{name, s})
		default:
			fields = append(fields, param{name, decimal(string(value))})
		}
	}
	if _, err := dec.Token(); err != nil { // the closing brace
		return nil, errBadJSON
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errBadJSON
	}
	return fields, nil
}

// mostZeros is how many zeros an exponent may stand for: far more than any number here
// has digits, and too few to fill the memory.
const mostZeros = 60

// decimal spells out the exponent of a JSON number: 6.28e11 is 628000000000. Every
// other JSON is left as it is.
func decimal(text string) string {
	mantissa, power, found := strings.Cut(strings.ToLower(text), "e")
	exponent, err := strconv.Atoi(power)
	if first := text[0]; !found || err != nil || max(exponent, -exponent) > mostZeros || first != '-' && (first < '0' || first > '9') {
		return text
	}
	digits, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	point := len(whole) + exponent
	digits = whole + fraction
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	if point <= 0 {
		digits = strings.Repeat("0", 1-point) + digits
		point = 1
	}
	whole, fraction = strings.TrimLeft(digits[:point-1], "0")+digits[point-1:point], strings.TrimRight(digits[point:], "0")
	if fraction != "" {
		whole += "." + fraction
	}
	if negative {
		return "-" + whole
	}
	return whole
}

func parseMultipart(raw []byte, boundary string) ([]param, error) {
	if boundary == "" {
		return nil, errBadMultipart
	}
	var fields []param
	parts := multipart.NewReader(bytes.NewReader(raw), boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return fields, nil
		}
		if err != nil {
			return nil, errBadMultipart
		}
		value, err := io.ReadAll(part) // bounded: raw is
		if err != nil {
			return nil, errBadMultipart
		}
		fields = append(fields, param{part.FormName(), string(value)})
	}
}

// eachPair walks name=value pairs. An escape that is none is left as it stands: some
// clients glue bodies together without encoding them.
func eachPair(text string, yield func(name, value string) bool) {
	for text != "" {
		var pair string
		pair, text, _ = strings.Cut(text, "&")
		name, value, _ := strings.Cut(pair, "=")
		if name != "" && !yield(unescape(name), unescape(value)) {
			return
		}
	}
}

func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// unquote trims blanks and one pair of matching quotes.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	if n := len(s); n >= 2 && (s[0] == '\'' || s[0] == '"') && s[n-1] == s[0] {
		return strings.TrimSpace(s[1 : n-1])
	}
	return s
}
