package device

// DeviceSettings is the card of what an admin may change about a device.
//
// Test IDs: rename-name, rename-submit, note-text, note-submit, proxy-address,
// proxy-submit, proxy-remove-open, proxy-remove, default-submit; setting-saved beside
// what was just saved.
type DeviceSettings struct {
	Show bool // whether there is such a card

	Name string
	Note string
	// Proxy is the address without its password, which no page ever shows again;
	// after a refusal it is what was typed.
	Proxy    string
	HasProxy bool

	// Refused is the setting that Problem, a finished sentence, is about.
	Refused Setting
	Problem string
	// Saved is the setting to say "saved" beside, in answers that replace one setting.
	Saved Setting
}

// Setting is one part of the card, a form of its own.
type Setting string

// The settings of a device.
const (
	SettingName    Setting = "name"
	SettingNote    Setting = "note"
	SettingProxy   Setting = "proxy"
	SettingDefault Setting = "default"
)

// problem is what is wrong with one setting.
func (s DeviceSettings) problem(of Setting) string {
	if s.Refused == of {
		return s.Problem
	}
	return ""
}
