package views

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"strconv"
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
//     TimelinePartial, ScanLinkListPartial), of its keys Message(DevicePartial,
//     KeyHeadPartials). Phones: Message(PhonesPartial).
//   - On a change of a device: list: Message(RowPartial, SummaryPartial), the row only
//     when it stands on the page; device page: Message(DevicePartial,
//     TimelinePartial). Much on that page moves on with time alone, and keys and scan
//     links are used and end elsewhere: send the whole state once a minute.
//   - When other devices belong on the page of the list than before, or in another
//     order: Message(DevicesPartial, SummaryPartial), a few times a second at most.
//     When a device is deleted: on its own page GonePartial, then Done.
//   - Every BeatEvery: Beat. When two are missing the page says that the connection is
//     lost, covers the code and stops its clock; line.js has the rules. A comment is not
//     enough: hx-sse does not report comments.
//   - As the first message of a connection: Hello. It and each Beat carry the current
//     time, by which the page corrects its countdowns when the clock of the phone it
//     runs on is off or is set while the page is open.
//   - After the state, to a page whose browser has no connection to spare: Again. It asks
//     anew every AskEvery, and gets a stream when another window has let go of its own.
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

// NoticePartial shows a message where the person is looking, above what is there, so
// that nothing moves; nil takes the message away.
func NoticePartial(ctx context.Context, lang Lang, f *Flash) ([]byte, error) {
	return Partial(ctx, "#notices", "outerHTML", noticesOver(lang, f))
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
func Beat(now time.Time) []byte { return moment("beat", "", now) }

// Hello tells the page the server's time.
func Hello(now time.Time) []byte { return moment("hello", "retry: 500\n", now) }

func moment(name, more string, now time.Time) []byte {
	return []byte("event: wadah:" + name + "\ndata: " + Millis(now) + "\n" + more + "\n")
}

// AskEvery is how often a page asks how things are when its browser has no connection to spare
// for a stream. hx-sse comes back by itself, give or take a third.
const AskEvery = 5 * time.Second

// Again tells a page that it gets no stream now, and when to come back.
func Again() []byte {
	ms := strconv.FormatInt(AskEvery.Milliseconds(), 10)
	return []byte("event: wadah:again\ndata: " + ms + "\nretry: " + ms + "\n\n")
}

// Done tells a page that nothing more will come; it closes the stream.
func Done() []byte { return []byte("event: wadah:done\ndata: 1\n\n") }

// Ended tells a page that its login has ended.
func Ended() []byte { return []byte("event: wadah:ended\ndata: 1\n\n") }
