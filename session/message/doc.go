// Package message is what devices are sent and what they send: the values that the
// driver, the store and the programs exchange, whatever WhatsApp calls them.
//
//	address.go   people and chats, by their two addresses
//	content.go   what one message says
//	incoming.go  what WhatsApp hands over, which is stored before it is acknowledged
//	outgoing.go  what shall be sent, and what must be right about it
//	limits.go    how much of anything is kept
//
// The values know no protobuf, no SQL and no HTTP. session/whatsapp/convert makes them
// of WhatsApp's messages and the other way round.
package message
