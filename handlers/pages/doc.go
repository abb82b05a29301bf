// Package pages is what the rooms with pages for people share: the layout around them, how
// they are answered whole or in parts, what is said on the next one, their event streams, and
// how a device is shown.
package pages
