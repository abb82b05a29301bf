package views

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
