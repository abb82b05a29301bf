// Package device shows devices: the list, one device with its code, timeline, keys and settings, and the page behind a
// scan link.
package device
