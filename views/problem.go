package views

import (
	"net/http"
	"strconv"
)

// ProblemPage tells that something did not work and what to do.
type ProblemPage struct {
	Page
	Status int // HTTP status
	Words  ProblemWords
	// RequestID helps to find the cause in the log; may be empty.
	RequestID string
	// Back is where to go on; "" means the list of devices.
	Back string
}

// ProblemWords are finished sentences about what did not work.
type ProblemWords struct {
	Title, Text string
	Advice      string // a paragraph of its own about what mends it; may be empty
}

// Problem is what is said about an HTTP status when there is nothing better to say.
func (l Lang) Problem(status int) ProblemWords {
	key := "problem.500"
	switch {
	case status == 400, status == 401, status == 403, status == 404, status == 405, status == 409,
		status == 413, status == 422, status == 429, status == 503:
		key = "problem." + strconv.Itoa(status)
	case status < http.StatusInternalServerError:
		key = "problem.400"
	}
	return ProblemWords{Title: l.T(key + ".title"), Text: l.T(key + ".text")}
}

func (p ProblemPage) back() string {
	if p.Back == "" {
		return "/devices"
	}
	return p.Back
}
