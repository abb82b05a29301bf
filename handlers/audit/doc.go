// Package audit writes down who did what: the actions and actors there are, and what keeps
// those who act all day from filling the disk.
package audit
