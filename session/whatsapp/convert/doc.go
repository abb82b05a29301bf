// Package convert turns WhatsApp's messages and the library's events into the values of
// session/message, and messages that shall be sent into WhatsApp's protobuf.
//
//	converter.go   which event becomes what
//	message.go     a message: its wrappers taken off, its kind found by the field that is set
//	envelope.go    who, where and when, by both addresses
//	context.go     what stands beside the content: quote, mentions, timer, forwarding
//	raw.go         the protobuf that is kept, without previews
//	family.go      that protobuf as the JSON that programs of the whapi family expect
//	build.go       the way back
//	clean.go       the limits that everything from outside is held to
//
// and one file for each kind of content, in both directions where it can be sent.
//
// All functions are pure: they ask nobody (but Opener, which the caller gives), wait
// for nothing and change nothing of what they are given. What strangers write cannot make
// them fail: it is cut, left out, or called unknown.
package convert
