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

// CrossSite is what a refused form says about where it came from.
type CrossSite struct {
	Origin  string // such as "http://wa.example.org"; "" when the browser hides it
	Host    string // what the server was asked as
	Proxy   string // address of a proxy that names the same origin, but is not trusted; or ""
	Setting string // variable and value that let forms from the origin in; "" with an unknown one
}

// CrossSite says why a form was refused and what mends that.
func (l Lang) CrossSite(s CrossSite) ProblemWords {
	words := ProblemWords{
		Title: l.T("problem.origin.title"),
		Text:  l.T("problem.origin.text", "Origin", s.Origin, "Host", s.Host),
	}
	switch {
	case s.Origin == "":
		words.Text = l.T("problem.origin.hidden", "Host", s.Host)
		words.Advice = l.T("problem.origin.open", "Host", s.Host)
	case s.Proxy != "":
		words.Advice = l.T("problem.origin.proxy", "Origin", s.Origin, "Proxy", s.Proxy, "Setting", s.Setting)
	default:
		words.Advice = l.T("problem.origin.name", "Origin", s.Origin, "Setting", s.Setting)
	}
	return words
}

// WrongHost is a host name that this installation does not answer to.
type WrongHost struct {
	Host   string // what was asked for
	Public string // the address that people use, such as "https://wa.example.org"
}

// WrongHost says under which address to come.
func (l Lang) WrongHost(w WrongHost) ProblemWords {
	return ProblemWords{
		Title:  l.T("problem.host.title"),
		Text:   l.T("problem.host.text", "Host", w.Host, "Public", w.Public),
		Advice: l.T("problem.host.advice", "Host", w.Host),
	}
}
