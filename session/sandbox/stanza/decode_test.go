package stanza

// An internal test: the decoder's input is hidden behind two layers of encryption,
// and the point is that no input can hurt it.

import (
	"bytes"
	"compress/zlib"
	"errors"
	"reflect"
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/binary/token"
	"go.mau.fi/whatsmeow/types"
)

func genuineNodes() []waBinary.Node {
	jid := types.JID{User: "6281234567890", Device: 3, Server: types.DefaultUserServer}
	var many []waBinary.Node
	for range 812 {
		many = append(many, New("key", nil, Blob("id", []byte{0, 1, 2}), Blob("value", make([]byte, 32))))
	}
	return []waBinary.Node{
		New("iq", waBinary.Attrs{"id": "12.34-5", "xmlns": "w:p", "type": "get", "to": types.ServerJID}),
		New("iq", waBinary.Attrs{"id": "1", "to": jid}, New("list", nil, many...)),
		New("presence", waBinary.Attrs{"name": "Ana é"}),
		Blob("message", bytes.Repeat([]byte{1}, 70_000)),
		{Tag: "a", Content: "a text that no dictionary knows"},
		Result("7", New("count", waBinary.Attrs{"value": "DEADBEEF"})),
	}
}

func TestDecodeReadsWhatTheLibraryWrites(t *testing.T) {
	for _, node := range genuineNodes() {
		plain, err := waBinary.Marshal(node)
		if err != nil {
			t.Fatal(err)
		}
		want, err := waBinary.Unmarshal(plain[1:])
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(plain)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v", node.Tag, got, err)
		}
		var packed bytes.Buffer
		packed.WriteByte(flagCompressed)
		writer := zlib.NewWriter(&packed)
		if _, err := writer.Write(plain[1:]); err != nil {
			t.Fatal(err)
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := Decode(packed.Bytes()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s compressed: %v, %v", node.Tag, got, err)
		}
	}
}

func TestDecodeRefusesDangerousFrames(t *testing.T) {
	deep := []byte{0}
	for range 100_000 {
		deep = append(deep, token.List8, 2, 5, token.List8, 1)
	}
	var bomb bytes.Buffer
	bomb.WriteByte(flagCompressed)
	writer := zlib.NewWriter(&bomb)
	for range 100 {
		if _, err := writer.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	for name, frame := range map[string][]byte{
		"nothing":               nil,
		"a flag only":           {0},
		"bad compression":       {2, 1, 2, 3},
		"a compression bomb":    bomb.Bytes(),
		"nested without end":    deep,
		"a huge list":           {0, token.List8, 2, 5, token.List16, 0xFF, 0xFF, token.List8, 1, 5},
		"a list as tag":         {0, token.List8, 1, token.List8, 1, 5},
		"a tag that is no text": {0, token.List8, 1, token.ListEmpty},
		"a JID without server":  {0, token.List8, 3, 5, 6, token.JIDPair, 7, token.ListEmpty},
		"bytes missing":         {0, token.List8, 2, 5, token.Binary8, 200, 1},
		"something behind":      {0, token.List8, 1, 5, 5},
	} {
		if node, err := Decode(frame); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, %v", name, node, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, node := range genuineNodes() {
		plain, err := waBinary.Marshal(node)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(plain)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		node, err := Decode(frame)
		if (node == nil) == (err == nil) {
			t.Errorf("node %v, error %v", node, err)
		}
	})
}
