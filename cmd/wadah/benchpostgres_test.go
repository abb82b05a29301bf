package main

import (
	"net/url"
	"path/filepath"
	"testing"

	"wadah/models/postgres/pgtest"
)

// benchPostgres compares the product on PostgreSQL, on this machine and without syncs
// (which its disk decides), with itself on SQLite.
func benchPostgres(b *testing.B, f *fleet, r *report) {
	const linked, devices, atOnce = 100, 200, 8
	f.b = b
	rate := r.row("PostgreSQL, SQLite beside it: linking, 8 at once", "devices/s")
	restart := r.row("PostgreSQL, SQLite beside it: 200 devices connected after a restart, governor wide open", "s").ratioAtMost(1.5)
	link := func(db string, n int) (h *helper, made answer, data string) {
		data = filepath.Join(b.TempDir(), "data")
		h = cast(b, roleWadah)
		h.do(order{Do: "start", Data: data, Database: db, Service: f.whatsApp(), AtOnce: dialsAtOnce})
		return h, h.do(order{Do: "link", Service: f.service, Devices: n, AtOnce: atOnce, FirstNo: f.numbers(n)}), data
	}
	for range *rounds {
		ours, made, _ := link(pgtest.URL(b), linked)
		ours.stop()
		base, lite, _ := link("", linked)
		base.stop()
		rate.add(linked/made.Took.Seconds(), linked/lite.Took.Seconds())
	}
	db := pgtest.URL(b)
	h, made, data := link(db, devices)
	h.stop()
	h, _, dataLite := link("", devices)
	h.stop()
	for range *rounds {
		var took [2]answer
		for i, o := range []order{{Data: data, Database: db}, {Data: dataLite}} {
			o.Do, o.Service, o.Devices, o.AtOnce = "start", f.service, devices, dialsAtOnce
			h := cast(b, roleWadah)
			took[i] = h.do(o)
			h.stop()
		}
		restart.add(took[0].Took.Seconds(), took[1].Took.Seconds())
	}
	h = cast(b, roleWadah)
	defer h.stop()
	at := h.do(order{Do: "start", Data: data, Database: db, Service: f.service, Devices: devices, AtOnce: dialsAtOnce})
	form := url.Values{"apiKey": {made.Keys[0]}}.Encode()
	compareLoad(b, r, "getState on PostgreSQL (key in a form)", h, at.URL, apiRequest("POST", "getState", "", form))
}
