package views_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"wadah/views"
)

var update = flag.Bool("update", false, "write the golden files anew")

// render gives the HTML of a component with one tag per line, so that a difference
// can be read.
func render(t *testing.T, c templ.Component) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return append(bytes.ReplaceAll(b.Bytes(), []byte("><"), []byte(">\n<")), '\n')
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", filepath.FromSlash(name)+".html")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run the test with -update once)", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); run with -update if it should:\n%s", file, diff)
	}
}

func TestFragments(t *testing.T) {
	for _, lang := range []views.Lang{views.Indonesian, views.English} {
		for name, d := range states() {
			t.Run(string(lang)+"/"+name, func(t *testing.T) {
				golden(t, string(lang)+"/live-"+name, render(t, views.DeviceLive(lang, d)))
				golden(t, string(lang)+"/row-"+name, render(t, views.DeviceRow(lang, d)))
			})
		}
		t.Run(string(lang)+"/parts", func(t *testing.T) {
			golden(t, string(lang)+"/summary", render(t, views.DevicesSummary(devicesPage(lang, manyDevices()))))
			few := middlePage(lang)
			few.Devices = few.Devices[:1]
			golden(t, string(lang)+"/list-page", render(t, views.DeviceList(few)))
			golden(t, string(lang)+"/list-none", render(t, views.DeviceList(views.DevicesPage{Page: page(lang), Total: 8, Query: views.DeviceQuery{Text: "zzz"}})))
			watched := manyDevices()[1]
			watched.CanOperate = false
			golden(t, string(lang)+"/row-viewer", render(t, views.DeviceRow(lang, watched)))
			for name, o := range map[string]views.BulkOutcome{
				"some": bulkOutcome(lang), "all": {Action: views.BulkStart, Asked: 3, Done: 3}, "none": {Action: views.BulkStop, Asked: 2, Gone: 2},
			} {
				golden(t, string(lang)+"/bulk-"+name, render(t, views.BulkNotice(lang, o)))
			}
			for name, history := range histories() {
				golden(t, string(lang)+"/timeline-"+name, render(t, views.DeviceTimeline(lang, history)))
			}
			golden(t, string(lang)+"/keys", render(t, views.DeviceKeys(lang, states()["ready"], keys())))
			golden(t, string(lang)+"/scan-links", render(t, views.DeviceScanLinks(lang, states()["qr"], scanLinks())))
			golden(t, string(lang)+"/scan-qr", render(t, views.ScanLive(scanPage(lang, states()["qr"]))))
			golden(t, string(lang)+"/scan-off", render(t, views.ScanLive(scanPage(lang, states()["not_scanned"]))))
			golden(t, string(lang)+"/phones", render(t, views.PhonesLive(phonesPage(lang))))
			proof, err := views.ProofPartial(t.Context(), views.ProofPage{
				Page: page(lang), Action: "/devices/d1/keys", Fields: []views.FormField{{Name: "name", Value: `Toko "<&`}}, Passkeys: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, string(lang)+"/proof", render(t, templ.Raw(string(proof))))
			api := views.API{BaseURL: "http://127.0.0.1:8080", Key: "be670d0018987231588ff183a0e8d509", CanReveal: true}
			golden(t, string(lang)+"/api", render(t, views.DeviceAPI(lang, states()["ready"], api)))
		})
	}
}
