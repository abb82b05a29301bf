// Package messages shows conversations: whom a device writes with, and what was said.
package messages
