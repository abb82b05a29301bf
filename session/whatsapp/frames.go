package whatsapp

// frameScanner follows what is sent through a websocket and recognises the close
// frame (RFC 6455, 5.2 and 5.5.1). It must count every byte: a large message is
// written in parts, and a part may begin with any byte.
type frameScanner struct {
	header [14]byte // of the frame that begins: at most 2, 8 for the length and 4 for the mask
	have   int      // bytes of it that were seen
	rest   uint64   // bytes of the present frame's payload that are to come

	messages int // binary messages that have begun
}

// The first byte of a websocket frame: that of a close frame (final, opcode 8), and the
// opcode of one that begins a binary message.
const (
	closeFrame   = 0x88
	opcodeMask   = 0x0f
	binaryOpcode = 2
)

// scan takes what is sent next, and reports whether a close frame begins in it.
func (f *frameScanner) scan(p []byte) (closes bool) {
	for len(p) > 0 {
		if f.rest > 0 {
			n := min(f.rest, uint64(len(p)))
			f.rest -= n
			p = p[n:]
			continue
		}
		f.header[f.have] = p[0]
		f.have++
		p = p[1:]
		if f.have == 1 {
			closes = closes || f.header[0] == closeFrame
			if f.header[0]&opcodeMask == binaryOpcode {
				f.messages++
			}
		}
		if size, payload := frameSize(f.header[:f.have]); size > 0 && f.have == size {
			f.have, f.rest = 0, payload
		}
	}
	return closes
}

// frameSize is how long the header that begins so will be, and the payload behind it.
// It is 0 until enough of the header is known.
func frameSize(header []byte) (size int, payload uint64) {
	if len(header) < 2 {
		return 0, 0
	}
	extended := 0 // bytes of the length, after the first two of the header
	switch payload = uint64(header[1] & 0x7f); payload {
	case 126:
		extended = 2
	case 127:
		extended = 8
	}
	size = 2 + extended
	if masked := header[1]&0x80 != 0; masked {
		size += 4
	}
	if extended == 0 {
		return size, payload
	}
	if len(header) < 2+extended {
		return size, 0
	}
	payload = 0
	for _, b := range header[2 : 2+extended] {
		payload = payload<<8 | uint64(b)
	}
	return size, payload
}
