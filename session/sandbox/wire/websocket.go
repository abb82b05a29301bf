package wire

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // RFC 6455 prescribes SHA-1 for the accept key; nothing secret depends on it
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/socket"
)

// The part of RFC 6455 a WhatsApp client uses, server side: no extensions (a
// negotiated permessage-deflate costs over a megabyte per connection) and one
// small read buffer, because a connection spends its life idle.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA

	wsGUID       = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	wsReadBuffer = 512

	// frameHeadroom is what a server frame needs in front of its payload at most.
	frameHeadroom = 10
)

var errWebsocket = fmt.Errorf("%w: websocket protocol violated", ErrProtocol)

// wsConn is one upgraded connection. Reading belongs to one goroutine; writing
// happens under mu.
type wsConn struct {
	net net.Conn
	in  *bufio.Reader

	mu     sync.Mutex
	closed bool
}

// upgrade answers a websocket request and takes the connection over from
// net/http. After an error the response has been written.
func upgrade(w http.ResponseWriter, r *http.Request) (*wsConn, error) {
	key, status := checkUpgrade(r)
	if status != 0 {
		w.Header().Set("Sec-WebSocket-Version", "13")
		http.Error(w, http.StatusText(status), status)
		return nil, fmt.Errorf("%w: upgrade answered with %d", errWebsocket, status)
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return nil, fmt.Errorf("take over connection: %w", err)
	}
	// Bytes that arrived behind the request belong to the first message. The
	// server's own buffers are eight times larger than ours and are given up.
	early := make([]byte, buffered.Reader.Buffered())
	if _, err := io.ReadFull(buffered.Reader, early); err != nil {
		return nil, errors.Join(fmt.Errorf("read early bytes: %w", err), conn.Close())
	}
	ws := &wsConn{net: conn, in: bufio.NewReaderSize(conn, wsReadBuffer)}
	if len(early) > 0 {
		ws.in = bufio.NewReaderSize(io.MultiReader(strings.NewReader(string(early)), conn), wsReadBuffer)
	}
	sum := sha1.Sum([]byte(key + wsGUID)) //nolint:gosec // see above
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
	if err := ws.write([]byte(answer)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return ws, nil
}

// checkUpgrade returns the client's key, or the status of a refusal. Besides
// the protocol it checks the origin: a web page of another site must not be able
// to use the visitor's sandbox.
func checkUpgrade(r *http.Request) (key string, status int) {
	key = strings.TrimSpace(r.Header.Get("Sec-WebSocket-Key"))
	raw, err := base64.StdEncoding.DecodeString(key)
	switch {
	case r.Method != http.MethodGet:
		return "", http.StatusMethodNotAllowed
	case !headerHas(r.Header, "Connection", "upgrade"), !headerHas(r.Header, "Upgrade", "websocket"):
		return "", http.StatusUpgradeRequired
	case r.Header.Get("Sec-WebSocket-Version") != "13", err != nil, len(raw) != 16:
		return "", http.StatusBadRequest
	case r.Header.Get("Origin") != socket.Origin:
		return "", http.StatusForbidden
	}
	return key, 0
}

func headerHas(h http.Header, name, token string) bool {
	return slices.ContainsFunc(h.Values(name), func(value string) bool {
		return slices.ContainsFunc(strings.Split(value, ","), func(item string) bool {
			return strings.EqualFold(strings.TrimSpace(item), token)
		})
	})
}

// readMessage returns the next binary message of at most limit bytes. Control
// frames are dealt with inside. Everything else than a well-formed, masked
// binary message is an error after which the connection must be closed.
func (ws *wsConn) readMessage(limit int) ([]byte, error) {
	var message []byte
	started := false
	for {
		final, op, payload, err := ws.readFrame(limit - len(message))
		if err != nil {
			return nil, err
		}
		switch op {
		case opPing:
			if err := ws.writeFrame(opPong, payload); err != nil {
				return nil, err
			}
			continue
		case opPong:
			continue
		case opClose:
			// A client that is already gone does not read the answer.
			_ = ws.writeFrame(opClose, payload)
			return nil, ErrPeerClosed
		case opBinary:
			if started {
				return nil, fmt.Errorf("%w: new message inside another", errWebsocket)
			}
			started, message = true, payload
		case opContinuation:
			if !started {
				return nil, fmt.Errorf("%w: continuation of nothing", errWebsocket)
			}
			message = append(message, payload...)
		default:
			return nil, fmt.Errorf("%w: frame type %d", errWebsocket, op)
		}
		if final {
			return message, nil
		}
	}
}

func (ws *wsConn) readFrame(limit int) (final bool, op byte, payload []byte, err error) {
	var head [14]byte
	if _, err = io.ReadFull(ws.in, head[:2]); err != nil {
		return false, 0, nil, err
	}
	final, op = head[0]&0x80 != 0, head[0]&0x0F
	length, extra := uint64(head[1]&0x7F), 0
	switch length {
	case 126:
		extra = 2
	case 127:
		extra = 8
	}
	switch {
	case head[0]&0x70 != 0:
		return false, 0, nil, fmt.Errorf("%w: reserved bits", errWebsocket)
	case head[1]&0x80 == 0:
		return false, 0, nil, fmt.Errorf("%w: unmasked frame", errWebsocket)
	case op >= opClose && (!final || length > 125):
		return false, 0, nil, fmt.Errorf("%w: control frame too large", errWebsocket)
	}
	if _, err = io.ReadFull(ws.in, head[2:2+extra+4]); err != nil {
		return false, 0, nil, err
	}
	switch extra {
	case 2:
		length = uint64(binary.BigEndian.Uint16(head[2:]))
	case 8:
		length = binary.BigEndian.Uint64(head[2:])
	}
	if length > uint64(max(limit, 0)) && op < opClose {
		return false, 0, nil, fmt.Errorf("%w: message too large", errWebsocket)
	}
	payload = make([]byte, length)
	if _, err = io.ReadFull(ws.in, payload); err != nil {
		return false, 0, nil, err
	}
	mask := head[2+extra : 2+extra+4]
	for i := range payload {
		payload[i] ^= mask[i&3]
	}
	return final, op, payload, nil
}

// writeFrame sends one unfragmented frame.
func (ws *wsConn) writeFrame(op byte, payload []byte) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	frame := make([]byte, frameHeadroom, frameHeadroom+len(payload))
	return ws.writeBuilt(op, append(frame, payload...))
}

// writeBuilt sends buf[frameHeadroom:] as one frame, building the header in the
// headroom so that one write carries everything. The caller holds mu.
func (ws *wsConn) writeBuilt(op byte, buf []byte) error {
	length := len(buf) - frameHeadroom
	start := frameHeadroom - 2
	switch {
	case length < 126:
		buf[start+1] = byte(length)
	case length < 1<<16:
		start = frameHeadroom - 4
		buf[start+1] = 126
		binary.BigEndian.PutUint16(buf[start+2:], uint16(length))
	default:
		start = 0
		buf[1] = 127
		binary.BigEndian.PutUint64(buf[2:], uint64(length))
	}
	buf[start] = 0x80 | op
	return ws.write(buf[start:])
}

func (ws *wsConn) write(data []byte) error {
	if ws.closed {
		return net.ErrClosed
	}
	if err := ws.net.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("set write deadline: %w", err)
	}
	if _, err := ws.net.Write(data); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// close closes the TCP connection, with a reset instead of an orderly end when
// reset is true. It may be called from any goroutine, also twice.
func (ws *wsConn) close(reset bool) {
	if tcp, ok := ws.net.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0) // a connection that is gone already needs no reset
	}
	_ = ws.net.Close() // closing twice is harmless; there is nobody to tell
	ws.mu.Lock()
	ws.closed = true
	ws.mu.Unlock()
}
