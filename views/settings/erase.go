package settings

import "wadah/views"

// ErasePage is what is kept of a number, before it is erased, and what was erased.
//
//	POST /settings/erase   number, device ("" is all); confirm=yes erases
//
// It answers with this page: 200, or 422 with Problem. The number stands in no address.
//
// data-testid: erase-number, erase-device, erase-count; erase-found (data-kind), erase-none,
// erase-confirm, erase-done, erase-traces.
type ErasePage struct {
	views.Page
	Number  string // as it was typed
	Device  string // ID; "" is all
	Devices []views.DeviceChoice
	Problem string
	Found   Erased
	Done    bool
	Traces  bool // the bytes are still in the database's log
}

// Erased is how much there is of somebody.
type Erased struct{ Contacts, Chats, Messages, Queued, Texts, Events, Deliveries int64 }

type erasedRow struct {
	kind, label string
	n           int64
}

func (e Erased) rows(l views.Lang) (rows []erasedRow) {
	for _, row := range []erasedRow{
		{"contacts", l.T("erase.contacts"), e.Contacts},
		{"chats", l.T("erase.chats"), e.Chats},
		{"messages", l.T("erase.messages"), e.Messages},
		{"queued", l.T("erase.queued"), e.Queued},
		{"texts", l.T("erase.texts"), e.Texts},
		{"events", l.T("erase.events"), e.Events},
		{"deliveries", l.T("erase.deliveries"), e.Deliveries},
	} {
		if row.n > 0 {
			rows = append(rows, row)
		}
	}
	return rows
}

// where is the device that was chosen, or all.
func (p ErasePage) where() string {
	for _, d := range p.Devices {
		if d.ID == p.Device {
			return d.Name
		}
	}
	return p.Lang.T("erase.everywhere")
}

func eraseOptions(l views.Lang, devices []views.DeviceChoice) []views.Option {
	options := []views.Option{{Label: l.T("erase.everywhere")}}
	for _, d := range devices {
		options = append(options, views.Option{Value: d.ID, Label: d.Name, Chosen: d.Chosen})
	}
	return options
}
