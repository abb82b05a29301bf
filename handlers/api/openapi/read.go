package openapi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"wadah/handlers/web"
	"wadah/session"
	"wadah/views"
	referenceviews "wadah/views/reference"
)

// Description is openapi.yaml as the panel shows it, and what its forms may call.
type Description struct {
	Texts map[views.Lang]referenceviews.Reference
	Calls map[string]referenceviews.RefCall // by name; its texts are English
}

// Read reads the description. It is done once, when somebody first asks:
// some 10 ms, which the start of the program is spared.
func Read() (*Description, error) {
	var doc oaDocument
	if err := yaml.Unmarshal(openAPI, &doc); err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	ref := &Description{Texts: make(map[views.Lang]referenceviews.Reference), Calls: make(map[string]referenceviews.RefCall)}
	for _, lang := range []views.Lang{views.Indonesian, views.English} {
		text, err := doc.reference(lang)
		if err != nil {
			return nil, fmt.Errorf("read openapi.yaml: %w", err)
		}
		ref.Texts[lang] = text
	}
	for _, g := range ref.Texts[views.English].Groups {
		for _, c := range g.Calls {
			ref.Calls[c.Name] = c
		}
	}
	return ref, nil
}

func (d *oaDocument) reference(lang views.Lang) (referenceviews.Reference, error) {
	out := referenceviews.Reference{Text: d.Info.in(lang)}
	for _, e := range d.Errs {
		out.Errors = append(out.Errors, e.view(lang, false))
	}
	for _, t := range d.Tags {
		group := referenceviews.RefGroup{Name: t.Name, Text: t.in(lang)}
		for _, p := range d.Paths {
			if !slices.Contains(p.value.Get.Tags, t.Name) {
				continue
			}
			call, err := d.call(lang, p.name, &p.value)
			if err != nil {
				return out, fmt.Errorf("%s: %w", p.name, err)
			}
			group.Calls = append(group.Calls, call)
		}
		out.Groups = append(out.Groups, group)
	}
	return out, nil
}

// call is one path, whose GET and POST are the same call.
func (d *oaDocument) call(lang views.Lang, path string, p *oaPath) (referenceviews.RefCall, error) {
	op := p.Get
	c := referenceviews.RefCall{
		Name: op.ID, Path: path, Methods: []string{"GET"}, Summary: inLang(lang, op.Summary, op.SummaryID),
		Text: op.in(lang), System: familyPaths[path], Try: p.Try == nil || *p.Try, Ask: inLang(lang, p.Ask, p.AskID),
		Errors: d.errorsOf(lang, p, familyPaths[path]),
	}
	for _, s := range p.Samples {
		c.Samples = append(c.Samples, referenceviews.RefSample{Title: inLang(lang, s.Title, s.TitleID), Code: strings.TrimSpace(s.Code)})
	}
	var err error
	if p.Post != nil {
		c.Methods = append(c.Methods, "POST")
		if c.Params, err = d.params(lang, p.Post, c.System); err != nil {
			return c, err
		}
	}
	c.OnDevice = !c.System || slices.ContainsFunc(c.Params, func(v referenceviews.RefParam) bool { return v.Name == web.DeviceParam })
	c.Answer, err = d.answer(lang, op)
	return c, err
}

// errorsOf are the errors that a path names beside those of every call.
func (d *oaDocument) errorsOf(lang views.Lang, p *oaPath, family bool) []referenceviews.RefError {
	var out []referenceviews.RefError
	for _, e := range d.Errs {
		if !e.Every && slices.Contains(p.Errs[strconv.Itoa(e.Status)], e.Code) {
			out = append(out, e.view(lang, family))
		}
	}
	return out
}

func (e oaError) view(lang views.Lang, family bool) referenceviews.RefError {
	body := e.failure().JSON()
	if family {
		body = e.failure().FamilyJSON()
	}
	return referenceviews.RefError{
		Status: e.Status, Code: e.Code, Every: e.Every, Text: inLang(lang, e.English, e.Indonesian), Example: Indented(body),
	}
}

// params are the values a call takes, without the key that opens it.
func (d *oaDocument) params(lang views.Lang, op *oaOperation, system bool) ([]referenceviews.RefParam, error) {
	credential := "apiKey"
	if system {
		credential = "secret"
	}
	var out []referenceviews.RefParam
	for _, f := range op.Body.Content[web.FormType].Schema.Fields {
		if f.name == credential {
			continue
		}
		s, err := d.follow(&f.value)
		if err != nil {
			return nil, err
		}
		out = append(out, referenceviews.RefParam{
			Name: f.name, Type: s.kind(), Text: s.in(lang), Bounds: s.bounds(), Longest: s.longest(), Default: s.Default.Value,
			Example: s.Example.Value, Number: s.kind() == "integer", Required: s.Needed,
			Tried: f.name != web.DeviceParam && f.name != "apiKey",
		})
	}
	return out, nil
}

// answer is what a call answers with status 200.
func (d *oaDocument) answer(lang views.Lang, op *oaOperation) (referenceviews.RefAnswer, error) {
	response := op.Responses["200"]
	out := referenceviews.RefAnswer{Text: response.in(lang)}
	if len(response.Content) == 0 {
		return out, nil
	}
	media := response.Content[0] // others are what a parameter asks for
	out.Type = media.name
	if media.name != "application/json" {
		out.Example = strings.TrimSpace(media.value.Example.Value)
		return out, nil
	}
	var err error
	if out.Example, err = jsonOf(&media.value.Example); err != nil {
		return out, err
	}
	out.Fields, err = d.fields(lang, &media.value.Schema)
	return out, err
}

// fields are the values of an answer below its envelope.
func (d *oaDocument) fields(lang views.Lang, answer *oaSchema) ([]referenceviews.RefField, error) {
	answer, err := d.follow(answer)
	if err != nil {
		return nil, err
	}
	var out []referenceviews.RefField
	for _, f := range answer.Fields {
		inner, err := d.follow(&f.value)
		if err == nil && inner.Items != nil {
			inner, err = d.follow(inner.Items)
		}
		if err != nil {
			return nil, err
		}
		if inner.English != "" {
			out = append(out, referenceviews.RefField{Name: f.name, Type: inner.kind(), Text: inner.in(lang)})
		}
		for _, v := range inner.Fields {
			value, err := d.follow(&v.value)
			if err != nil {
				return nil, err
			}
			out = append(out, referenceviews.RefField{Name: v.name, Type: value.kind(), Text: value.in(lang)})
		}
	}
	return out, nil
}

// failure is the error as the server answers it.
func (e oaError) failure() *web.Failure {
	return &web.Failure{Status: e.Status, Code: e.Code, Message: e.English, State: session.State(e.State), Reason: session.Reason(e.Reason)}
}
