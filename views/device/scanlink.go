package device

import (
	"net/url"
	"time"

	"wadah/views"
)

// ScanLinks is the card of links that let somebody without a login link the device,
// DevicePage.ScanLinks. The zero value shows nothing; the page's style hides the card
// while the device is linked.
//
//	POST /devices/ID/scan-links              life (one of ScanLinkLives)  make a link
//	POST /devices/ID/scan-links/LINK/revoke                               end it
//
// Make answers htmx with ScanLinksPartial and a plain form with the device's page, the
// new link first, with its URL. Revoke answers both with 303.
//
// data-testid: device-scan-links, scan-link-life, scan-link-create, scan-link-row
// (data-link), scan-link-url, scan-link-copy, scan-link-revoke.
type ScanLinks struct {
	List    []ScanLink // valid ones, newest first
	Show    bool
	Problem string // finished sentence, when none could be made
}

// ScanLink is a link that is valid.
type ScanLink struct {
	ID        string
	URL       string // whole address; only of the one that was just made
	CreatedBy string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// ScanPage is what such a link opens: the code and the live state of one device, for
// somebody without a login. Nothing else of the panel can be reached from it.
//
//	GET  /scan/TOKEN         the page, or ScanOver with status 410 when the link has ended
//	GET  /scan/TOKEN/events  its stream: Hello, then Message(ScanPartial) at once and on
//	                         every change, Beat; Ended when the link ends
//	POST /scan/TOKEN/start   start the device when it is off
//	POST /scan/TOKEN/pair    phone: ask for a code to type; on failure the page again with
//	                         Number and NumberProblem and status 422
//
// Both POSTs answer 303 to /scan/TOKEN. Once the device is linked the page goes on
// showing its state for this stream, so that who scanned sees that it worked; loaded
// anew it is ScanOver with Done.
//
// data-testid: scan-live, scan-ends, scan-start, scan-done, scan-over; device-qr,
// device-qr-countdown, pair-phone-*, device-state as on the device's page.
type ScanPage struct {
	views.Page
	// Device needs no ID, number or account: who holds the link learns nothing but its
	// name and how far linking has come. CanOperate is ignored.
	Device        views.Device
	Token         string
	Expires       time.Time // when the link ends
	Brand         string    // whose page it is; "" says nothing
	Number        string
	NumberProblem string
}

// ScanOverPage tells that a link has ended.
type ScanOverPage struct {
	views.Page
	Brand string
	Done  bool // the device was linked
}

// path is the URL of the page or of something below it.
func (p ScanPage) path(action string) string {
	path := "/scan/" + url.PathEscape(p.Token)
	if action != "" {
		path += "/" + action
	}
	return path
}

func (p ScanPage) frame() views.Frame {
	return views.Frame{Title: p.Lang.T("scan.title"), Events: p.path("events"), Refresh: refreshOf(p.Device)}
}
