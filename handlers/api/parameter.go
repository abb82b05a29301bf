package api

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"wadah/handlers/number"
	"wadah/handlers/web"
)

// parameter is one value that a call takes. A call lists its parameters once: from that they
// are read, wherever a client puts them, and checked before the call begins, and the tests
// hold openapi.yaml against it.
type parameter struct {
	name string
	also []string // other names that clients give it
	kind kind
	// from and to are the bounds of a kindWhole or kindReal; to is also how many characters
	// a text, items a kindList and bytes a kindFile may have. Both zero: no bounds.
	from, to int
	among    []string     // what a kindChoice may be
	missing  *web.Failure // what is answered without it; nil when it may be left out
	wrong    *web.Failure // what is answered when it is none; nil for the sentence of its kind
}

// kind is what a parameter holds.
type kind int

const (
	kindText   kind = iota // without the quotes that people paste, and the blanks around it
	kindExact              // exactly as it was sent: what people read
	kindWord               // a key or an ID: also without the characters that cannot be seen
	kindWhole              // a whole number
	kindReal               // a number
	kindYes                // 1 or 0, true or false
	kindChoice             // one of a few words
	kindNumber             // a phone number in any usual spelling; read as its international digits
	kindPerson             // the same, or a LID; read as WhatsApp's address of that person
	kindGroup              // a group's address, or an invitation to it; read as the address or the code
	kindList               // texts: a repeated field, name[], name[0], a JSON array, or one in a string
	kindFile               // a part of a multipart body with a file's name
)

// value is what a client sent for a parameter.
type value struct {
	text  string // of the kinds that are read as text
	whole int
	real  float64
	yes   bool
	list  []string
	file  *upload
}

// values are the parameters that a client sent.
type values map[*parameter]value

func (v values) has(p *parameter) bool      { _, sent := v[p]; return sent }
func (v values) text(p *parameter) string   { return v[p].text }
func (v values) real(p *parameter) float64  { return v[p].real }
func (v values) yes(p *parameter) bool      { return v[p].yes }
func (v values) list(p *parameter) []string { return v[p].list }
func (v values) file(p *parameter) *upload  { return v[p].file }
func (v values) whole(p *parameter, or int) int {
	if !v.has(p) {
		return or
	}
	return v[p].whole
}

// needed is a failure for a parameter that a call cannot do without; what says what to send.
func needed(what string) *web.Failure {
	return &web.Failure{Status: http.StatusBadRequest, Code: "parameter_missing", Message: "Send " + what + "."}
}

// read reads the parameters of a call out of what a client sent. Errors are failures.
func (p params) read(declared []*parameter, region string) (values, error) {
	if len(declared) == 0 {
		return nil, nil
	}
	out := make(values, len(declared))
	for _, d := range declared {
		v, sent, ok := p.valueOf(d, region)
		switch {
		case !ok:
			return nil, d.refusal()
		case sent:
			out[d] = v
		case d.missing != nil:
			return nil, d.missing
		}
	}
	return out, nil
}

// valueOf is what was sent for a parameter; ok is false when it cannot be that.
func (p params) valueOf(d *parameter, region string) (v value, sent, ok bool) {
	switch d.kind {
	case kindFile:
		v.file = p.files[d.name]
		return v, v.file != nil, true
	case kindList:
		v.list = p.list(d.names())
		return v, len(v.list) > 0, d.to == 0 || len(v.list) <= d.to
	default:
	}
	clean := bareWord
	switch d.kind { //nolint:exhaustive // all others are words
	case kindText:
		clean = unquote
	case kindExact:
		clean = asSent
	}
	for _, name := range d.names() {
		if v.text = p.first(name, clean); v.text != "" {
			return v, true, d.fill(&v, region)
		}
	}
	return v, false, !p.isList(d.names()) // a list of values where there is room for one
}

func (d *parameter) names() []string { return append([]string{d.name}, d.also...) }

// fill makes of a value's text what the parameter holds; false when it cannot be that.
func (d *parameter) fill(v *value, region string) (ok bool) {
	var err error
	switch d.kind {
	case kindWhole:
		v.whole, err = strconv.Atoi(v.text)
		return err == nil && (d.from == d.to || d.from <= v.whole && v.whole <= d.to)
	case kindReal:
		v.real, err = strconv.ParseFloat(v.text, 64)
		return err == nil && !math.IsNaN(v.real) && !math.IsInf(v.real, 0) &&
			(d.from == d.to || float64(d.from) <= v.real && v.real <= float64(d.to))
	case kindYes:
		v.yes, err = strconv.ParseBool(strings.ToLower(v.text))
		return err == nil
	case kindChoice:
		return slices.Contains(d.among, v.text)
	case kindNumber:
		v.text, ok = number.Parse(v.text, region)
		return ok
	case kindPerson:
		v.text, ok = personOf(v.text, region)
		return ok
	case kindGroup:
		if found := groupAddress.FindStringSubmatch(v.text); found != nil {
			v.text = found[1] + "@g.us"
			return true
		}
		found := groupInvite.FindStringSubmatch(v.text)
		if found != nil {
			v.text = found[1]
		}
		return found != nil
	case kindText, kindExact, kindWord:
		return utf8.ValidString(v.text) && !strings.Contains(v.text, "\x00") && (d.to == 0 || utf8.RuneCountInString(v.text) <= d.to)
	case kindList, kindFile:
	}
	return false
}

// lidAddress is WhatsApp's address of somebody whose number it hides.
var lidAddress = regexp.MustCompile(`(?i)^([0-9]{1,20})(?:[.:][0-9]{1,3})*@(?:hosted\.)?lid$`)

// personOf is WhatsApp's address of a person: by number, or by LID.
func personOf(text, region string) (address string, ok bool) {
	if found := lidAddress.FindStringSubmatch(strings.TrimSpace(text)); found != nil {
		return found[1] + "@lid", true
	}
	digits, ok := number.Parse(text, region)
	return digits + "@s.whatsapp.net", ok
}

// refusal says what the parameter must be.
func (d *parameter) refusal() *web.Failure {
	if d.wrong != nil {
		return d.wrong
	}
	f := &web.Failure{Status: http.StatusBadRequest, Code: "parameter_invalid"}
	bounds := ""
	if d.from != d.to {
		bounds = fmt.Sprintf(" from %d to %d", d.from, d.to)
	}
	switch d.kind {
	case kindWhole:
		f.Message = d.name + " must be a whole number" + bounds + "."
	case kindReal:
		f.Message = d.name + " must be a number" + bounds + "."
	case kindYes:
		f.Message = d.name + " must be 1 (yes) or 0 (no)."
	case kindChoice:
		f.Message = d.name + " must be one of " + strings.Join(d.among, ", ") + "."
	case kindNumber, kindPerson:
		f.Status, f.Code = http.StatusUnprocessableEntity, "bad_number"
		f.Message = d.name + " is no complete phone number. Send its digits with the country code, for example 6281234567890, without letters or an extension."
	case kindGroup:
		f.Message = d.name + " must be the address of a group, for example 120363041234567890@g.us, or an invitation to it."
	case kindList:
		f.Message = fmt.Sprintf("%s may have at most %d entries.", d.name, d.to)
	case kindText, kindExact, kindWord, kindFile:
		f.Message = d.name + " must be one value, in UTF-8 without NUL."
		if d.to > 0 {
			f.Message = fmt.Sprintf("%s must be one value of at most %d characters, in UTF-8 without NUL.", d.name, d.to)
		}
	}
	return f
}

// list is all that was sent under one of these names, in the order of arrival.
func (p params) list(names []string) (items []string) {
	p.all(func(name, text string) {
		base, entry := strings.CutSuffix(name, "]")
		if entry {
			base, _, _ = strings.Cut(base, "[")
		}
		if !slices.Contains(names, base) {
			return
		}
		var array []string
		if text = unquote(text); !entry && strings.HasPrefix(text, "[") && json.Unmarshal([]byte(text), &array) == nil {
			items = append(items, array...)
		} else if text != "" {
			items = append(items, text)
		}
	})
	return items
}

// isList reports whether one of these names came as a list, name[] or name[0].
func (p params) isList(names []string) (found bool) {
	p.all(func(name, _ string) {
		base, _, entry := strings.Cut(name, "[")
		found = found || entry && slices.Contains(names, base)
	})
	return found
}
