package openapi

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"wadah/views"
)

// The part of openapi.yaml that people read, in the order in which it stands there.
type (
	oaDocument struct {
		Info  oaText        `yaml:"info"`
		Tags  []oaTag       `yaml:"tags"`
		Paths oaMap[oaPath] `yaml:"paths"`
		Errs  []oaError     `yaml:"x-errors"`
		Parts struct {
			Schemas map[string]*oaSchema `yaml:"schemas"`
		} `yaml:"components"`
	}

	// oaText is a text in both languages.
	oaText struct {
		English    string `yaml:"description"`
		Indonesian string `yaml:"x-description-id"`
	}

	oaTag struct {
		Name   string `yaml:"name"`
		oaText `yaml:",inline"`
	}

	oaPath struct {
		Get     *oaOperation        `yaml:"get"`
		Post    *oaOperation        `yaml:"post"`
		Try     *bool               `yaml:"x-try"`
		Ask     string              `yaml:"x-ask"`
		AskID   string              `yaml:"x-ask-id"`
		Samples []oaSample          `yaml:"x-samples"`
		Errs    map[string][]string `yaml:"x-errors"`
	}

	oaSample struct {
		Title   string `yaml:"title"`
		TitleID string `yaml:"title-id"`
		Code    string `yaml:"code"`
	}

	oaOperation struct {
		ID        string   `yaml:"operationId"`
		Tags      []string `yaml:"tags"`
		Summary   string   `yaml:"summary"`
		SummaryID string   `yaml:"x-summary-id"`
		oaText    `yaml:",inline"`
		Body      struct {
			Content map[string]oaMedia `yaml:"content"`
		} `yaml:"requestBody"`
		Responses map[string]oaResponse `yaml:"responses"`
	}

	oaResponse struct {
		oaText  `yaml:",inline"`
		Content oaMap[oaMedia] `yaml:"content"`
	}

	oaMedia struct {
		Schema  oaSchema  `yaml:"schema"`
		Example yaml.Node `yaml:"example"`
	}

	oaSchema struct {
		Ref     string    `yaml:"$ref"`
		Type    yaml.Node `yaml:"type"` // one name or a list of them
		Format  string    `yaml:"format"`
		oaText  `yaml:",inline"`
		Enum    []string        `yaml:"enum"`
		Min     *int            `yaml:"minimum"`
		Max     *int            `yaml:"maximum"`
		MaxLen  *int            `yaml:"maxLength"`
		Default yaml.Node       `yaml:"default"`
		Example yaml.Node       `yaml:"example"`
		Needed  bool            `yaml:"x-required"`
		Fields  oaMap[oaSchema] `yaml:"properties"`
		Items   *oaSchema       `yaml:"items"`
	}

	oaError struct {
		Status     int    `yaml:"status"`
		Code       string `yaml:"error"`
		Every      bool   `yaml:"every"`
		State      string `yaml:"state"`
		Reason     string `yaml:"reason"`
		English    string `yaml:"message"`
		Indonesian string `yaml:"message-id"`
	}
)

// oaMap is a mapping that keeps its order.
type oaMap[T any] []oaPair[T]

type oaPair[T any] struct {
	name  string
	value T
}

// UnmarshalYAML reads a mapping.
func (m *oaMap[T]) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: %w", node.Line, errNoMapping)
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		pair := oaPair[T]{name: node.Content[i].Value}
		if err := node.Content[i+1].Decode(&pair.value); err != nil {
			return err
		}
		*m = append(*m, pair)
	}
	return nil
}

// in is the text in a language.
func (t oaText) in(lang views.Lang) string { return inLang(lang, t.English, t.Indonesian) }

func inLang(lang views.Lang, english, indonesian string) string {
	if lang == views.Indonesian {
		return indonesian
	}
	return english
}

// follow leads from a reference to what it means.
func (d *oaDocument) follow(s *oaSchema) (*oaSchema, error) {
	if s.Ref == "" {
		return s, nil
	}
	name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/")
	if target := d.Parts.Schemas[name]; ok && target != nil {
		return target, nil
	}
	return nil, fmt.Errorf("%q: %w", s.Ref, errNoSchema)
}

// kind is the type in words: "string", "integer", "string, null".
func (s *oaSchema) kind() string {
	if s.Format == "date-time" {
		return strings.Replace(s.plainKind(), "string", "date-time", 1)
	}
	return s.plainKind()
}

func (s *oaSchema) plainKind() string {
	if s.Type.Kind == yaml.ScalarNode {
		return s.Type.Value
	}
	var names []string
	for _, n := range s.Type.Content {
		names = append(names, n.Value)
	}
	if len(names) == 0 {
		return "any"
	}
	return strings.Join(names, ", ")
}

// bounds are the limits of a number, as they are written: "0 – 25".
func (s *oaSchema) bounds() string {
	if s.Min != nil && s.Max != nil {
		return fmt.Sprintf("%d – %d", *s.Min, *s.Max)
	}
	return ""
}

// longest is how many characters a text may have; 0 when nobody says.
func (s *oaSchema) longest() int {
	if s.MaxLen == nil {
		return 0
	}
	return *s.MaxLen
}
