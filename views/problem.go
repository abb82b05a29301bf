package views

import "strconv"

// ProblemPage tells that something did not work and what to do.
type ProblemPage struct {
	Page
	Status  int    // HTTP status
	Message string // finished sentence that replaces the usual one; "" for the usual one
	// RequestID helps to find the cause in the log; may be empty.
	RequestID string
	// Back is where to go on; "" means the list of devices.
	Back string
}

// key is the family of texts for the status: problem.KEY.title, .text.
func (p ProblemPage) key() string {
	switch p.Status {
	case 400, 401, 403, 404, 405, 409, 413, 422, 429, 503:
		return "problem." + strconv.Itoa(p.Status)
	}
	if p.Status >= 400 && p.Status < 500 {
		return "problem.400"
	}
	return "problem.500"
}

func (p ProblemPage) back() string {
	if p.Back == "" {
		return "/devices"
	}
	return p.Back
}
