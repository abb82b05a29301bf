package message

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
)

// NewID makes the ID of a message that the account of this number sends. It looks like
// those that WhatsApp Web makes, so that nothing marks messages of programs (whatsmeow
// send.go, GenerateMessageID): "3EB0" and 18 hexadecimal digits.
func NewID(account string, now time.Time) string {
	data := binary.BigEndian.AppendUint64(nil, uint64(now.Unix()))
	data = append(data, account+"@c.us"...)
	var random [16]byte
	rand.Read(random[:]) // never fails, by its documentation
	sum := sha256.Sum256(append(data, random[:]...))
	return "3EB0" + strings.ToUpper(hex.EncodeToString(sum[:9]))
}
