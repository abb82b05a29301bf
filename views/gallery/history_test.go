package gallery_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"wadah/views"
	deviceviews "wadah/views/device"
	"wadah/views/gallery"
)

// story is a timeline that ends at noon, told oldest first.
func story(created time.Duration, whole bool, events ...views.Event) deviceviews.Timeline {
	t := deviceviews.Timeline{Created: noon.Add(-created), Whole: whole, Now: noon}
	from := "SERVICE_OFF"
	for _, e := range events {
		e.From = from
		t.Events = append([]views.Event{e}, t.Events...)
		from = e.To
	}
	return t
}

// ago is an event some time before noon.
func ago(d time.Duration, to, reason string) views.Event {
	return views.Event{At: noon.Add(-d), To: to, Reason: reason}
}

const day = 24 * time.Hour

// histories are the timelines whose pictures the golden files hold, by name.
func histories() map[string]deviceviews.Timeline {
	flapping := []views.Event{ago(20*day, "CONNECTED", "ready")}
	for i := range 40 {
		at := time.Duration(40-i) * 31 * time.Minute
		flapping = append(flapping, ago(at, "PAIRING", "reconnecting"), ago(at-4*time.Second, "CONNECTED", "ready"))
	}
	return map[string]deviceviews.Timeline{
		"new":      story(2*time.Minute, true),
		"always":   story(20*day, true, ago(19*day, "PAIRING", "connecting"), ago(19*day-time.Minute, "CONNECTED", "ready")),
		"linked":   gallery.Timeline(noon),
		"flapping": story(20*day, true, flapping...),
		"unknown": story(20*day, false, ago(50*time.Hour, "CONNECTED", "ready"), ago(5*time.Hour, "SERVICE_OFF", "logged_out"), ago(4*time.Hour, "PAIRING", "connecting"),
			ago(4*time.Hour-3*time.Second, "SERVICE_SCAN", "qr"), ago(3*time.Hour, "CONNECTED", "ready")),
		"server-down": story(20*day, true, ago(19*day, "CONNECTED", "ready"), ago(9*time.Hour, "SERVICE_OFF", "server_down"),
			ago(7*time.Hour+30*time.Minute, "PAIRING", "restoring"), ago(7*time.Hour+29*time.Minute, "CONNECTED", "ready")),
	}
}

// drawn reads one row of a picture: what is seen from left to right, as word and width
// in columns, and the sentence beside it.
func drawn(t *testing.T, timeline deviceviews.Timeline, row string) (picture, sentence string) {
	t.Helper()
	html := string(render(t, deviceviews.DeviceTimeline(views.English, timeline)))
	_, html, ok := strings.Cut(html, `data-testid="history-`+row+`"`)
	if !ok {
		t.Fatalf("no row %q", row)
	}
	html, _, _ = strings.Cut(html, "</figure>")
	html, _, _ = strings.Cut(html, `class="history-legend"`)
	var parts []string
	shape := regexp.MustCompile(`class="bar-(\w+)" x="[0-9.]+%" width="([0-9.]+)%"|class="hatch hatch-(\w+)" x1="([0-9.]+)%" x2="([0-9.]+)%"`)
	number := func(s string) float64 {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, m := range shape.FindAllStringSubmatch(html, -1) {
		word, wide := m[1], m[2]
		columns := 0.0
		if word == "" {
			word, columns = m[3], number(m[5])-number(m[4])
		} else {
			columns = number(wide)
		}
		parts = append(parts, word+" "+strconv.Itoa(int(columns*2.4+0.5)))
	}
	said := regexp.MustCompile(`data-testid="history-sentence">([^<]*)<`).FindStringSubmatch(html)
	if said == nil {
		t.Fatal("no sentence")
	}
	return strings.Join(parts, ", "), said[1]
}

func TestHistory(t *testing.T) {
	all := histories()
	for name, c := range map[string]struct {
		timeline      deviceviews.Timeline
		row           string
		picture, said string
	}{
		"a device added just now":                       {all["new"], "day", "off 8", "On record for 2 min only; the numbers come with time."},
		"a device of this hour was off since it exists": {story(30*time.Minute, true), "day", "off 120", "On record for 30 min: Not connected at any time."},
		"a week without an event":                       {all["always"], "week", "connected 240", "Connected all the time."},
		"what was forgotten is not known": {
			all["unknown"], "week", "unknown 168, connected 64, trouble 3, scan 1, connected 4",
			"On record for 2 d 2 h: Connected 96%, not connected for 2 h (4%). 1 interruption.",
		},
		"a moment is a column wide": {
			story(20*day, true, ago(19*day, "CONNECTED", "ready"), ago(12*time.Hour, "PAIRING", "reconnecting"), ago(12*time.Hour-time.Second, "CONNECTED", "ready")),
			"day", "connected 120, connecting 1, connected 119",
			"Connected 99.9%, not connected for 1 s (&lt;0.1%). 1 interruption.",
		},
		"the worst of a column is what is seen": {
			story(20*day, true, ago(19*day, "CONNECTED", "ready"), ago(12*time.Hour, "PAIRING", "reconnecting"),
				ago(12*time.Hour-time.Second, "SERVICE_OFF", "network"), ago(12*time.Hour-2*time.Second, "CONNECTED", "ready")),
			"day", "connected 120, trouble 1, connected 119",
			"Connected 99.9%, not connected for 2 s (&lt;0.1%). 1 interruption.",
		},
		"the time without a server": {
			all["server-down"], "day", "connected 150, down 15, connecting 1, connected 74",
			"Connected 93.7%, not connected for 1 h 31 min (6.3%). 1 interruption.",
		},
		"stopped and restarted by hand is no interruption": {
			story(20*day, true, ago(19*day, "CONNECTED", "ready"), ago(18*time.Hour, "PAIRING", "restoring"), ago(17*time.Hour, "CONNECTED", "ready"),
				ago(6*time.Hour, "SERVICE_OFF", "stopped")),
			"day", "connected 60, connecting 10, connected 110, off 60",
			"Connected 70.8%, not connected for 7 h (29.2%). No interruptions.",
		},
		"what is now is seen, whatever was a moment ago": {
			story(20*day, true, ago(19*day, "CONNECTED", "ready"), ago(5*time.Minute, "SERVICE_OFF", "network"), ago(time.Minute, "CONNECTED", "ready")),
			"day", "connected 238, trouble 1, connected 1", "Connected 99.7%, not connected for 4 min (0.3%). 1 interruption.",
		},
		"an interruption before the row began does not count": {
			story(20*day, true, ago(19*day, "CONNECTED", "ready"), ago(30*time.Hour, "SERVICE_OFF", "replaced")),
			"day", "trouble 240", "Not connected at any time.",
		},
		"a passkey waits for somebody as a code does": {
			story(20*day, true, ago(12*time.Hour, "PAIRING", "passkey")), "day", "off 120, scan 120", "Not connected at any time.",
		},
		"a clock that was set back": {
			story(20*day, true, ago(19*day, "CONNECTED", "ready"), ago(-time.Hour, "SERVICE_OFF", "banned")),
			"day", "connected 240", "Connected all the time.",
		},
		"everything forgotten": {deviceviews.Timeline{Now: noon}, "day", "unknown 240", "Nothing is recorded."},
	} {
		t.Run(name, func(t *testing.T) {
			picture, said := drawn(t, c.timeline, c.row)
			if picture != c.picture || said != c.said {
				t.Errorf("got %s\n     %s\nwant %s\n     %s", picture, said, c.picture, c.said)
			}
		})
	}
}

// TestInterruptions: what ended a connection counts as the reader would count it.
func TestInterruptions(t *testing.T) {
	up := ago(20*time.Hour, "CONNECTED", "ready")
	at := func(hours int, to, reason, detail string) views.Event {
		e := ago(time.Duration(hours)*time.Hour, to, reason)
		e.Detail = detail
		return e
	}
	for name, c := range map[string]struct {
		events []views.Event
		want   string
	}{
		"a lost connection":                  {[]views.Event{at(9, "PAIRING", "reconnecting", "closed"), at(8, "CONNECTED", "ready", "")}, "1 interruption."},
		"one that went on to be an outage":   {[]views.Event{at(9, "PAIRING", "reconnecting", "closed"), at(8, "SERVICE_OFF", "network", ""), at(7, "CONNECTED", "ready", "")}, "1 interruption."},
		"a storage that fails":               {[]views.Event{at(9, "SERVICE_OFF", "storage", ""), at(8, "CONNECTED", "ready", "")}, "1 interruption."},
		"a refusal of a login that stood":    {[]views.Event{at(9, "SERVICE_OFF", "rejected", "413"), at(8, "CONNECTED", "ready", "")}, "1 interruption."},
		"unlinked on the phone":              {[]views.Event{at(9, "SERVICE_OFF", "logged_out", "401")}, "1 interruption."},
		"credentials that are gone":          {[]views.Event{at(9, "SERVICE_OFF", "logged_out", "credentials_missing")}, "1 interruption."},
		"used elsewhere":                     {[]views.Event{at(9, "SERVICE_OFF", "replaced", "")}, "1 interruption."},
		"banned":                             {[]views.Event{at(9, "SERVICE_OFF", "banned", "101")}, "1 interruption."},
		"the server down":                    {[]views.Event{at(9, "SERVICE_OFF", "server_down", ""), at(8, "PAIRING", "restoring", ""), at(7, "CONNECTED", "ready", "")}, "1 interruption."},
		"a reason of a later version":        {[]views.Event{at(9, "SERVICE_OFF", "moon_phase", "")}, "1 interruption."},
		"stopped by hand":                    {[]views.Event{at(9, "SERVICE_OFF", "stopped", ""), at(8, "PAIRING", "restoring", ""), at(7, "CONNECTED", "ready", "")}, "No interruptions."},
		"restarted by hand":                  {[]views.Event{at(9, "PAIRING", "restoring", ""), at(8, "CONNECTED", "ready", "")}, "No interruptions."},
		"logged out here":                    {[]views.Event{at(9, "SERVICE_OFF", "logged_out", "confirmed")}, "No interruptions."},
		"logged out here, without an answer": {[]views.Event{at(9, "SERVICE_OFF", "logged_out", "unconfirmed")}, "No interruptions."},
		"another proxy that works":           {[]views.Event{at(9, "PAIRING", "restoring", ""), at(8, "CONNECTED", "ready", "")}, "No interruptions."},
		"another proxy that fails": {
			[]views.Event{at(9, "PAIRING", "restoring", ""), at(8, "SERVICE_OFF", "proxy_failed", ""), at(7, "CONNECTED", "ready", "")}, "1 interruption.",
		},
		"a restart that meets an outage": {
			[]views.Event{at(9, "PAIRING", "restoring", ""), at(8, "SERVICE_OFF", "network", ""), at(7, "PAIRING", "restoring", ""), at(6, "SERVICE_OFF", "network", "")}, "1 interruption.",
		},
		"a restart that is stopped": {[]views.Event{at(9, "PAIRING", "restoring", ""), at(8, "SERVICE_OFF", "stopped", "")}, "No interruptions."},
		"started by hand, and a proxy fails": {
			[]views.Event{at(9, "SERVICE_OFF", "stopped", ""), at(8, "PAIRING", "restoring", ""), at(7, "SERVICE_OFF", "proxy_failed", "")}, "No interruptions.",
		},
		"a proxy that fails while it reconnects": {
			[]views.Event{at(9, "PAIRING", "reconnecting", "closed"), at(8, "SERVICE_OFF", "proxy_failed", ""), at(7, "CONNECTED", "ready", "")}, "1 interruption.",
		},
		"twice": {[]views.Event{at(9, "PAIRING", "reconnecting", ""), at(8, "CONNECTED", "ready", ""), at(7, "PAIRING", "reconnecting", "")}, "2 interruptions."},
	} {
		t.Run(name, func(t *testing.T) {
			_, said := drawn(t, story(20*day, true, append([]views.Event{up}, c.events...)...), "day")
			if !strings.HasSuffix(said, c.want) {
				t.Errorf("got %q, want %q", said, c.want)
			}
		})
	}
}

// TestHistoryTicks: hours and midnights are those of the zone the times are shown in,
// also where a day has 23 or 25 hours or hours begin at half past.
func TestHistoryTicks(t *testing.T) {
	zone := func(name string) *time.Location {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return loc
	}
	for name, c := range map[string]struct {
		now       time.Time
		day, week string
	}{
		"Jakarta":              {noon, "18:00 00:00 06:00", "Tue Wed Thu Fri Sat Sun"},
		"half past":            {time.Date(2026, 11, 23, 12, 10, 0, 0, zone("Asia/Kolkata")), "18:00 00:00 06:00", "Tue Wed Thu Fri Sat Sun"},
		"a day of 25 hours":    {time.Date(2026, 10, 25, 13, 0, 0, 0, zone("Europe/Berlin")), "18:00 00:00 06:00", "Mon Tue Wed Thu Fri Sat"},
		"a day of 23 hours":    {time.Date(2026, 3, 29, 13, 0, 0, 0, zone("Europe/Berlin")), "18:00 00:00 06:00", "Mon Tue Wed Thu Fri Sat"},
		"right after midnight": {time.Date(2026, 11, 23, 0, 5, 0, 0, time.UTC), "06:00 12:00 18:00", "Tue Wed Thu Fri Sat Sun"},
	} {
		t.Run(name, func(t *testing.T) {
			html := string(render(t, deviceviews.DeviceTimeline(views.English, deviceviews.Timeline{Now: c.now})))
			day, week, _ := strings.Cut(html, `data-testid="history-week"`)
			for row, part := range map[string]string{c.day: day, c.week: week} {
				var got []string
				for _, m := range regexp.MustCompile(`class="history-label"[^>]*>([^<]*)<`).FindAllStringSubmatch(part, -1) {
					got = append(got, m[1])
				}
				if strings.Join(got, " ") != row {
					t.Errorf("labels %q, want %q", got, row)
				}
			}
		})
	}
}

// TestHistoryOfADeviceOfToday has no second picture that would say the same as the first.
// TestHistoryOfTheFirstHours: the picture of a device that was added today shows no more than
// there is to show, with ticks that suit it.
func TestHistoryOfTheFirstHours(t *testing.T) {
	for age, want := range map[time.Duration]struct{ title, labels string }{
		5 * time.Minute:    {"Last hour", "11:15 11:30 11:45"},
		2 * time.Hour:      {"Last 3 hours", "09:30 10:00 10:30 11:00 11:30"},
		5 * time.Hour:      {"Last 6 hours", "07:00 08:00 09:00 10:00 11:00"},
		7 * time.Hour:      {"Last 12 hours", "03:00 06:00 09:00"},
		13 * time.Hour:     {"Last 24 hours", "18:00 00:00 06:00"},
		9 * 24 * time.Hour: {"Last 24 hours", "18:00 00:00 06:00"},
	} {
		html := string(render(t, deviceviews.DeviceTimeline(views.English, story(age, true))))
		day, _, _ := strings.Cut(html, `data-testid="history-week"`)
		var labels []string
		for _, m := range regexp.MustCompile(`class="history-label"[^>]*>([^<]*)<`).FindAllStringSubmatch(day, -1) {
			labels = append(labels, m[1])
		}
		if got := strings.Join(labels, " "); got != want.labels || !strings.Contains(day, "<b>"+want.title+"</b>") {
			t.Errorf("%v old: labels %q, want %q below %q", age, got, want.labels, want.title)
		}
	}
}

func TestHistoryOfADeviceOfToday(t *testing.T) {
	for age, want := range map[time.Duration]int{23 * time.Hour: 1, 25 * time.Hour: 2} {
		html := string(render(t, deviceviews.DeviceTimeline(views.English, story(age, true))))
		if got := strings.Count(html, `class="history-picture"`); got != want {
			t.Errorf("%v old: %d pictures, want %d", age, got, want)
		}
	}
}
