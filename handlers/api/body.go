package api

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"wadah/handlers/web"
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

// readParams reads what r carries. Errors are failures: 400 for broken JSON or multipart,
// 413 for a body of more than most bytes, 415 for a compressed one. A call that takes files
// has them on disk afterwards, beside a body of most bytes; discard removes them.
//
// net/http parses no form on GET; this does, because the documented form of these
// calls is GET with a form body.
func readParams(w http.ResponseWriter, r *http.Request, most int64, files []*parameter) (params, error) {
	p := params{query: r.URL.RawQuery}
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return p, nil
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return p, errEncodedBody
	}
	if len(files) > 0 {
		if body, boundary := peekBoundary(r); boundary != "" {
			return p, p.receive(w, r, body, boundary, most, files)
		}
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

// parseBody reads fields out of a body by its shape. What the client declares decides only
// where the shape leaves it open: clients often declare one thing and send another.
func parseBody(contentType string, raw []byte) ([]param, error) {
	media, attrs := contentType, map[string]string(nil)
	if media != web.FormType { // the usual one needs no parsing
		var err error
		if media, attrs, err = mime.ParseMediaType(contentType); err != nil {
			media = ""
		}
	}
	text := plainText(raw)
	declaredJSON := media == "application/json" || strings.HasSuffix(media, "+json")
	multipart := media == "multipart/form-data"
	switch found := multipartShape.FindStringSubmatch(text); {
	case text == "":
		return nil, nil
	case found != nil: // the body knows its boundary better than the header
		return parseMultipart(raw, found[1])
	case isQuotedForm(text):
		return parseForm(unquote(text)), nil
	case text[0] == '{':
		return parseJSON(text)
	case (declaredJSON || multipart) && formShape.MatchString(text):
		return parseForm(text), nil
	case declaredJSON:
		return nil, errBadJSON
	case multipart:
		return parseMultipart(raw, attrs["boundary"])
	case media == "" || media == web.FormType || strings.HasPrefix(media, "text/"):
		return parseForm(text), nil
	}
	return nil, nil // a picture, say: there is nothing in it for us
}

var (
	// multipartShape is the beginning of a multipart body.
	multipartShape = regexp.MustCompile(`(?i)^--([^\r\n]{1,70})\r?\n(?:[^\r\n]+\r?\n)*content-disposition:\s*form-data`)
	// formShape is the first pair of a form.
	formShape = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.\[\]%-]*=`)
)

// plainText is a body as UTF-8, without the marks and blanks around it: some clients send
// UTF-16, or the NUL that ends their strings.
func plainText(raw []byte) string {
	if order := utf16Order(raw); order != nil {
		units := make([]uint16, len(raw)/2)
		for i := range units {
			units[i] = order.Uint16(raw[2*i:])
		}
		raw = []byte(string(utf16.Decode(units)))
	}
	return strings.TrimSpace(strings.TrimRight(strings.TrimPrefix(string(raw), "\ufeff"), "\x00 \t\r\n"))
}

// utf16Order is the order of bytes in a body of UTF-16, by its mark or its first
// character; nil for every other body.
func utf16Order(raw []byte) binary.ByteOrder {
	switch {
	case len(raw) < 2:
		return nil
	case raw[0] == 0xff && raw[1] == 0xfe, raw[0] != 0 && raw[1] == 0:
		return binary.LittleEndian
	case raw[0] == 0xfe && raw[1] == 0xff, raw[0] == 0 && raw[1] != 0:
		return binary.BigEndian
	}
	return nil
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
// null as absent, numbers in decimal, the entries of an array as name[], everything else
// as its JSON text. Members may repeat: a second key must not be able to hide behind the first.
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
		case '[':
			entries, err := parseArray(name+"[]", value)
			if err != nil {
				return nil, err
			}
			fields = append(fields, entries...)
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

// parseArray reads the entries of a JSON array, each as it would be read as a member.
func parseArray(name string, array json.RawMessage) (fields []param, err error) {
	var entries []json.RawMessage
	if json.Unmarshal(array, &entries) != nil {
		return nil, errBadJSON
	}
	for _, entry := range entries {
		var s string
		switch {
		case entry[0] == 'n':
		case entry[0] != '"':
			fields = append(fields, param{name, decimal(string(entry))})
		case json.Unmarshal(entry, &s) != nil:
			return nil, errBadJSON
		default:
			fields = append(fields, param{name, s})
		}
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
