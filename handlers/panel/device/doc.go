// Package device is the page of one device: its state, code and timeline, what is done to it,
// its settings, its API keys and its scan links.
package device
