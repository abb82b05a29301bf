package router_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
	"wadah/session/sandbox/sandboxtest"
)

// away disconnects a client and waits until the service has noticed.
func (w *world) away(c *sandboxtest.Client) {
	w.t.Helper()
	connections := len(w.s.Connections())
	c.Disconnect()
	sandboxtest.Eventually(w.t, "the connection ends", func() bool { return len(w.s.Connections()) < connections })
}

// back connects a client again and waits until it has what it has missed.
func (w *world) back(c *sandboxtest.Client) *events.OfflineSyncCompleted {
	w.t.Helper()
	n := len(sandboxtest.Seen[*events.OfflineSyncCompleted](c))
	c.MustConnect()
	return sandboxtest.WaitFor[*events.OfflineSyncCompleted](c, n+1)
}

// quiet waits until a client has acknowledged everything.
func (w *world) quiet() {
	w.t.Helper()
	sandboxtest.Eventually(w.t, "everything is acknowledged", func() bool { return w.s.Stats().Routing.Waiting == 0 })
}

// texts are the texts of the messages that a client got, in their order.
func texts(c *sandboxtest.Client) (list []string) {
	for _, m := range sandboxtest.Seen[*events.Message](c) {
		if words := m.Message.GetConversation(); words != "" && !m.Info.IsFromMe {
			list = append(list, words)
		}
	}
	return list
}

func TestWhatWasMissedComesInOrder(t *testing.T) {
	w := newWorld(t)
	group := w.group()
	sent, err := w.a.SendMessage(t.Context(), number(sandboxtest.PhoneB), text("before"))
	if err != nil {
		t.Fatal(err)
	}
	w.shows(w.budi, sent.ID, func(chat.Message) bool { return true })
	w.write("first") // gives a privacy token along
	w.quiet()
	w.away(w.a)

	want := []string{"first"}
	for i := range 30 {
		words := fmt.Sprintf("missed %d", i)
		want = append(want, words)
		if i%3 == 0 {
			if _, err := w.budi.Write(t.Context(), group.String(), handset.Draft{Text: words}); err != nil {
				t.Fatal(err)
			}
		} else {
			w.write(words)
		}
	}
	if err := w.budi.Read(sandboxtest.PhoneA); err != nil { // one receipt
		t.Fatal(err)
	}
	if err := w.budi.ChangeGroup(t.Context(), group.String(), "subject", nil, "Changed"); err != nil { // one notification
		t.Fatal(err)
	}
	completed := w.back(w.a)
	previews := sandboxtest.Seen[*events.OfflineSyncPreview](w.a)
	preview := previews[len(previews)-1]
	if preview.Total != 32 || preview.Messages != 30 || preview.Receipts != 1 || preview.Notifications != 1 || completed.Count != 32 {
		t.Errorf("announced %+v, completed %+v", preview, completed)
	}
	if got := texts(w.a); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	w.quiet()
	// What is acknowledged does not come again.
	w.away(w.a)
	if completed := w.back(w.a); completed.Count != 0 {
		t.Errorf("came again: %+v", completed)
	}
	if got := texts(w.a); len(got) != len(want) {
		t.Errorf("got %q", got)
	}
}

func TestWhatIsNotAcknowledgedComesAgain(t *testing.T) {
	w := newWorld(t)
	w.quiet()
	w.away(w.a)
	w.a.EnableDecryptedEventBuffer = true
	w.a.SynchronousAck = true
	var refusing atomic.Bool
	var asked atomic.Int32
	refusing.Store(true)
	w.a.AddEventHandlerWithSuccessStatus(func(event any) bool {
		m, ok := event.(*events.Message)
		if !ok || !strings.HasPrefix(m.Message.GetConversation(), "keep ") {
			return true
		}
		asked.Add(1)
		return !refusing.Load()
	})
	w.back(w.a)
	for i := range 3 {
		w.write(fmt.Sprintf("keep %d", i))
	}
	sandboxtest.Eventually(t, "the messages are refused", func() bool { return asked.Load() == 3 })
	if waiting := w.s.Stats().Routing.Waiting; waiting < 3 {
		t.Errorf("%d wait", waiting)
	}
	w.away(w.a)
	refusing.Store(false)
	w.back(w.a)
	sandboxtest.Eventually(t, "the messages come again", func() bool { return asked.Load() == 6 })
	if got := texts(w.a); !slices.Equal(got[len(got)-3:], []string{"keep 0", "keep 1", "keep 2"}) {
		t.Errorf("got %q", got)
	}
	w.quiet()
	w.away(w.a)
	if completed := w.back(w.a); completed.Count != 0 || asked.Load() != 6 {
		t.Errorf("came again: %+v, %d", completed, asked.Load())
	}
}

func TestFloodIsBoundedAndInOrder(t *testing.T) {
	w := newWorld(t)
	const count = 300
	most := 0
	done := make(chan error, 1)
	go func() {
		taken, err := w.budi.Flood(t.Context(), sandboxtest.PhoneA, handset.Flood{Text: "flood", Count: count, Window: 20})
		if err == nil && taken != count {
			err = fmt.Errorf("only %d were taken", taken)
		}
		done <- err
	}()
	var last string
	sandboxtest.Eventually(t, "the flood is over", func() bool {
		most = max(most, w.s.Stats().Routing.Waiting)
		got := texts(w.a)
		if len(got) > 0 {
			last = got[len(got)-1]
		}
		return last == fmt.Sprintf("flood %d", count)
	})
	if err := <-done; err != nil {
		t.Error(err)
	}
	for i, words := range texts(w.a) {
		if words != fmt.Sprintf("flood %d", i+1) {
			t.Fatalf("number %d is %q", i+1, words)
		}
	}
	if most > 4*20+20 { // for each of the four devices, and receipts
		t.Errorf("%d stanzas waited", most)
	}
	// A flood that is refused ends.
	if err := w.s.Hold(sandboxtest.PhoneB, true, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.AddPhone(phoneC, "Citra"); err != nil {
		t.Fatal(err)
	}
	taken, err := w.budi.Flood(t.Context(), phoneC, handset.Flood{Text: "flood", Count: 5})
	if taken != 0 || !strings.Contains(fmt.Sprint(err), handset.ErrRefused.Error()) {
		t.Errorf("%d taken, %v", taken, err)
	}
	// The client reads on beside all that.
	if _, err := w.a.SendMessage(t.Context(), number(sandboxtest.PhoneB), text("still here"), whatsmeow.SendRequestExtra{}); err != nil {
		t.Error(err)
	}
}
