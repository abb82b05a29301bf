// Package audit shows who did what, in words.
package audit
