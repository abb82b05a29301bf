package reference

import (
	"net/http"
	"strconv"
	"time"

	"wadah/views"
)

// refGroupName is the title of a group of calls.
func refGroupName(l views.Lang, name string) string {
	switch name {
	case "device":
		return l.T("reference.group.device")
	case "installation":
		return l.T("reference.group.installation")
	case "description":
		return l.T("reference.group.description")
	}
	return name
}

// statusTone is the mood of a status.
func statusTone(status int) views.Tone {
	switch {
	case status < http.StatusMultipleChoices:
		return views.ToneOK
	case status < http.StatusInternalServerError:
		return views.ToneAct
	}
	return views.ToneDanger
}

func statusSymbol(status int) string {
	if status < http.StatusMultipleChoices {
		return "check"
	}
	return "alert"
}

// statusWords are a status as HTTP writes it, in no language: "409 Conflict".
func statusWords(status int) string { return strconv.Itoa(status) + " " + http.StatusText(status) }

// reasonSentence is what a reason means.
func reasonSentence(l views.Lang, reason string) string {
	text, _, _ := l.Reason(reason, time.Time{})
	return text
}

// errorExample is an error whole, with the state of the device where there is one.
func (p ReferencePage) errorExample() string {
	for _, e := range p.special() {
		if e.Status == http.StatusConflict {
			return e.Example
		}
	}
	return p.Errors[0].Example
}

// rateWord is a limit of requests in words.
func rateWord(l views.Lang, rate, burst int) string {
	if rate <= 0 {
		return l.T("reference.limits.none")
	}
	return l.T("reference.limits.rate", "Rate", rate, "Burst", max(burst, 1))
}

func countWord(l views.Lang, n int) string {
	if n <= 0 {
		return l.T("reference.limits.none")
	}
	return strconv.Itoa(n)
}

func (r RefLimits) size() string {
	if r.Body%1024 == 0 {
		return strconv.FormatInt(r.Body/1024, 10) + " kB"
	}
	return strconv.FormatInt(r.Body, 10) + " B"
}

// input is the control of the form for a value.
func (v RefParam) input(c RefCall) views.Input {
	i := views.Input{
		ID: "try-" + c.Name + "-" + v.Name, Name: "value-" + v.Name, Label: v.Name, Hint: v.Text, Value: v.Default,
		Autocomplete: "off", Plain: true, Optional: !v.Required,
	}
	if v.Default == "" {
		i.Placeholder = v.Example
	}
	if v.Number {
		i.Mode = "numeric"
	}
	if v.Longest > 0 {
		i.Max = strconv.Itoa(v.Longest)
	}
	return i
}
