package views_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"wadah/views"
)

// data reads an event stream's message back as a browser does.
func data(t *testing.T, message []byte) string {
	t.Helper()
	text, ok := strings.CutSuffix(string(message), "\n\n")
	if !ok || strings.Contains(text, "\n\n") {
		t.Fatalf("not one message: %q", message)
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		value, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			t.Fatalf("a line without data: %q", line)
		}
		lines = append(lines, value)
	}
	return strings.Join(lines, "\n")
}

func TestMessageCarriesPartialsUnchanged(t *testing.T) {
	got := data(t, views.Message([]byte("<p>one\ntwo</p>"), []byte("<p>three\r\nfour</p>")))
	if want := "<p>one\ntwo</p>\n<p>three\nfour</p>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPartialsHoldWhatThePageHolds(t *testing.T) {
	ctx := context.Background()
	d := states()["qr"]
	d.Name = "Toko\nUtama <b>" // no name may break out of its message
	row, err := views.RowPartial(ctx, views.Indonesian, d)
	if err != nil {
		t.Fatal(err)
	}
	live, err := views.DevicePartial(ctx, views.Indonesian, d)
	if err != nil {
		t.Fatal(err)
	}
	got := data(t, views.Message(row, live))
	for _, want := range []string{
		`<hx-partial hx-target="#device-d1" hx-swap="outerMorph"><li`, `id="device-d1"`,
		`<hx-partial hx-target="#device-live" hx-swap="outerMorph"><section`, `id="device-live"`,
		`Utama &lt;b&gt;`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the message lacks %q", want)
		}
	}
	page := string(render(t, views.DeviceShow(devicePage(views.Indonesian, d))))
	if fragment := string(render(t, views.DeviceLive(views.Indonesian, d))); !strings.Contains(page, strings.TrimSpace(fragment)) {
		t.Error("the page renders the live part differently than the stream")
	}
}

func TestEveryPartialHitsSomethingOnItsPage(t *testing.T) {
	ctx, lang := context.Background(), views.English
	list := string(render(t, views.Devices(devicesPage(lang, manyDevices()))))
	show := string(render(t, views.DeviceShow(devicePage(lang, states()["qr"]))))
	phones := string(render(t, views.Phones(phonesPage(lang))))
	partials := map[string]struct {
		render func() ([]byte, error)
		page   string
	}{
		"rows":     {func() ([]byte, error) { return views.DevicesPartial(ctx, devicesPage(lang, manyDevices())) }, list},
		"row":      {func() ([]byte, error) { return views.RowPartial(ctx, lang, manyDevices()[2]) }, list},
		"gone":     {func() ([]byte, error) { return views.RowGonePartial("d3"), nil }, list},
		"summary":  {func() ([]byte, error) { return views.SummaryPartial(ctx, lang, views.Summary{}) }, list},
		"notice":   {func() ([]byte, error) { return views.NoticePartial(ctx, lang, lang.Notice(views.NoticePrefsSaved)) }, list},
		"device":   {func() ([]byte, error) { return views.DevicePartial(ctx, lang, states()["qr"]) }, show},
		"timeline": {func() ([]byte, error) { return views.TimelinePartial(ctx, lang, views.Timeline{Now: noon}) }, show},
		"key":      {func() ([]byte, error) { return views.KeyPartial(ctx, lang, states()["qr"], views.API{Key: "k"}) }, show},
		"phones":   {func() ([]byte, error) { return views.PhonesPartial(ctx, phonesPage(lang)) }, phones},
	}
	for name, p := range partials {
		html, err := p.render()
		if err != nil {
			t.Fatal(err)
		}
		_, rest, ok := strings.Cut(string(html), `hx-target="#`)
		id, _, _ := strings.Cut(rest, `"`)
		if !ok || strings.Count(p.page, ` id="`+id+`"`) != 1 {
			t.Errorf("%s targets #%s, which its page has %d times", name, id, strings.Count(p.page, ` id="`+id+`"`))
		}
	}
}

// hx-sse swaps messages without a name and dispatches named ones as events: what
// is swapped must have no name, what is told must have one.
func TestNamedMessages(t *testing.T) {
	for name, message := range map[string][]byte{
		"wadah:beat": views.Beat(), "wadah:gone": views.Gone(), "wadah:ended": views.Ended(),
		"wadah:hello": views.Hello(time.UnixMilli(1790000000123)),
	} {
		if !strings.HasPrefix(string(message), "event: "+name+"\ndata: ") || !strings.HasSuffix(string(message), "\n\n") {
			t.Errorf("%s is %q", name, message)
		}
	}
	if !strings.Contains(string(views.Hello(time.UnixMilli(1790000000123))), "data: 1790000000123\n") {
		t.Error("Hello does not tell the time in milliseconds")
	}
}

func TestStreamShowsWhatTheListShows(t *testing.T) {
	p := devicesPage(views.English, manyDevices())
	p.Query, p.Filter = "toko & co", "CONNECTED"
	page := string(render(t, views.Devices(p)))
	if want := `hx-sse:connect="/events?page=devices&amp;q=toko+%26+co&amp;state=CONNECTED"`; !strings.Contains(page, want) {
		t.Errorf("the page lacks %s", want)
	}
}

func TestWithoutScriptsThePageRenewsItselfWhileSomethingIsUnderWay(t *testing.T) {
	for name, want := range map[string]bool{"qr": true, "connecting": true, "ready": false, "stopped": false} {
		page := string(render(t, views.DeviceShow(devicePage(views.English, states()[name]))))
		if got := strings.Contains(page, `<noscript>`+"\n"+`<meta http-equiv="refresh"`); got != want {
			t.Errorf("%s: renews itself %v, want %v", name, got, want)
		}
	}
}

func BenchmarkDevicesPage(b *testing.B) {
	devices := make([]views.Device, 1000)
	for i := range devices {
		devices[i] = manyDevices()[i%8]
	}
	p := devicesPage(views.Indonesian, devices)
	for b.Loop() {
		var sink strings.Builder
		if err := views.Devices(p).Render(context.Background(), &sink); err != nil {
			b.Fatal(err)
		}
	}
}
