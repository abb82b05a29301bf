package device

// DeviceSettings is what an admin may change about a device.
//
//	POST /devices/ID/settings  name, note, linked_name, proxy, remove=yes   what is absent stays
//	POST /devices/ID/default   on=true or false
//
// Test IDs: rename-name, note-text, linked-name, proxy-address, proxy-remove, settings-submit,
// default-submit; setting-saved beside what was just saved.
type DeviceSettings struct {
	Name string
	Note string
	// LinkedName is what the phone calls it; "" for what the installation calls all.
	LinkedName string
	// Proxy is the address without its password, which no page ever shows again;
	// after a refusal it is what was typed.
	Proxy    string
	HasProxy bool

	// Problems are finished sentences by field: "name", "note", "linked_name", "proxy".
	Problems map[string]string
	// Saved is the form to say "saved" beside, in answers that replace one.
	Saved Setting
}

// Setting is one of the forms.
type Setting string

// The forms of a device's settings.
const (
	SettingDetails Setting = "details" // name, note, linked_name, proxy
	SettingDefault Setting = "default" // a switch between devices, so by itself
)
