package wire

import (
	"bytes"
	"fmt"

	"go.mau.fi/whatsmeow/socket"
)

// maxHandshakeFrame is how large a frame may be before the handshake is over; a
// genuine one is under a kilobyte.
const maxHandshakeFrame = 16 << 10

var errFrame = fmt.Errorf("%w: malformed frame", ErrProtocol)

// framer cuts WhatsApp frames (three bytes of length and the body) out of
// websocket messages. A message may hold several frames and a frame may span
// messages. It belongs to the reading goroutine.
type framer struct {
	ws      *wsConn
	rest    []byte
	started bool
	limit   int
}

// next returns the body of the next frame.
func (f *framer) next() ([]byte, error) {
	if !f.started {
		if err := f.start(); err != nil {
			return nil, err
		}
	}
	if err := f.fill(socket.FrameLengthSize); err != nil {
		return nil, err
	}
	length := int(f.rest[0])<<16 | int(f.rest[1])<<8 | int(f.rest[2])
	if length == 0 || length > f.limit {
		return nil, fmt.Errorf("%w: %d bytes", errFrame, length)
	}
	f.rest = f.rest[socket.FrameLengthSize:]
	if err := f.fill(length); err != nil {
		return nil, err
	}
	body := f.rest[:length:length]
	if f.rest = f.rest[length:]; len(f.rest) == 0 {
		f.rest = nil // let an idle connection hold no buffer
	}
	return body, nil
}

// start checks the four bytes that open a connection: "WA", the protocol's
// magic value and the version of the token dictionary.
func (f *framer) start() error {
	if err := f.fill(len(socket.WAConnHeader)); err != nil {
		return err
	}
	if !bytes.Equal(f.rest[:len(socket.WAConnHeader)], socket.WAConnHeader) {
		return fmt.Errorf("%w: unknown connection header", errFrame)
	}
	f.rest, f.started = f.rest[len(socket.WAConnHeader):], true
	return nil
}

func (f *framer) fill(n int) error {
	for len(f.rest) < n {
		message, err := f.ws.readMessage(f.limit + len(socket.WAConnHeader) + socket.FrameLengthSize)
		if err != nil {
			return err
		}
		if f.rest == nil {
			f.rest = message
		} else {
			f.rest = append(f.rest, message...)
		}
	}
	return nil
}
