package device

import (
	"context"
	"time"

	"wadah/views"
)

// RowPartial replaces the row of one device in the list.
func RowPartial(ctx context.Context, lang views.Lang, d Row) ([]byte, error) {
	return views.Partial(ctx, "#"+rowID(d.ID), "outerMorph", DeviceRow(lang, d))
}

// DevicesPartial replaces all rows of the list, for the start of a stream and for
// added devices. Page tells what the list is narrowed with and whether devices can
// be added.
func DevicesPartial(ctx context.Context, page DevicesPage) ([]byte, error) {
	return views.Partial(ctx, "#devices", "outerMorph", DeviceList(page))
}

// SummaryPartial replaces the line that counts devices by state, whose counts are links
// within the page's query, and what is said above it of those that need somebody.
func SummaryPartial(ctx context.Context, page DevicesPage) ([]byte, error) {
	needs, err := views.Partial(ctx, "#devices-needs", "outerMorph", DevicesNeeds(page))
	if err != nil {
		return nil, err
	}
	summary, err := views.Partial(ctx, "#devices-summary", "outerMorph", DevicesSummary(page))
	return append(needs, summary...), err
}

// SearchPartial replaces what searches and sorts the list, and the page's stream by that
// of another query, for the answer to a search.
func SearchPartial(ctx context.Context, page DevicesPage) ([]byte, error) {
	tools, err := views.Partial(ctx, "#devices-tools", "outerMorph", deviceTools(page))
	if err != nil {
		return nil, err
	}
	stream, err := views.Partial(ctx, "#live", "outerHTML", views.EventStream(page.Query.events()))
	return append(tools, stream...), err
}

// BulkPartial shows above the content what came of an action on many devices.
func BulkPartial(ctx context.Context, lang views.Lang, o BulkOutcome) ([]byte, error) {
	return views.Partial(ctx, "#notices", "outerHTML", BulkNotice(lang, o))
}

// DevicePartial replaces the live part of a section of the device's page, which among the
// settings is also the switch of the default device: another device may become that.
func DevicePartial(ctx context.Context, lang views.Lang, d views.Device, s views.DeviceSection) ([]byte, error) {
	if s == views.DeviceOverview {
		return views.Partial(ctx, "#device-live", "outerMorph", DeviceLive(lang, d))
	}
	head, err := views.Partial(ctx, "#device-live", "outerMorph", DeviceHead(lang, d))
	if err != nil || s != views.DeviceSettings {
		return head, err
	}
	setting, err := views.Partial(ctx, "#setting-default", "outerMorph", settingDefault(lang, d, DeviceSettings{}))
	return append(head, setting...), err
}

// GonePartial tells on a device's page that the device was deleted, when, and to a manager
// where it stands by whom.
func GonePartial(ctx context.Context, lang views.Lang, name string, at time.Time, manager bool) ([]byte, error) {
	return views.Partial(ctx, "#device-page", "innerHTML", DeviceGone(lang, name, at, manager))
}

// TimelinePartial replaces the timeline on the device's page, its picture included.
func TimelinePartial(ctx context.Context, lang views.Lang, t Timeline) ([]byte, error) {
	return views.Partial(ctx, "#device-timeline", "outerMorph", DeviceTimeline(lang, t))
}

// KeyPartial replaces the part of the device's page that shows the API key and the
// snippets, for the answer to a reveal.
func KeyPartial(ctx context.Context, lang views.Lang, d views.Device, api API) ([]byte, error) {
	return views.Partial(ctx, "#device-api", "outerMorph", DeviceAPI(lang, d, api))
}

// KeysPartial replaces the card of API keys on the device's page, for the answer to an
// htmx POST that makes, reveals or rotates a key.
func KeysPartial(ctx context.Context, lang views.Lang, d views.Device, keys Keys) ([]byte, error) {
	return views.Partial(ctx, "#device-keys", "outerHTML", DeviceKeys(lang, d, keys))
}

// SettingPartial replaces one of the forms of the settings, for the answer to an htmx POST
// of it.
func SettingPartial(ctx context.Context, lang views.Lang, d views.Device, s DeviceSettings, which Setting) ([]byte, error) {
	return views.Partial(ctx, "#setting-"+string(which), "outerHTML", SettingForm(lang, d, s, which))
}

// ScanLinksPartial replaces the card of scan links on the device's page.
func ScanLinksPartial(ctx context.Context, lang views.Lang, d views.Device, links ScanLinks) ([]byte, error) {
	return views.Partial(ctx, "#device-scan-links", "outerHTML", DeviceScanLinks(lang, d, links))
}

// KeyHeadPartials bring what is known of the keys up to date. Nothing that was revealed or
// opened there is lost, and no row of a key comes or goes: those follow with the next page.
func KeyHeadPartials(ctx context.Context, lang views.Lang, keys Keys) (parts []byte, err error) {
	for _, k := range keys.List {
		head, err := views.Partial(ctx, "#key-head-"+k.ID, "outerMorph", keyHead(lang, k))
		if err != nil {
			return nil, err
		}
		parts = append(parts, head...)
	}
	return parts, nil
}

// ScanLinkListPartial brings the scan links that still open something up to date. An address
// that is shown stays.
func ScanLinkListPartial(ctx context.Context, lang views.Lang, d views.Device, links ScanLinks) ([]byte, error) {
	return views.Partial(ctx, "#scan-link-list", "outerMorph", scanLinkList(lang, d, links))
}

// ScanPartial replaces the live part of the page behind a scan link.
func ScanPartial(ctx context.Context, page ScanPage) ([]byte, error) {
	return views.Partial(ctx, "#device-live", "outerMorph", ScanLive(page))
}

// rowID is the id of a device's row. IDs of devices are made of characters that
// need no escaping in a selector.
func rowID(id string) string { return "device-" + id }
