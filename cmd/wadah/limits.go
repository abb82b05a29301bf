package main

import "wadah/handlers/limit"

// limitFlags say how much one client may use up.
type limitFlags struct {
	limit.Limits `embed:""`
}

// limits checks the flags.
func (f limitFlags) limits() (limit.Limits, error) {
	if err := f.Check(); err != nil {
		return f.Limits, usagef("%v", err)
	}
	return f.Limits, nil
}
