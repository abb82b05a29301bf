//go:build !race

package trial_test

import (
	"fmt"
	"testing"

	"wadah/session/sandbox/handset"
)

// say lets somebody write numbered texts to the shop, from first to last.
func (w *world) say(from *handset.Phone, first, last int) {
	w.t.Helper()
	for n := first; n <= last; n++ {
		_, err := from.Write(w.t.Context(), shop, handset.Draft{Text: fmt.Sprint(n)})
		must(w.t, err)
	}
}

// heard waits until the device has brought the texts from 1 to last (and a 0 before them,
// if that was said), each once and in order, and WhatsApp has been told so.
func (w *world) heard(id string, last int) {
	w.t.Helper()
	eventually(w.t, patience, func() error {
		if waiting := w.svc.Stats().Routing.Waiting; waiting > 0 {
			return fmt.Errorf("%d stanzas are not acknowledged", waiting)
		}
		return nil
	})
	list := w.messages(id)
	if len(list) > 0 && list[0].Text == "0" {
		list = list[1:]
	}
	for n := range max(last, len(list)) {
		if n >= len(list) || list[n].Text != fmt.Sprint(n+1) {
			w.t.Fatalf("text %d of %d is lost, doubled or out of order: %q", n+1, last, texts(list))
		}
	}
	w.clean()
}

// What waited while the device was off comes in its order, to the last.
func TestWhatWaited(t *testing.T) {
	w := newWorld(t)
	id, customer := w.linked("Toko", shop), w.customerPhone(customer, "Budi")
	w.stop(id)
	w.say(customer, 1, 300)
	w.start(id)
	w.await(id, "CONNECTED/ready")
	w.heard(id, 300)
}
