// Package sandbox is a simulated WhatsApp service with virtual phones. It speaks
// WhatsApp's wire protocol (websocket, Noise, binary nodes) to the genuine
// whatsmeow client on loopback, so that linking, writing, reconnecting and losing a
// device can be tried and tested without a phone and without the internet.
//
// A client is pointed at it in two steps: whatsmeow.WACertPubKey is set to
// [Service.RootKey] (once, before the first connection), and the client's HTTP
// transport dials the sandbox, in plain TCP, whatever host is asked for.
//
// The service refuses what WhatsApp refuses: a wrong signature, a code that is
// not valid now, a companion that is not linked, an old version, a message without a
// ciphertext for each device. What it cannot know about the real service it decides in
// favour of the stricter answer.
//
// This package knows who is linked and connected, and what goes wrong on purpose. What
// is written goes through its router, and what people do on their phones is in handset.
package sandbox
