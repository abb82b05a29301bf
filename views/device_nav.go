package views

// DeviceSection is a part of what there is about a device, with an address of its own.
type DeviceSection string

// The sections of a device, as they stand in its navigation; the zero value is the overview.
const (
	DeviceOverview DeviceSection = ""
	DeviceMessages DeviceSection = "messages"
	DeviceWebhooks DeviceSection = "webhooks"
	DeviceKeys     DeviceSection = "keys"
	DeviceSettings DeviceSection = "settings"
	DeviceDanger   DeviceSection = "danger"
)

// DevicePath is the address of a section of a device.
func DevicePath(id string, s DeviceSection) string {
	if s == DeviceOverview {
		return "/devices/" + id
	}
	return "/devices/" + id + "/" + string(s)
}

// deviceSections are those that the reader may open.
func (p Page) deviceSections() []DeviceSection {
	out := []DeviceSection{DeviceOverview, DeviceMessages}
	if p.User == nil || p.User.Role == Viewer {
		return append(out, DeviceKeys)
	}
	out = append(out, DeviceWebhooks, DeviceKeys)
	if p.User.Role == Admin {
		out = append(out, DeviceSettings)
	}
	return append(out, DeviceDanger)
}

// Name is the section in the names of classes, and in the query of its event stream.
func (s DeviceSection) Name() string {
	if s == DeviceOverview {
		return "overview"
	}
	return string(s)
}

func (s DeviceSection) word(l Lang) string {
	switch s {
	case DeviceOverview:
		return l.T("device.section.overview")
	case DeviceMessages:
		return l.T("messages.title")
	case DeviceWebhooks:
		return l.T("hooks.title")
	case DeviceKeys:
		return l.T("keys.title")
	case DeviceSettings:
		return l.T("settings.title")
	case DeviceDanger:
		return l.T("danger.title")
	}
	return string(s)
}

// linkID is the id and data-testid of the link to the section: to-overview, to-keys and so on.
func (s DeviceSection) linkID() string { return "to-" + s.Name() }
