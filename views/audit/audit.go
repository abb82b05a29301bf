package audit

import (
	"net/url"
	"time"

	"wadah/views"
)

// AuditPage is who did what, newest first, for admins.
//
//	GET /audit       q, actor, action, device, from, to, before
//	GET /audit.csv   the same without before: everything the filter chooses
//	GET /audit.json
//
// From and to are days, YYYY-MM-DD, in the server's time zone, both included; before is
// the ID of the oldest entry on the page before. The page says when a day could not be
// read (Problem) and then shows everything.
//
// data-testid: audit-q, audit-actor, audit-action, audit-device, audit-from, audit-to,
// audit-filter, audit-clear, audit-row (data-action), audit-older, audit-newest,
// audit-export-csv, audit-export-json, audit-empty.
type AuditPage struct {
	views.Page
	Entries []AuditEntry
	Filter  AuditFilter
	Problem string // finished sentence

	Actors  []string             // to choose from; may be empty
	Actions []string             // to choose from; empty: AuditActions
	Devices []views.DeviceChoice // to choose from; Chosen is ignored

	Older     string // ID for before, when there are more entries
	Retention int    // days that entries are kept; 0: for ever
}

// AuditFilter is what the entries were narrowed with, as it was typed.
type AuditFilter struct {
	Text, Actor, Action, Device, From, To string
	Before                                string
}

// AuditEntry is one thing that somebody did.
type AuditEntry struct {
	ID        string
	At        time.Time
	Actor     string // a name
	ActorKind string // "user", "key", "keyless", "guest", "cli", "system"
	Action    string // "key.reveal", …: a key of the table in audit_actions.go
	Device    string // its name; "" when it is about none
	DeviceID  string // to link to; "" when the device is gone
	Target    string
	Address   string
	Detail    string
}

// query is the filter as a query, from whatever page on.
func (f AuditFilter) query(before string) string {
	q := url.Values{}
	for _, pair := range [][2]string{
		{"q", f.Text},
		{"actor", f.Actor},
		{"action", f.Action},
		{"device", f.Device},
		{"from", f.From},
		{"to", f.To},
		{"before", before},
	} {
		if pair[1] != "" {
			q.Set(pair[0], pair[1])
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// day is a day as a field for dates takes it; what is none leaves the field empty.
func day(text string) string {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return ""
	}
	return text
}

func (f AuditFilter) empty() bool {
	f.Before = ""
	return f == AuditFilter{}
}

// narrowed reports whether more is filtered than by text: then a narrow window shows by what.
func (f AuditFilter) narrowed() bool {
	f.Text = ""
	return !f.empty()
}

func (p AuditPage) actorOptions() []views.Option {
	options := []views.Option{{Label: p.Lang.T("audit.anybody"), Chosen: p.Filter.Actor == ""}}
	known := p.Filter.Actor == ""
	for _, a := range p.Actors {
		options = append(options, views.Option{Value: a, Label: a, Chosen: a == p.Filter.Actor})
		known = known || a == p.Filter.Actor
	}
	if !known {
		options = append(options, views.Option{Value: p.Filter.Actor, Label: p.Filter.Actor, Chosen: true})
	}
	return options
}

func (p AuditPage) actionOptions() []views.Option {
	options := []views.Option{{Label: p.Lang.T("audit.anything"), Chosen: p.Filter.Action == ""}}
	actions := p.Actions
	if len(actions) == 0 {
		actions = AuditActions()
	}
	known := p.Filter.Action == ""
	for _, a := range actions {
		options = append(options, views.Option{Value: a, Label: auditAction(p.Lang, a), Chosen: a == p.Filter.Action})
		known = known || a == p.Filter.Action
	}
	if !known {
		options = append(options, views.Option{Value: p.Filter.Action, Label: p.Filter.Action, Chosen: true})
	}
	return options
}

func (p AuditPage) deviceOptions() []views.Option {
	options := []views.Option{{Label: p.Lang.T("audit.any_device"), Chosen: p.Filter.Device == ""}}
	known := p.Filter.Device == ""
	for _, d := range p.Devices {
		options = append(options, views.Option{Value: d.ID, Label: d.Name, Chosen: d.ID == p.Filter.Device})
		known = known || d.ID == p.Filter.Device
	}
	if !known {
		options = append(options, views.Option{Value: p.Filter.Device, Label: p.Filter.Device, Chosen: true})
	}
	return options
}

func (e AuditEntry) deviceName() string {
	if e.Device == "" {
		return e.DeviceID
	}
	return e.Device
}
