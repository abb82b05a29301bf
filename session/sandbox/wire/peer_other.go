//go:build !unix

package wire

// PeerStays says whether the client has certainly not hung up, which cannot be known
// here.
func (c *Conn) PeerStays() bool { return false }
