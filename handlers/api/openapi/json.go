package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"

	"wadah/handlers/web"
)

// What can be wrong with the description. The tests read it, so nobody sees these.
var (
	errNoMapping = errors.New("no mapping")
	errNoSchema  = errors.New("no such schema")
	errNoJSON    = errors.New("cannot be written as JSON")
)

// jsonOf writes an example of the description as JSON with indents, its members in the
// order in which they stand there.
func jsonOf(node *yaml.Node) (string, error) {
	compact, err := appendNode(nil, node)
	if err != nil {
		return "", err
	}
	return Indented(compact), nil
}

// Indented is JSON with indents; what is no JSON stays as it is.
func Indented(compact []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, compact, "", "  ") != nil {
		return string(compact)
	}
	return b.String()
}

func appendNode(b []byte, node *yaml.Node) ([]byte, error) {
	switch node.Kind {
	case yaml.AliasNode:
		return appendNode(b, node.Alias)
	case yaml.MappingNode:
		return appendMembers(b, node)
	case yaml.SequenceNode:
		b = append(b, '[')
		for i, item := range node.Content {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = appendNode(b, item); err != nil {
				return b, err
			}
		}
		return append(b, ']'), nil
	case yaml.ScalarNode:
		var value any
		if err := node.Decode(&value); err != nil {
			return b, fmt.Errorf("line %d: %w", node.Line, err)
		}
		return web.AppendAny(b, value), nil
	case yaml.DocumentNode:
	}
	return b, fmt.Errorf("line %d: %w", node.Line, errNoJSON)
}

func appendMembers(b []byte, node *yaml.Node) ([]byte, error) {
	b = append(b, '{')
	for i := 0; i+1 < len(node.Content); i += 2 {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(web.AppendString(b, node.Content[i].Value), ':')
		var err error
		if b, err = appendNode(b, node.Content[i+1]); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}
