// Package rules says what values may be: names, passwords, texts. It is pure.
package rules

import "wadah/models/engine"

// Invalid says which value of the caller was refused, and why. Code is
// machine-readable (front ends translate by it); Message is an English sentence.
// With the code "name_taken" it matches ErrConflict too.
type Invalid struct {
	Field   string // "name", "password", …
	Code    string // "name_required", "password_too_short", …
	Message string
}

// Error returns the sentence.
func (e *Invalid) Error() string { return e.Message }

// Is makes a taken name a conflict.
func (e *Invalid) Is(target error) bool {
	return target == engine.ErrConflict && e.Code == CodeNameTaken
}

// CodeNameTaken is the code of an Invalid whose name another row has.
const CodeNameTaken = "name_taken"

// Refuse makes an Invalid.
func Refuse(field, code, message string) *Invalid {
	return &Invalid{Field: field, Code: code, Message: message}
}
