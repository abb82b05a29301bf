package views

// KeyLives are the choices of how long a new key is valid, for time.ParseDuration; ""
// is for ever.
func KeyLives() []string { return []string{"", "168h", "720h", "2160h", "8760h"} }

// Overlaps are the choices of how long a replaced key or secret stays valid, for
// time.ParseDuration.
func Overlaps() []string { return []string{"0s", "1h", "24h", "168h"} }

// ScanLinkLives are the choices of how long a scan link is valid, for
// time.ParseDuration.
func ScanLinkLives() []string { return []string{"15m", "1h", "24h"} }

// lifeWord says a choice in words.
func (l Lang) lifeWord(choice string) string {
	switch choice {
	case "0s":
		return l.T("life.now")
	case "15m":
		return l.T("life.minutes15")
	case "1h":
		return l.T("life.hour1")
	case "24h":
		return l.T("life.hours24")
	case "168h":
		return l.T("life.days7")
	case "720h":
		return l.T("life.days30")
	case "2160h":
		return l.T("life.days90")
	case "8760h":
		return l.T("life.days365")
	}
	return l.T("life.forever")
}

// DurationOptions are choices as a form offers them.
func (l Lang) DurationOptions(choices []string, chosen string) []Option {
	options := make([]Option, 0, len(choices))
	for _, c := range choices {
		options = append(options, Option{Value: c, Label: l.lifeWord(c), Chosen: c == chosen})
	}
	return options
}
