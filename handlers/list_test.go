package handlers_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/session"
)

// names are those of the rows, in order.
func (a answer) names() []string { return rowNames(a.body) }

func rowNames(html string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`data-testid="device-link">([^<]*)<`).FindAllStringSubmatch(html, -1) {
		names = append(names, m[1])
	}
	return names
}

// shops adds "Toko 1" to "Toko n" and returns their IDs.
func (e *env) shops(n int) []string {
	e.t.Helper()
	ids := make([]string, 0, n)
	for i := range n {
		id, _ := e.device(fmt.Sprint("Toko ", i+1))
		ids = append(ids, id)
	}
	return ids
}

func TestListIsSortedAndPaged(t *testing.T) {
	e := newEnv(t)
	ids := e.shops(120)
	b := e.admin()
	for path, want := range map[string]struct{ rows, first, last, span string }{
		"/devices":                           {"50", "Toko 1", "Toko 50", "1–50 of 120"},
		"/devices?page=2":                    {"50", "Toko 51", "Toko 100", "51–100 of 120"},
		"/devices?page=3":                    {"20", "Toko 101", "Toko 120", "101–120 of 120"},
		"/devices?page=99":                   {"20", "Toko 101", "Toko 120", "101–120 of 120"},
		"/devices?page=-1":                   {"50", "Toko 1", "Toko 50", "1–50 of 120"},
		"/devices?dir=desc":                  {"50", "Toko 120", "Toko 71", "1–50 of 120"},
		"/devices?sort=name&dir=desc&page=3": {"20", "Toko 20", "Toko 1", "101–120 of 120"},
		"/devices?sort=nonsense&state=x":     {"50", "Toko 1", "Toko 50", "1–50 of 120"},
	} {
		got := b.get(path)
		names := got.names()
		if fmt.Sprint(len(names)) != want.rows || names[0] != want.first || names[len(names)-1] != want.last || !strings.Contains(got.body, ">"+want.span+"<") {
			t.Errorf("%s: %d rows from %q to %q, want %+v", path, len(names), names[0], names[len(names)-1], want)
		}
	}

	// What was chosen survives turning pages, and every page has an address of its own.
	got := b.get("/devices?q=toko+1&sort=name&dir=desc&page=1")
	if n := len(got.names()); n != 32 || strings.Contains(got.body, `id="page-next"`) {
		t.Errorf("%d rows have a 1 in front", n)
	}
	next := b.get("/devices?q=toko&sort=name&dir=desc").match(t, `href="([^"]*)" id="page-next"`)
	if next != "/devices?dir=desc&amp;page=2&amp;q=toko&amp;sort=name" {
		t.Errorf("the next page is %s", next)
	}
	e.start(ids[7], session.StateScan)
	if got := b.get("/devices?sort=state").names(); got[0] != "Toko 8" || got[1] != "Toko 1" {
		t.Errorf("by state: %q", got[:2])
	}
	if got := b.get("/devices?state=SERVICE_SCAN").names(); !slices.Equal(got, []string{"Toko 8"}) {
		t.Errorf("those to scan: %q", got)
	}
}

// The summary counts what the text finds, whatever the state, and leads to it.
func TestSummaryLeadsToWhatItCounts(t *testing.T) {
	e := newEnv(t)
	ids := e.shops(12)
	e.start(ids[0], session.StateScan)
	e.start(ids[1], session.StateScan)
	got := e.admin().get("/devices?q=toko+1&state=SERVICE_OFF&sort=name")
	for id, want := range map[string]string{
		"filter-all": "4 /devices?q=toko+1&amp;sort=name", "filter-scan": "1 /devices?q=toko+1&amp;sort=name&amp;state=SERVICE_SCAN",
		"filter-off": "3 /devices?q=toko+1&amp;sort=name&amp;state=SERVICE_OFF", "filter-connected": "0 /devices?q=toko+1&amp;sort=name&amp;state=CONNECTED",
	} {
		href := got.match(t, `href="([^"]*)" id="`+id+`"`)
		if n := got.match(t, `(?s)id="`+id+`".*?<b class="num">(\d+)<`); n+" "+href != want {
			t.Errorf("%s: %s %s, want %s", id, n, href, want)
		}
	}
}

// Devices that are off though nobody wanted that are counted and found apart from those that
// somebody stopped, and named above the list with what mends it.
func TestWhatNeedsSomebody(t *testing.T) {
	e := newEnv(t)
	ids := e.shops(3)
	b := e.admin()
	if got := b.get("/devices"); strings.Contains(got.body, `data-testid="devices-needs"`) || strings.Contains(got.body, "filter-needs") {
		t.Error("something needs somebody while all is well")
	}
	stream := e.feed(b.client, "/events?page=devices")
	stream.until(`hx-target="#devices-summary"`)
	e.logOutElsewhere(ids[1])
	stream.until(`hx-target="#devices-needs"`, `data-testid="needs-start"`, `id="filter-needs"`)
	got := b.get("/devices")
	if title := got.match(t, `id="needs-title">([^<]*)<`); title != "Toko 2" {
		t.Errorf("%q needs somebody", title)
	}
	if action := got.match(t, `formaction="([^"]*)"[^>]*id="needs-start"`); action != "/devices/"+ids[1]+"/start" {
		t.Errorf("it is mended by %s", action)
	}
	if names := b.get("/devices?state=needs").names(); !slices.Equal(names, []string{"Toko 2"}) {
		t.Errorf("those that need somebody: %q", names)
	}
	if names := b.get("/devices?state=SERVICE_OFF").names(); !slices.Equal(names, []string{"Toko 1", "Toko 3"}) {
		t.Errorf("those that are off and fine: %q", names)
	}
	e.logOutElsewhere(ids[0])
	got = b.get("/devices?q=toko+3")
	if title := got.match(t, `id="needs-title">([^<]*)<`); title != "2 devices need you" {
		t.Errorf("of two: %q", title)
	}
	if href := got.match(t, `href="([^"]*)" id="needs-show"`); href != "/devices?state=needs" {
		t.Errorf("the two are at %s", href)
	}
}

// To htmx a search answers with what it changes, the stream included.
func TestSearchWhileTyping(t *testing.T) {
	e := newEnv(t)
	e.shops(3)
	b := e.admin()
	r := e.request(http.MethodGet, "/devices?q=toko+2&sort=name", nil)
	r.Header.Set("HX-Request", "true")
	got := b.do(r)
	if got.StatusCode != http.StatusOK || strings.Contains(got.body, "<html") || !slices.Equal(got.names(), []string{"Toko 2"}) {
		t.Errorf("%d %.300s", got.StatusCode, got.body)
	}
	for _, part := range []string{
		`hx-target="#devices"`, `hx-target="#devices-summary"`, `hx-target="#devices-tools"`, `hx-target="#live" hx-swap="outerHTML"`,
		`data-address="/devices?q=toko+2&amp;sort=name"`, `hx-sse:connect="/events?page=devices&amp;q=toko+2&amp;sort=name"`,
	} {
		if !strings.Contains(got.body, part) {
			t.Errorf("the answer lacks %s", part)
		}
	}
}

func TestListStreamOfAPage(t *testing.T) {
	e := newEnv(t)
	ids := e.shops(60)
	b := e.admin()
	second := e.feed(b.client, "/events?page=devices&at=2")
	if got := rowNames(second.until(`hx-target="#devices"`)); len(got) != 10 || got[0] != "Toko 51" {
		t.Fatalf("the second page begins with %q", got)
	}

	// A device on another page costs no row, only the summary.
	e.start(ids[3], session.StateScan)
	frame := second.until(`hx-target="#devices-summary"`)
	e.start(ids[55], session.StateScan)
	for frame != "" && !strings.Contains(frame, `data-state="SERVICE_SCAN"`) {
		if strings.Contains(frame, ids[3]) || strings.Contains(frame, `hx-target="#devices"`) {
			t.Errorf("a device of another page was sent: %.200s", frame)
		}
		frame = second.until("data: ")
	}
	if !strings.Contains(frame, `hx-target="#device-`+ids[55]+`"`) {
		t.Errorf("not the row that changed: %.200s", frame)
	}

	// What goes from the first page comes from the second.
	if _, err := e.manager.DeleteDevice(t.Context(), ids[0]); err != nil {
		t.Fatal(err)
	}
	if got := rowNames(second.until(`hx-target="#devices"`)); len(got) != 9 || got[0] != "Toko 52" {
		t.Errorf("after a device of the first page was deleted: %q", got)
	}
	// A page that is no longer there becomes the last one.
	for _, id := range ids[1:10] {
		if _, err := e.manager.DeleteDevice(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	second.until(`data-address="/devices"`, "Toko 11<")
}

func TestListStreamFollowsOrderAndFilter(t *testing.T) {
	e := newEnv(t)
	ids := e.shops(3)
	b := e.admin()
	byName := e.feed(b.client, "/events?page=devices&sort=name&dir=desc")
	off := e.feed(b.client, "/events?page=devices&state=SERVICE_OFF")
	for _, f := range []*feed{byName, off} {
		f.until(`hx-target="#devices"`)
	}
	if _, err := e.manager.RenameDevice(t.Context(), ids[0], "Zebra"); err != nil {
		t.Fatal(err)
	}
	if got := rowNames(byName.until(`hx-target="#devices"`, "Zebra")); !slices.Equal(got, []string{"Zebra", "Toko 3", "Toko 2"}) {
		t.Errorf("after a new name: %q", got)
	}
	e.start(ids[1], session.StateScan)
	byName.until(`hx-target="#device-`+ids[1]+`"`, `data-state="SERVICE_SCAN"`)
	for {
		got := rowNames(off.until(`hx-target="#devices"`))
		if slices.Equal(got, []string{"Zebra", "Toko 3"}) {
			break
		}
	}
}

// Somebody else adds the first device while a page looks for another one.
func TestListStreamStopsSayingThatThereAreNoDevices(t *testing.T) {
	e := newEnv(t)
	f := e.feed(e.admin().client, "/events?page=devices&q=gudang")
	f.until(`hx-target="#devices"`, "Your first device")
	e.device("Toko")
	f.until(`hx-target="#devices"`, "No device matches")
}

// A flood of changes is not a flood of lists.
func TestFloodOfChanges(t *testing.T) {
	e := newEnv(t)
	ids := e.shops(40)
	f := e.feed(e.admin().client, "/events?page=devices&sort=state")
	f.until(`hx-target="#devices"`)
	for _, id := range ids {
		if _, err := e.manager.StartDevice(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	lists := 0
	for {
		frame := f.until("data: ")
		if strings.Contains(frame, `hx-target="#devices"`) {
			lists++
		}
		if strings.Contains(frame, `<b class="num">40</b> <span>Waiting for scan</span>`) {
			break
		}
	}
	if lists > 15 {
		t.Errorf("40 devices started made %d lists", lists)
	}
}

func TestListOfOthersStaysHidden(t *testing.T) {
	e, mine, theirs := two(t)
	b := e.signedIn("run")
	for _, path := range []string{"/devices?sort=name", "/devices?q=g", "/devices?page=2&dir=desc"} {
		got := b.get(path)
		if strings.Contains(got.body, theirs) || strings.Contains(got.body, "Gudang") {
			t.Errorf("%s shows a device of others", path)
		}
	}
	f := e.feed(b.client, "/events?page=devices&sort=state")
	if frame := f.until(`hx-target="#devices"`); strings.Contains(frame, theirs) || !strings.Contains(frame, mine) {
		t.Error("the stream shows a device of others, or not one's own")
	}
	if got := e.signedIn("look").get("/devices"); strings.Contains(got.body, `data-testid="bulk"`) || strings.Contains(got.body, "device-choose") {
		t.Error("a viewer is offered to choose")
	}
}

// A column's head orders the list: a touch one way, the next the other, the third as devices
// were added. What else is chosen stays, and the order stays when the rest changes.
func TestColumnHeadsSort(t *testing.T) {
	e := newEnv(t)
	e.shops(60)
	b := e.admin()
	head := func(a answer, by string) string { return a.match(t, `href="([^"]*)" id="sort-`+by+`"`) }
	at := "/devices?q=toko&page=2"
	for _, want := range []struct{ to, sorted, first string }{
		{"/devices?q=toko&sort=name", "ascending", "Toko 1"},
		{"/devices?dir=desc&q=toko&sort=name", "descending", "Toko 60"},
		{"/devices?q=toko", "", "Toko 1"},
	} {
		to := strings.ReplaceAll(head(b.get(at), "name"), "&amp;", "&")
		got := b.get(to)
		if to != want.to || got.names()[0] != want.first {
			t.Fatalf("the head at %s leads to %s, where %q is first; want %+v", at, to, got.names()[0], want)
		}
		if sorted := strings.Contains(got.body, `aria-sort="`+want.sorted+`"`); want.sorted != "" && !sorted || strings.Count(got.body, "aria-sort=") > 1 {
			t.Errorf("%s does not say alone that it is %s", to, want.sorted)
		}
		at = to
	}
	if to := head(b.get("/devices?sort=name&dir=desc"), "state"); to != "/devices?sort=state" {
		t.Errorf("another column's head leads to %s", to)
	}
	stream := e.feed(b.client, "/events?page=devices&sort=name&dir=desc")
	stream.until(`hx-target="#devices"`, `class="head-name" role="columnheader" aria-sort="descending"`, `href="/devices" id="sort-name"`)
}

// How long pages are and how high rows is remembered by the browser for
// every page and stream of the list.
func TestLookOfTheListIsRemembered(t *testing.T) {
	e := newEnv(t)
	e.shops(230)
	b := e.admin()
	for _, rows := range []int{25, 100, 200, 50} {
		b.post("/prefs/list", url.Values{"rows": {fmt.Sprint(rows)}, "next": {"/devices?sort=name"}}).leads(t, "/devices?sort=name")
		got := b.get("/devices")
		if n := len(got.names()); n != rows || !strings.Contains(got.body, fmt.Sprintf(`id="rows-%d" data-testid="rows-%d" aria-pressed="true"`, rows, rows)) {
			t.Errorf("%d rows of %d", n, rows)
		}
	}
	b.post("/prefs/list", url.Values{"rows": {"200"}, "dense": {"yes"}}).leads(t, "/devices")
	got := b.get("/devices?page=2")
	if n := len(got.names()); n != 30 || !strings.Contains(got.body, `<div id="devices" class="dense"`) {
		t.Errorf("the second page has %d rows", n)
	}
	stream := e.feed(b.client, "/events?page=devices&at=2")
	if n := len(rowNames(stream.until(`hx-target="#devices"`, `class="dense"`))); n != 30 {
		t.Errorf("the stream sends %d rows", n)
	}
	for _, form := range []url.Values{{"rows": {"1000"}}, {"rows": {"x"}, "dense": {"x"}}, {"next": {"//evil.example"}}} {
		b.post("/prefs/list", form).leads(t, "/devices")
	}
	if n := len(b.get("/devices").names()); n != 200 {
		t.Errorf("what means nothing changed the list to %d rows", n)
	}
	b.post("/prefs/list", url.Values{"dense": {"no"}}).leads(t, "/devices")
	if got := b.get("/devices"); strings.Contains(got.body, `class="dense"`) || len(got.names()) != 200 {
		t.Error("rows are still dense, or their number was forgotten")
	}
}

// Each row has its device's last day as a picture and in a sentence, up to what it is now; a
// change brings the row with the picture.
func TestRowsShowTheLastDay(t *testing.T) {
	e := newEnv(t)
	ids := e.shops(2)
	day := time.Now().Add(-12 * time.Hour)
	if err := e.store.AddEvents(t.Context(), []models.DeviceEvent{
		{DeviceID: ids[0], At: day, From: "SERVICE_OFF", To: "CONNECTED", Reason: "ready"},
		{DeviceID: ids[0], At: day.Add(6 * time.Hour), From: "CONNECTED", To: "SERVICE_OFF", Reason: "logged_out"},
	}); err != nil {
		t.Fatal(err)
	}
	b := e.admin()
	got := b.get("/devices")
	if n := strings.Count(got.body, `data-testid="device-day"`); n != 2 {
		t.Fatalf("%d of two rows have a picture", n)
	}
	row := got.match(t, `(?s)id="device-`+ids[0]+`"(.*?)data-testid="device-state"`)
	for _, want := range []string{`role="img"`, "<title>Last 24 hours: ", `class="bar-connected"`, `class="bar-trouble"`, "1 interruption."} {
		if !strings.Contains(row, want) {
			t.Errorf("the row of a device that was logged out lacks %s: %s", want, row)
		}
	}
	stream := e.feed(b.client, "/events?page=devices")
	stream.until(`hx-target="#devices"`, `data-testid="device-day"`)
	e.start(ids[1], session.StateScan)
	frame := stream.until(`hx-target="#device-`+ids[1]+`"`, `data-state="SERVICE_SCAN"`)
	if !strings.Contains(frame, `data-testid="device-day"`) {
		t.Errorf("a live row has no picture: %.300s", frame)
	}
}

// A page of 200 of 1,000 devices, each with a day that had its changes, travels in less
// than 40 kB.
func TestLongPageIsSmallOnTheWire(t *testing.T) {
	e := newEnv(t)
	e.busyShops(1000)
	b := e.admin()
	b.post("/prefs/list", url.Values{"rows": {"200"}}).leads(t, "/devices")
	r := e.request(http.MethodGet, "/devices", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	got := b.do(r)
	if got.StatusCode != http.StatusOK || got.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%d, %q", got.StatusCode, got.Header.Get("Content-Encoding"))
	}
	if n := len(got.body); n >= 40_000 {
		t.Errorf("200 devices are %d bytes", n)
	}
	zipped, err := gzip.NewReader(strings.NewReader(got.body))
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(zipped)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(page), `data-testid="device-day"`); n != 200 {
		t.Errorf("%d rows have a picture", n)
	}
}

// busyShops are shops whose connection came and went four times during the last day, each at
// times of its own.
func (e *env) busyShops(n int) []string {
	e.t.Helper()
	ids := e.shops(n)
	var events []models.DeviceEvent
	for i, id := range ids {
		at := time.Now().Add(-20*time.Hour + time.Duration(i%97)*time.Minute)
		for range 4 {
			events = append(events,
				models.DeviceEvent{DeviceID: id, At: at, From: "PAIRING", To: "CONNECTED", Reason: "ready"},
				models.DeviceEvent{DeviceID: id, At: at.Add(time.Duration(60+i%61) * time.Minute), From: "CONNECTED", To: "PAIRING", Reason: "reconnecting"})
			at = at.Add(time.Duration(180+i%37) * time.Minute)
		}
	}
	if err := e.store.AddEvents(e.t.Context(), events); err != nil {
		e.t.Fatal(err)
	}
	return ids
}
