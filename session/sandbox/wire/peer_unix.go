//go:build unix

package wire

import "syscall"

// PeerStays says whether the client has certainly not hung up: nothing is left to be
// read, not even the end of the stream.
func (c *Conn) PeerStays() bool {
	raw, ok := c.ws.net.(syscall.Conn)
	if !ok {
		return false
	}
	socket, err := raw.SyscallConn()
	if err != nil {
		return false
	}
	stays := false
	err = socket.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		stays = err == syscall.EAGAIN
	})
	return err == nil && stays
}
