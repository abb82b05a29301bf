package gallery_test

import (
	"bytes"
	"context"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"wadah/views"
	deviceviews "wadah/views/device"
	phonesviews "wadah/views/phones"
	referenceviews "wadah/views/reference"
	signinviews "wadah/views/signin"
)

var update = flag.Bool("update", false, "write the golden files anew")

// drawing is an icon, which no state changes: TestIcons holds what it is drawn with.
var drawing = regexp.MustCompile(`(?s)(<svg class="icon [^"]*")[^>]*>.*?</svg>`)

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

// fragments are what streams and answers bring into open pages, in every state, by name.
func fragments(t *testing.T, lang views.Lang) map[string][]byte {
	t.Helper()
	few := middlePage(lang)
	few.Devices = few.Devices[:1]
	watched := manyDevices()[1]
	watched.CanOperate = false
	api := deviceviews.API{BaseURL: "http://127.0.0.1:8080", Key: "be670d0018987231588ff183a0e8d509", CanReveal: true}
	all := map[string]templ.Component{
		"summary":    deviceviews.DevicesSummary(devicesPage(lang, manyDevices())),
		"needs-one":  deviceviews.DevicesNeeds(devicesPage(lang, []views.Device{states()["logged_out"]})),
		"needs-open": deviceviews.DevicesNeeds(devicesPage(lang, []views.Device{states()["proxy_failed"]})),
		"needs-many": deviceviews.DevicesNeeds(devicesPage(lang, manyDevices())),
		"list-page":  deviceviews.DeviceList(few),
		"list-none":  deviceviews.DeviceList(deviceviews.DevicesPage{Page: page(lang), Total: 8, Query: deviceviews.DeviceQuery{Text: "zzz"}}),
		"row-viewer": deviceviews.DeviceRow(lang, deviceviews.Row{Device: watched}),
		"bulk-some":  deviceviews.BulkNotice(lang, bulkOutcome(lang)),
		"bulk-all":   deviceviews.BulkNotice(lang, deviceviews.BulkOutcome{Action: deviceviews.BulkStart, Asked: 3, Done: 3}),
		"bulk-none":  deviceviews.BulkNotice(lang, deviceviews.BulkOutcome{Action: deviceviews.BulkStop, Asked: 2, Gone: 2}),
		"keys":       deviceviews.DeviceKeys(lang, states()["ready"], keys()),
		"scan-links": deviceviews.DeviceScanLinks(lang, states()["qr"], scanLinks()),
		"scan-qr":    deviceviews.ScanLive(scanPage(lang, states()["qr"])),
		"scan-off":   deviceviews.ScanLive(scanPage(lang, states()["not_scanned"])),
		"phones":     phonesviews.PhonesLive(phonesPage(lang)),
		"api":        deviceviews.DeviceAPI(lang, states()["ready"], api),
	}
	for name, d := range states() {
		all["live-"+name], all["row-"+name] = deviceviews.DeviceLive(lang, d), deviceviews.DeviceRow(lang, rows([]views.Device{d})[0])
	}
	for name, history := range histories() {
		all["timeline-"+name] = deviceviews.DeviceTimeline(lang, history)
	}
	maps.Copy(all, messageFragments(lang))
	p := referencePage(lang)
	all["reference-call"], all["reference-call-asks"] = referenceviews.RefEntry(p, p.Groups[0].Calls[0]), referenceviews.RefEntry(p, p.Groups[0].Calls[2])
	out := map[string][]byte{}
	for name, c := range all {
		out[name] = render(t, c)
	}

	proof, err := signinviews.ProofPartial(t.Context(), signinviews.ProofPage{
		Page: page(lang), Action: "/devices/d1/keys", Fields: []signinviews.FormField{{Name: "name", Value: `Toko "<&`}}, Passkeys: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	out["proof"] = render(t, templ.Raw(string(proof)))
	for name, answer := range map[string]referenceviews.TryAnswer{
		"ok": triedQR(), "refused": triedLate(), "problem": {Call: "getQR", Problem: referenceviews.TryNoKey},
	} {
		partials, err := referenceviews.TryPartials(t.Context(), lang, answer)
		if err != nil {
			t.Fatal(err)
		}
		out["reference-try-"+name] = render(t, templ.Raw(string(partials)))
	}
	return out
}

// The golden files hold every fragment in English, and one of each kind in Indonesian: what
// differs beside the texts, which have tests of their own, is how times and numbers are
// written, and that is the same in every state.
func TestFragments(t *testing.T) {
	indonesian := []string{
		"live-qr", "row-banned", "summary", "list-page", "bulk-some", "timeline-server-down", "keys", "scan-links", "scan-qr", "proof",
		"reference-call", "reference-try-ok", "chats", "bubbles",
	}
	held := map[string]bool{}
	check := func(name string, got []byte) {
		held[filepath.FromSlash("testdata/"+name+".html")] = true
		t.Run(name, func(t *testing.T) { golden(t, name, drawing.ReplaceAll(got, []byte("$1/>"))) })
	}
	for name, got := range fragments(t, views.English) {
		check("en/"+name, got)
	}
	all := fragments(t, views.Indonesian)
	for _, name := range indonesian {
		check("id/"+name, all[name])
	}
	files, err := filepath.Glob("testdata/??/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !held[file] {
			t.Errorf("nothing is held against %s: remove it", file)
		}
	}
}

func TestIcons(t *testing.T) {
	var all []byte
	for _, name := range append(iconNames(t), "no_such") {
		all = append(all, render(t, views.Icon(name))...)
	}
	golden(t, "icons", append(all, render(t, views.Mark())...))
}

// iconNames are the symbols that icons.templ draws.
func iconNames(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("../icons.templ")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range regexp.MustCompile(`case "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1) {
		names = append(names, m[1])
	}
	if len(names) < 30 {
		t.Fatalf("found %d symbols in icons.templ; the search is broken", len(names))
	}
	return names
}
