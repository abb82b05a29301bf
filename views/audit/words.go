package audit

import (
	"strconv"
	"strings"
	"time"

	"wadah/views"
)

// Entries hold what was true when they were made, in the words of programs: roles,
// names of settings, kinds of faults. Here they become words of the reader.

// changeArrow stands between what was and what is.
const changeArrow = " → "

// who is who did it, as far as that can be said.
func (e AuditEntry) who(l views.Lang) string {
	switch e.ActorKind {
	case "system":
		return l.T("audit.actor.system")
	case "keyless":
		return l.T("audit.actor.keyless")
	case "guest":
		return l.T("audit.actor.guest")
	case "key":
		if e.Detail != "" {
			return e.Detail
		}
	}
	if e.Actor == "" {
		return l.T("audit.actor.nobody")
	}
	return e.Actor
}

// kindWord says what kind of actor it was, when it was no person.
func (e AuditEntry) kindWord(l views.Lang) string {
	switch e.ActorKind {
	case "key":
		return l.T("audit.kind.key")
	case "cli":
		return l.T("audit.kind.cli")
	case "keyless":
		return l.T("audit.kind.keyless")
	case "guest":
		maker, _, _ := strings.Cut(e.Detail, "\n")
		return l.T("audit.kind.guest", "Name", maker)
	}
	return ""
}

// targetWords is what it was done to.
func (e AuditEntry) targetWords(l views.Lang) string {
	switch e.Action {
	case "settings.change":
		return settingWord(l, e.Target)
	case "phone.outage":
		for _, mode := range views.OutageModes() {
			if e.Target == mode {
				return l.T("outage." + mode)
			}
		}
	}
	return e.Target
}

// settingWord is a setting by the name it is stored under.
func settingWord(l views.Lang, name string) string {
	switch name {
	case "audit_retention_days":
		return l.T("retention.days")
	case "message_readers":
		return l.T("readers.title")
	case "message_bodies_days":
		return l.T("keep.bodies")
	case "message_index_days":
		return l.T("keep.index")
	case "message_events_days":
		return l.T("keep.events")
	case "linked_name":
		return l.T("settings.linked_name")
	case "brand":
		return l.T("brand.name")
	case "grace":
		return l.T("times.grace")
	case "scan_window":
		return l.T("times.scan_window")
	case "zone":
		return l.T("zone.label")
	}
	return name
}

// detailWords is what else there is to say.
func (e AuditEntry) detailWords(l views.Lang) string {
	switch e.ActorKind {
	case "key": // the key's name, which stands before
		return ""
	case "guest":
		_, agent, told := strings.Cut(e.Detail, "\n")
		if !told {
			return ""
		}
		return l.AgentWords(agent)
	}
	switch e.Action {
	case "user.create", "user.delete", "user.role", "invitation.create", "invitation.revoke", "invitation.accept":
		return eachWord(e.Detail, func(role string) string { return storedRole(l, role) })
	case "user.devices":
		if e.Detail == "all" {
			return l.T("people.all_devices")
		}
	case "settings.change":
		return eachWord(e.Detail, func(value string) string { return settingValue(l, e.Target, value) })
	case "device.default":
		switch e.Detail {
		case "on":
			return l.T("audit.on")
		case "off":
			return l.T("audit.off")
		}
	case "phone.fault":
		for _, kind := range views.FaultKinds() {
			if e.Detail == kind {
				return l.Fault(kind)
			}
		}
	}
	return e.Detail
}

// eachWord puts into words what was and what is.
func eachWord(text string, word func(string) string) string {
	parts := strings.Split(text, changeArrow)
	for i := range parts {
		parts[i] = word(parts[i])
	}
	return strings.Join(parts, changeArrow)
}

func storedRole(l views.Lang, role string) string {
	switch views.Role(role) {
	case views.Viewer, views.Operator, views.Admin:
		return l.Role(views.Role(role))
	}
	return role
}

func settingValue(l views.Lang, name, value string) string {
	switch name {
	case "audit_retention_days":
		if value == "0" {
			return l.T("life.forever")
		}
		if days, err := strconv.Atoi(value); err == nil {
			return l.Span(time.Duration(days) * 24 * time.Hour)
		}
	case "message_bodies_days", "message_index_days", "message_events_days":
		if days, err := strconv.Atoi(value); err == nil {
			return l.Span(time.Duration(days) * 24 * time.Hour)
		}
	case "message_readers":
		if value == "" {
			return l.T("readers.nobody")
		}
		roles := strings.Split(value, ",")
		for i, role := range roles {
			roles[i] = storedRole(l, role)
		}
		return strings.Join(roles, ", ")
	case "grace", "scan_window":
		if d, err := time.ParseDuration(value); err == nil {
			return l.Span(d)
		}
	case "zone":
		if value == "" {
			return l.T("zone.server")
		}
	}
	return value
}
