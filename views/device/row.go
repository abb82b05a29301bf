package device

import "wadah/views"

// rowText is the second line of a row: why the device is as it is. Where the badge says all of
// that, it is whose account it is.
func rowText(d views.Device, l views.Lang) string {
	switch d.Reason {
	case "ready", "connecting", "qr":
		return d.Account
	}
	return d.Sentence(l)
}

// nextStepOf is what a person can do about the reason, in a few words; "" when there is
// nothing to do or the row's button is it. The device's page has the long advice.
func nextStepOf(d views.Device, l views.Lang) string {
	switch d.Reason {
	case "never_started":
		return l.T("row.next.never_started")
	case "not_scanned":
		return l.T("row.next.not_scanned")
	case "logged_out":
		return l.T("row.next.logged_out")
	case "banned":
		return l.T("row.next.banned")
	case "outdated":
		return l.T("row.next.outdated")
	case "replaced":
		return l.T("row.next.replaced")
	case "rejected":
		return l.T("row.next.rejected")
	case "proxy_failed":
		return l.T("row.next.proxy_failed")
	case "network":
		return l.T("row.next.network")
	case "storage":
		return l.T("row.next.storage")
	}
	return ""
}

// waitsForPerson says whether something on the device's page waits to be done there.
func waitsForPerson(d views.Device) bool { return d.State == views.StateScan || d.Reason == "passkey" }

// nextLinkOf is the way there in one or two words.
func nextLinkOf(d views.Device, l views.Lang) string {
	switch d.Reason {
	case "passkey":
		return l.T("row.next.passkey")
	case "code":
		return l.T("row.next.code")
	}
	return l.T("row.next.qr")
}
