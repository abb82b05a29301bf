package whatsapp

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// frame is a masked websocket frame, as clients send it.
func frame(first byte, payload []byte) []byte {
	out := []byte{first}
	switch n := len(payload); {
	case n < 126:
		out = append(out, 0x80|byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), uint64(n))
	}
	return append(append(out, 1, 2, 3, 4), payload...)
}

func TestFrameScanner(t *testing.T) {
	likeClose := func(n int) []byte { return bytes.Repeat([]byte{closeFrame}, n) }
	binaryFrame := byte(0x82)
	for _, size := range []int{0, 1, 125, 126, 4096, 65535, 65536, 200_000} {
		for _, part := range []int{1, 2, 3, 7, 4096, 1 << 20} {
			var scanner frameScanner
			data := append(frame(binaryFrame, likeClose(size)), frame(binaryFrame, likeClose(size))...)
			for len(data) > 0 {
				n := min(part, len(data))
				if scanner.scan(data[:n]) {
					t.Fatalf("a message of %d bytes in parts of %d is taken for a goodbye", size, part)
				}
				data = data[n:]
			}
			if !scanner.scan(frame(closeFrame, []byte{3, 232})) {
				t.Errorf("after messages of %d bytes in parts of %d the goodbye is not recognised", size, part)
			}
		}
	}
	var scanner frameScanner
	if !scanner.scan(append(frame(binaryFrame, likeClose(5)), frame(closeFrame, nil)...)) {
		t.Error("a goodbye behind a message in one write is not recognised")
	}
}
