// Package eventlog reads what happened to devices: durable, numbered for each device in
// the order of commits, kept for a time. Whatever tells the outside about a device reads
// here: programs that ask, event streams, webhooks and alerts. What is written stands in
// models, in the transaction of what it tells of.
//
//	log.go   reading, and waiting for what comes
//	data.go  what programs see of an event
package eventlog
