// Package api is the calls of programs: how they are read, whose key or secret opens them, and
// what they do and answer.
package api
