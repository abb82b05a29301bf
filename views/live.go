package views

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"time"

	"github.com/a-h/templ"
)

// # What an event stream sends
//
// Pages open their stream with the htmx extension hx-sse, when wadah.js says so: a hidden
// element with hx-sse:connect="URL" whose own content is never swapped. There are four streams:
//
//	/events?page=devices   list: rows and summary, of the page that DeviceQuery says
//	/events?device=ID      device page: live part and timeline
//	PhonesPage.Events      virtual phones, when handlers set it: those that changed
//	/scan/TOKEN/events     the page behind a scan link: ScanPage
//
// A message that changes the page has no "event:" line: hx-sse swaps unnamed
// messages and only dispatches named ones. Its data is one or more <hx-partial>
// elements, each naming by selector what it replaces; a partial whose target is not
// on the page is ignored, so the same bytes may go to every stream of one language.
// Targets are morphed, not replaced: focus, open <details> and typed text survive.
// Build partials with the functions below and wrap them with Message.
//
//   - At the start of every connection, send the whole current state, because a page
//     that lost its connection knows nothing of what it missed. List: Message(
//     DevicesPartial, SummaryPartial). Device page: Message(DevicePartial,
//     TimelinePartial, DoorsPartials). Phones: Message(PhonesPartial).
//   - On a change of a device: list: Message(RowPartial, SummaryPartial), the row only
//     when it stands on the page; device page: Message(DevicePartial,
//     TimelinePartial). Much on that page moves on with time alone, and keys and scan
//     links are used and end elsewhere: send the whole state once a minute.
//   - When other devices belong on the page of the list than before, or in another
//     order: Message(DevicesPartial, SummaryPartial), a few times a second at most.
//     When a device is deleted: on its own page Gone, after which the page leaves for
//     /devices.
//   - Every BeatEvery: Beat. When two are missing the page says that the connection is
//     lost, covers the code and stops its clock; line.js has the rules. A comment is not
//     enough: hx-sse does not report comments.
//   - As the first message of a connection: Hello. It and each Beat carry the current
//     time, by which the page corrects its countdowns when the clock of the phone it
//     runs on is off or is set while the page is open.
//   - When a scan link has done its work: ScanPartial, then Done. The page stays as it
//     is and does not come back.
//   - Before the server closes the stream of an ended login: Ended; the page reloads
//     and lands on the sign-in page.
//
// A stream request that may not be served is answered with the status (401, 403,
// 404) and no redirect: hx-sse would follow the redirect and take the sign-in page
// for an empty stream. The page reloads on 401, 403 and 404.
//
// The state of a device reaches the page through its stream alone: an answer to a
// POST could be overtaken by the stream and then show what is past. (A search is a GET,
// and the answer brings a new stream, which begins with the whole state.) An htmx POST
// (HX-Request: true) of start, stop and restart is answered with a NoticePartial (nil
// takes an old message away), that of reveal with a KeyPartial. Their forms say
// hx-swap="none", so that nothing but partials is swapped; a 303 redirect would do no
// harm either, it only costs a page that nobody sees.

// RowPartial replaces the row of one device in the list.
func RowPartial(ctx context.Context, lang Lang, d Device) ([]byte, error) {
	return Partial(ctx, "#"+rowID(d.ID), "outerMorph", DeviceRow(lang, d))
}

// DevicesPartial replaces all rows of the list, for the start of a stream and for
// added devices. Page tells what the list is narrowed with and whether devices can
// be added.
func DevicesPartial(ctx context.Context, page DevicesPage) ([]byte, error) {
	return Partial(ctx, "#devices", "outerMorph", DeviceList(page))
}

// SummaryPartial replaces the line that counts devices by state, whose counts are links
// within the page's query.
func SummaryPartial(ctx context.Context, page DevicesPage) ([]byte, error) {
	return Partial(ctx, "#devices-summary", "outerMorph", DevicesSummary(page))
}

// SearchPartial replaces what searches and sorts the list, and the page's stream by that
// of another query, for the answer to a search.
func SearchPartial(ctx context.Context, page DevicesPage) ([]byte, error) {
	tools, err := Partial(ctx, "#devices-tools", "outerMorph", deviceTools(page))
	if err != nil {
		return nil, err
	}
	stream, err := Partial(ctx, "#live", "outerHTML", stream(page.Query.events()))
	return append(tools, stream...), err
}

// BulkPartial shows above the content what came of an action on many devices.
func BulkPartial(ctx context.Context, lang Lang, o BulkOutcome) ([]byte, error) {
	return Partial(ctx, "#notices", "outerHTML", BulkNotice(lang, o))
}

// DevicePartial replaces the live part of the device's page, and the switch that says
// whether it is the default device, which another device may become.
func DevicePartial(ctx context.Context, lang Lang, d Device) ([]byte, error) {
	live, err := Partial(ctx, "#device-live", "outerMorph", DeviceLive(lang, d))
	if err != nil || !d.CanOperate {
		return live, err
	}
	setting, err := Partial(ctx, "#setting-default", "outerMorph", settingDefault(lang, d, DeviceSettings{}))
	return append(live, setting...), err
}

// TimelinePartial replaces the timeline on the device's page, its picture included.
func TimelinePartial(ctx context.Context, lang Lang, t Timeline) ([]byte, error) {
	return Partial(ctx, "#device-timeline", "outerMorph", DeviceTimeline(lang, t))
}

// KeyPartial replaces the part of the device's page that shows the API key and the
// snippets, for the answer to a reveal.
func KeyPartial(ctx context.Context, lang Lang, d Device, api API) ([]byte, error) {
	return Partial(ctx, "#device-api", "outerMorph", DeviceAPI(lang, d, api))
}

// KeysPartial replaces the card of API keys on the device's page, for the answer to an
// htmx POST that makes, reveals or rotates a key.
func KeysPartial(ctx context.Context, lang Lang, d Device, keys Keys) ([]byte, error) {
	return Partial(ctx, "#device-keys", "outerHTML", DeviceKeys(lang, d, keys))
}

// SettingPartial replaces one setting on the device's page, for the answer to an htmx
// POST that changes it.
func SettingPartial(ctx context.Context, lang Lang, d Device, s DeviceSettings, which Setting) ([]byte, error) {
	return Partial(ctx, "#setting-"+string(which), "outerHTML", SettingForm(lang, d, s, which))
}

// ScanLinksPartial replaces the card of scan links on the device's page.
func ScanLinksPartial(ctx context.Context, lang Lang, d Device, links ScanLinks) ([]byte, error) {
	return Partial(ctx, "#device-scan-links", "outerHTML", DeviceScanLinks(lang, d, links))
}

// DoorsPartials bring what is known of the keys, and the scan links that still open
// something, up to date. Nothing that was revealed or opened there is lost, and no row of a
// key comes or goes: those follow with the next page.
func DoorsPartials(ctx context.Context, lang Lang, d Device, keys Keys, links ScanLinks) ([]byte, error) {
	doors, err := Partial(ctx, "#scan-link-list", "outerMorph", scanLinkList(lang, d, links))
	for _, k := range keys.List {
		if err != nil {
			break
		}
		var head []byte
		head, err = Partial(ctx, "#key-head-"+k.ID, "outerMorph", keyHead(lang, k))
		doors = append(doors, head...)
	}
	return doors, err
}

// ScanPartial replaces the live part of the page behind a scan link.
func ScanPartial(ctx context.Context, page ScanPage) ([]byte, error) {
	return Partial(ctx, "#device-live", "outerMorph", ScanLive(page))
}

// PhonesPartial replaces the phones of the simulated WhatsApp.
func PhonesPartial(ctx context.Context, page PhonesPage) ([]byte, error) {
	return Partial(ctx, "#phones-live", "outerMorph", PhonesLive(page))
}

// PhonePartial replaces one phone and what stands beside it.
func PhonePartial(ctx context.Context, page PhonesPage, phone Phone) ([]byte, error) {
	return Partial(ctx, "#phone-"+slug(phone.Number), "outerMorph", PhoneCard(page, phone))
}

// OutagePartial replaces what is about all phones.
func OutagePartial(ctx context.Context, page PhonesPage) ([]byte, error) {
	return Partial(ctx, "#outage", "outerMorph", PhonesOutage(page))
}

// PhoneSaidPartial tells in a phone what came of the last click on it; without a number,
// above all phones.
func PhoneSaidPartial(ctx context.Context, number string, f *Flash) ([]byte, error) {
	target := "#outage-said"
	if number != "" {
		target = "#" + Phone{Number: number}.id("said")
	}
	return Partial(ctx, target, "innerHTML", PhoneSaying(*f))
}

// NoticePartial shows a message where the person is looking, above what is there, so
// that nothing moves; nil takes the message away.
func NoticePartial(ctx context.Context, lang Lang, f *Flash) ([]byte, error) {
	return Partial(ctx, "#notices", "outerHTML", noticesOver(lang, f))
}

// TryPartials show what became of a call that was tried, below its form on the page of
// the reference: a sentence for everybody, and the whole answer. An old message above
// the page goes.
func TryPartials(ctx context.Context, lang Lang, answer TryAnswer) ([]byte, error) {
	said, err := Partial(ctx, "#try-said-"+answer.Call, "innerHTML", TrySaid(lang, &answer))
	if err != nil {
		return nil, err
	}
	out, err := Partial(ctx, "#try-out-"+answer.Call, "innerHTML", TryOut(lang, &answer))
	if err != nil {
		return nil, err
	}
	notice, err := NoticePartial(ctx, lang, nil)
	return bytes.Join([][]byte{said, out, notice}, nil), err
}

// Partial is a fragment for Message or for the answer to an htmx request: target is the
// selector of what it replaces, swap how htmx does that.
func Partial(ctx context.Context, target, swap string, c templ.Component) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`<hx-partial hx-target="` + html.EscapeString(target) + `" hx-swap="` + swap + `">`)
	if err := c.Render(ctx, &b); err != nil {
		return nil, fmt.Errorf("render fragment for %s: %w", target, err)
	}
	b.WriteString(`</hx-partial>`)
	return b.Bytes(), nil
}

// Message is one server-sent message that carries partials; every line gets its
// own "data:" prefix.
func Message(partials ...[]byte) []byte {
	size := len("data: \n\n")
	for _, p := range partials {
		size += len(p) + len("data: \n")*(1+bytes.Count(p, []byte{'\n'}))
	}
	b := make([]byte, 0, size)
	for _, p := range partials {
		// A lone carriage return ends a line in an event stream, too.
		p = bytes.ReplaceAll(p, []byte{'\r'}, nil)
		for line := range bytes.SplitSeq(p, []byte{'\n'}) {
			b = append(b, "data: "...)
			b = append(b, line...)
			b = append(b, '\n')
		}
	}
	return append(b, '\n')
}

// BeatEvery is how often a page hears from its stream at least. A code on a page must
// look dead within five seconds of its line, which takes two chances to be heard. Only
// pages in sight have a stream: hx-sse closes it while the tab is hidden.
const BeatEvery = 2 * time.Second

// Beat tells the page that the connection is alive, and the server's time.
func Beat(now time.Time) []byte { return moment("beat", now) }

// Hello tells the page the server's time.
func Hello(now time.Time) []byte { return moment("hello", now) }

func moment(name string, now time.Time) []byte {
	return []byte("event: wadah:" + name + "\ndata: " + Millis(now) + "\n\n")
}

// Gone tells a device's page that the device was deleted.
func Gone() []byte { return []byte("event: wadah:gone\ndata: 1\n\n") }

// Done tells a page that nothing more will come; it closes the stream.
func Done() []byte { return []byte("event: wadah:done\ndata: 1\n\n") }

// Ended tells a page that its login has ended.
func Ended() []byte { return []byte("event: wadah:ended\ndata: 1\n\n") }

// rowID is the id of a device's row. IDs of devices are made of characters that
// need no escaping in a selector.
func rowID(id string) string { return "device-" + id }
