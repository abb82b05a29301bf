package gallery_test

import (
	"strconv"
	"time"

	"github.com/a-h/templ"

	"wadah/views"
	deviceviews "wadah/views/device"
)

// chain are the devices of a chain of shops, in states as they are on a working day.
func chain(n int) []views.Device {
	all := states()
	devices := make([]views.Device, n)
	for i := range devices {
		reason := "ready"
		switch {
		case i%17 == 3:
			reason = "qr"
		case i%13 == 5:
			reason = "stopped"
		case i%23 == 9:
			reason = "reconnecting"
		case i%41 == 11:
			reason = "logged_out"
		}
		d := all[reason]
		d.ID, d.Name, d.Default = "s"+strconv.Itoa(i), "Toko "+strconv.Itoa(i+1), false
		d.Since = noon.Add(-time.Duration(i) * 7 * time.Minute)
		devices[i] = d
	}
	return devices
}

// middlePage is a page in the middle of a long list that was searched and sorted.
func middlePage(lang views.Lang) deviceviews.DevicesPage {
	p := devicesPage(lang, chain(350)[50:100])
	p.Query = deviceviews.DeviceQuery{Text: "toko", Sort: deviceviews.SortName, Down: true, Page: 2}
	p.Summary, p.Found, p.Total = summary(chain(312)), 312, 350
	return p
}

func bulkOutcome(lang views.Lang) deviceviews.BulkOutcome {
	return deviceviews.BulkOutcome{Action: deviceviews.BulkRestart, Asked: 50, Done: 46, Gone: 2, Failed: []deviceviews.BulkFailure{
		{ID: "s54", Name: "Toko 55", Why: lang.Invalid("banned")},
		{ID: "s60", Name: "Toko 61", Why: lang.Invalid("busy")},
	}}
}

// listPages are the pages of the list beside the plain ones, by file name.
func listPages(lang views.Lang) map[string]templ.Component {
	outcome := bulkOutcome(lang)
	after := middlePage(lang)
	after.Outcome = &outcome
	viewer := devicesPage(lang, manyDevices())
	viewer.CanAdd, viewer.CanOperate = false, false
	for i := range viewer.Devices {
		viewer.Devices[i].CanOperate = false
	}
	viewer.Query.State = "CONNECTED"
	return map[string]templ.Component{
		"devices-page":   deviceviews.Devices(middlePage(lang)),
		"devices-bulk":   deviceviews.Devices(after),
		"devices-viewer": deviceviews.Devices(viewer),
	}
}
