package stanza

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/binary/token"
)

// MaxSize is how large a stanza of a client may be. A first upload of 812 pre-keys
// has about 40 kB, a message to a group of a thousand members about 300 kB.
const MaxSize = 1 << 20

const (
	flagCompressed = 2
	maxDepth       = 32 // of nested stanzas; the deepest genuine one has 6
)

// ErrMalformed marks every frame that is no stanza.
var ErrMalformed = errors.New("malformed frame")

// Decode turns a decrypted frame into a stanza. The library's decoder trusts
// its input: it panics on some malformed frames and allocates what a list's
// header promises. So the shape is checked first, and what is still wrong then is
// caught here, at the one place where foreign bytes enter.
func Decode(plain []byte) (node *waBinary.Node, err error) {
	if len(plain) < 2 {
		return nil, fmt.Errorf("%w: too short", ErrMalformed)
	}
	body := plain[1:]
	if plain[0]&flagCompressed != 0 {
		if body, err = inflate(body); err != nil {
			return nil, err
		}
	}
	shape := shapeChecker{data: body}
	if err := shape.node(0); err != nil {
		return nil, err
	}
	defer func() {
		if recover() != nil {
			node, err = nil, fmt.Errorf("%w: not a stanza", ErrMalformed)
		}
	}()
	if node, err = waBinary.Unmarshal(body); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return node, nil
}

func inflate(body []byte) ([]byte, error) {
	reader, err := zlib.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: bad compression", ErrMalformed)
	}
	out, err := io.ReadAll(io.LimitReader(reader, MaxSize+1))
	if err != nil || len(out) > MaxSize {
		return nil, fmt.Errorf("%w: bad compression", ErrMalformed)
	}
	return out, nil
}

// shapeChecker walks a binary stanza without building it, so that depth and list
// sizes are known to be sane before the decoder allocates anything.
type shapeChecker struct {
	data []byte
	at   int
}

var errShape = fmt.Errorf("%w: bad structure", ErrMalformed)

func (s *shapeChecker) byte() (int, error) {
	if s.at >= len(s.data) {
		return 0, errShape
	}
	s.at++
	return int(s.data[s.at-1]), nil
}

// number reads an n-byte big-endian number.
func (s *shapeChecker) number(n int) (int, error) {
	value := 0
	for range n {
		b, err := s.byte()
		if err != nil {
			return 0, err
		}
		value = value<<8 | b
	}
	return value, nil
}

func (s *shapeChecker) skip(n int, err error) error {
	if err != nil {
		return err
	}
	if n < 0 || n > len(s.data)-s.at {
		return errShape
	}
	s.at += n
	return nil
}

// listSize reads a list's size; every item takes at least one byte.
func (s *shapeChecker) listSize(tag int) (size int, err error) {
	switch tag {
	case token.ListEmpty:
	case token.List8:
		size, err = s.number(1)
	case token.List16:
		size, err = s.number(2)
	default:
		err = errShape
	}
	if err == nil && size > len(s.data)-s.at {
		err = errShape
	}
	return size, err
}

func (s *shapeChecker) node(depth int) error {
	if depth > maxDepth {
		return errShape
	}
	tag, err := s.byte()
	if err != nil {
		return err
	}
	size, err := s.listSize(tag)
	if err != nil || size == 0 {
		return errShape
	}
	// The items are the tag, attribute names and values, and in a list of even
	// size the content.
	for item := range size {
		if err := s.value(depth, size%2 == 0 && item == size-1); err != nil {
			return err
		}
	}
	return nil
}

// value walks one value; only the content of a node may be a list of nodes.
func (s *shapeChecker) value(depth int, content bool) error {
	tag, err := s.byte()
	if err != nil {
		return err
	}
	switch tag {
	case token.ListEmpty:
		return nil
	case token.List8, token.List16:
		return s.list(tag, depth, content)
	case token.Binary8:
		return s.skip(s.number(1))
	case token.Binary20:
		n, err := s.number(3)
		return s.skip(n&0xFFFFF, err)
	case token.Binary32:
		return s.skip(s.number(4))
	case token.Dictionary0, token.Dictionary1, token.Dictionary2, token.Dictionary3:
		return s.skip(1, nil)
	case token.Nibble8, token.Hex8:
		n, err := s.number(1)
		return s.skip(n&0x7F, err)
	case token.JIDPair:
		return s.values(depth, 0, 2)
	case token.ADJID:
		return s.values(depth, 2, 1)
	case token.FBJID, token.InteropJID:
		return errShape // other services' addresses: no WhatsApp client sends them
	}
	if tag >= len(token.SingleByteTokens) {
		return errShape
	}
	return nil
}

// values skips bytes and then walks count plain values.
func (s *shapeChecker) values(depth, bytes, count int) error {
	if err := s.skip(bytes, nil); err != nil {
		return err
	}
	if depth > maxDepth {
		return errShape
	}
	for range count {
		if err := s.value(depth+1, false); err != nil {
			return err
		}
	}
	return nil
}

func (s *shapeChecker) list(tag, depth int, content bool) error {
	if !content {
		return errShape
	}
	size, err := s.listSize(tag)
	if err != nil {
		return err
	}
	for range size {
		if err := s.node(depth + 1); err != nil {
			return err
		}
	}
	return nil
}
