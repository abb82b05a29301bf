package views

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
