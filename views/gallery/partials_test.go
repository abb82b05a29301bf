package gallery_test

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"wadah/views"
	deviceviews "wadah/views/device"
	messageviews "wadah/views/messages"
	phonesviews "wadah/views/phones"
)

func TestPartialsHoldWhatThePageHolds(t *testing.T) {
	ctx := context.Background()
	d := states()["qr"]
	d.Name = "Toko\nUtama <b>" // no name may break out of its message
	row, err := deviceviews.RowPartial(ctx, views.Indonesian, deviceviews.Row{Device: d})
	if err != nil {
		t.Fatal(err)
	}
	live, err := deviceviews.DevicePartial(ctx, views.Indonesian, d, views.DeviceOverview)
	if err != nil {
		t.Fatal(err)
	}
	message := strings.TrimSuffix(string(views.Message(row, live)), "\n\n")
	for line := range strings.SplitSeq(message, "\n") {
		if !strings.HasPrefix(line, "data: ") {
			t.Errorf("a line without data: %q", line)
		}
	}
	got := strings.ReplaceAll(message, "data: ", "")
	for _, want := range []string{
		`<hx-partial hx-target="#device-d1" hx-swap="outerMorph"><div role="row"`, `id="device-d1"`,
		`<hx-partial hx-target="#device-live" hx-swap="outerMorph"><section`, `id="device-live"`,
		`Utama &lt;b&gt;`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the message lacks %q", want)
		}
	}
	page := string(render(t, deviceviews.DeviceShow(devicePage(views.Indonesian, d))))
	if fragment := string(render(t, deviceviews.DeviceLive(views.Indonesian, d))); !strings.Contains(page, strings.TrimSpace(fragment)) {
		t.Error("the page renders the live part differently than the stream")
	}
}

func TestEveryPartialHitsSomethingOnItsPage(t *testing.T) {
	ctx, lang := context.Background(), views.English
	list := string(render(t, deviceviews.Devices(devicesPage(lang, manyDevices()))))
	show := string(render(t, deviceviews.DeviceShow(devicePage(lang, states()["qr"]))))
	opening := string(render(t, deviceviews.DeviceShow(sectionPage(lang, states()["qr"], views.DeviceKeys))))
	settings := string(render(t, deviceviews.DeviceShow(sectionPage(lang, states()["qr"], views.DeviceSettings))))
	phones := string(render(t, phonesviews.Phones(phonesPage(lang))))
	talk := messagesPage(lang)
	messages := string(render(t, messageviews.Messages(talk)))
	partials := map[string]struct {
		render func() ([]byte, error)
		page   string
	}{
		"rows":    {func() ([]byte, error) { return deviceviews.DevicesPartial(ctx, devicesPage(lang, manyDevices())) }, list},
		"row":     {func() ([]byte, error) { return deviceviews.RowPartial(ctx, lang, rows(manyDevices())[2]) }, list},
		"bulk":    {func() ([]byte, error) { return deviceviews.BulkPartial(ctx, lang, bulkOutcome(lang)) }, list},
		"summary": {func() ([]byte, error) { return deviceviews.SummaryPartial(ctx, devicesPage(lang, nil)) }, list},
		"notice":  {func() ([]byte, error) { return views.NoticePartial(ctx, lang, lang.Notice(views.NoticePrefsSaved)) }, list},
		"device": {func() ([]byte, error) {
			return deviceviews.DevicePartial(ctx, lang, states()["qr"], views.DeviceOverview)
		}, show},
		"timeline": {func() ([]byte, error) { return deviceviews.TimelinePartial(ctx, lang, deviceviews.Timeline{Now: noon}) }, show},
		"key": {func() ([]byte, error) {
			return deviceviews.KeyPartial(ctx, lang, states()["qr"], deviceviews.API{Key: "k"})
		}, opening},
		"head": {func() ([]byte, error) {
			return deviceviews.DevicePartial(ctx, lang, states()["qr"], views.DeviceSettings)
		}, settings},
		"setting": {func() ([]byte, error) {
			return deviceviews.SettingPartial(ctx, lang, states()["qr"], deviceviews.DeviceSettings{}, deviceviews.SettingDetails)
		}, settings},
		"gone":     {func() ([]byte, error) { return deviceviews.GonePartial(ctx, lang, "Kasir", noon, true) }, show},
		"chats":    {func() ([]byte, error) { return messageviews.ListPartial(ctx, lang, talk.List) }, messages},
		"chatrows": {func() ([]byte, error) { return messageviews.RowsPartial(ctx, lang, talk.List) }, messages},
		"chatrow": {func() ([]byte, error) {
			return messageviews.RowPartials(ctx, lang, "d1", talk.List.Rows[1], false, true)
		}, messages},
		"bubbles":  {func() ([]byte, error) { return messageviews.BubblesPartial(ctx, lang, *talk.Open) }, messages},
		"new":      {func() ([]byte, error) { return messageviews.NewPartial(ctx, lang, talk.Open.Bubbles[0]) }, messages},
		"bubble":   {func() ([]byte, error) { return messageviews.BubblePartial(ctx, lang, talk.Open.Bubbles[0]) }, messages},
		"composer": {func() ([]byte, error) { return messageviews.ComposerPartial(ctx, lang, talk.Open.Composer) }, messages},
		"state":    {func() ([]byte, error) { return messageviews.StatePartial(ctx, lang, true) }, messages},
		"seen":     {func() ([]byte, error) { return messageviews.SeenPartial(ctx, lang, *talk.Open) }, messages},
		"news":     {func() ([]byte, error) { return messageviews.NewsPartial(ctx, lang, "Budi") }, messages},
		"phones":   {func() ([]byte, error) { return phonesviews.PhonesPartial(ctx, phonesPage(lang)) }, phones},
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

func TestStreamShowsWhatTheListShows(t *testing.T) {
	p := devicesPage(views.English, manyDevices())
	p.Query = deviceviews.DeviceQuery{Text: "toko & co", State: "CONNECTED", Sort: deviceviews.SortName, Down: true, Page: 3}
	page := string(render(t, deviceviews.Devices(p)))
	if want := `hx-sse:connect="/events?at=3&amp;dir=desc&amp;page=devices&amp;q=toko+%26+co&amp;sort=name&amp;state=CONNECTED"`; !strings.Contains(page, want) {
		t.Errorf("the page lacks %s", want)
	}
	answer, err := deviceviews.SearchPartial(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`hx-target="#live" hx-swap="outerHTML"`, `hx-target="#devices-tools"`, "/events?at=3&amp;dir=desc"} {
		if !strings.Contains(string(answer), want) {
			t.Errorf("the answer to a search lacks %s", want)
		}
	}
}

func TestDeviceQueryAddress(t *testing.T) {
	for address, want := range map[string]deviceviews.DeviceQuery{
		"/devices":                  {},
		"/devices?q=toko+1":         {Text: "toko 1"},
		"/devices?page=2&sort=name": {Sort: deviceviews.SortName, Page: 2},
		"/devices?dir=desc&page=12&q=%26&sort=since&state=PAIRING": {Text: "&", State: "PAIRING", Sort: deviceviews.SortSince, Down: true, Page: 12},
	} {
		_, query, _ := strings.Cut(address, "?")
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := deviceviews.ParseDeviceQuery(values); got != want || got.Path() != address {
			t.Errorf("%s: %+v, whose address is %s", address, got, got.Path())
		}
	}
	for _, odd := range []string{"state=x", "sort=x", "page=0", "page=-3", "page=x", "dir=up", "page=1", "page=99999999999999999999"} {
		values, err := url.ParseQuery(odd)
		if err != nil {
			t.Fatal(err)
		}
		if got := deviceviews.ParseDeviceQuery(values).Path(); got != "/devices" {
			t.Errorf("%s leads to %s", odd, got)
		}
	}
}

func TestWithoutScriptsThePageRenewsItselfWhileSomethingIsUnderWay(t *testing.T) {
	for name, want := range map[string]bool{"qr": true, "connecting": true, "ready": false, "stopped": false} {
		page := string(render(t, deviceviews.DeviceShow(devicePage(views.English, states()[name]))))
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
	for _, n := range []int{50, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			p := devicesPage(views.Indonesian, devices[:n])
			size := 0
			for b.Loop() {
				var sink strings.Builder
				if err := deviceviews.Devices(p).Render(context.Background(), &sink); err != nil {
					b.Fatal(err)
				}
				size = sink.Len()
			}
			b.ReportMetric(float64(size), "bytes/page")
		})
	}
}
