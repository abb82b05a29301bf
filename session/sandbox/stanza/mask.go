package stanza

import (
	"strconv"

	"go.mau.fi/whatsmeow/types"
)

// MaskNumber keeps the last three digits of a phone number, for logs.
func MaskNumber(number string) string {
	return "…" + number[max(0, len(number)-3):]
}

// MaskJID keeps the end of an address's number and its device's index, for logs.
func MaskJID(jid types.JID) string {
	masked := MaskNumber(jid.User)
	if jid.Device != 0 {
		masked += ":" + strconv.Itoa(int(jid.Device))
	}
	return masked
}
