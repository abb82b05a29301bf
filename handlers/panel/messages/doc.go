// Package messages is the conversations of devices: read, answered, and live.
package messages
