package views

import (
	"strings"
	"time"
)

// Login is where somebody is signed in.
type Login struct {
	ID      string
	Current bool   // the one that looks at the page
	Agent   string // its User-Agent; the page says it in a few words
	Address string
	Since   time.Time
	Seen    time.Time
}

// AgentWords says in a few words what browser and system call themselves so. The order
// matters: every browser also claims to be an older one.
func (l Lang) AgentWords(agent string) string {
	browser := firstWord(agent, [][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser", "Samsung Internet"},
		{"Firefox/", "Firefox"},
		{"FxiOS", "Firefox"},
		{"CriOS", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
		{"curl/", "curl"},
	})
	system := firstWord(agent, [][2]string{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"Windows", "Windows"},
		{"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"},
		{"Linux", "Linux"},
	})
	switch {
	case browser != "" && system != "":
		return browser + " · " + system
	case browser+system != "":
		return browser + system
	}
	return l.T("logins.unknown")
}

func firstWord(text string, table [][2]string) string {
	for _, row := range table {
		if strings.Contains(text, row[0]) {
			return row[1]
		}
	}
	return ""
}
