package convert

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// FamilyJSON gives a message's protobuf (message.Message.Raw) as the JSON that programs
// of the whapi family read as "message": what Baileys' protobuf library makes of it. Its
// names differ from ours in their capitals alone ("stanzaId", "fileSha256", "ptt"); bytes
// are base64, 64-bit numbers strings, enums their names. (The golden files agree with what
// Baileys 7.0.0-rc14 writes of the same bytes, where its schema has the field.) It is an
// error when raw is no message.
//
// Only here the schema is known. Whoever renders it for programs is given this function
// by cmd.
func FamilyJSON(raw []byte) (json.RawMessage, error) {
	m, err := unmarshal(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the stored message: %w", err)
	}
	var b bytes.Buffer
	familyMessage(&b, m.ProtoReflect(), 0)
	return b.Bytes(), nil
}

func familyMessage(b *bytes.Buffer, m protoreflect.Message, depth int) {
	b.WriteByte('{')
	defer b.WriteByte('}')
	if depth > maxNesting {
		return
	}
	fields, first := m.Descriptor().Fields(), true
	for i := range fields.Len() { // in the order of the schema
		field := fields.Get(i)
		if !m.Has(field) {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		familyString(b, familyName(string(field.Name())))
		b.WriteByte(':')
		familyField(b, field, m.Get(field), depth)
	}
}

func familyField(b *bytes.Buffer, field protoreflect.FieldDescriptor, value protoreflect.Value, depth int) {
	if !field.IsList() {
		familyValue(b, field, value, depth)
		return
	}
	b.WriteByte('[')
	for i := range value.List().Len() {
		if i > 0 {
			b.WriteByte(',')
		}
		familyValue(b, field, value.List().Get(i), depth)
	}
	b.WriteByte(']')
}

func familyValue(b *bytes.Buffer, field protoreflect.FieldDescriptor, value protoreflect.Value, depth int) {
	switch field.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		familyMessage(b, value.Message(), depth+1)
	case protoreflect.BytesKind:
		familyString(b, base64.StdEncoding.EncodeToString(value.Bytes()))
	case protoreflect.EnumKind:
		if known := field.Enum().Values().ByNumber(value.Enum()); known != nil {
			familyString(b, string(known.Name()))
		} else {
			b.WriteString(strconv.Itoa(int(value.Enum())))
		}
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		familyFloat(b, value.Float(), field.Kind() == protoreflect.FloatKind)
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		familyString(b, value.String())
	case protoreflect.StringKind:
		familyString(b, value.String())
	case protoreflect.BoolKind, protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Uint32Kind,
		protoreflect.Sfixed32Kind, protoreflect.Fixed32Kind:
		b.WriteString(value.String())
	}
}

func familyFloat(b *bytes.Buffer, f float64, single bool) {
	bits := 64
	if single {
		bits = 32
	}
	switch {
	case math.IsNaN(f):
		b.WriteString(`"NaN"`)
	case math.IsInf(f, 1):
		b.WriteString(`"Infinity"`)
	case math.IsInf(f, -1):
		b.WriteString(`"-Infinity"`)
	default:
		b.WriteString(strconv.FormatFloat(f, 'g', -1, bits))
	}
}

// familyString writes valid UTF-8 without NUL, which databases refuse even in JSON.
func familyString(b *bytes.Buffer, s string) {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(strings.ReplaceAll(s, "\x00", "")) // a string can be written
	b.Truncate(b.Len() - 1)                               // the encoder's line end
}

// familyName writes a field's name with words as Baileys does: "JPEGThumbnail" is
// jpegThumbnail, "fileEncSHA256" fileEncSha256, "PTT" ptt.
func familyName(name string) string {
	runes := []rune(name)
	var b strings.Builder
	for i, c := range runes {
		afterUpper := i > 0 && unicode.IsUpper(runes[i-1])
		startsWord := i+1 < len(runes) && unicode.IsLower(runes[i+1]) && string(runes[i+1:]) != "s" // "keyIDs"
		if i == 0 || afterUpper && !startsWord {
			c = unicode.ToLower(c)
		}
		b.WriteRune(c)
	}
	return b.String()
}
